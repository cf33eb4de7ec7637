// `status --watch` on a made-up day: what a terminal shows, what a pipe gets, and what becomes of both without a daemon.
import { describe, expect, test } from 'vitest';
import type { Overview } from '../../src/domain/overview.ts';
import { watch, type Watching } from '../../src/cli/watch.ts';
import { watchLines } from '../../src/cli/watch-text.ts';
import { NOW_MS, worldOf, type WorldOptions } from '../browser/worlds.ts';

const overviewOf = (options: WorldOptions = {}): Overview => {
  const overview = worldOf({ hours: 1, ...options }).page.overview();
  if (overview === null) throw new Error('the made-up daemon shows nothing');
  return overview;
};

/** Runs the verb over these answers, one a look, then stops it as Ctrl-C does. */
const watched = async (
  answers: readonly (Overview | null)[],
  { form = 'text', size = null }: { form?: 'text' | 'json'; size?: readonly [number, number] | null } = {},
): Promise<{ readonly code: number; readonly out: string }> => {
  let looks = 0;
  let nowMs = 0;
  let out = '';
  const watching: Watching = {
    ask: async () => {
      looks += 1;
      return answers[looks - 1] ?? null;
    },
    screen: size === null ? null : { columns: () => size[0], rows: () => size[1] },
    write: (text) => {
      out += text;
    },
    monotonic: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    stopped: () => looks >= answers.length && nowMs >= 1000 * answers.length,
  };
  return { code: await watch(watching, form), out };
};

