// The clairvoyant against all that could have been done, tried one by one on short series; and nothing that the daemon plays
// is ever cheaper.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASELINES, playBaseline } from '../../src/backtest/baselines.ts';
import { runBaselines, runStrategy } from '../../src/backtest/benchmark.ts';
import { optimumOf } from '../../src/backtest/clairvoyant.ts';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { GAMES, RULES, scoreOf, type Game } from '../../src/backtest/score.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS, type Series } from '../../src/backtest/series.ts';
import { hourly, seriesFrom } from './small-series.ts';

const BOOT_LOOKS = 2;

/** The least cost by trying everything: at each look start, renew, buy ahead or do nothing. */
const byTrial = (series: Series, game: Game): number => {
  const end = series.asks.length - 1;
  const outside = OUTSIDE_CENTS / LOOKS_PER_HOUR;
  const askAt = (look: number): number => series.asks[look] ?? NOTHING;
  /** From `look` on, before acting: held until `until` (0: nothing is held), booting for `boot` more looks. */
  const from = (look: number, until: number, boot: number): number => {
    if (look >= end) return 0;
    const held = until > look;
    const passing = (paid: number, to: number, left: number): number => {
      const useful = to > look && left === 0;
      return paid + (useful ? 0 : outside) + from(look + 1, to, Math.max(0, to > look ? left - 1 : 0));
    };
    const hourEnd = look - (look % LOOKS_PER_HOUR) + LOOKS_PER_HOUR;
    const hour = (ask: number): number => ask;
    const choices = [passing(0, until, boot)];
    const ran = until === look && look > 0;
    if (ran) choices.push(passing(hour(askAt(look)), hourEnd, boot));
    if (ran && game === 'hold+extend')
      choices.push(passing(2 * hour(askAt(look)), hourEnd + LOOKS_PER_HOUR, boot));
    if (!held) {
      const rest = (askAt(look) * (hourEnd - look)) / LOOKS_PER_HOUR;
      choices.push(passing(rest, hourEnd, BOOT_LOOKS));
      if (game === 'hold+extend')
        choices.push(passing(rest + hour(askAt(look)), hourEnd + LOOKS_PER_HOUR, BOOT_LOOKS));
    }
    if (held && until === hourEnd && game === 'hold+extend') {
      choices.push(passing(hour(askAt(look)), until + LOOKS_PER_HOUR, boot));
    }
    return Math.min(...choices);
  };
  const first = series.scoredFrom;
  const before = series.asks.slice(first - LOOKS_PER_HOUR, first);
  const warm = [from(first, first, 0)];
  if (game === 'hold+extend') warm.push(Math.min(...before) + from(first, first + LOOKS_PER_HOUR, 0));
  return Math.min(from(first, 0, 0), ...warm);
};

const anAsk = fc.oneof(fc.integer({ min: 100, max: 3000 }), fc.constant(NOTHING));

describe('the clairvoyant', () => {
  test.each(GAMES)('In %s it finds what trying everything finds.', (game) => {
    fc.assert(
      fc.property(fc.array(anAsk, { minLength: 24, maxLength: 24 }), (looks) => {
        // Two asks an hour keep the trial short; the second stands from the half hour on.
        const asks = looks.slice(0, 4).flatMap((ask) => Array.from({ length: 6 }, () => ask));
        const series = seriesFrom(asks);
        const optimum = optimumOf({ series, game, nodes: 1, depthCents: 0 });
        expect(optimum).toBeCloseTo(byTrial(series, game), 6);
      }),
      { numRuns: 25 },
    );
  });

  test('It rides out a dear hour only when a boot costs more than the hour does.', () => {
    const at = (middle: number): number =>
      optimumOf({ series: seriesFrom(hourly([500, middle, 500])), game: 'hold', nodes: 1, depthCents: 0 });
    // A boot wastes a sixth of an hour at $20.
    expect(at(2300)).toBeCloseTo(500 + 2300 + 500, 6);
    expect(at(2400)).toBeCloseTo(500 + 2000 + 500 + 2000 / 6, 6);
  });

  test('With depth each further node pays its own dearer ask.', () => {
    const series = seriesFrom(hourly([500, 500]));
    const one = optimumOf({ series, game: 'hold', nodes: 1, depthCents: 100 });
    const three = optimumOf({ series, game: 'hold', nodes: 3, depthCents: 100 });
    expect(three).toBeCloseTo(3 * one + 2 * 100 + 2 * 200, 6);
  });

  test('Nothing that is played on any series beats it: strategies, baselines, all rules, ages and games.', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anAsk, { minLength: 30, maxLength: 60 }),
        fc.constantFrom(...RULES),
        fc.constantFrom(0, LOOK_MS),
        fc.constantFrom(...GAMES),
        fc.constantFrom(1, 2),
        async (asks, rule, quoteAgeMs, game, nodes) => {
          const series = seriesFrom(asks.flatMap((ask) => [ask, ask, ask, ask]));
          const at = { series, game, rule, quoteAgeMs, nodes, depthCents: nodes === 1 ? 0 : 40 };
          const rows = game === 'hold' ? [...runBaselines(at)] : [];
          for (const bid of Object.values(SHIPPED)) rows.push(await runStrategy(at, bid));
          for (const row of rows) expect(row.costRatio).toBeGreaterThan(1 - 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the baselines', () => {
  const series = seriesFrom(hourly([500, 800, 500, 2400, 500]));
  const at = { series, rule: 'bid', quoteAgeLooks: 0, nodes: 1, depthCents: 0 } as const;

  test('The vendor default keeps the limit of its start and pays it where a fill costs the limit.', () => {
    const { paidCents, interruptions } = playBaseline('vendor_default', at);
    // Hours at 752 (1.5 × 500, rounded up to 8 cents); lost at 800, started anew at 1200, lost at 2400, and again at 752.
    expect(interruptions).toBe(2);
    expect(paidCents).toBeCloseTo(752 + 1200 + 1200 + 752, 6);
  });

  test('The best fixed bid in hindsight is no dearer than any other fixed bid.', () => {
    const total = (tally: ReturnType<typeof playBaseline>): number => scoreOf(series, 1, tally, 1).totalCents;
    expect(total(playBaseline('best_fixed', at))).toBeLessThanOrEqual(total(playBaseline('ceiling', at)));
  });

  test('Nodes without depth are as many times one.', () => {
    for (const baseline of BASELINES) {
      const one = playBaseline(baseline, at);
      expect(playBaseline(baseline, { ...at, nodes: 3 }).paidCents).toBeCloseTo(3 * one.paidCents, 6);
    }
  });
});
