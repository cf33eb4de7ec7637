// The reading verbs as an operator runs them: the real program, beside a real daemon that goes on writing, and the restore
// drill: a backup taken while it ran, more bought since, the disk lost, the copy put back.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFloor, type Floor } from '../process/floor.ts';
import { killAll, runVerb, type Answer } from '../process/program.ts';
import { runningAt } from '../process/truths.ts';
import { untilTrue } from '../process/until.ts';

const fleet = (gpus: number) => ({
  fleets: [
    {
      name: 'train',
      gpu: 'h100',
      gpus,
      zones: ['hayesvalley'],
      bid: { ceiling: '$2.00/gpu-hour' },
      budget: { day: '$9000' },
    },
  ],
});
const WITHIN = { withinMs: 20_000 };

let floor: Floor;
const verb = (...args: readonly string[]): Promise<Answer> =>
  runVerb([...args, '--config', floor.daemonFile]);
const held = async (nodes: number): Promise<void> =>
  untilTrue(
    `${nodes} nodes held`,
    async () => {
      const report = await floor.status();
      return report?.fleets[0]?.runningNodes === nodes;
    },
    WITHIN,
  );

beforeAll(async () => {
  const ask = { path: [{ after: '0s', ask: '$1.20/gpu-hour' }] };
  floor = await openFloor({
    market: { zones: [{ name: 'hayesvalley', nodes: 20, ask }] },
    daemon: fleet(16),
  });
}, 60_000);
afterAll(async () => {
  await killAll();
  await floor.close();
}, 60_000);

describe('the reading verbs', () => {
  test('before there is a ledger each says so and leaves with 74', async () => {
    const answers = await Promise.all([verb('ledger'), verb('verify')]);
    for (const { code, out, err } of answers) {
      expect(code).toBe(74);
      expect(out).toBe('');
      expect(err).toContain('E_LEDGER_PATH there is no ledger at');
    }
  }, 30_000);

  test('beside a running daemon they all answer, and backup leaves a verified copy that it never overwrites', async () => {
    const daemon = await floor.start();
    await held(2);
    const copy = join(floor.directory, 'copy.db');
    const page = join(floor.directory, 'page.html');
    const [ledger, csv, why, verified, saved, report] = await Promise.all([
      verb('ledger', '--form', 'json'),
      verb('ledger', '--form', 'csv', '--kind', 'decisions'),
      verb('why', 'train'),
      verb('verify', '--venue'),
      verb('backup', copy),
      verb('report', '--form', 'html', '--out', page),
    ]);
    const lines = ledger.out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, index) => index + 1));
    expect(csv.out.split('\r\n').length).toBeGreaterThan(3);
    expect(why.out).toContain('It wanted 2 nodes (16 h100 GPUs); 2 ran.');
    expect(why.out).toContain('What the daemon said at its last look');
    expect(verified).toMatchObject({ code: 0, err: '' });
    expect(verified.out).toContain('2 live nodes with our prefix, 2 of them owned by this ledger');
    expect(saved.code).toBe(0);
    expect(saved.out).toMatch(/holds \d+ entries; its chain was verified/);
    expect(report).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(page, 'utf8')).toContain('<svg');

    const bytes = readFileSync(copy);
    const again = await verb('backup', copy);
    expect(again.code).toBe(74);
    expect(again.err).toContain('E_LEDGER_EXISTS');
    expect(readFileSync(copy).equals(bytes)).toBe(true);
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
  }, 60_000);

  test('restored, the copy goes on: what was bought since is left alone, blocks purchases, and verify names it', async () => {
    floor.writeDaemon(fleet(32));
    const first = await floor.start();
    await held(4);
    await first.kill();

    floor.deleteLedger();
    cpSync(join(floor.directory, 'copy.db'), floor.ledger);
    const alone = await verb('verify');
    expect(alone).toMatchObject({ code: 0 });
    const second = await floor.start();
    await untilTrue(
      'the strangers are seen',
      async () => (await floor.status())?.fleets[0]?.unownedNodes === 2,
      WITHIN,
    );
    await delay(1500);
    const records = await floor.market.records();
    expect(records.nodes).toHaveLength(4);
    expect(runningAt(records, records.nowMs)).toBe(4);

    const [verified, why] = await Promise.all([verb('verify', '--venue'), verb('why', 'train')]);
    expect(verified.code).toBe(1);
    expect(verified.out.match(/\[unowned\]/g)).toHaveLength(2);
    expect(why.out).toContain('are alive with our prefix, but this ledger does not own them');
    await second.kill();
  }, 60_000);

  test('a ledger changed by hand is found out: not sound, exit 1, and no backup of it is kept', async () => {
    floor.deleteLedger();
    cpSync(join(floor.directory, 'copy.db'), floor.ledger);
    const database = new DatabaseSync(floor.ledger);
    database.exec(`DROP TRIGGER entry_never_changed;
      UPDATE entry SET body = replace(body, '"gpu":"h100"', '"gpu":"h200"') WHERE kind = 'create_intended';`);
    database.close();
    const kept = join(floor.directory, 'kept.db');
    const [verified, saved] = await Promise.all([verb('verify'), verb('backup', kept)]);
    expect(verified.code).toBe(1);
    expect(verified.out).toContain('chain     BROKEN');
    expect(verified.out).toMatch(/! entry \d+ \[E_LEDGER_CORRUPT\]/);
    expect(saved.code).toBe(74);
    expect(saved.err).toContain('E_LEDGER_CORRUPT');
    expect(existsSync(kept)).toBe(false);
  }, 30_000);

  test('an unknown verb leaves with 64, refused settings with 78', async () => {
    writeFileSync(join(floor.directory, 'bad.yaml'), 'fleets: []\ncolour: red\n');
    const [unknown, refused] = await Promise.all([
      runVerb(['buy']),
      runVerb(['check', '--config', join(floor.directory, 'bad.yaml')]),
    ]);
    expect(unknown.code).toBe(64);
    expect(refused.code).toBe(78);
    expect(refused.err).toContain('E_SETTINGS_');
  }, 30_000);
});
