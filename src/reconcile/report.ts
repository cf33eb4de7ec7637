// Books -> plain values for the outside: totals that only grow, states, budgets, alarms. Nothing here decides anything.
import {
  costToCentsUp,
  formatCents,
  formatPrice,
  type Cents,
  type CentsPerNodeHour,
  type CentSeconds,
} from '../domain/money.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import type { HoldKind } from '../domain/node.ts';
import type {
  FleetReport,
  JobReport,
  FleetTotals,
  NodeReport,
  NodeState,
  TickReport,
  ZoneTotals,
} from '../domain/report.ts';
import { SECOND_MS, type UnixMs } from '../domain/time.ts';
import {
  climbKey,
  isAlive,
  limitInForce,
  nodesOf,
  type Books,
  type FleetBook,
  type NodeBook,
} from './books.ts';
import { earmarksOf } from './earmarks.ts';
import { sumsKey } from './fold-money.ts';
import { usableMs } from './fold-node.ts';
import { standing } from './override.ts';
import type { FleetDesire } from './scene.ts';
import { isUnhealthy } from './plan-letting-go.ts';

export interface ReportInput {
  readonly nowMs: UnixMs;
  /** When the last look was asked: usable time is counted up to here. Null before the first. */
  readonly lookedAtMs: UnixMs | null;
  readonly books: Books;
  readonly policy: Policy;
  readonly desires: ReadonlyMap<string, FleetDesire>;
  /** Where each fleet's jobs stand; missing before they were planned. */
  readonly jobs?: ReadonlyMap<string, readonly JobReport[]>;
}

const stateOf = (fleet: FleetPolicy, node: NodeBook, nowMs: UnixMs): NodeState => {
  if (node.phase === 'waiting' || node.phase === 'releasing') return node.phase;
  if (node.phase !== 'running') return 'unknown';
  return node.wrongGoods || isUnhealthy({ fleet, nowMs }, node) ? 'unhealthy' : 'running';
};

export const fleetReports = (input: ReportInput): { fleets: FleetReport[]; nodes: NodeReport[] } => {
  const nodes: NodeReport[] = [];
  const fleets = input.policy.fleets.map((fleet) => {
    const census = emptyCensus();
    for (const node of nodesOf(input.books, fleet.name)) {
      if (!isAlive(node)) continue;
      const shown = nodeReport(fleet, node, input.nowMs);
      nodes.push(shown);
      countIn(census, node, shown, input.nowMs);
    }
    return fleetReport(input, fleet, census);
  });
  return { fleets, nodes };
};

const nodeReport = (fleet: FleetPolicy, node: NodeBook, nowMs: UnixMs): NodeReport => ({
  name: node.name,
  nodeId: node.nodeId,
  fleet: node.fleet,
  zone: node.zone,
  hold: node.hold,
  state: stateOf(fleet, node, nowMs),
  limit: limitInForce(node),
  endAtMs: node.endAtMs,
});

/** A fleet's living nodes, counted in one pass. */
interface Census {
  readonly states: {
    readonly zone: string;
    readonly hold: HoldKind;
    readonly state: NodeState;
    nodes: number;
  }[];
  usable: number;
  unknown: number;
  limit: CentsPerNodeHour | null;
  spendRate: number;
  unattendedRate: number;
  promised: number;
  earliestEndMs: UnixMs | null;
}

const emptyCensus = (): Census => ({
  states: [],
  usable: 0,
  unknown: 0,
  limit: null,
  spendRate: 0,
  unattendedRate: 0,
  promised: 0,
  earliestEndMs: null,
});

