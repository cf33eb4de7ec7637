// The whole path as an operator lives it: a market whose ask goes under the start price, over it, over the ceiling and back,
// and a daemon beside it, both real processes, an hour in ten seconds. Every assertion but the metrics is about the market's
// own records.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { openFloor, SPEED } from './floor.ts';
import { killAll, warmUp } from './program.ts';
import {
  billedCents,
  isMet,
  limitsOf,
  mostAlive,
  nodesOf,
  paidSeconds,
  ranFor,
  runningAt,
  sumOf,
} from './truths.ts';
import { untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const START = 1000;
const STEP = 80;
const CEILING = 1624;
const PARKED = 8;
const ZONE = 'hayesvalley';

/** `35 14 * * *`: the minute of an instant, every day, in UTC. */
const dailyAt = (atMs: number): string => {
  const at = new Date(atMs);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
};

/** The first hour boundary at least 15 minutes after the market's first instant, which is about now. */
const firstHour = (nowMs: number): number => Math.ceil((nowMs + 15 * MINUTE_MS) / HOUR_MS) * HOUR_MS;

const minutes = (count: number): string => `${count}m`;

/** One rung of the ladder up, the last one clipped at the ceiling. */
const rung = (limit: number): number => Math.min(limit + STEP, CEILING);

const ladderTo = (top: number): readonly number[] => {
  const rungs = [START];
  while ((rungs.at(-1) ?? top) < top) rungs.push(rung(rungs.at(-1) ?? top));
  return rungs;
};

describe.concurrent('a fleet on a market that moves', () => {
  test('reaches its target at the start price, climbs in whole steps up to the ceiling and no further, buys nothing above it, and comes back', async () => {
    const nowMs = Date.now();
    const hour = firstHour(nowMs);
    const lead = Math.round((hour - nowMs) / 1000);
    const after = (minute: number): string => `${lead + minute * 60}s`;
    const at = (minute: number): number => hour + minute * MINUTE_MS;
    const path = [
      { after: '0s', ask: '$1.00/gpu-hour' },
      { after: after(20), ask: '$1.68/gpu-hour' },
      { after: after(80), ask: '$2.40/gpu-hour' },
      { after: after(125), ask: '$2.00/gpu-hour' },
      { after: after(190), ask: '$1.10/gpu-hour' },
    ];
    const floor = await openFloor({
      market: { zones: [{ name: ZONE, nodes: 8, ask: { path } }] },
      daemon: {
        limits: { ceiling: '$3.00/gpu-hour', nodes: 4 },
        fleets: [
          {
            name: 'train',
            gpu: 'h100',
            gpus: 0,
            zones: [ZONE],
            schedule: [
              { from: dailyAt(at(-120)), for: minutes(150), gpus: 16 },
              { from: dailyAt(at(30)), for: minutes(200), gpus: 32 },
            ],
            bid: {
              start: '$1.25/gpu-hour',
              step: '$0.10/gpu-hour',
              every: '5m',
              ceiling: '$2.03/gpu-hour',
            },
          },
        ],
      },
    });
    await floor.start();
    await untilTrue(
      'the fleet is bought, held and let go',
      async () => {
        const records = await floor.market.records();
        return records.nowMs > at(245) && records.nodes.every((node) => node.endedAtMs !== null);
      },
      { withinMs: 110_000 },
    );
    const records = await floor.market.records();

    // The target is reached, and reached again once the ask is back under the ceiling.
    expect([at(28), at(78), at(188), at(228)].map((when) => runningAt(records, when))).toEqual([2, 4, 4, 4]);
    expect(mostAlive(records)).toBe(4);
    // Nothing carries a limit above the ceiling, and nothing is bought while the ask is above it.
    expect(Math.max(...records.requests.map((request) => request.limit ?? 0))).toBe(CEILING);
    expect(records.bills.filter((bill) => bill.ask > CEILING || bill.cost > bill.limit)).toEqual([]);
    expect(records.asks[ZONE]?.map(({ ask }) => ask)).toEqual([800, 1344, 1920, 1600, 880]);
    // A bid that stands only rises, one whole step at a time, from the start; a parked one starts a new climb.
    for (const node of nodesOf(records)) {
      const limits = limitsOf(records, node);
      for (const [index, { limit, waiting }] of limits.entries()) {
        const before = limits[index - 1];
        if (before === undefined) expect(ladderTo(CEILING)).toContain(limit);
        else if (waiting && before.limit === PARKED) expect(limit).toBe(START);
        else if (waiting && limit !== PARKED) expect(limit).toBe(rung(before.limit));
      }
    }
    const climbs = nodesOf(records).map((node) =>
      limitsOf(records, node).filter(({ atMs, waiting }, index) => (waiting || index === 0) && atMs > at(30)),
    );
    const early = climbs.map((limits) =>
      limits.filter(({ atMs }) => atMs < at(78)).map(({ limit }) => limit),
    );
    expect(early.filter((limits) => limits.length > 0)).toEqual([ladderTo(1400), ladderTo(1400)]);
    const late = climbs.map((limits) =>
      limits.filter(({ atMs, limit }) => atMs > at(125) && limit !== PARKED).map(({ limit }) => limit),
    );
    expect(late.filter((limits) => limits.length > 0)).toEqual(Array(4).fill(ladderTo(CEILING)));

    // The books agree with the market's billing.
    await untilTrue('the last order is settled', async () => {
      const scrape = await floor.scrape();
      return Math.round(sumOf(scrape, 'paid_node_seconds_total')) === paidSeconds(records);
    });
    const scrape = await floor.scrape();
    expect(Math.round(sumOf(scrape, 'spend_dollars_total', { basis: 'settled' }) * 1e6)).toBe(
      billedCents(records) * 1e4,
    );
    expect(sumOf(scrape, 'paid_node_seconds_total')).toBe(paidSeconds(records));
    expect(sumOf(scrape, 'overrun_dollars_total')).toBe(0);
    const ran = ranFor(records);
    const obtained = sumOf(scrape, 'obtained_node_seconds_total');
    expect(Math.abs(ran.seconds - obtained)).toBeLessThanOrEqual(ran.stretches * 2 * SPEED);
    await floor.close();
  });

  test('with quotes every bid starts at the anchor of its zone, the dearer zone is left alone, and the books agree with the billing', async () => {
    const floor = await openFloor({
      market: {
        payment_rule: 'maker',
        horizon: '1h',
        zones: [
          { name: 'dear', nodes: 8, ask: { path: [{ after: '0s', ask: '$1.90/gpu-hour' }] } },
          {
            name: ZONE,
            nodes: 8,
            ask: {
              path: [
                { after: '0s', ask: '$1.00/gpu-hour' },
                { after: '1h', ask: '$1.37/gpu-hour' },
                { after: '2h', ask: '$0.93/gpu-hour' },
              ],
            },
          },
        ],
      },
      daemon: {
        limits: { ceiling: '$2.00/gpu-hour', nodes: 4 },
        fleets: [{ name: 'train', gpu: 'h100', gpus: 32, zones: 'any', bid: { ceiling: '$2.00/gpu-hour' } }],
      },
    });
    await floor.start();
    const begun = (await floor.market.records()).startMs;
    await untilTrue(
      'three hours and a half',
      async () => (await floor.market.records()).nowMs > begun + 3.5 * HOUR_MS,
    );
    const records = await floor.market.records();
    expect([1, 2, 3].map((hour) => runningAt(records, begun + hour * HOUR_MS))).toEqual([4, 4, 4]);
    expect(mostAlive(records)).toBe(4);
    expect(new Set(records.nodes.map(({ zone }) => zone))).toEqual(new Set([ZONE]));
    // DESIGN §9: the smallest multiple of 8 cents at or above the quote, or the largest within 2 % of it where that is higher.
    const anchors = [800, 1096, 744].map((ask) =>
      Math.max(Math.ceil(ask / 8) * 8, Math.floor((ask * 1.02) / 8) * 8),
    );
    const limits = new Set(
      records.nodes.flatMap((node) => limitsOf(records, node).map(({ limit }) => limit)),
    );
    expect([...limits].toSorted((a, b) => a - b)).toEqual(anchors.toSorted((a, b) => a - b));
    await untilTrue('every bill is settled', async () => {
      const seen = await floor.market.records();
      const scrape = await floor.scrape();
      return (
        Math.round(sumOf(scrape, 'spend_dollars_total', { basis: 'settled' }) * 100) === billedCents(seen) &&
        sumOf(scrape, 'paid_node_seconds_total') === paidSeconds(seen)
      );
    });
    expect(sumOf(await floor.scrape(), 'overrun_dollars_total')).toBe(0);
    await floor.close();
  });

  test('without quotes a climb starts at the stated share of the ceiling, after the stated wait', async () => {
    const floor = await openFloor({
      market: { zones: [{ name: ZONE, nodes: 8, ask: { path: [{ after: '0s', ask: '$0.95/gpu-hour' }] } }] },
      daemon: {
        fleets: [
          {
            name: 'train',
            gpu: 'h100',
            gpus: 16,
            zones: [ZONE],
            bid: {
              start: { quote: '+2%', else: '45%', after: '10m' },
              step: '5%',
              every: '5m',
              ceiling: '$2.00/gpu-hour',
            },
          },
        ],
      },
    });
    await floor.market.addFaults([{ path: '/v0/quote', fault: { kind: 'status', status: 503 } }]);
    await floor.start();
    const begun = (await floor.market.records()).nowMs;
    await untilTrue('the target is reached', async () => isMet((await floor.status())?.fleets[0]));
    const records = await floor.market.records();
    for (const node of nodesOf(records)) {
      expect(node.createdAtMs).toBeGreaterThanOrEqual(begun + 9 * MINUTE_MS);
      expect(limitsOf(records, node).map(({ limit }) => limit)).toEqual([720, 800]);
    }
    expect(nodesOf(records)).toHaveLength(2);
    await floor.close();
  });

  test('a venue whose first answer drips in does not put the clock wrong', async () => {
    const floor = await openFloor({
      market: { zones: [{ name: ZONE, nodes: 8, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }] },
      daemon: {
        fleets: [{ name: 'train', gpu: 'h100', gpus: 8, zones: [ZONE], bid: { ceiling: '$2.00/gpu-hour' } }],
      },
    });
    const slowly = { kind: 'drip', bytes: 1, everyMs: 100 } as const;
    await floor.market.addFaults([{ method: 'GET', path: '/v1/nodes', times: 1, fault: slowly }]);
    const program = await floor.start();
    await untilTrue('the target is reached', async () => isMet((await floor.status())?.fleets[0]));
    expect(program.said.join('\n')).not.toContain('clocks differ');
    await floor.close();
  });
});
