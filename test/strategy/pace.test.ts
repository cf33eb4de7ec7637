// Pace says when a job with a deadline should hold a node.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AskSeries } from '../../src/domain/market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type UnixMs } from '../../src/domain/time.ts';
import { keepAsk, startSeries } from '../../src/strategy/ask-series.ts';
import { reservationPrice } from '../../src/strategy/k-search.ts';
import { pace, type PaceInput } from '../../src/strategy/pace.ts';
import { makeTable, outlookAt } from '../../src/strategy/pace-table.ts';
import { binOf, learnChain } from '../../src/strategy/price-chain.ts';

const NOW: UnixMs = Date.UTC(2026, 10, 2);
const CEILING = 2000;

/** Two weeks of asks before NOW, one each five minutes. */
const seriesOf = (askAt: (hour: number) => number | null, days = 14): AskSeries => {
  const series = startSeries();
  for (let atMs = NOW - days * DAY_MS; atMs < NOW; atMs += 5 * MINUTE_MS) {
    keepAsk(series, { ask: askAt(Math.floor(atMs / HOUR_MS)) as never, askedAtMs: atMs });
  }
  return series;
};

/** Cheap nights, dear days. */
const dayAndNight = seriesOf((hour) => (hour % 24 < 8 ? 400 : 1200));

const input = (change: Partial<PaceInput> = {}): PaceInput => ({
  nowMs: NOW,
  deadlineMs: NOW + 72 * HOUR_MS,
  leftMs: 18 * HOUR_MS,
  needMs: 18 * HOUR_MS,
  ask: 1200,
  ceiling: CEILING,
  least: 100,
  history: dayAndNight,
  ...change,
});

describe('with recorded asks', () => {
  test('a job with time to spare waits for the cheap hours that will come, and starts in them.', () => {
    expect(pace(input({ ask: 1200 }))).toMatchObject({ mode: 'learnt', start: false, keep: false });
    expect(pace(input({ ask: 400 }))).toMatchObject({ mode: 'learnt', start: true, keep: true });
  });

  test('a job that needs nearly every hour starts at once, whatever they cost.', () => {
    expect(pace(input({ leftMs: 70 * HOUR_MS, needMs: 70 * HOUR_MS }))).toMatchObject({ start: true });
  });

  test('a running node is kept at an ask at which none would be started: a start wastes its boot.', () => {
    const { startAtMost, keepAtMost } = pace(input());
    expect(keepAtMost).toBeGreaterThan(startAtMost ?? Infinity);
  });

  test('an ask that is not known starts nothing and stops nothing; nothing for sale does both not.', () => {
    expect(pace(input({ ask: undefined }))).toMatchObject({ start: false, keep: true });
    expect(pace(input({ ask: null }))).toMatchObject({ start: false, keep: false });
  });

  test('the forecast of a job that fits into the cheap hours is their price and a few boots.', () => {
    const { outlook } = pace(input({ ask: 400 }));
    expect(outlook?.cents).toBeGreaterThan(18 * 400);
    expect(outlook?.cents).toBeLessThan(18 * 400 * 1.3);
    expect(outlook?.inside).toBeGreaterThan(0.5);
    expect(outlook?.inside).toBeLessThanOrEqual(1);
    expect(outlook?.hours).toBeLessThan(72);
  });

  test('what comes after the last midnight does not change the plan, so a restart makes the same one.', () => {
    const grown: AskSeries = {
      atMs: [...dayAndNight.atMs, NOW + MINUTE_MS, NOW + 6 * MINUTE_MS],
      asks: [...dayAndNight.asks, 8, 1999],
    };
    const at = { nowMs: NOW + 30 * MINUTE_MS };
    expect(pace(input({ ...at, history: grown }))).toEqual(pace(input(at)));
  });

  test('a job of many weeks is paced a week at a time.', () => {
    const long = input({
      deadlineMs: NOW + 40 * DAY_MS,
      leftMs: 320 * HOUR_MS,
      needMs: 320 * HOUR_MS,
    });
    expect(pace({ ...long, ask: 1200 })).toMatchObject({ start: false });
    expect(pace({ ...long, ask: 400 })).toMatchObject({ start: true });
  });
});

describe('at any price up to the ceiling', () => {
  test('a node is wanted from the moment on when only a boot and half an hour are left to lose.', () => {
    const at = (slackMs: number) => pace(input({ leftMs: 72 * HOUR_MS - slackMs, ask: CEILING + 1 }));
    expect(at(40 * MINUTE_MS)).toMatchObject({ mode: 'firm', start: true, keep: true });
    expect(at(41 * MINUTE_MS)).toMatchObject({ mode: 'learnt', start: false });
  });

  test('nothing is wanted once it is done, nor after the deadline.', () => {
    expect(pace(input({ leftMs: 0, ask: 8 }))).toMatchObject({ mode: 'done', start: false, keep: false });
    expect(pace(input({ deadlineMs: NOW, ask: 8 }))).toMatchObject({
      mode: 'over',
      start: false,
      keep: false,
    });
  });
});

