// Several fleets that share the process limits, each with an hour budget that it would like to pass, on a market that moves.
// The judge is the market's billing, hour by hour.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../src/domain/time.ts';
import { openFloor } from './floor.ts';
import { killAll, warmUp } from './program.ts';
import { billedByHour, billedCents, nodesOf, sumOf } from './truths.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

/** Cents an hour. */
const BUDGETS = { train: 2600, serve: 2000, eval: 1300, process: 4400 } as const;
const HOURS = 4;

const budgetOf = (name: string): number => BUDGETS[name as keyof typeof BUDGETS];

const dollars = (cents: number): string => `$${(cents / 100).toFixed(2)}`;

const bid = {
  start: { quote: '+2%', else: '50%', after: '2m' },
  step: '$0.05/gpu-hour',
  every: '5m',
  ceiling: '$2.00/gpu-hour',
};
const ask = (mean: string, volatility: string): object => ({
  kind: 'synthetic',
  mean,
  volatility,
  low: '$0.60/gpu-hour',
  high: '$2.20/gpu-hour',
});

const MARKETS = [
  { horizon: '0s', payment_rule: 'clear', eviction: 'awaitingcapacity', seed: 11 },
  { horizon: '1h', payment_rule: 'bid', eviction: 'end', seed: 12 },
] as const;

describe.concurrent('several fleets with hour budgets', { timeout: 300_000 }, () => {
  test.each(MARKETS)(
    'no clock hour is billed more than its budget, of any fleet and of all together (horizon $horizon, a fill pays by rule $payment_rule)',
    async (market) => {
      const floor = await openFloor({
        market: {
          ...market,
          zones: [
            { name: 'hayesvalley', nodes: 12, ask: ask('$1.00/gpu-hour', '35%') },
            { name: 'richmond', nodes: 12, ask: ask('$1.10/gpu-hour', '35%') },
          ],
        },
        daemon: {
          limits: { ceiling: '$2.00/gpu-hour', nodes: 12, budget: { hour: dollars(BUDGETS.process) } },
          fleets: [
            {
              name: 'train',
              gpu: 'h100',
              gpus: 32,
              zones: 'any',
              spread: 'free',
              bid,
              budget: { hour: dollars(BUDGETS.train) },
            },
            {
              name: 'serve',
              gpu: 'h100',
              gpus: 16,
              zones: ['richmond'],
              hold: 'reserved',
              bid,
              budget: { hour: dollars(BUDGETS.serve) },
            },
            {
              name: 'eval',
              gpu: 'h100',
              gpus: 32,
              zones: ['hayesvalley'],
              bid,
              budget: { hour: dollars(BUDGETS.eval) },
            },
          ],
        },
      });
      await floor.start();
      const begun = (await floor.market.records()).nowMs;
      const records = await until('some hours pass', async () => {
        const seen = await floor.market.records();
        return seen.nowMs > begun + HOURS * HOUR_MS ? seen : null;
      });
      const dearest = Object.keys(BUDGETS).map((name): readonly [string, number] => {
        const hours = billedByHour(records, name === 'process' ? null : name);
        return [name, Math.max(...hours.values())];
      });
      expect(dearest.filter(([name, billed]) => billed > budgetOf(name))).toEqual([]);
      // A daemon that buys nothing would keep the promise too.
      expect(dearest.filter(([name, billed]) => billed < budgetOf(name) / 3)).toEqual([]);
      const scrape = await floor.scrape();
      expect(sumOf(scrape, 'overrun_dollars_total')).toBe(0);
      expect(sumOf(scrape, 'guard_blocked_total', { guard: 'budget' })).toBeGreaterThan(0);
      expect(nodesOf(records).length).toBeGreaterThan(4);
      await untilTrue('every bill so far is settled', async () => {
        const seen = await floor.market.records();
        const now = await floor.scrape();
        const settled = sumOf(now, 'spend_dollars_total', { basis: 'settled' });
        return Math.round(settled * 100) >= billedCents(seen);
      });
      await floor.close();
    },
  );
});
