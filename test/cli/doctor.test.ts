// What `doctor` says of a ledger, a daemon, a disk and settings, and that what spends asks first.
import { describe, expect, test } from 'vitest';
import type { DoctorFinding } from '../../src/cli/doctor/findings.ts';
import { cents } from '../../src/domain/money.ts';
import type { Story } from '../support/story.ts';
import { createStory, seenNode } from '../support/story.ts';
import { lookOf, quoteOf } from '../support/scene.ts';
import { processPolicy } from '../simulation/world.ts';
import { runIn, type ShopWishes } from './fake-shop.ts';

const zone = { name: 'hayesvalley', region: 'us-west', instanceType: 'h100i', gpu: 'h100' };

const wishes = (story: Story, change: Partial<ShopWishes> = {}): ShopWishes => ({
  records: story.records,
  policy: processPolicy(),
  look: { ok: true, value: lookOf(story.nowMs) },
  asked: {
    zones: async () => ({ ok: true, value: [zone] }),
    balance: async () => ({ ok: true, value: { available: cents(10_000_000), current: cents(10_000_000) } }),
    quote: async () => ({ ok: true, value: quoteOf(1000, story.nowMs) }),
  },
  ...change,
});

const examine = async (
  given: ShopWishes,
): Promise<{ readonly exit: number; readonly found: readonly DoctorFinding[] }> => {
  const { exit, out } = await runIn(given, 'doctor', '--json');
  const { findings } = JSON.parse(out) as { findings: readonly DoctorFinding[] };
  return { exit, found: findings.filter(({ level }) => level !== 'ok') };
};

const linesOf = (found: readonly DoctorFinding[]): readonly string[] =>
  found.map(({ check, level, text }) => `${level} ${check}: ${text}`);

describe('doctor', () => {
  test('names a lost purchase and the verb that clears it up, an unowned node, a pause and a stop file', async () => {
    const story = createStory();
    const intent = story.create({ slot: 3 });
    story.tell({
      kind: 'change_unknown',
      intent,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    story.tell({ kind: 'drain_requested', by: 'ben', why: 'a move' });
    const stranger = seenNode({ nodeId: 'n_77', name: 'bk-zz99-train-0-g1' });
    const other = seenNode({ nodeId: 'n_78', name: 'somebody-else' });
    const { exit, found } = await examine(
      wishes(story, {
        look: { ok: true, value: lookOf(story.nowMs, [stranger, other]) },
        stopFiles: [{ how: 'drain', path: '/store.drain', why: 'a move' }],
      }),
    );
    expect(exit).toBe(1);
    const lines = linesOf(found);
    expect(lines).toContain(
      'problem unowned: bk-zz99-train-0-g1 (n_77) is alive with our prefix, and this ledger does not own it',
    );
    expect(lines.filter((line) => line.includes('n_78'))).toEqual([]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^warning unknown: whether bk-ab12-train-3-g1 was bought/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^warning daemon: draining since .* by ben: a move$/));
    expect(lines).toContain('warning daemon: /store.drain says drain: a move');
    expect(found.find(({ check }) => check === 'unknown')?.remedy).toMatch(
      /bidkeeper acknowledge bk-ab12-train-3-g1/,
    );
    expect(found.every(({ remedy }) => remedy !== null)).toBe(true);
  });

  test.each<[string, (story: Story) => Partial<ShopWishes>, RegExp]>([
    [
      'a full disk',
      () => ({ disk: { path: '/data', freeBytes: 1024 } }),
      /^problem disk: 0 MiB are free at \/data/,
    ],
    [
      'a clock that stands wrong',
      (story) => ({
        look: { ok: true, value: lookOf(story.nowMs, [], { venueDateMs: story.nowMs + 600_000 }) },
      }),
      /^problem clock: our clock and the venue's differ by 10m/,
    ],
    [
      'too little money',
      (story) => ({
        asked: {
          ...wishes(story).asked,
          balance: async () => ({ ok: true, value: { available: cents(1), current: cents(1) } }),
        },
      }),
      /^problem balance: \$0\.01 are available/,
    ],
    [
      'a GPU type nobody sells',
      (story) => ({
        asked: {
          ...wishes(story).asked,
          zones: async () => ({ ok: true, value: [{ ...zone, gpu: 'b300' }] }),
        },
      }),
      /^problem zones: no zone sells h100, which train wants/,
    ],
    [
      'a breaker',
      (story) => {
        story.tell({ kind: 'breaker_opened', cause: 'a 403' });
        return { records: story.records };
      },
      /^problem daemon: nothing is bought: a 403/,
    ],
    ['dry_run', () => ({ policy: processPolicy({ mode: 'dry_run' }) }), /^note settings: mode is dry_run/],
    ['a warning of the settings', () => ({ warnings: ['a.yaml:1:1 x'] }), /^warning settings: a\.yaml:1:1 x/],
  ])('sees %s', async (_, change, line) => {
    const story = createStory();
    const { exit, found } = await examine(wishes(story, change(story)));
    expect(linesOf(found)).toContainEqual(expect.stringMatching(line));
    expect(exit).toBe(line.source.startsWith('^problem') ? 1 : 0);
  });

  test('in words puts what to do under each finding, and counts', async () => {
    const { out } = await runIn(wishes(createStory()), 'doctor');
    expect(out).toMatch(/^ {2}ok {6}token {4}the venue accepts the token$/m);
    expect(out).toMatch(/^ {2}note {4}daemon .*\n {19}→ /m);
    expect(out).toMatch(/\n0 problems, \d warnings\n$/);
  });
});

describe('what spends asks first', () => {
  test('the probe, with its worst case', async () => {
    const given = wishes(createStory());
    const refused = await runIn(given, 'doctor', '--probe');
    expect(refused).toMatchObject({
      exit: 64,
      err: expect.stringMatching(/may cost up to \$3\.52.*E_USAGE_CONFIRM/s),
    });
    expect(refused.called).not.toContain('probe train');
    expect((await runIn({ ...given, confirms: true }, 'doctor', '--probe')).called).toContain('probe train');
    expect((await runIn(given, 'doctor', '--probe', '--yes')).called).not.toContain('Go on?');
    expect((await runIn(given, 'doctor', '--probe', '--fleet', 'nobody', '--yes')).exit).toBe(64);
  });

  test('the first live run where money is real, and only that one', async () => {
    const first = { realMoney: true, records: null };
    const ran = (run: { readonly called: readonly string[] }): boolean =>
      run.called.some((one) => one.startsWith('run '));
    const refused = await runIn(first, 'run');
    expect(refused).toMatchObject({
      exit: 64,
      err: expect.stringMatching(/the worst case\nE_USAGE_CONFIRM/),
    });
    expect(ran(refused)).toBe(false);
    expect(ran(await runIn({ ...first, confirms: true }, 'run'))).toBe(true);
    expect(ran(await runIn(first, 'run', '--yes'))).toBe(true);
    const again = await runIn({ realMoney: true, records: createStory().records }, 'run');
    expect([ran(again), again.err]).toEqual([true, '']);
    expect(ran(await runIn({ realMoney: false, records: null }, 'run'))).toBe(true);
  });
});
