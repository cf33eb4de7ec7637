// Jobs with a deadline on price histories: through the tick that runs live, against the exact optimum of each window.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobOptimum } from '../../src/backtest/job-optimum.ts';
import { jobWindows, runJobs } from '../../src/backtest/jobs.ts';
import { judgeJobs, jobRowsTable, summariseJobs } from '../../src/backtest/job-summary.ts';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { LOOKS_PER_HOUR, OUTSIDE_CENTS, type Series } from '../../src/backtest/series.ts';
import { syntheticSeries } from '../../src/backtest/synthetic.ts';
import { hourly } from './small-series.ts';

const BOOT_LOOKS = 2;

/** The optimum by trying everything: each look nothing, outside, or a start. Exponential, so for a few looks only. */
const bruteForce = (asks: readonly number[], span: number, need: number): number => {
  const outside = OUTSIDE_CENTS / LOOKS_PER_HOUR;
  const go = (look: number, left: number, node: { boot: number; paid: boolean } | null): number => {
    if (left === 0) return 0;
    if (look === span) return Number.POSITIVE_INFINITY;
    const first = look % LOOKS_PER_HOUR === 0;
    const price = ((asks[look] ?? 0) * (LOOKS_PER_HOUR - (look % LOOKS_PER_HOUR))) / LOOKS_PER_HOUR;
    const options: number[] = [];
    if (node !== null && (!first || node.paid)) {
      const next = { boot: Math.max(0, node.boot - 1), paid: false };
      if (node.boot === 0) options.push(go(look + 1, left - 1, next));
      else options.push(go(look + 1, left, next), outside + go(look + 1, left - 1, next));
    } else {
      options.push(go(look + 1, left, null), outside + go(look + 1, left - 1, null));
      const boot = node === null ? BOOT_LOOKS : node.boot;
      options.push(price + go(look, left, { boot, paid: true }));
      // Dropping a node and starting another in the same look is never cheaper than keeping it.
    }
    return Math.min(...options);
  };
  return go(0, need, null);
};

describe('the optimum of a job', () => {
  test('is what trying every way comes to.', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 3000 }), {
          minLength: LOOKS_PER_HOUR,
          maxLength: LOOKS_PER_HOUR,
        }),
        fc.integer({ min: 1, max: LOOKS_PER_HOUR }),
        (asks, need) => {
          const brute = bruteForce(asks, LOOKS_PER_HOUR, need);
          expect(jobOptimum(asks, 0, LOOKS_PER_HOUR, need)).toBeCloseTo(brute, 6);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('buys the cheap hours, pays one boot for each run of them, and prefers outside to a dearer ask.', () => {
    const asks = hourly([3000, 600, 600, 3000]);
    // An hour and fifty minutes are useful of two; ten minutes more come from outside.
    expect(jobOptimum(asks, 0, asks.length, 2 * LOOKS_PER_HOUR)).toBeCloseTo(1200 + OUTSIDE_CENTS / 6, 6);
  });
});

describe('pace on the synthetic series', () => {
  test('misses no deadline, beats starting at once and a straight line of progress, and is never under the optimum.', async () => {
    const series = syntheticSeries(1).map(shortened);
    const rows = await runJobs({ series, bid: SHIPPED.follow, hours: [18] });
    const lines = summariseJobs(rows);
    const of = (policy: string) => lines.find((line) => line.policy === policy);
    expect(of('pace')?.missed).toBe(0);
    expect(of('pace')?.meanCostRatio).toBeLessThan(of('at_once')?.meanCostRatio ?? 0);
    expect(of('pace')?.meanCostRatio).toBeLessThan(of('uniform_progress')?.meanCostRatio ?? 0);
    expect(of('pace')?.meanCostRatio).toBeLessThanOrEqual(1.25);
    expect(jobRowsTable(rows)).toContain('18 h of 72');
    expect(judgeJobs(rows)).toEqual([]);
  });

  test('decides by nothing that lies ahead: another future, the same cost up to it.', async () => {
    const [one] = syntheticSeries(2).map(shortened);
    if (one === undefined) throw new Error('no series');
    const [first = 0] = jobWindows(one);
    const end = first + 72 * LOOKS_PER_HOUR;
    const other = { ...one, asks: one.asks.map((ask, look) => (look > end ? ask * 3 : ask)) };
    const cost = async (series: Series) =>
      (await runJobs({ series: [cutAt(series, end)], bid: SHIPPED.follow, hours: [18] }))[0]?.costRatio;
    expect(await cost(other)).toBe(await cost(one));
  });
});

/** Its warm-up and six days, so that the test stays short. */
const shortened = (series: Series): Series => cutAt(series, series.scoredFrom + 6 * 24 * LOOKS_PER_HOUR);

const cutAt = (series: Series, look: number): Series => ({ ...series, asks: series.asks.slice(0, look + 1) });
