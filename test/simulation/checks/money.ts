// Promise 2 and the books' arithmetic, against the venue's bills: hours that were let through never sum above a budget; hours
// that were not let through may only be bought while the daemon was blind, or could not stop them, and are booked as
// overrun; and after the quiet tail the settled money equals the bills to the cent, and buckets equal what they are made of.
import { CENT_SECONDS_PER_CENT } from '../../../src/domain/money.ts';
import { parseNodeName } from '../../../src/domain/names.ts';
import type { Budget, BudgetPeriod } from '../../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, hourFloor } from '../../../src/domain/time.ts';
import type { BillRow } from '../../../src/market/state.ts';
import { periodOf } from '../../../src/schedule/periods.ts';
import type { Violation } from '../trace.ts';
import { fleetIn, OwnLedger, type Check, type Evidence, type Step } from './evidence.ts';

/** Disturbances after which money moves that no guard can see coming. */
const MONEY_UNKNOWABLE = [
  'more_nodes_than_asked',
  'old_backup',
  'ledger_deleted',
  'extended_by_hand',
  'overpriced',
  'late_commit_past_quarantine',
  'name_held_by_stranger',
  'next_name_held_unseen',
  'stranger_with_later_generation',
];
const CLOCKS = ['clock_ahead', 'clock_behind', 'clock_at_1970', 'clock_drifts'];

interface Judged {
  readonly bill: BillRow;
  readonly fleet: string;
  /** Let through by an entry that was durable before. */
  readonly authorised: boolean;
  /** Why it could not be stopped, when it was not let through. */
  readonly excuse: string | null;
}

/** Bills of our nodes, each held against what the ledger had let through when it came. */
const judgeBills = (evidence: Evidence): readonly Judged[] => {
  const own = new OwnLedger();
  const until = new Map<number, number>();
  const releasing = new Set<number>();
  let lastDoneMs = -Infinity;
  const judged: Judged[] = [];
  const waiting = [...evidence.run.records.bills].filter(
    (bill) => evidence.nodesById.get(bill.nodeId)?.madeBy?.by === 'daemon',
  );
  const flush = (beforeMs: number): void => {
    for (let bill = waiting[0]; bill !== undefined && bill.atMs < beforeMs; bill = waiting[0]) {
      waiting.shift();
      const seq = own.byName(bill.nodeName).at(-1);
      const intent = seq === undefined ? undefined : own.intents.get(seq);
      if (seq === undefined || intent === undefined) continue;
      const authorised = (until.get(seq) ?? 0) >= bill.toMs;
      const blind = bill.atMs - lastDoneMs > 3 * MINUTE_MS;
      const excuse = blind
        ? 'blind'
        : intent.nodeId === null
          ? 'not seen yet'
          : releasing.has(seq)
            ? 'release was sent'
            : null;
      judged.push({ bill, fleet: intent.entry.fleet, authorised, excuse });
    }
  };
  for (const step of evidence.steps) {
    flush(step.atMs);
    own.follow(step);
    if (step.kind === 'ticked' && step.end === 'done') lastDoneMs = step.atMs;
    letThrough(step, until, releasing);
  }
  flush(Infinity);
  return judged;
};

const letThrough = (step: Step, until: Map<number, number>, releasing: Set<number>): void => {
  if (step.kind !== 'entry') return;
  const { entry, record } = step.placed;
  const raise = (seq: number, atMs: number): void => void until.set(seq, Math.max(until.get(seq) ?? 0, atMs));
  if (entry.kind === 'create_intended') raise(record.seq, entry.endAtMs ?? hourFloor(record.atMs) + HOUR_MS);
  if (entry.kind === 'renewals_authorised') for (const seq of entry.nodes) raise(seq, entry.untilMs);
  if (entry.kind === 'extend_intended') raise(entry.node, entry.endAfterMs);
  if (entry.kind === 'release_intended' || entry.kind === 'delete_intended') releasing.add(entry.node);
};

const excusedBy = (evidence: Evidence, names: readonly string[]): boolean =>
  names.some((name) => evidence.happened.has(name));