/** What a terminal shows after all this was written, and whether its cursor is there. */
const shownOn = (out: string): { readonly lines: readonly string[]; readonly cursor: boolean } => {
  const lines: string[] = [''];
  let row = 0;
  let cursor = true;
  for (const [piece, escape, text = ''] of out
    .replaceAll('\u001b', '␛')
    .matchAll(/␛\[(\??\d*[A-Za-z])|([^␛])/gu)) {
    if (escape === '2K') lines[row] = '';
    else if (escape === 'J') lines.length = row + 1;
    else if (escape === '?25l' || escape === '?25h') cursor = escape.endsWith('h');
    else if (escape?.endsWith('A') === true) row -= Number.parseInt(escape, 10);
    else if (escape !== undefined) throw new Error(`the terminal does not know ${JSON.stringify(piece)}`);
    else if (text === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (text !== '\r') lines[row] = (lines[row] ?? '') + text;
  }
  return { lines: lines.slice(0, row), cursor };
};

describe('on a terminal', () => {
  test('it is drawn over itself, line for line, however its length changes, and leaves the cursor as it was', async () => {
    const alarms = [{ code: 'unowned', fleet: 'train', text: 'a stranger' }];
    const calm = overviewOf({ fleets: 2 });
    const alarmed = overviewOf({ fleets: 2, last: () => ({ alarms }) });
    const { code, out } = await watched([calm, alarmed, alarmed, calm], { size: [200, 40] });
    const { lines, cursor } = shownOn(out);
    expect(lines).toEqual(watchLines(calm, { silentMs: 0, ageMs: 0 }));
    expect([code, cursor]).toEqual([0, true]);
  });

  test('no line is longer and the whole no higher than the terminal, and cut fleets are counted', async () => {
    const { out } = await watched([overviewOf({ fleets: 30 })], { size: [60, 12] });
    const { lines } = shownOn(out);
    expect(lines).toHaveLength(11);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(60);
    expect(lines).toContainEqual(expect.stringMatching(/^… and \d+ more fleets$/));
  });

  test('a daemon that is gone is said loudly with what was known, and one that comes back is shown again', async () => {
    const seen = overviewOf({ fleets: 1 });
    const gone = shownOn((await watched([seen, null, null], { size: [200, 40] })).out).lines;
    expect(gone[0]).toBe(
      'NO CONTACT for 2s; below is what was known at 2026-11-23T14:03:00Z; held nodes go on costing',
    );
    expect(gone.slice(1)).toEqual(watchLines(seen, { silentMs: 0, ageMs: 0 }).slice(1));
    const back = shownOn((await watched([seen, null, seen], { size: [200, 40] })).out).lines;
    expect(back[0]).toBe('bidkeeper live  2026-11-23T14:03:00Z');
    const never = shownOn((await watched([null, null], { size: [200, 40] })).out).lines;
    expect(never).toEqual(['No daemon answers; asking on. Held nodes go on costing money.']);
  });
});

describe('what is said', () => {
  test('wanted and held, limit, ask and ceiling, costs, money and the last decision, in a few lines', () => {
    const lines = watchLines(overviewOf({ fleets: 2 }), { silentMs: 0, ageMs: 0 });
    expect(lines).toEqual([
      'bidkeeper live  2026-11-23T14:03:00Z',
      expect.stringMatching(
        /^train {2}█{12} {2}64\/64 GPUs {2}limit \$1\.\d+ {2}ask \$1\.\d+ {2}ceiling \$2\.20 {2}\$\d+\.\d\d\/h {2}ok$/,
      ),
      expect.stringMatching(/^serve {2}█{12} {2}16\/16 GPUs/),
      'today $1689.20 + $240.00 put aside of $4000.00;  this month $44100.00 + $4800.00 put aside of $80000.00',
      expect.stringMatching(
        /^\d\d:\d\d:\d\d {2}train: raise 1 node in hayesvalley at \$1\.76: before the edge/,
      ),
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}serve: raise/),
    ]);
  });

  test('a pause with what goes on costing, a shortfall, unknowns and a late tick are there', () => {
    const seen = overviewOf({
      fleets: 1,
      last: (report) => ({
        paused: true,
        pause: { by: 'ada', why: 'a bill', atMs: NOW_MS, drain: false, acknowledged: true },
        fleets: report.fleets.map((one) => ({
          ...one,
          runningNodes: 2,
          unknownPurchases: 1,
          shortfallSinceMs: NOW_MS - 90_000,
        })),
      }),
    });
    const lines = watchLines(seen, { silentMs: 0, ageMs: 240_000 });
    expect(lines[0]).toBe('bidkeeper live PAUSED  2026-11-23T14:03:00Z, NO TICK for 4m');
    expect(lines[1]).toMatch(
      /^! paused by ada \(a bill\); held nodes go on for at most \$\d+\.\d\d an hour$/,
    );
    expect(lines[2]).toMatch(/^train {2}███░{9} {2}16\/64 GPUs .* 48 short for 1m 30s, 1 unknown$/);
  });

  test('no message can play with the terminal', () => {
    const text = 'red \u001b[31m\u001b]0;title\u0007 \u009b2J \u202Eback\nnext';
    const seen = overviewOf({ fleets: 1, last: () => ({ alarms: [{ code: 'x', fleet: null, text }] }) });
    const all = watchLines(seen, { silentMs: 0, ageMs: 0 }).join('');
    expect(all).toContain('! x: red  [31m ]0;title');
    expect(all).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('in a pipe', () => {
  test('each line is said once until it says something else, and a growing shortfall is no news', async () => {
    const calm = overviewOf({ fleets: 1 });
    const short = (ms: number): Overview =>
      overviewOf({
        fleets: 1,
        last: (report) => ({
          fleets: report.fleets.map((one) => ({ ...one, runningNodes: 1, shortfallSinceMs: NOW_MS - ms })),
        }),
      });
    const { out } = await watched([calm, calm, short(1000), short(2000), null, null, calm]);
    const said = out
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+Z {2}/, ''));
    expect(out).not.toContain('\u001b');
    expect(said).toEqual([
      expect.stringMatching(/64\/64 .*ok$/),
      expect.stringMatching(/8\/64 .*56 short for 1s$/),
      'No daemon answers; asking on. Held nodes go on costing money.',
      'The daemon answers again.',
      expect.stringMatching(/64\/64 .*ok$/),
    ]);
  });

  test('--json prints each new report as one line', async () => {
    const first = overviewOf({ fleets: 1 });
    const second = { ...first, tick: first.tick + 1 };
    const { out } = await watched([first, first, null, second], { form: 'json' });
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Overview);
    expect(lines.map((line) => line.tick)).toEqual([first.tick, second.tick]);
  });
});
