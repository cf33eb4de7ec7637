// What goes wrong around the daemon and how it says so: settings that cannot be, tokens that are refused, disks that fill up or
// forbid writing, and an embedded market that is killed together with its daemon.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { freePort, openFloor, SPEED, TICK, type SettingsText } from './floor.ts';
import { marketControls } from './market-controls.ts';
import { killAll, runVerb, startProgram, TOKEN, warmUp, type Program } from './program.ts';
import { billedCents, boughtTwice, isMet, mostAlive, runningAt } from './truths.ts';
import { until, untilTrue } from './until.ts';

let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-trouble-'));
  await warmUp();
});
afterAll(async () => {
  await killAll();
  rmSync(directory, { recursive: true, force: true });
});

const fleet = {
  name: 'train',
  gpu: 'h100',
  gpus: 16,
  zones: ['hayesvalley'],
  bid: { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' },
};
const market = {
  zones: [{ name: 'hayesvalley', nodes: 4, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }],
};

/** Settings of a daemon with the market inside it. */
const embedded = async (
  name: string,
  more: SettingsText = {},
): Promise<{ file: string; url: string; home: string }> => {
  const home = join(directory, name);
  mkdirSync(home);
  const port = await freePort();
  const file = join(home, 'bidkeeper.yaml');
  const given = {
    tick: TICK,
    clock: { speed: SPEED },
    store: 'sqlite:./bidkeeper.db',
    listen: `127.0.0.1:${port}`,
    venue: { kind: 'market', market },
    fleets: [fleet],
  };
  writeFileSync(file, JSON.stringify({ ...given, ...more }));
  return { file, url: `http://127.0.0.1:${port}`, home };
};

const statusAt = async (url: string): Promise<TickReport | null> => {
  try {
    return (await (await fetch(`${url}/v1/status`)).json()) as TickReport;
  } catch {
    return null;
  }
};

const untilMet = (url: string): Promise<TickReport> =>
  until('the target is reached', async () => {
    const report = await statusAt(url);
    return report !== null && isMet(report.fleets?.[0]) ? report : null;
  });

describe.concurrent('settings and tokens', { timeout: 300_000 }, () => {
  test('refused settings end run, plan and status with 78 and name file, line, column, reason and remedy', async () => {
    const file = join(directory, 'wrong.yaml');
    writeFileSync(
      file,
      [
        'fleets:',
        '  - name: train',
        '    gpu: h100',
        '    gpus: 12',
        '    bid: { ceiling: $2.00 }',
        '    hold: forever',
        '',
      ].join('\n'),
    );
    const answers = await Promise.all(
      ['run', 'plan', 'status'].map((name) => runVerb([name, '--config', file])),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ code: 78, out: '' });
      expect(answer.err).toContain(`${file}:4:11 E_SETTINGS_GPUS`);
      expect(answer.err).toMatch(/wrong\.yaml:5:21 E_SETTINGS_/);
      expect(answer.err).toMatch(/wrong\.yaml:6:11 E_SETTINGS_/);
      expect(answer.err).toContain('Write a multiple of 8');
    }
  });

  test('a token that is not there ends it with 78; one that the venue refuses is said, never shown, and buys nothing', async () => {
    const floor = await openFloor({ market, daemon: { fleets: [fleet] }, speed: 1 });
    const missing = await runVerb(['run', '--config', floor.daemonFile], {
      environment: { SFC_API_TOKEN: '' },
    });
    expect(missing.code).toBe(78);
    expect(missing.err).toMatch(/^E_SETTINGS_TOKEN the environment variable SFC_API_TOKEN is empty/m);
    await floor.market.addFaults([{ path: '/v', fault: { kind: 'status', status: 401 } }]);
    const program = await floor.start();
    const line = await program.line(/the venue could not be looked at/);
    expect(line).toMatch(/token/);
    expect(program.said.join('\n')).not.toContain(TOKEN);
    expect((await floor.market.records()).requests).toEqual([]);
    await floor.market.clearFaults();
    await program.line(/the venue can be looked at again/);
    await floor.close();
  });
});

describe.concurrent('disks', { timeout: 300_000 }, () => {
  test('a store that cannot be written ends it with 74 and says what to do', async () => {
    const { file } = await embedded('read-only', { store: 'sqlite:/proc/bidkeeper/bidkeeper.db' });
    const answer = await runVerb(['run', '--config', file]);
    expect(answer.code).toBe(74);
    expect(answer.err).toMatch(/^E_L(EDGER|EASE)_\w+ .*\/proc\/bidkeeper.*writ/);
  });

  test('a disk that fills up stops the buying, not the looking, and is said', async () => {
    const floor = await openFloor({ market, daemon: { fleets: [{ ...fleet, gpus: 8 }] } });
    // 512-byte blocks: room for a new ledger and little more.
    const program = await floor.start({ limits: 'ulimit -f 120' });
    const line = await program.line(/the ledger could not be written, so nothing is bought/);
    expect(line).toMatch(/E_LEDGER_(FULL|IO)/);
    const sent = (await floor.market.records()).requests.length;
    const before = (await floor.status())?.atMs ?? 0;
    await until('it goes on looking', async () =>
      ((await floor.status())?.atMs ?? 0) > before + 1_200_000 ? true : null,
    );
    expect((await floor.market.records()).requests).toHaveLength(sent);
    await program.kill();
    await floor.close();
  });
});

describe('the embedded market', { timeout: 300_000 }, () => {
  test('survives kill -9 with its daemon again and again: market and ledger agree, and nothing is bought twice', async () => {
    const { file, url, home } = await embedded('killed');
    const start = async (): Promise<Program> => {
      const program = startProgram(['run', '--config', file, '--log', 'json']);
      await program.line(/bidkeeper \S+ holds /);
      return program;
    };
    for (const lifeMs of [150, 700, 1500]) {
      const program = await start();
      await delay(lifeMs);
      await program.kill();
    }
    const program = await start();
    await untilMet(url);
    const controls = marketControls(readFileSync(join(home, 'bidkeeper.db.market.address'), 'utf8').trim());
    await untilTrue('every bill is settled', async () => {
      const records = await controls.records();
      const report = await statusAt(url);
      const settled = report?.totals.reduce((sum, one) => sum + one.settled, 0) ?? 0;
      return settled === billedCents(records) * 3600;
    });
    const records = await controls.records();
    const report = await statusAt(url);
    const alive = records.nodes.filter(({ endedAtMs }) => endedAtMs === null);
    expect(report?.nodes.map(({ nodeId }) => nodeId).toSorted()).toEqual(
      alive.map(({ nodeId }) => nodeId).toSorted(),
    );
    expect(report?.fleets[0]?.unownedNodes).toBe(0);
    expect(boughtTwice(records)).toEqual([]);
    expect(mostAlive(records)).toBe(2);
    expect(runningAt(records, records.nowMs)).toBe(2);
    const beside = await runVerb(['plan', '--config', file]);
    expect(beside.code).toBe(0);
    expect(beside.out).toMatch(/train: 2 of 2 nodes run/);
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });
});