export const overrunIsExcused: Check = {
  promise: 'authorised',
  *judge(evidence) {
    if (excusedBy(evidence, [...MONEY_UNKNOWABLE, ...CLOCKS, 'tick failed'])) return;
    for (const { bill, authorised, excuse } of judgeBills(evidence)) {
      if (authorised || excuse !== null) continue;
      const text = `${bill.nodeName} bought [${new Date(bill.fromMs).toISOString()}, ${new Date(bill.toMs).toISOString()}) (${bill.why}) without having been let through`;
      yield { promise: 'authorised', atMs: bill.atMs, text };
    }
  },
};

export const budgetsHold: Check = {
  promise: 'budget',
  *judge(evidence) {
    if (excusedBy(evidence, [...MONEY_UNKNOWABLE, ...CLOCKS])) return;
    const sums = new Map<
      string,
      { cost: number; bills: number; limit: number; what: string; atMs: number }
    >();
    for (const { bill, fleet, authorised } of judgeBills(evidence)) {
      if (!authorised || bill.atMs >= evidence.run.tailFromMs || boughtTwice(evidence, bill)) continue;
      for (const scope of scopesOf(evidence, fleet)) spendIn(sums, bill, scope);
    }
    for (const { cost, bills, limit, what, atMs } of sums.values()) {
      const most = limit * CENT_SECONDS_PER_CENT + bills * CENT_SECONDS_PER_CENT;
      if (cost > most)
        yield {
          promise: 'budget',
          atMs,
          text: `${what}: ${Math.ceil(cost / CENT_SECONDS_PER_CENT)} cents were let through, the budget is ${limit}`,
        };
    }
  },
};

interface Scope {
  readonly name: string;
  readonly zone: string;
  readonly budget: Budget;
}

/** The largest budget that was ever in force before the tail: what was let through under it stays let through. */
const scopesOf = (evidence: Evidence, fleet: string): readonly Scope[] => {
  const before = evidence.policies
    .filter((one) => one.atMs < evidence.run.tailFromMs)
    .map((one) => one.policy);
  const [first] = before;
  if (first === undefined) return [];
  const most = (budgets: readonly Budget[]): Budget =>
    Object.fromEntries(
      Object.keys(budgets[0] ?? {}).map((period) => [
        period,
        Math.max(...budgets.map((budget) => budget[period as BudgetPeriod] ?? Infinity)),
      ]),
    );
  const own = before.map((policy) => fleetIn(policy, fleet)?.budget ?? {});
  return [
    { name: fleet, zone: fleetIn(first, fleet)?.schedule.timeZone ?? 'UTC', budget: most(own) },
    {
      name: 'process',
      zone: first.limits.timeZone,
      budget: most(before.map((policy) => policy.limits.budget)),
    },
  ];
};

const spendIn = (
  sums: Map<string, { cost: number; bills: number; limit: number; what: string; atMs: number }>,
  bill: BillRow,
  scope: Scope,
): void => {
  for (const [period, limit] of Object.entries(scope.budget) as [BudgetPeriod, number][]) {
    for (let fromMs = bill.fromMs; fromMs < bill.toMs;) {
      const { startMs, endMs } = periodOf(period, scope.zone, fromMs);
      const toMs = Math.min(endMs, bill.toMs);
      const what = `${period} budget of ${scope.name} from ${new Date(startMs).toISOString()}`;
      const sum = sums.get(what) ?? { cost: 0, bills: 0, limit, what, atMs: bill.atMs };
      const share = (toMs - fromMs) / (bill.toMs - bill.fromMs);
      sums.set(what, {
        ...sum,
        cost: sum.cost + bill.cost * CENT_SECONDS_PER_CENT * share,
        bills: sum.bills + 1,
        atMs: bill.atMs,
      });
      fromMs = toMs;
    }
  }
};

/** Procurements and nodes that the ledger knows: of what it never saw no record tells whose it is. */
const knownProcurements = ({ entries }: Evidence): ReadonlySet<string> => {
  const known = new Set<string>();
  for (const { entry } of entries) {
    const seen =
      entry.kind === 'node_seen' ? entry.seen : entry.kind === 'change_accepted' ? entry.node : null;
    if (seen !== null) known.add(seen.procurementId ?? seen.nodeId);
  }
  return known;
};

