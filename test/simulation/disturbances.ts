// Carries out disturbances: what each does to the surroundings when its instant comes, and how it ends. Whether, when and how
// often they come was decided when the scenario was drawn; here is no chance but the operator's choice among nodes.
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import { centsPerNodeHour, cents, floorLimit } from '../../src/domain/money.ts';
import type { Entry } from '../../src/domain/entry.ts';
import { HOUR_MS, hourCeil, MINUTE_MS } from '../../src/domain/time.ts';
import { recordsOf } from '../../src/ledger/encoding.ts';
import { formatNodeName, parseNodeName } from '../../src/domain/names.ts';
import type { FaultRule } from '../../src/market/faults.ts';
import type { NodeRecord } from '../../src/market/records.ts';
import { syncNow } from './ledger-port.ts';
import type { Controls } from './run.ts';
import type { Aim, Disturbance } from './scenario.ts';
import { happened, nextOrder, wallClock, type Surroundings } from './surroundings.ts';
import { sabotage } from './sabotage.ts';
import { byHand } from './wire.ts';

type Of<Does extends Disturbance['does']> = Extract<Disturbance, { does: Does }>;

export const carryOut = (world: Surroundings, given: Disturbance, controls: Controls): void => {
  happened(world, given.kind);
  switch (given.does) {
    case 'wire':
      return strikeWire(world, given);
    case 'market':
      world.market.advanceTo(world.nowMs);
      world.market.happen(given.event);
      if (given.undo !== null && given.undoAfterMs !== null)
        world.market.plan(world.nowMs + given.undoAfterMs, given.undo);
      return;
    case 'by_hand':
      return touchByHand(world, given);
    case 'stranger':
      return letStrangerIn(world, given);
    case 'hidden_namesake':
      return hideNamesake(world, given);
    case 'pause':
      write(world, { kind: 'pause_requested', by: 'operator', why: 'simulated' });
      return later(world, given.forMs, () =>
        write(world, { kind: 'resume_requested', by: 'operator', why: 'simulated' }),
      );
    case 'target':
      return setTarget(world, given);
    case 'settings':
      return changeSettings(world, given);
    case 'token':
      world.venueToken = `sim-secret-${world.order}`;
      return later(world, given.knownAfterMs, () => {
        world.tokenFile = world.venueToken;
      });
    case 'clock':
      return disturbClock(world, given);
    case 'asleep':
      world.asleepUntilMs = world.nowMs + given.forMs;
      return;
    case 'crash':
      world.stepsToLive = given.afterSteps;
      world.downMs = given.downMs;
      world.tornShare = given.tornShare;
      return;
    case 'kill':
      return controls.kill(given.downMs);
    case 'lease':
      world.leaseHeld = false;
      return later(world, given.forMs, () => {
        world.leaseHeld = true;
      });
    case 'disk':
      return disturbDisk(world, given);
    case 'backup':
      return restoreBackup(world, given, controls);
    case 'unreachable':
      world.unreachable = true;
      return later(world, given.forMs, () => {
        world.unreachable = false;
      });
    case 'strategy':
      world.sabotage = given.how;
      sabotage(world);
      return later(world, given.forMs, () => {
        world.sabotage = null;
        sabotage(world);
      });
  }
};

const later = (world: Surroundings, forMs: number, run: () => void): void =>
  world.heap.plan(world.nowMs + forMs, 'undone', run);

const AIMS: Readonly<Record<Aim, Pick<FaultRule, 'method' | 'path' | 'pathPattern'>>> = {
  any: {},
  changes: { pathPattern: '^/v[01]/(nodes|procurements)' },
  creates: { method: 'POST', path: '/v1/nodes' },
  extends: { method: 'PATCH', pathPattern: '/extend$' },
  raises: { method: 'PATCH', path: '/v0/procurements' },
  lettings_go: { pathPattern: '^/v1/nodes/[^/]+/release$' },
  listings: { method: 'GET', pathPattern: '^/v1/nodes(\\?|$)' },
  lookups: { method: 'GET', pathPattern: '^/v1/nodes/' },
  quotes: { method: 'GET', path: '/v0/quote' },
  reads: { method: 'GET' },
};

/** How long before its instant a disturbance is carried out: a market that shall answer from the past must begin to remember it. */
export const leadOf = (given: Disturbance): number =>
  given.does === 'wire' && given.fault.kind === 'stale_list'
    ? Math.min(given.afterMs, given.fault.agoMs + MINUTE_MS)
    : 0;

