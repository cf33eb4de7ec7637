// The whole path as an operator lives it: a market whose ask goes under the start price, over it, over the ceiling and back,
// and a daemon beside it, both real processes, an hour in ten seconds. The ask moves on when what it should cause has come
// about, so that a slow machine changes nothing. Every assertion but the metrics is about the market's own records.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import type { MarketRecords } from '../../src/market/records.ts';
import { openFloor, type Floor, type SettingsText } from './floor.ts';
import { watchLooks } from './looks.ts';
import { killAll, warmUp } from './program.ts';
import {
  billedCents,
  boughtTwice,
  isMet,
  limitsOf,
  mostAlive,
  nodesOf,
  paidSeconds,
  runningAt,
  slotOf,
  stretchesOf,
  sumOf,
} from './truths.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const START = 1000;
const STEP = 80;
const CEILING = 1624;
const PARKED = 8;
const ZONE = 'hayesvalley';

const bid = { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.03/gpu-hour' };

const train = (nodes: number, more: SettingsText = { zones: [ZONE], bid }): SettingsText => ({
  limits: { ceiling: '$3.00/gpu-hour', nodes: 4 },
  fleets: [{ name: 'train', gpu: 'h100', gpus: 8 * nodes, ...more }],
});

/** A zone whose ask stays where it is until it is set. */
const zoneAt = (name: string, ask: string): SettingsText => ({
  name,
  nodes: 8,
  ask: { path: [{ after: '0s', ask }] },
});

/** One rung of the ladder up, the last one clipped at the ceiling. */
const rung = (limit: number): number => Math.min(limit + STEP, CEILING);

const ladderTo = (top: number): readonly number[] => {
  const rungs = [START];
  while ((rungs.at(-1) ?? top) < top) rungs.push(rung(rungs.at(-1) ?? top));
  return rungs;
};

const untilRecords = (
  what: string,
  floor: Floor,
  wanted: (records: MarketRecords) => boolean,
): Promise<MarketRecords> =>
  until(what, async () => {
    const records = await floor.market.records();
    return wanted(records) ? records : null;
  });

const untilRunning = (floor: Floor, count: number): Promise<MarketRecords> =>
  untilRecords(`${count} nodes run`, floor, (records) => runningAt(records, records.nowMs) === count);

/** Sets the ask and gives the market's instant just before. */
const moveAsk = async (floor: Floor, ask: number): Promise<number> => {
  const { nowMs } = await floor.market.records();
  await floor.market.happen({ kind: 'set_ask', zone: ZONE, ask });
  return nowMs;
};

/** Every bid follows the ladder: a standing one rises by one rung, a parked one begins anew, a lost one begins on some rung. */
const offTheLadder = (records: MarketRecords): readonly string[] =>
  nodesOf(records).flatMap((node) => {
    const limits = limitsOf(records, node);
    return limits.flatMap(({ limit, waiting, atMs }, index) => {
      const before = limits[index - 1];
      if (!waiting || limit === PARKED) return [];
      const stood = before?.waiting === true;
      const allowed = !stood ? ladderTo(CEILING) : before.limit === PARKED ? [START] : [rung(before.limit)];
      return allowed.includes(limit) ? [] : [`${node.name} to ${limit} at ${atMs} after ${before?.limit}`];
    });
  });

/** The settled money and time of the books; waits until they are those of `records`, or of the market's latest. */
const untilSettled = (floor: Floor): Promise<void> =>
  untilTrue('the books agree with the billing', async () => {
    const records = await floor.market.records();
    const scrape = await floor.scrape();
    const settled = sumOf(scrape, 'spend_dollars_total', { basis: 'settled' });
    return (
      Math.round(settled * 1e6) === billedCents(records) * 1e4 &&
      sumOf(scrape, 'paid_node_seconds_total') === paidSeconds(records)
    );
  });

describe.concurrent('a fleet on a market that moves', { timeout: 300_000 }, () => {
  test('reaches its target at the start price, climbs in whole steps up to the ceiling and no further, buys nothing above it, comes back, and knows every cent', async () => {
    const floor = await openFloor({ market: { zones: [zoneAt(ZONE, '$1.00/gpu-hour')] }, daemon: train(3) });
    const program = await floor.start();
    const looks = watchLooks(floor);
    const first = await untilRunning(floor, 3);
    // Over the start: nodes that are lost come back by climbing.
    const over = await moveAsk(floor, 1344);
    for (const { nodeId } of nodesOf(first))
      await floor.market.happen({ kind: 'end_node', node: nodeId, as: 'terminated' });
    await untilRunning(floor, 3);
    // Over the ceiling: at the coming edge every node is lost, and nothing stands that could be filled.
    const above = await moveAsk(floor, 1920);
    await untilRecords('no bid stands', floor, (records) =>
      nodesOf(records).every(({ endedAtMs, limit }) => endedAtMs !== null || limit === PARKED),
    );
    const back = await moveAsk(floor, 1600);
    await untilRunning(floor, 3);
    const under = await moveAsk(floor, 880);
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    floor.writeDaemon(train(0));
    await floor.start();
    const records = await untilRecords('all are let go', floor, ({ nodes }) =>
      nodes.every(({ endedAtMs }) => endedAtMs !== null),
    );

    expect(mostAlive(records)).toBe(3);
    expect(Math.max(...records.requests.map(({ limit }) => limit ?? 0))).toBe(CEILING);
    expect(records.bills.filter(({ atMs }) => atMs > above && atMs <= back)).toEqual([]);
    expect(records.bills.filter(({ cost, limit }) => cost > limit)).toEqual([]);
    expect(records.asks[ZONE]?.map(({ ask }) => ask)).toEqual([800, 1344, 1920, 1600, 880]);
    expect(offTheLadder(records)).toEqual([]);
    const climbs = (fromMs: number, toMs: number): readonly (readonly number[])[] =>
      nodesOf(records)
        .map((node) =>
          limitsOf(records, node).filter(({ atMs, waiting }) => waiting && atMs > fromMs && atMs < toMs),
        )
        .map((limits) => limits.map(({ limit }) => limit).filter((limit) => limit !== PARKED))
        .filter((limits) => limits.length > 0);
    expect(climbs(0, over)).toEqual(Array(3).fill([START]));
    for (const [seen, whole] of [
      [climbs(over, above), ladderTo(1400)],
      [climbs(back, under), ladderTo(CEILING)],
    ] as const) {
      expect(seen).toHaveLength(3);
      expect(seen).toContainEqual(whole);
      // A bid that comes later joins the climb where it stands.
      for (const one of seen) expect(one).toEqual(whole.slice(-one.length));
    }

    await untilSettled(floor);
    const scrape = await floor.scrape();
    expect(sumOf(scrape, 'paid_node_seconds_total')).toBe(paidSeconds(records));
    await untilTrue(
      'a look after the last end',
      async () => ((await floor.status())?.atMs ?? 0) > records.nowMs,
    );
    await looks.stop();
    const stretches = stretchesOf(records);
    const ran = stretches.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs), 0);
    const tolerated = stretches.reduce(
      (sum, { fromMs, toMs }) => sum + looks.gapAround(fromMs) + looks.gapAround(toMs),
      0,
    );
    const obtained = sumOf(scrape, 'obtained_node_seconds_total') * 1000;
    expect(Math.abs(ran - obtained)).toBeLessThanOrEqual(tolerated);
    await floor.close();
  });

  test('with quotes every bid stands at the anchor of its zone, follows it before each edge, and leaves the dearer zone alone', async () => {
    const floor = await openFloor({
      market: {
        payment_rule: 'maker',
        horizon: '1h',
        zones: [zoneAt('dear', '$1.90/gpu-hour'), zoneAt(ZONE, '$1.00/gpu-hour')],
      },
      daemon: train(4, { zones: 'any', bid: { ceiling: '$2.00/gpu-hour' } }),
    });
    await floor.start();
    await untilRunning(floor, 4);
    // DESIGN §9: the smallest multiple of 8 cents at or above the quote, or the largest within 2 % of it where that is higher.
    const anchorOf = (ask: number): number =>
      Math.max(Math.ceil(ask / 8) * 8, Math.floor((ask * 1.02) / 8) * 8);
    for (const ask of [1096, 744]) {
      // An ask that rises after the last act before an edge loses that hour, and the bid is made anew at the anchor.
      await untilRecords('an hour has just begun', floor, ({ nowMs }) => nowMs % HOUR_MS < 20 * MINUTE_MS);
      await moveAsk(floor, ask);
      await untilRecords(`limits follow the ask ${ask}`, floor, ({ nodes }) => {
        const alive = nodes.filter(({ endedAtMs }) => endedAtMs === null);
        return alive.length === 4 && alive.every(({ limit }) => limit === anchorOf(ask));
      });
    }
    await untilRunning(floor, 4);
    await untilSettled(floor);
    const records = await floor.market.records();
    const limits = new Set(
      nodesOf(records).flatMap((node) => limitsOf(records, node).map(({ limit }) => limit)),
    );
    expect([...limits].toSorted((x, y) => x - y)).toEqual([744, 800, 1096].map(anchorOf));
    expect(new Set(nodesOf(records).map(({ zone }) => zone))).toEqual(new Set([ZONE]));
    expect(mostAlive(records)).toBe(4);
    expect(sumOf(await floor.scrape(), 'overrun_dollars_total')).toBe(0);
    await floor.close();
  });

  test('without quotes a climb starts at the stated share of the ceiling, after the stated wait', async () => {
    const start = { quote: '+2%', else: '45%', after: '10m' };
    const floor = await openFloor({
      market: { zones: [zoneAt(ZONE, '$0.95/gpu-hour')] },
      daemon: train(2, { zones: [ZONE], bid: { start, step: '5%', every: '5m', ceiling: '$2.00/gpu-hour' } }),
    });
    await floor.market.addFaults([{ path: '/v0/quote', fault: { kind: 'status', status: 503 } }]);
    const begun = (await floor.market.records()).nowMs;
    await floor.start();
    const records = await untilRunning(floor, 2);
    for (const node of nodesOf(records)) {
      expect(node.createdAtMs).toBeGreaterThanOrEqual(begun + 10 * MINUTE_MS);
      expect(limitsOf(records, node).map(({ limit }) => limit)).toEqual([720, 800]);
    }
    expect(nodesOf(records)).toHaveLength(2);
    await floor.close();
  });

  test('where limits may not be raised in place it climbs by replacing bids, one step at a time, and never holds more than it wants', async () => {
    const floor = await openFloor({
      market: { raising_allowed: false, zones: [zoneAt(ZONE, '$1.50/gpu-hour')] },
      // Longer than a tick: the refusal that teaches it to replace bids costs one.
      daemon: train(2, { zones: [ZONE], bid: { ...bid, every: '12m' } }),
    });
    await floor.start();
    await untilTrue('the target is reached', async () => isMet((await floor.status())?.fleets[0]));
    const records = await floor.market.records();
    const limits = (slot: number): readonly number[] =>
      nodesOf(records)
        .filter((node) => slotOf(node) === slot)
        .map(({ limit }) => limit);
    for (const slot of [0, 1]) {
      expect(limits(slot)).toEqual(limits(slot).toSorted((a, b) => a - b));
      expect([limits(slot)[0], limits(slot).at(-1)]).toEqual([START, 1240]);
    }
    expect([...new Set([...limits(0), ...limits(1)])].toSorted((a, b) => a - b)).toEqual(ladderTo(1240));
    expect(mostAlive(records)).toBe(2);
    expect(boughtTwice(records)).toEqual([]);
    expect(
      records.requests.filter(({ path, status }) => path.includes('procurements') && status === 200),
    ).toEqual([]);
    await floor.close();
  });

  test('a venue whose first answer drips in does not put the clock wrong', async () => {
    const floor = await openFloor({
      market: { zones: [zoneAt(ZONE, '$1.00/gpu-hour')] },
      daemon: train(1),
    });
    const slowly = { kind: 'drip', bytes: 1, everyMs: 100 } as const;
    await floor.market.addFaults([{ method: 'GET', path: '/v1/nodes', times: 1, fault: slowly }]);
    await floor.start();
    const { requests } = await untilRunning(floor, 1);
    expect(requests[0]).toMatchObject({ method: 'POST', status: 201 });
    await floor.close();
  });
});
