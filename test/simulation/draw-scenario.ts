// Draws a whole scenario from one number: market, settings, and the disturbances of every kind that this seed has on. All
// chance is spent here, in streams by name, before the first instant; the run that follows is the same every time.
import { cents, centsPerNodeHour, floorLimit } from '../../src/domain/money.ts';
import type {
  BidPolicy,
  Budget,
  FleetPolicy,
  LadderPolicy,
  Policy,
  ScheduleWindow,
} from '../../src/domain/policy.ts';
import type { AskSource, SimulatedMarketSettings } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { chanceOf, type Chance } from './chance.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import type { Disturbance, Scenario } from './scenario.ts';
import { fleetPolicy, marketSettings, processPolicy } from './world.ts';

/** After everything is mended: a releasing node's hour, the quarantine, a boot, the settlement rounds. */
const TAIL_MS = 130 * MINUTE_MS;
const RATES_HOLD_FOR_MS = 8 * HOUR_MS;

export const drawScenario = (seed: number, ticks: number): Scenario => {
  const tickEveryMs = 30 * SECOND_MS;
  const shape = chanceOf(seed, 'market');
  const market = drawMarket(seed, shape);
  const policy = drawPolicy(seed, market);
  const latencyMs = chanceOf(seed, 'net').pick([0, 0, 0, 300, 3000]);
  const spanMs = ticks * tickEveryMs;
  return {
    seed,
    ticks,
    tickEveryMs,
    latencyMs,
    tailMs: TAIL_MS,
    market,
    policy,
    disturbances: drawDisturbances(seed, spanMs, market, policy),
    dieAtSteps: [],
  };
};

const drawAsk = (chance: Chance, mean: number): AskSource => {
  if (chance.happens(0.3)) {
    const points = Array.from({ length: 40 }, (_, index) => ({
      afterMs: index * 20 * MINUTE_MS,
      ask: chance.happens(0.05) ? null : centsPerNodeHour(Math.round(mean * (0.5 + chance.unit()))),
    }));
    return { kind: 'path', points };
  }
  const low = centsPerNodeHour(Math.round(mean * 0.3));
  const high = centsPerNodeHour(mean * 3);
  return {
    kind: 'synthetic',
    mean: centsPerNodeHour(mean),
    volatility: chance.pick([0, 1000, 3000, 6000]),
    low,
    high,
  };
};

const drawMarket = (seed: number, chance: Chance): SimulatedMarketSettings => {
  const zone = (name: string): SimulatedMarketSettings['zones'][number] => ({
    name,
    region: 'us-west',
    gpu: 'h100',
    instanceType: 'h100i',
    capacityNodes: chance.pick([3, 20, 100]),
    ask: drawAsk(chance, chance.whole(800, 1600)),
  });
  const uniqueNames = chance.happens(0.7);
  return marketSettings({
    seed,
    zones: chance.happens(0.35) ? [zone('hayesvalley'), zone('landsend')] : [zone('hayesvalley')],
    paymentRule: chance.pick(['clear', 'maker', 'bid']),
    eviction: chance.pick(['awaitingcapacity', 'end']),
    horizonMs: chance.pick([0, 0, HOUR_MS]),
    reservedPremium: chance.pick([0, 1500]),
    depthCentsPerNode: chance.pick([0, 0, 7]),
    bootMs: chance.pick([0, 2 * MINUTE_MS, 6 * MINUTE_MS]),
    quoteDelayMs: chance.pick([0, 0, 20 * SECOND_MS]),
    uniqueNames,
    raisingAllowed: chance.happens(0.85),
    balance: cents(100_000_000),
  });
};

const drawWindows = (chance: Chance, most: number): readonly ScheduleWindow[] => {
  if (chance.happens(0.4)) return [];
  const hours = chance.pick(['*/2', '*/3', '1-23/2', '*']);
  const from = `${chance.pick([0, 0, 20, 45])} ${hours} * * *`;
  return [
    {
      from,
      forMs: chance.whole(10, 100) * MINUTE_MS,
      gpus: 8 * chance.whole(0, most + 1),
      leadMs: chance.pick([0, 0, 10 * MINUTE_MS]),
    },
  ];
};

const drawBudget = (chance: Chance, ceiling: number, nodes: number): Budget => {
  if (chance.happens(0.45)) return {};
  const hour = cents(Math.round(ceiling * nodes * chance.pick([0.7, 1, 1.5, 2.5])));
  const day = cents(Math.round(ceiling * nodes * chance.pick([1.5, 3, 6])));
  return chance.pick<Budget>([{ hour }, { day }, { hour, day }, { day, week: cents(day * 2) }]);
};