const strikeWire = (world: Surroundings, given: Of<'wire'>): void => {
  const fromMs = world.nowMs + leadOf(given);
  const rule: FaultRule = {
    id: `${given.kind}#${given.afterMs}`,
    ...AIMS[given.aim],
    fromMs,
    untilMs: fromMs + given.forMs,
    ...(given.probability < 1 ? { probability: given.probability } : {}),
    ...(given.times === null ? {} : { times: given.times }),
    fault: given.fault,
  };
  const [id = ''] = world.market.addFaults([rule]);
  later(world, leadOf(given) + given.forMs, () => world.market.removeFaults([id]));
};

/** A person does something to one of the fleet's nodes in the venue's console. */
const touchByHand = (world: Surroundings, { act }: Of<'by_hand'>): void => {
  world.market.advanceTo(world.nowMs);
  const ours = livingOfOurs(world);
  if (ours.length === 0) return;
  const node = world.chance.operator.pick(ours);
  if (act === 'release') return byHand(world, 'PATCH', `/v1/nodes/${node.nodeId}/release`, {});
  if (act === 'delete') {
    world.market.happen({ kind: 'end_node', node: node.nodeId, as: 'terminated' });
    return byHand(world, 'DELETE', `/v1/nodes/${node.nodeId}`, null);
  }
  const dear = node.limit + 400;
  if (act === 'extend') {
    return byHand(world, 'PATCH', `/v1/nodes/${node.nodeId}/extend`, {
      duration_seconds: 3600,
      max_price_per_node_hour: dear,
    });
  }
  if (node.procurementId === null) return;
  const perGpu = Math.max(1, Math.floor(node.limit / 8) - 10);
  byHand(world, 'PATCH', `/v0/procurements/${node.procurementId}`, { buy_limit_price_per_gpu_hour: perGpu });
};

/** Somebody else buys a node under a name with our prefix. */
const letStrangerIn = (world: Surroundings, given: Of<'stranger'>): void => {
  const [fleet] = world.policy.fleets;
  if (fleet !== undefined) buyAsStranger(world, strangerName(world, given, fleet), fleet, given.livesMs);
};

const buyAsStranger = (world: Surroundings, name: string, fleet: FleetPolicy, livesMs: number): void => {
  const [zone] = world.scenario.market.zones;
  if (zone === undefined) return;
  const price = centsPerNodeHour(floorLimit(fleet.bid.ceiling));
  const end_at = (hourCeil(world.nowMs) + Math.ceil(livesMs / HOUR_MS) * HOUR_MS) / 1000;
  const body = {
    desired_count: 1,
    max_price_per_node_hour: price * 4,
    zone: zone.name,
    names: [name],
    node_type: 'reserved',
    end_at,
  };
  byHand(world, 'POST', '/v1/nodes', body);
};

/** Long enough for the namesake to be older than any intent of its name can explain. */
const NAMESAKE_AHEAD_MS = 7 * MINUTE_MS;

const hideNamesake = (world: Surroundings, given: Of<'hidden_namesake'>): void => {
  world.market.advanceTo(world.nowMs);
  const ours = livingOfOurs(world);
  if (ours.length === 0) return;
  const victim = world.chance.operator.pick(ours);
  const name = parseNodeName(victim.name);
  const fleet = world.policy.fleets.find((one) => one.name === name?.fleet);
  if (name === null || fleet === undefined) return;
  const next = formatNodeName({ ...name, generation: name.generation + 1 });
  buyAsStranger(world, next, fleet, given.livesMs);
  const held = livingOfOurs(world).find((node) => node.name === next);
  if (held === undefined) return;
  world.market.happen({ kind: 'hide_node', node: held.nodeId, forMs: given.hiddenMs });
  later(world, NAMESAKE_AHEAD_MS, () => {
    world.market.advanceTo(world.nowMs);
    world.market.happen({ kind: 'end_node', node: victim.nodeId, as: 'terminated' });
  });
};

const livingOfOurs = (world: Surroundings): readonly NodeRecord[] =>
  world.market
    .records()
    .nodes.filter(({ name, endedAtMs }) => endedAtMs === null && parseNodeName(name) !== null);

