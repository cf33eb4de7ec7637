// A daemon that is killed without warning at random moments while the venue misbehaves, in the combinations of settings that
// matter for buying once: whether a name may be sent again, what becomes of an evicted node, how early the next hour is
// bought, both ways to hold. The market's own records over the whole time are the judge.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { rulesOf, type FaultName } from './faults.ts';
import { openFloor, type Floor } from './floor.ts';
import { killAll, type Program } from './program.ts';
import { boughtTwice, isMet, mostAlive, nodesOf } from './truths.ts';
import { until, untilTrue } from './until.ts';

afterAll(killAll);

const SEED = Number(process.env['BIDKEEPER_KILL_SEED'] ?? randomInt(2 ** 31));
const LIVES = 3;
/** Real time after which a daemon that came up is killed at the latest. */
const LIFE_MS = 3000;
const WANTED = 3;
const CEILING = 1600;
const EXTEND_LEAD_MS = 30 * MINUTE_MS;

interface Scenario {
  readonly faults: readonly FaultName[];
  readonly repost: 'never' | 'same_name';
  readonly eviction: 'awaitingcapacity' | 'end';
  readonly horizon: '0s' | '1h';
  readonly hold?: 'reserved';
}

const SCENARIOS: readonly Scenario[] = [
  { faults: ['answers lost after the market acted'], repost: 'never', eviction: 'awaitingcapacity', horizon: '0s' },
  { faults: ['answers lost after the market acted', '503 to looks'], repost: 'same_name', eviction: 'end', horizon: '0s' },
  { faults: ['requests lost before the market took them'], repost: 'never', eviction: 'end', horizon: '1h' },
  { faults: ['requests carried out minutes after the connection broke'], repost: 'same_name', eviction: 'awaitingcapacity', horizon: '1h' },
  { faults: ['requests carried out minutes after the connection broke', 'looks that never answer'], repost: 'never', eviction: 'awaitingcapacity', horizon: '0s' },
  { faults: ['500 although the market acted', '429 to half of all changes'], repost: 'never', eviction: 'awaitingcapacity', horizon: '1h' },
  { faults: ['changes that never answer, done or not'], repost: 'same_name', eviction: 'end', horizon: '1h' },
  { faults: ['answers that drip slower than the deadline', '402 to creates'], repost: 'same_name', eviction: 'awaitingcapacity', horizon: '0s' },
  { faults: ['a page of a proxy instead of an answer', 'answers cut in the middle'], repost: 'never', eviction: 'end', horizon: '0s' },
  { faults: ['listings from ten minutes ago', 'listings with half of the nodes', 'a node status nobody knows'], repost: 'same_name', eviction: 'end', horizon: '0s' },
  { faults: ['401 to everything now and then', '403 to every raise in place'], repost: 'same_name', eviction: 'awaitingcapacity', horizon: '0s' },
  { faults: ['answers lost after the market acted', '500 although the market acted'], repost: 'never', eviction: 'end', horizon: '0s', hold: 'reserved' },
];

/** Mulberry32 of Tommy Ettinger: small, seeded, good enough to choose moments. */
const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const openScenario = (scenario: Scenario): Promise<Floor> =>
  openFloor({
    market: {
      eviction: scenario.eviction,
      horizon: scenario.horizon,
      // Where a name is never sent again nothing but the daemon may be what keeps a node from being bought twice.
      unique_names: scenario.repost === 'same_name',
      zones: [
        {
          name: 'hayesvalley',
          nodes: 8,
          ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] },
        },
      ],
    },
    daemon: {
      repost: scenario.repost,
      quarantine: '15m',
      deadlines: { list: '1s', change: '2s', tick: '5s', quote: '2s' },
      limits: { ceiling: '$3.00/gpu-hour', nodes: 8 },
      fleets: [
        {
          name: 'train',
          gpu: 'h100',
          gpus: 8 * WANTED,
          zones: ['hayesvalley'],
          ...(scenario.hold === undefined ? {} : { hold: scenario.hold }),
          bid: { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' },
        },
      ],
    },
  });

