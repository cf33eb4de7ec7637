// A daemon that is killed without warning at random moments while the venue misbehaves, in the combinations of settings that
// matter for buying once: whether a name may be sent again, what becomes of an evicted node, how early the next hour is
// bought, both ways to hold. The market's own records over the whole time are the judge.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import type { MarketRecords } from '../../src/market/records.ts';
import { rulesOf, type FaultName } from './faults.ts';
import { openFloor, type Floor } from './floor.ts';
import { killAll, warmUp, type Program } from './program.ts';
import { boughtTwice, isMet, mostAlive, nodesOf, runningAt } from './truths.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
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
  {
    faults: ['answers lost after the market acted', '503 to looks'],
    repost: 'same_name',
    eviction: 'end',
    horizon: '0s',
  },
  {
    faults: ['requests lost before the market took them', 'looks that never answer'],
    repost: 'never',
    eviction: 'end',
    horizon: '1h',
  },
  {
    faults: ['requests carried out 14 minutes after the connection broke'],
    repost: 'same_name',
    eviction: 'awaitingcapacity',
    horizon: '1h',
  },
  {
    faults: ['requests carried out 14 minutes after the connection broke'],
    repost: 'never',
    eviction: 'awaitingcapacity',
    horizon: '0s',
  },
  {
    faults: ['500 although the market acted', '429 to half of all changes'],
    repost: 'never',
    eviction: 'awaitingcapacity',
    horizon: '1h',
  },
  { faults: ['changes that never answer, done or not'], repost: 'same_name', eviction: 'end', horizon: '1h' },
  {
    faults: ['answers that drip slower than the deadline', '402 to creates'],
    repost: 'same_name',
    eviction: 'awaitingcapacity',
    horizon: '0s',
  },
  {
    faults: ['a page of a proxy instead of an answer', 'answers cut in the middle'],
    repost: 'never',
    eviction: 'end',
    horizon: '0s',
  },
  {
    faults: ['nodes as they were ten minutes ago', 'answers lost after the market acted'],
    repost: 'never',
    eviction: 'end',
    horizon: '0s',
  },
  {
    faults: ['listings with half of the nodes', 'a node status nobody knows'],
    repost: 'same_name',
    eviction: 'end',
    horizon: '1h',
  },
  {
    faults: ['401 to everything now and then', '403 to every raise in place'],
    repost: 'same_name',
    eviction: 'awaitingcapacity',
    horizon: '0s',
  },
  {
    faults: [
      'answers lost after the market acted',
      'extensions carried out 14 minutes after the connection broke',
    ],
    repost: 'never',
    eviction: 'end',
    horizon: '0s',
    hold: 'reserved',
  },
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
          // Two steps over the start, so that bids stand and are raised before they are filled; blocks are sold at the start.
          ask: {
            path: [{ after: '0s', ask: scenario.hold === undefined ? '$1.40/gpu-hour' : '$1.10/gpu-hour' }],
          },
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
    // A block must live to be extended.
    if (scenario.hold === undefined) await evict(floor, 'terminated');
    await delay(500);
    return false;
  });

/** Until the blocks that were being extended are over. */
const untilNextBlocks = async (floor: Floor): Promise<void> => {
  const { nowMs } = await floor.market.records();
  await untilTrue(
    'the next blocks began',
    async () => (await floor.market.records()).nowMs > nowMs + EXTEND_LEAD_MS,
  );
};

interface Met {
  readonly report: TickReport;
  readonly records: MarketRecords;
}

/** Waits until as many nodes as wanted run, the books show just the nodes that are alive, and nothing is unknown. */
const untilMet = (floor: Floor, program: Program): Promise<Met> =>
  until(
    'the target is reached with every live node in the books',
    async () => {
      const records = await floor.market.records();
      const report = await floor.status();
      const alive = nodesOf(records).filter((node) => node.endedAtMs === null);
      const ids = (nodes: readonly { nodeId: string | null }[]): string =>
        nodes
          .map((node) => node.nodeId ?? '')
          .toSorted((a, b) => (a < b ? -1 : 1))
          .join();
      const met = isMet(report?.fleets[0]) && runningAt(records, records.nowMs) === WANTED;
      return met && report !== null && ids(report.nodes) === ids(alive) ? { report, records } : null;
    },
    { seen: () => program.said.slice(-60).join('\n') },
  );

const words = (scenario: Scenario): string =>
  `${scenario.faults.join(' and ')} (repost ${scenario.repost}, eviction ${scenario.eviction}, horizon ${scenario.horizon}${scenario.hold === undefined ? '' : ', reserved blocks'})`;

describe.concurrent(
  `a daemon killed at random moments (BIDKEEPER_KILL_SEED=${SEED})`,
  { timeout: 300_000 },
  () => {
    for (const [index, scenario] of SCENARIOS.entries()) {
      test(`buys nothing twice and reaches its target afterwards: ${words(scenario)}`, async () => {
        const floor = await openScenario(scenario);
        await floor.market.addFaults(scenario.faults.flatMap(rulesOf));
        const program = await liveThrough(floor, scenario, chanceOf(SEED + index));
        await untilAllStruck(floor, scenario);
        await floor.market.clearFaults();
        if (scenario.hold !== undefined) await untilNextBlocks(floor);
        const { report, records } = await untilMet(floor, program);
        expect(boughtTwice(records)).toEqual([]);
        expect(mostAlive(records)).toBeLessThanOrEqual(WANTED);
        expect(Math.max(...records.requests.map(({ limit }) => limit ?? 0))).toBeLessThanOrEqual(CEILING);
        // An extension that was sent twice would have been bought long before the end it moves.
        const extensions = records.bills.filter((bill) => bill.why === 'extension');
        expect(extensions.filter((bill) => bill.fromMs - bill.atMs > EXTEND_LEAD_MS)).toEqual([]);
        expect(report.fleets.map((fleet) => fleet.unownedNodes)).toEqual([0]);
        expect(report.contradiction).toBeNull();
        await program.kill();
        await floor.close();
      });
    }
  },
);