const strangerName = (world: Surroundings, given: Of<'stranger'>, fleet: FleetPolicy): string => {
  const { namePrefix } = world.policy;
  const ledgerId = ledgerIdOf(world);
  if (given.name === 'other_ledger') return `${namePrefix}-zzzz-${fleet.name}-0-g1`;
  if (given.name === 'no_form') return `${namePrefix}-somebodys-node`;
  const slot = world.chance.operator.whole(0, 3);
  const highest = highestGeneration(world, fleet.name, slot);
  const generation = given.name === 'taken' ? highest + 1 : highest + world.chance.operator.whole(2, 5);
  return `${namePrefix}-${ledgerId}-${fleet.name}-${slot}-g${generation}`;
};

const ledgerIdOf = (world: Surroundings): string => {
  const opened = world.disk.known().find(({ entry }) => entry.kind === 'ledger_opened')?.entry;
  return opened?.kind === 'ledger_opened' ? opened.ledgerId : 'none';
};

const highestGeneration = (world: Surroundings, fleet: string, slot: number): number =>
  world.disk
    .known()
    .reduce(
      (most, { entry }) =>
        entry.kind === 'create_intended' && entry.fleet === fleet && entry.slot === slot
          ? Math.max(most, entry.generation)
          : most,
      0,
    );

/** Another process (the command line) appends to the ledger; a disk that fails refuses it as it refuses the daemon. */
const write = (world: Surroundings, entry: Entry): void => {
  if (world.diskFault !== null || world.disk.isDamaged()) return;
  syncNow(world, 'operator', recordsOf(world.disk.entryCount(), [entry], Math.max(0, wallClock(world))));
};

export const configure = (world: Surroundings, policy: Policy): void => {
  world.policy = policy;
  world.trace.push({ kind: 'configured', order: nextOrder(world), atMs: world.nowMs, policy });
};

const mapFleets = (world: Surroundings, change: (fleet: FleetPolicy, index: number) => FleetPolicy): void =>
  configure(world, { ...world.policy, fleets: world.policy.fleets.map(change) });

const setTarget = (world: Surroundings, given: Of<'target'>): void => {
  const drawn = world.scenario.policy.fleets.map((fleet) => fleet.schedule);
  mapFleets(world, (fleet, index) => {
    const nodes = Math.round(((drawn[index]?.baseGpus ?? 8) / 8) * given.share);
    return { ...fleet, schedule: { ...fleet.schedule, baseGpus: nodes * 8, windows: [] } };
  });
  later(world, given.forMs, () =>
    mapFleets(world, (fleet, index) => ({ ...fleet, schedule: drawn[index] ?? fleet.schedule })),
  );
};

const changeSettings = (world: Surroundings, given: Of<'settings'>): void => {
  const { ceilingShare, budgetShare } = given;
  mapFleets(world, (fleet) => {
    const ceiling = centsPerNodeHour(Math.max(88, Math.round(fleet.bid.ceiling * (ceilingShare ?? 1))));
    const startElse = floorLimit(Math.min(fleet.bid.startElse, ceiling));
    const budget = Object.fromEntries(
      Object.entries(fleet.budget).map(([period, limit]) => [
        period,
        cents(Math.round(Number(limit) * (budgetShare ?? 1))),
      ]),
    );
    return { ...fleet, bid: { ...fleet.bid, ceiling, startElse }, budget };
  });
};

const disturbClock = (world: Surroundings, given: Of<'clock'>): void => {
  const jump = given.jumpMs <= -world.nowMs / 2 ? -world.nowMs + 60_000 : given.jumpMs;
  world.clock = { baseMs: jump, sinceMs: world.nowMs, perMille: given.driftPerMille };
  later(world, given.forMs, () => {
    world.clock = { baseMs: 0, sinceMs: 0, perMille: 0 };
  });
};

const disturbDisk = (world: Surroundings, given: Of<'disk'>): void => {
  if (given.how === 'slow') world.diskSlow = true;
  else world.diskFault = given.how;
  later(world, given.forMs, () => {
    if (given.how === 'slow') world.diskSlow = false;
    else world.diskFault = null;
  });
};

/** The ledger is lost; the daemon is down until somebody puts an old copy (or an empty file) in its place. */
const restoreBackup = (world: Surroundings, given: Of<'backup'>, controls: Controls): void => {
  controls.kill(given.damagedForMs + 1000);
  if (given.damagedForMs > 0) world.disk.damage();
  later(world, given.damagedForMs, () => {
    const kept = world.disk.restore(Math.floor(world.disk.entryCount() * given.share));
    world.trace.push({ kind: 'restored', order: nextOrder(world), atMs: world.nowMs, kept });
    controls.restored();
    world.tell?.(`ledger restored with ${kept} entries`);
  });
};