const countIn = (census: Census, node: NodeBook, shown: NodeReport, nowMs: UnixMs): void => {
  const { zone, hold, state, limit, endAtMs } = shown;
  const place = census.states.find((one) => one.state === state && one.zone === zone && one.hold === hold);
  if (place === undefined) census.states.push({ zone, hold, state, nodes: 1 });
  else place.nodes += 1;
  if (node.usableSinceMs !== null) census.usable += 1;
  if (node.phase === 'asked' || node.phase === 'unknown') census.unknown += 1;
  if (node.phase !== 'releasing' && limit > (census.limit ?? -1)) census.limit = limit;
  if (node.status === 'running' || node.status === 'released') census.spendRate += limit;
  for (const { fromMs, toMs, limit: most } of earmarksOf(node, nowMs)) {
    census.promised += most * Math.ceil((toMs - fromMs) / SECOND_MS);
  }
  if (node.phase !== 'running') return;
  if (hold === 'autoreserved' && node.release !== 'accepted') census.unattendedRate += limit;
  if (endAtMs !== null && endAtMs < (census.earliestEndMs ?? Infinity)) census.earliestEndMs = endAtMs;
};

const fleetReport = (input: ReportInput, fleet: FleetPolicy, census: Census): FleetReport => {
  const { books, desires } = input;
  const desire = desires.get(fleet.name);
  return {
    fleet: fleet.name,
    gpu: fleet.gpu,
    hold: fleet.hold,
    strategy: fleet.bid.strategy,
    wantedGpus: desire?.gpus ?? 0,
    wantedNodes: desire?.nodes ?? 0,
    nextChangeMs: desire?.nextChangeMs ?? null,
    override: standing(books.overrides.get(fleet.name), input.nowMs),
    runningNodes: census.usable,
    states: census.states,
    unknownPurchases: census.unknown,
    unownedNodes: unownedOf(books, fleet.name),
    shortfallSinceMs: books.fleets.get(fleet.name)?.shortfallSinceMs ?? 0,
    limit: census.limit,
    ceiling: fleet.bid.ceiling,
    bidStep: bidStepOf(books, fleet.name),
    spendRate: census.spendRate as Cents,
    unattendedRate: census.unattendedRate as Cents,
    promised: census.promised as CentSeconds,
    earliestEndMs: census.earliestEndMs,
    jobs: input.jobs?.get(fleet.name) ?? [],
  };
};

const unownedOf = (books: Books, fleet: string): number => {
  let count = 0;
  for (const stranger of books.unowned.values()) if (stranger.fleet === fleet) count += 1;
  return count;
};

/** Steps of the fleet's highest climb. */
const bidStepOf = (books: Books, fleet: string): number => {
  let steps = 0;
  for (const [key, climb] of books.climbs) {
    if (climb.steps > steps && key.startsWith(climbKey(fleet, ''))) steps = climb.steps;
  }
  return steps;
};

const samePlace = (a: NodeBook, b: NodeBook): boolean =>
  a.fleet === b.fleet && a.zone === b.zone && a.hold === b.hold && a.gpu === b.gpu;

/** Totals of the configured fleets and of any other the ledger knows. */
export const totals = (input: ReportInput): { zones: ZoneTotals[]; fleets: FleetTotals[] } => {
  const { books, nowMs, lookedAtMs } = input;
  const live = new Map<string, number>();
  const unseen = new Set<string>();
  let key = '';
  let before: NodeBook | null = null;
  for (const node of books.nodes.values()) {
    if (node.usableSinceMs === null) continue;
    // Neighbours mostly share their place, so its key is rarely made.
    if (before === null || !samePlace(before, node)) key = sumsKey(node);
    before = node;
    if (lookedAtMs === null) unseen.add(key);
    else live.set(key, (live.get(key) ?? 0) + usableMs(node, lookedAtMs));
  }
  const zones = [...books.sums].map(([key, sums]) => ({
    fleet: sums.fleet,
    zone: sums.zone,
    hold: sums.hold,
    gpu: sums.gpu,
    committed: sums.committed as CentSeconds,
    accrued: sums.accrued as CentSeconds,
    settled: sums.settled as CentSeconds,
    obtainedNodeSeconds: unseen.has(key)
      ? null
      : Math.floor((sums.obtainedMs + (live.get(key) ?? 0)) / SECOND_MS),
    paidNodeSeconds: sums.paidSeconds,
  }));
  const fleets = [...books.fleets.values()].map((fleet): FleetTotals => {
    const since = fleet.coverageAtMs === null ? 0 : Math.max(0, nowMs - fleet.coverageAtMs);
    return {
      fleet: fleet.fleet,
      targetNodeSeconds: Math.floor((fleet.targetNodeMs + fleet.wantedNodes * since) / SECOND_MS),
      overrun: fleet.overrun as CentSeconds,
      refunded: fleet.refunded as CentSeconds,
      purchases: { ...fleet.purchases },
      releases: Object.fromEntries(fleet.releases),
      bidChanges: [...fleet.bidChanges].map(([key, count]) => {
        const [direction, reason = ''] = key.split('/');
        return { direction: direction === 'up' ? 'up' : 'down', reason, count };
      }),
      interruptions: [...fleet.interruptions].map(([key, count]) => {
        const [zone = '', cause] = key.split('/');
        return { zone, cause: cause === 'failed' ? 'failed' : 'outbid', count };
      }),
      references: { ...fleet.referenceCost } as FleetTotals['references'],
      shadows: shadowTotals(input, fleet),
    };
  });
  return { zones, fleets };
};