/** Orders that the ledger settled, with the last sum it wrote for each. */
const settledOrders = ({ entries }: Evidence): ReadonlyMap<string, number> => {
  const settled = new Map<string, number>();
  for (const { entry } of entries) if (entry.kind === 'order_settled') settled.set(entry.orderId, entry.cost);
  return settled;
};

/** A node that fell back to waiting and bought the same hours anew: the books know one price for an hour. */
const boughtTwice = (evidence: Evidence, bill: BillRow): boolean =>
  (evidence.billsByNode.get(bill.nodeId) ?? []).some(
    (other) => other !== bill && other.fromMs < bill.toMs && bill.fromMs < other.toMs,
  );

/** A block whose order fits a block of another fleet in the same zone as well: nothing says whose it is, so it stays at its limit. */
const fitsOtherFleet = ({ run }: Evidence, bill: BillRow): boolean =>
  bill.procurementId === null &&
  run.records.bills.some(
    (other) =>
      other.procurementId === null &&
      other.zone === bill.zone &&
      other.fromMs < bill.toMs &&
      bill.fromMs < other.toMs &&
      parseNodeName(other.nodeName)?.fleet !== parseNodeName(bill.nodeName)?.fleet,
  );

export const booksAgreeWithBills: Check = {
  promise: 'settled',
  *judge(evidence) {
    const report = evidence.run.watch.last();
    if (report === null || excusedBy(evidence, MONEY_UNKNOWABLE)) return;
    const settled = settledOrders(evidence);
    const procurements = knownProcurements(evidence);
    for (const bill of evidence.run.records.bills) {
      if (
        evidence.nodesById.get(bill.nodeId)?.madeBy?.by !== 'daemon' ||
        bill.atMs >= evidence.run.endMs - 15 * MINUTE_MS
      )
        continue;
      const known = settled.get(bill.orderId);
      const unseen = !procurements.has(bill.procurementId ?? bill.nodeId);
      if (known === bill.cost || (known === undefined && (unseen || fitsOtherFleet(evidence, bill))))
        continue;
      const text = `${bill.orderId} of ${bill.nodeName} cost ${bill.cost} cents (${bill.why}), the ledger says ${known ?? 'nothing'}`;
      yield { promise: 'settled', atMs: bill.atMs, text };
    }
    const written = [...settled.values()].reduce((sum, cost) => sum + cost, 0);
    const net =
      report.totals.reduce((sum, zone) => sum + zone.settled, 0) -
      report.fleetTotals.reduce((sum, fleet) => sum + fleet.refunded, 0);
    if (net !== written * CENT_SECONDS_PER_CENT) {
      const text = `the metrics say ${net / CENT_SECONDS_PER_CENT} cents settled, the ledger's orders ${written}`;
      yield { promise: 'settled', atMs: evidence.run.endMs, text };
    }
  },
};

export const bucketsBalance: Check = {
  promise: 'balance',
  *judge(evidence) {
    const books = evidence.run.memory?.books;
    if (books === undefined) return;
    const inside = new Map<string, number>();
    for (const node of [...books.nodes.values(), ...books.closing.values()]) {
      let sum = 0;
      for (const { fromMs, toMs, limit } of node.blocks)
        sum += limit * Math.ceil((toMs - fromMs) / SECOND_MS);
      for (const { cost, gross, returned } of node.orders.values())
        sum += (gross - Math.max(gross - cost, returned)) * CENT_SECONDS_PER_CENT;
      inside.set(node.fleet, (inside.get(node.fleet) ?? 0) + sum);
    }
    for (const [fleet, buckets] of books.spent) {
      const total = [...buckets.values()].reduce((sum, value) => sum + value, 0);
      const parts = inside.get(fleet) ?? 0;
      if (total !== parts)
        yield {
          promise: 'balance',
          atMs: evidence.run.endMs,
          text: `the buckets of ${fleet} hold ${total} cent-seconds, its blocks and orders ${parts}`,
        } satisfies Violation;
      const negative = [...buckets].find(([, value]) => value < 0);
      if (negative !== undefined)
        yield {
          promise: 'balance',
          atMs: null,
          text: `a quarter of an hour of ${fleet} holds ${negative[1]} cent-seconds`,
        };
    }
  },
};