/** Lets the market take a running node away, if there is one. */
const evict = async (floor: Floor, as: 'awaitingcapacity' | 'terminated'): Promise<void> => {
  await floor.market.happen({ kind: 'end_node', node: null, as });
};

/** Kills and starts anew at random moments, with an eviction in each life. */
const liveThrough = async (floor: Floor, scenario: Scenario, chance: () => number): Promise<Program> => {
  for (let life = 1; ; life += 1) {
    const program = await floor.start();
    await delay(chance() * LIFE_MS);
    await evict(floor, scenario.eviction === 'end' ? 'terminated' : 'awaitingcapacity');
    if (life === LIVES) return program;
    await program.kill();
  }
};

/** Nodes are taken away until each fault has struck, so that each has something to spoil. */
const untilAllStruck = (floor: Floor, scenario: Scenario): Promise<void> =>
  untilTrue('every fault has struck', async () => {
    const struck = [...(await floor.market.struckFaults())];
    if (scenario.faults.every((name) => struck.some((id) => id.startsWith(name)))) return true;
    await evict(floor, 'terminated');
    await delay(500);
    return false;
  });

const words = (scenario: Scenario): string =>
  `${scenario.faults.join(' and ')} (repost ${scenario.repost}, eviction ${scenario.eviction}, horizon ${scenario.horizon}${scenario.hold === undefined ? '' : ', reserved blocks'})`;

describe.concurrent(`a daemon killed at random moments (BIDKEEPER_KILL_SEED=${SEED})`, () => {
  test.each(SCENARIOS.map((scenario, index) => ({ scenario, index, title: words(scenario) })))(
    'buys nothing twice and reaches its target afterwards: $title',
    async ({ scenario, index }) => {
      const floor = await openScenario(scenario);
      await floor.market.addFaults(scenario.faults.flatMap(rulesOf));
      const program = await liveThrough(floor, scenario, chanceOf(SEED + index));
      await untilAllStruck(floor, scenario);
      await floor.market.clearFaults();
      let report: TickReport | null = null;
      const cleared = performance.now();
      await until(
        'the target is reached and every unknown is resolved',
        async () => {
          report = await floor.status();
          return isMet(report?.fleets[0]) ? report : null;
        },
        { withinMs: 60_000, seen: () => program.said.slice(-60).join('\n') },
      );
      const took = performance.now() - cleared;
      const records = await floor.market.records();
      console.log(words(scenario), 'recovered in', Math.round(took), 'requests', records.requests.length, 'nodes', records.nodes.length, 'faulty', records.requests.filter((r) => r.fault !== null).length, 'bills', records.bills.length);
      expect(boughtTwice(records)).toEqual([]);
      expect(mostAlive(records)).toBeLessThanOrEqual(WANTED);
      expect(Math.max(...records.requests.map(({ limit }) => limit ?? 0))).toBeLessThanOrEqual(CEILING);
      expect(records.bills.filter((bill) => bill.ask > CEILING)).toEqual([]);
      // An extension that was sent twice would have been bought long before the end it moves.
      const extensions = records.bills.filter((bill) => bill.why === 'extension');
      expect(extensions.filter((bill) => bill.fromMs - bill.atMs > EXTEND_LEAD_MS)).toEqual([]);
      // Every live node is in the books, and no other.
      const alive = nodesOf(records).filter((node) => node.endedAtMs === null);
      const shown = await until('a report that shows them', async () => floor.status());
      expect(shown.nodes.map((node) => node.nodeId).toSorted()).toEqual(alive.map((node) => node.nodeId).toSorted());
      expect(shown.fleets.map((fleet) => fleet.unownedNodes)).toEqual([0]);
      expect(shown.contradiction).toBeNull();
      await program.kill();
      await floor.close();
    },
  );
});
