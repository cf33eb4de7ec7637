// Books -> plain values for the outside: totals that only grow, states, budgets, alarms. Nothing here decides anything.
import type { PeriodOf } from '../domain/calendar.ts';
import {
  costToCentsUp,
  formatCents,
  formatPrice,
  type Cents,
  type CentsPerNodeHour,
  type CentSeconds,
} from '../domain/money.ts';
import { BUDGET_PERIODS, type FleetPolicy, type Policy } from '../domain/policy.ts';
import type {
  BudgetReport,
  FleetReport,
  FleetTotals,
  NodeReport,
  NodeState,
  TickReport,
  ZoneTotals,
} from '../domain/report.ts';
import { SECOND_MS, type UnixMs } from '../domain/time.ts';
import { climbKey, isAlive, limitInForce, spentBetween, type Books, type NodeBook } from './books.ts';
import { earmarksOf } from './earmarks.ts';
import { usableMs } from './fold-node.ts';
import type { Gate } from './guard.ts';
import type { FleetDesire } from './plan.ts';
import { isUnhealthy } from './plan-letting-go.ts';

export interface ReportInput {
  readonly nowMs: UnixMs;
  /** When the last look was asked: usable time is counted up to here. Null before the first. */
  readonly lookedAtMs: UnixMs | null;
  readonly books: Books;
  readonly policy: Policy;
  readonly desires: ReadonlyMap<string, FleetDesire>;
}

const stateOf = (fleet: FleetPolicy, node: NodeBook, nowMs: UnixMs): NodeState => {
  if (node.phase === 'waiting' || node.phase === 'releasing') return node.phase;
  if (node.phase !== 'running') return 'unknown';
  return node.wrongGoods || isUnhealthy({ fleet, nowMs }, node) ? 'unhealthy' : 'running';
};

export const fleetReports = (input: ReportInput): { fleets: FleetReport[]; nodes: NodeReport[] } => {
  const nodes: NodeReport[] = [];
  const fleets = input.policy.fleets.map((fleet) => {
    const mine = [...input.books.nodes.values()].filter((node) => node.fleet === fleet.name && isAlive(node));
    nodes.push(...mine.map((node) => nodeReport(fleet, node, input.nowMs)));
    return fleetReport(input, fleet, mine);
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

const fleetReport = (input: ReportInput, fleet: FleetPolicy, mine: readonly NodeBook[]): FleetReport => {
  const { books, nowMs, desires } = input;
  const desire = desires.get(fleet.name);
  const counts = new Map<string, number>();
  for (const node of mine) {
    const key = `${node.zone}/${node.hold}/${stateOf(fleet, node, nowMs)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const running = mine.filter((node) => node.status === 'running' || node.status === 'released');
  const held = mine.filter((node) => node.phase === 'running');
  const bidding = mine.filter((node) => node.phase !== 'releasing');
  const ends = held.map((node) => node.endAtMs).filter((end): end is number => end !== null);
  const rate = (of: readonly NodeBook[]): Cents =>
    of.reduce((sum, node) => sum + limitInForce(node), 0) as Cents;
  const climbs = [...books.climbs].filter(([key]) => key.startsWith(`${fleet.name}/`));
  return {
    fleet: fleet.name,
    gpu: fleet.gpu,
    hold: fleet.hold,
    strategy: fleet.bid.strategy,
    wantedGpus: desire?.gpus ?? 0,
    wantedNodes: desire?.nodes ?? 0,
    nextChangeMs: desire?.nextChangeMs ?? null,
    runningNodes: mine.filter((node) => node.usableSinceMs !== null).length,
    states: [...counts].map(([key, count]) => {
      const [zone = '', hold = '', state = ''] = key.split('/');
      return { zone, hold: hold as NodeBook['hold'], state: state as NodeState, nodes: count };
    }),
    unknownPurchases: mine.filter((node) => node.phase === 'asked' || node.phase === 'unknown').length,
    unownedNodes: [...books.unowned.values()].filter((one) => one.fleet === fleet.name).length,
    shortfallSinceMs: books.fleets.get(fleet.name)?.shortfallSinceMs ?? 0,
    limit: bidding.length === 0 ? null : (Math.max(...bidding.map(limitInForce)) as CentsPerNodeHour),
    ceiling: fleet.bid.ceiling,
    bidStep: Math.max(0, ...climbs.map(([, climb]) => climb.steps)),
    spendRate: rate(running),
    unattendedRate: rate(held.filter((node) => node.hold === 'autoreserved' && node.release !== 'accepted')),
    promised: mine.reduce((sum, node) => sum + promisedOf(node, nowMs), 0) as CentSeconds,
    earliestEndMs: ends.length === 0 ? null : Math.min(...ends),
  };
};

const promisedOf = (node: NodeBook, nowMs: UnixMs): number =>
  earmarksOf(node, nowMs).reduce(
    (sum, one) => sum + one.limit * Math.ceil((one.toMs - one.fromMs) / SECOND_MS),
    0,
  );

/** Totals of the configured fleets and of any other the ledger knows. */
export const totals = (input: ReportInput): { zones: ZoneTotals[]; fleets: FleetTotals[] } => {
  const { books, nowMs, lookedAtMs } = input;
  const live = new Map<string, number>();
  const unseen = new Set<string>();
  for (const node of books.nodes.values()) {
    const key = `${node.fleet}/${node.zone}/${node.hold}/${node.gpu}`;
    if (node.usableSinceMs === null) continue;
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
    };
  });
  return { zones, fleets };
};

export const budgetReports = (input: ReportInput, gate: Gate, periodOf: PeriodOf): BudgetReport[] => {
  const { policy, books, nowMs } = input;
  const scopes = [
    ...policy.fleets.map((fleet) => ({
      name: fleet.name,
      fleet: fleet.name as string | null,
      budget: fleet.budget,
      zone: fleet.schedule.timeZone,
    })),
    { name: 'process', fleet: null, budget: policy.limits.budget, zone: policy.limits.timeZone },
  ];
  return scopes.flatMap(({ name, fleet, budget, zone }) =>
    BUDGET_PERIODS.flatMap((period): BudgetReport[] => {
      const limit = budget[period];
      if (limit === undefined) return [];
      const { startMs, endMs } = periodOf(period, zone, nowMs);
      const names = fleet === null ? [...books.spent.keys()] : [fleet];
      const spent = names.reduce(
        (sum, one) => sum + spentBetween(books, one, startMs, endMs),
        0,
      ) as CentSeconds;
      const earmarked = gate.earmarkedBetween(fleet, startMs, endMs);
      return [{ budget: name, period, limit, spent, earmarked, periodEndMs: endMs }];
    }),
  );
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