const drawBid = (chance: Chance, bid: Omit<LadderPolicy, 'strategy'>): BidPolicy =>
  chance.happens(0.5)
    ? { strategy: 'ladder', ...bid }
    : { strategy: 'follow', interruptionMs: chance.pick([10 * MINUTE_MS, HOUR_MS]), ...bid };

const drawFleet = (
  seed: number,
  chance: Chance,
  name: string,
  market: SimulatedMarketSettings,
): FleetPolicy => {
  const nodes = chance.whole(1, 3);
  const ceiling = chance.whole(1000, 2200);
  const reserved = chance.happens(0.4);
  const step = chance.pick([8, 40, 80]);
  return fleetPolicy({
    name,
    zones: chance.happens(0.5) ? 'any' : market.zones.map((zone) => zone.name),
    schedule: {
      timeZone: chance.pick(['UTC', 'UTC', 'America/Los_Angeles']),
      baseGpus: 8 * nodes,
      windows: drawWindows(chance, nodes),
    },
    hold: reserved ? 'reserved' : 'autoreserved',
    blockMs: chance.pick([HOUR_MS, HOUR_MS, 3 * HOUR_MS]),
    bid: drawBid(chanceOf(seed, `strategy of ${name}`), {
      quotePlus: chance.happens(0.8) ? 200 : null,
      startElse: floorLimit(ceiling / 2),
      elseAfterMs: 2 * MINUTE_MS,
      step: centsPerNodeHour(step),
      everyMs: chance.pick([MINUTE_MS, 5 * MINUTE_MS]),
      ceiling: centsPerNodeHour(ceiling),
    }),
    budget: drawBudget(chance, ceiling, nodes),
    jobs: [],
    surgeNodes: chance.pick([0, 0, 1]),
    spread: chance.pick(['one_zone', 'free']),
    replaceUnhealthy: chance.happens(0.7),
  });
};

const drawPolicy = (seed: number, market: SimulatedMarketSettings): Policy => {
  const chance = chanceOf(seed, 'settings');
  const fleets = [drawFleet(seed, chance, 'train', market)];
  if (chance.happens(0.25)) fleets.push(drawFleet(seed, chance, 'serve', market));
  const dearest = Math.max(...fleets.map((fleet) => fleet.bid.ceiling));
  const cap = chance.happens(0.5) ? centsPerNodeHour(floorLimit(dearest) + 800) : null;
  return processPolicy({
    repost: market.uniqueNames && chance.happens(0.6) ? 'same_name' : 'never',
    fleets,
    limits: {
      ceiling: cap,
      nodes: chance.happens(0.3) ? chance.whole(2, 8) : null,
      purchasesPerHour: chance.pick([10, 30, 1000]),
      raisesPerHour: chance.pick([20, 600]),
      budget: chance.happens(0.3) ? { day: cents(dearest * chance.whole(2, 12)) } : {},
      timeZone: 'UTC',
    },
  });
};

const drawDisturbances = (
  seed: number,
  spanMs: number,
  market: SimulatedMarketSettings,
  policy: Policy,
): readonly Disturbance[] => {
  const places = market.zones.map((zone) => zone.name);
  const all: Disturbance[] = [];
  for (const kind of FAULT_KINDS) {
    const chance = chanceOf(seed, `fault ${kind.name}`);
    if (chance.happens(0.5)) continue;
    const times = (kind.often * spanMs * 2 * chance.unit()) / RATES_HOLD_FOR_MS;
    const number = Math.floor(times) + (chance.happens(times % 1) ? 1 : 0);
    for (let index = 0; index < number; index += 1) {
      const afterMs = chance.whole(0, Math.floor(spanMs * 0.97));
      const zone = chance.pick(places);
      const ceiling = policy.fleets[0]?.bid.ceiling ?? 1600;
      const made = kind.make(chance, { zone, otherZone: 'elsewhere', ceiling });
      all.push(within({ ...made, afterMs, kind: kind.name }, spanMs));
    }
  }
  return all.toSorted((a, b) => a.afterMs - b.afterMs);
};

/** No disturbance reaches into the tail. */
export const within = (given: Disturbance, spanMs: number): Disturbance => {
  const most = Math.max(1, spanMs - given.afterMs - 1000);
  if ('forMs' in given) return { ...given, forMs: Math.min(given.forMs, most) };
  if (given.does === 'market')
    return { ...given, undoAfterMs: given.undoAfterMs === null ? null : Math.min(given.undoAfterMs, most) };
  if (given.does === 'token') return { ...given, knownAfterMs: Math.min(given.knownAfterMs, most) };
  if (given.does === 'backup') return { ...given, damagedForMs: Math.min(given.damagedForMs, most) };
  return given;
};