describe('without three days of asks', () => {
  const blind = (change: Partial<PaceInput> = {}) => pace(input({ history: null, ...change }));

  test('the worst-case rule decides: the more is done, the choosier it is.', () => {
    const early = blind();
    const late = blind({ leftMs: 2 * HOUR_MS });
    expect(early.mode).toBe('worst_case');
    expect(late.keepAtMost).toBeLessThan(early.keepAtMost ?? 0);
    expect(pace(input({ history: seriesOf(() => 400, 2) })).mode).toBe('worst_case');
  });

  test('reservation prices fall from most ÷ r to the least believed, and the search is never worse than r.', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 500, max: 5000 }),
        (hours, least, most) => {
          const bounds = { least, most };
          const prices = Array.from({ length: hours }, (_, done) => reservationPrice(hours, done, bounds));
          for (const [index, price] of prices.entries()) {
            expect(price).toBeLessThanOrEqual((prices[index - 1] ?? most) + 1e-6);
            expect(price).toBeGreaterThanOrEqual(least - 1e-6);
          }
          // The adversary's worst game: i hours are sold at just these prices, then everything costs most.
          const r = most / (prices[0] ?? most);
          let paid = 0;
          for (let i = 0; i <= hours; i += 1) {
            const cost = paid + (hours - i) * most;
            const best = hours * (i < hours ? (prices[i] ?? least) : least);
            expect(cost).toBeLessThanOrEqual(best * r * (1 + 1e-6));
            paid += prices[i] ?? 0;
          }
        },
      ),
    );
  });
});

describe('the chain of asks', () => {
  test('is a probability in every row, whatever was recorded.', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 1, max: 5000 })), { minLength: 24, maxLength: 24 }),
        (day) => {
          const chain = learnChain(
            seriesOf((hour) => day[hour % 24] ?? null),
            NOW,
            CEILING,
          );
          expect(chain).not.toBeNull();
          for (const row of chain?.next ?? []) {
            expect(row.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
          }
          for (const [bin, mean] of (chain?.means ?? []).entries()) {
            if (chain !== null) expect(binOf(chain, mean)).toBe(bin);
            expect(mean).toBeLessThanOrEqual(CEILING);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test('looks at nothing after the instant it is made for.', () => {
    const before = learnChain(dayAndNight, NOW - 3 * DAY_MS, CEILING);
    const cut = indexOfAfter(dayAndNight, NOW - 3 * DAY_MS);
    const shorter = { atMs: dayAndNight.atMs.slice(0, cut), asks: dayAndNight.asks.slice(0, cut) };
    expect(learnChain(shorter, NOW - 3 * DAY_MS, CEILING)).toEqual(before);
  });

  const indexOfAfter = ({ atMs }: AskSeries, at: UnixMs): number => atMs.findIndex((one) => one > at);
});

describe('the table', () => {
  test('of a constant ask costs that ask for every hour, and the cheaper of an hour more and the time of its boot outside.', () => {
    const chain = { cuts: [], means: [600], next: [[1]] };
    const table = makeTable({ chain, hours: 48, needMs: 10 * HOUR_MS, ceiling: CEILING });
    const from = { hours: 48, held: false, bin: 0, restMs: 0 };
    // Ten hours with a boot are ten minutes short, and ten minutes outside are cheaper than an eleventh hour.
    expect(outlookAt(table, { ...from, needMs: 10 * HOUR_MS }).cents).toBeCloseTo(10 * 600 + CEILING / 6, 6);
    const dear = makeTable({ chain, hours: 48, needMs: 10 * HOUR_MS, ceiling: 6 * 601 });
    expect(outlookAt(dear, { ...from, needMs: 10 * HOUR_MS }).cents).toBeCloseTo(11 * 600, 6);
    expect(outlookAt(table, { ...from, needMs: 0 })).toMatchObject({ cents: 0, inside: 1, hours: 0 });
  });

  test('never expects more than buying everything outside, and more time never costs more.', () => {
    const chain = learnChain(dayAndNight, NOW, CEILING);
    if (chain === null) throw new Error('two weeks are enough');
    const table = makeTable({ chain, hours: 72, needMs: 18 * HOUR_MS, ceiling: CEILING });
    for (let hours = 20; hours < 72; hours += 1) {
      for (let bin = 0; bin < chain.means.length; bin += 1) {
        const at = (left: number) =>
          outlookAt(table, { hours: left, held: false, bin, restMs: 0, needMs: 18 * HOUR_MS }).cents;
        expect(at(hours)).toBeLessThanOrEqual(18 * CEILING + 1e-6);
        expect(at(hours + 1)).toBeLessThanOrEqual(at(hours) + 1e-6);
      }
    }
  });
});

describe('the series of asks', () => {
  test('keeps one sample each four minutes and forgets what is three weeks old.', () => {
    const series = startSeries();
    for (let minute = 0; minute < 30 * 24 * 60; minute += 1) {
      keepAsk(series, { ask: 1000 as never, askedAtMs: NOW + minute * MINUTE_MS });
    }
    const { atMs } = series;
    expect(Math.min(...atMs.slice(1).map((at, index) => at - (atMs[index] ?? 0)))).toBe(4 * MINUTE_MS);
    expect((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)).toBeLessThanOrEqual(23 * DAY_MS);
    expect((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)).toBeGreaterThan(20 * DAY_MS);
  });

  test('ignores an answer older than the last one kept.', () => {
    const series = startSeries();
    keepAsk(series, { ask: 1000 as never, askedAtMs: NOW });
    keepAsk(series, { ask: 900 as never, askedAtMs: NOW - HOUR_MS });
    expect(series.asks).toEqual([1000]);
  });
});