/** Those of the settings, zeros included, and any other the ledger knows. */
const shadowTotals = ({ policy }: ReportInput, { fleet, shadows }: FleetBook): FleetTotals['shadows'] => {
  const configured = policy.fleets.find((one) => one.name === fleet)?.shadows ?? [];
  const names = new Set([...configured.map((one) => one.strategy), ...shadows.keys()]);
  return [...names].map((strategy) => {
    const { cost = 0, nodeSeconds = 0 } = shadows.get(strategy) ?? {};
    return { strategy, cost: cost as CentSeconds, nodeSeconds };
  });
};

/** What a person should read now, each with a stable code. */
export const alarms = (input: ReportInput): TickReport['alarms'] => {
  const { books, policy, nowMs } = input;
  const found: { code: string; fleet: string | null; text: string }[] = [];
  const say = (code: string, fleet: string | null, text: string): void => {
    found.push({ code, fleet, text });
  };
  if (books.contradiction !== null)
    say('contradiction', null, `the ledger contradicts itself: ${books.contradiction}; nothing is bought`);
  if (books.breaker !== null)
    say('breaker', null, `${books.breaker}; nothing is bought until \`bidkeeper resume\``);
  if (books.funds.refusals > 0) say('funds', null, 'the venue answered 402: insufficient funds');
  for (const stranger of books.unowned.values()) {
    say(
      'unowned',
      stranger.fleet,
      `${stranger.name} is alive with our prefix, but this ledger does not own it`,
    );
  }
  const fleets = new Map(policy.fleets.map((fleet) => [fleet.name, fleet]));
  const orphans = new Map<string, number>();
  for (const node of books.nodes.values()) {
    const fleet = fleets.get(node.fleet);
    if (fleet === undefined) {
      if (isAlive(node)) orphans.set(node.fleet, (orphans.get(node.fleet) ?? 0) + 1);
      continue;
    }
    if (node.phase === 'unknown')
      say('unknown_purchase', node.fleet, `whether ${node.name} was bought is not known yet`);
    if (node.wrongGoods && isAlive(node))
      say('wrong_goods', node.fleet, `${node.name} was delivered in another zone or with another GPU type`);
    if (isUnhealthy({ fleet, nowMs }, node))
      say('unhealthy', node.fleet, `${node.name} is paid for and its VM does not run`);
    if (node.raises.length === 0 && node.limit > fleet.bid.ceiling && isAlive(node)) {
      say(
        'unit_mismatch',
        node.fleet,
        `the venue shows ${formatPrice(node.limit)} for ${node.name}, above the ceiling`,
      );
    }
  }
  for (const [fleet, count] of orphans) {
    say(
      'orphaned_fleet',
      fleet,
      `${count} nodes belong to fleet ${fleet}, which is not in the settings; they are left as they are`,
    );
  }
  for (const fleet of books.fleets.values()) {
    if (fleet.overrun > 0) {
      say(
        'overrun',
        fleet.fleet,
        `${formatCents(costToCentsUp(fleet.overrun as CentSeconds))} were bought by the venue while nobody looked (since the ledger began)`,
      );
    }
  }
  return found;
};
