// The end of all disturbances: faults are taken out, prices are low, money and capacity are there, the clock is right, and a
// person has looked (strangers are gone, the pause is over, a broken daemon is started again). From here on the daemon has
// the stated bound to reach its target, and its books must come to agree with the venue's bills to the cent.
import { parseNodeName } from '../../src/domain/names.ts';
import { GPUS_PER_NODE } from '../../src/domain/money.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { recordsOf } from '../../src/ledger/encoding.ts';
import { configure } from './disturbances.ts';
import { syncNow } from './ledger-port.ts';
import type { Controls } from './run.ts';
import { sabotage } from './sabotage.ts';
import { happened, type Surroundings } from './surroundings.ts';

export const mendEverything = (world: Surroundings, controls: Controls): void => {
  happened(world, 'everything is mended');
  world.clock = { baseMs: 0, sinceMs: 0, perMille: 0 };
  world.diskFault = null;
  if (world.disk.isDamaged()) world.disk.restore(world.disk.entryCount());
  world.diskSlow = false;
  world.leaseHeld = true;
  world.unreachable = false;
  world.tokenFile = world.venueToken;
  world.asleepUntilMs = 0;
  world.stepsToLive = null;
  const broken = world.sabotage !== null || (controls.memory()?.books.contradiction ?? null) !== null;
  world.sabotage = null;
  sabotage(world);
  mendMarket(world);
  mendSettings(world);
  if (broken || world.scenario.seed % 2 === 0) controls.restart();
  const resumed = { kind: 'resume_requested', by: 'operator', why: 'everything is mended' } as const;
  syncNow(world, 'operator', recordsOf(world.disk.entryCount(), [resumed], world.nowMs));
};

const mendMarket = (world: Surroundings): void => {
  const { market, scenario } = world;
  market.advanceTo(world.nowMs);
  market.removeFaults();
  const fleets = [...world.policy.fleets, ...scenario.policy.fleets];
  const lowest = Math.min(...fleets.map((fleet) => fleet.bid.ceiling));
  for (const { name } of scenario.market.zones) {
    market.happen({ kind: 'set_ask', zone: name, ask: Math.max(88, Math.floor(lowest * 0.35)) });
    market.happen({ kind: 'set_capacity', zone: name, nodes: 200 });
  }
  market.happen({ kind: 'move_balance', cents: 100_000_000 });
  market.happen({ kind: 'switch', switches: { quoteDelayMs: 0, raisingAllowed: true } });
  endStrangers(world);
  for (const afterMs of LOOKS_AGAIN_MS)
    world.heap.plan(world.nowMs + afterMs, 'strangers end', () => endStrangers(world));
};

/** What was asked for before may still be done late; a person looks again. */
const LOOKS_AGAIN_MS = [3, 13, 61].map((minutes) => minutes * MINUTE_MS);

const endStrangers = (world: Surroundings): void => {
  const { market } = world;
  market.advanceTo(world.nowMs);
  const ours = new Set(
    world.disk.known().flatMap(({ entry }) => (entry.kind === 'create_intended' ? [entry.name] : [])),
  );
  const known = controlsKnown(world);
  for (const { nodeId, name, endedAtMs } of market.records().nodes) {
    if (endedAtMs !== null || (ours.has(name) && known(nodeId) && !world.boughtByHand.has(nodeId))) continue;
    if (parseNodeName(name) !== null || name.startsWith(`${world.policy.namePrefix}-`)) {
      market.happen({ kind: 'end_node', node: nodeId, as: 'terminated' });
    }
  }
};

/** Whether the ledger shows a node id as its own, or does not call it a stranger's. */
const controlsKnown = (world: Surroundings): ((nodeId: string) => boolean) => {
  const unowned = new Set<string>();
  for (const { entry } of world.disk.known()) if (entry.kind === 'unowned_seen') unowned.add(entry.nodeId);
  return (nodeId) => !unowned.has(nodeId);
};

/** Steady targets, and no budget that the tail could meet. */
const mendSettings = (world: Surroundings): void => {
  const { policy } = world;
  const drawn = new Map(world.scenario.policy.fleets.map((fleet) => [fleet.name, fleet.schedule.baseGpus]));
  configure(world, {
    ...policy,
    limits: { ...policy.limits, nodes: null, budget: {}, purchasesPerHour: 1000, raisesPerHour: 10_000 },
    fleets: policy.fleets.map((fleet) => ({
      ...fleet,
      budget: {},
      schedule: {
        ...fleet.schedule,
        windows: [],
        baseGpus: Math.max(GPUS_PER_NODE, drawn.get(fleet.name) ?? 0),
      },
    })),
  });
};
