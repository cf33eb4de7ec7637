// The guard: the last judge of everything that can add spend. It trusts neither plan nor strategy and recomputes from the
// books, the policy and what it has let through in this tick; each refusal has a name for metrics and words for people.
// A proposal that passes is counted at once, so that the next one is judged against it.
import type { PeriodOf } from '../domain/calendar.ts';
import {
  CENT_SECONDS_PER_CENT,
  costToCentsUp,
  floorLimit,
  formatCents,
  formatPrice,
  LIMIT_GRAIN_CENTS,
  type CentSeconds,
  type CentsPerNodeHour,
} from '../domain/money.ts';
import { BUDGET_PERIODS, type Budget, type FleetPolicy, type Policy } from '../domain/policy.ts';
import type { Guard } from '../domain/report.ts';
import { formatDuration, HOUR_MS, MINUTE_MS, secondsBetween, splitAt, type UnixMs } from '../domain/time.ts';
import type { Action, Proposal, Renewal } from './action.ts';
import { BUCKET_MS, countsAt, spentBetween, type Books } from './books.ts';
import { earmarksOf, type Earmark } from './earmarks.ts';

export interface Circumstances {
  readonly nowMs: UnixMs;
  readonly books: Books;
  readonly policy: Policy;
  readonly periodOf: PeriodOf;
  readonly lookAskedAtMs: UnixMs;
  readonly venueDateMs: UnixMs | null;
  readonly leaseHeld: boolean;
  /** Nodes wanted now, by fleet. */
  readonly wantedNodes: ReadonlyMap<string, number>;
  /** Nodes wanted at an instant. */
  readonly wantedAt: (fleet: string, atMs: UnixMs) => number;
}

export type Verdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly guard: Guard; readonly why: string };

const PASSED: Verdict = { passed: true };
const no = (guard: Guard, why: string): Verdict => ({ passed: false, guard, why });

/** After a 402 the next purchase waits this long, doubled with each further one up to an hour. */
const FUNDS_PAUSE_MS = 5 * MINUTE_MS;

/** What has been let through so far in this tick, on top of the books. */
interface Tally {
  readonly alive: Map<string, number>;
  purchases: number;
  raises: number;
  readonly earmarked: Map<string, Map<number, number>>;
  /** Spent and earmarked of a budget's period, once it was asked for. */
  readonly totals: Map<
    string,
    { readonly fromMs: UnixMs; readonly toMs: UnixMs; readonly fleet: string | null; sum: number }
  >;
}

export interface Gate {
  /** Judges one proposal; what passes is counted. */
  readonly judge: (proposal: Proposal) => Verdict;
  /** Cent-seconds put aside for a fleet (null: all) in [fromMs, toMs), on quarter hours. */
  readonly earmarkedBetween: (fleet: string | null, fromMs: UnixMs, toMs: UnixMs) => CentSeconds;
}

export const createGate = (at: Circumstances): Gate => {
  const tally = startTally(at);
  const judge = (proposal: Proposal): Verdict => {
    const verdict =
      proposal.kind === 'renewal' ? judgeRenewal(at, tally, proposal) : judgeAction(at, tally, proposal);
    if (verdict.passed) count(at, tally, proposal);
    return verdict;
  };
  return {
    judge,
    earmarkedBetween: (fleet, fromMs, toMs) => earmarkedBetween(tally, fleet, fromMs, toMs) as CentSeconds,
  };
};

const startTally = ({ books, nowMs }: Circumstances): Tally => {
  const tally: Tally = { alive: new Map(), purchases: 0, raises: 0, earmarked: new Map(), totals: new Map() };
  for (const node of books.nodes.values()) {
    if (countsAt(node, nowMs)) tally.alive.set(node.fleet, (tally.alive.get(node.fleet) ?? 0) + 1);
    for (const earmark of earmarksOf(node, nowMs)) putAside(tally, node.fleet, earmark);
  }
  return tally;
};

const putAside = (tally: Tally, fleet: string, earmark: Earmark): void => {
  const buckets = tally.earmarked.get(fleet) ?? new Map<number, number>();
  if (!tally.earmarked.has(fleet)) tally.earmarked.set(fleet, buckets);
  for (const piece of splitAt(earmark.fromMs, earmark.toMs, BUCKET_MS)) {
    const index = Math.floor(piece.fromMs / BUCKET_MS);
    const cost = earmark.limit * secondsBetween(piece.fromMs, piece.toMs);
    buckets.set(index, (buckets.get(index) ?? 0) + cost);
  }
};

const earmarkedBetween = (tally: Tally, fleet: string | null, fromMs: UnixMs, toMs: UnixMs): number => {
  let sum = 0;
  for (const [name, buckets] of tally.earmarked) {
    if (fleet !== null && name !== fleet) continue;
    for (const [index, cost] of buckets) {
      if (index * BUCKET_MS >= fromMs && index * BUCKET_MS < toMs) sum += cost;
    }
  }
  return sum;
};

const judgeRenewal = (at: Circumstances, tally: Tally, renewal: Renewal): Verdict => {
  if (!at.leaseHeld) return no('not_leader', 'this process does not hold the lease');
  return judgeBudgets(at, tally, renewal.fleet, renewal.adds);
};

const judgeAction = (at: Circumstances, tally: Tally, action: Action): Verdict => {
  if (!at.leaseHeld) return no('not_leader', 'this process does not hold the lease');
  if (at.policy.mode === 'dry_run') return no('dry_run', 'mode is dry_run: shown, not sent');
  if (action.spends === 'none') return PASSED;
  const fleet = at.policy.fleets.find((one) => one.name === action.fleet);
  if (fleet === undefined) return no('contradiction', `fleet ${action.fleet} is not in the settings`);
  const judges = [judgeStops, judgeSight, judgePrice, judgeCount, judgeRates];
  for (const one of judges) {
    const verdict = one(at, tally, action, fleet);
    if (!verdict.passed) return verdict;
  }
  return judgeBudgets(at, tally, action.fleet, action.adds);
};

/** Contradiction, pause, breaker, lack of funds: nothing is bought until somebody looked or time passed. */
const judgeStops = ({ books, nowMs }: Circumstances, _: Tally, action: Action): Verdict => {
  if (books.contradiction !== null)
    return no('contradiction', `the books contradict themselves: ${books.contradiction}`);
  if (books.pause !== null) return no('pause', `paused by ${books.pause.by}: ${books.pause.why}`);
  if (books.breaker !== null)
    return no('breaker', `the breaker is open: ${books.breaker}; \`bidkeeper resume\` resets it`);
  const { refusals, atMs } = books.funds;
  if (action.spends === 'purchase' && refusals > 0) {
    const pause = Math.min(HOUR_MS, FUNDS_PAUSE_MS * 2 ** Math.min(refusals - 1, 4));
    const left = atMs + pause - nowMs;
    if (left > 0)
      return no('funds', `the venue answered 402 (insufficient funds); next try in ${formatDuration(left)}`);
  }
  return PASSED;
};

/** Nothing is bought from an old look, or while our clock and the venue's disagree. */
const judgeSight = (at: Circumstances): Verdict => {
  const age = at.nowMs - at.lookAskedAtMs;
  if (age > at.policy.lookMaxAgeMs || age < 0) {
    return no(
      'stale_look',
      `the look is ${formatDuration(age)} old, at most ${formatDuration(at.policy.lookMaxAgeMs)} is allowed`,
    );
  }
  if (at.venueDateMs === null)
    return no('clock_skew', 'the venue sent no Date, so the clocks cannot be compared');
  const skew = Math.abs(at.venueDateMs - at.lookAskedAtMs);
  if (skew > at.policy.clockSkewMs) {
    return no('clock_skew', `our clock and the venue's differ by ${formatDuration(skew)}`);
  }
  return PASSED;
};

/** The limit: whole eighths, at or under the ceiling and the hard cap, inside the band that can be explained. */
const judgePrice = (
  { policy, books }: Circumstances,
  _: Tally,
  action: Action,
  fleet: FleetPolicy,
): Verdict => {
  const limit = action.limit;
  if (limit === null || !Number.isSafeInteger(limit) || limit <= 0 || limit % LIMIT_GRAIN_CENTS !== 0) {
    return no(
      'ceiling',
      `the limit ${String(limit)} is not a positive multiple of ${LIMIT_GRAIN_CENTS} cents`,
    );
  }
  if (limit > floorLimit(fleet.bid.ceiling)) {
    return no(
      'ceiling',
      `the limit ${formatPrice(limit)} is above the ceiling ${formatPrice(fleet.bid.ceiling)}`,
    );
  }
  const cap = policy.limits.ceiling;
  if (cap !== null && limit > cap)
    return no('hard_cap', `the limit ${formatPrice(limit)} is above the hard cap ${formatPrice(cap)}`);
  const carried = limitOnBooks(books, action);
  if (action.intent.kind === 'raise_intended' && action.intent.from < carried) {
    return no(
      'contradiction',
      `the books hold ${formatPrice(carried)} for ${action.name}, the plan ${formatPrice(action.intent.from)}`,
    );
  }
  const ask = 'basis' in action.intent ? action.intent.basis.ask : null;
  for (const price of ask === null ? [limit] : [limit, ask]) {
    const share = Math.floor((price * 10_000) / fleet.bid.ceiling);
    if (share < policy.priceBand.low || share > policy.priceBand.high) {
      const band = `${policy.priceBand.low / 100}–${policy.priceBand.high / 100} % of the ceiling`;
      return no('price_band', `${formatPrice(price)} is outside ${band}, which nobody can explain`);
    }
  }
  return PASSED;
};

const limitOnBooks = (books: Books, action: Action): CentsPerNodeHour =>
  (action.node === null ? 0 : (books.nodes.get(action.node)?.limit ?? 0)) as CentsPerNodeHour;

/** Never more alive than target + surge, never more than the process may hold, nothing beside unowned nodes. */
const judgeCount = (at: Circumstances, tally: Tally, action: Action, fleet: FleetPolicy): Verdict => {
  const kind = action.intent.kind;
  if (kind === 'extend_intended') return judgeExtension(at, action, fleet);
  if (kind !== 'create_intended' && kind !== 'repost_intended') return PASSED;
  const { books, policy } = at;
  for (const stranger of books.unowned.values()) {
    if (stranger.fleet === fleet.name) {
      return no(
        'unowned',
        `${stranger.name} is alive with our prefix but not in this ledger; let it end or adopt it first`,
      );
    }
  }
  if (kind === 'repost_intended') return PASSED;
  const alive = tally.alive.get(fleet.name) ?? 0;
  const allowed = (at.wantedNodes.get(fleet.name) ?? 0) + fleet.surgeNodes;
  if (alive + 1 > allowed)
    return no('surge', `${alive} of ${allowed} nodes (target + surge) are alive already`);
  const all = [...tally.alive.values()].reduce((sum, one) => sum + one, books.unowned.size);
  if (policy.limits.nodes !== null && all + 1 > policy.limits.nodes) {
    return no('hard_cap', `${all} of at most ${policy.limits.nodes} nodes of the process are alive already`);
  }
  return PASSED;
};

/** After the old end no more nodes than wanted then (plus surge) may have paid time. */
const judgeExtension = (at: Circumstances, action: Action, fleet: FleetPolicy): Verdict => {
  if (action.intent.kind !== 'extend_intended') return PASSED;
  const { endBeforeMs, node: self } = action.intent;
  let covered = 0;
  for (const node of at.books.nodes.values()) {
    if (node.fleet !== fleet.name || node.seq === self || !countsAt(node, endBeforeMs)) continue;
    const until = node.extension?.endAfterMs ?? node.endAtMs ?? node.askedEndMs ?? 0;
    if (node.hold === 'autoreserved' || until > endBeforeMs) covered += 1;
  }
  const allowed = at.wantedAt(fleet.name, endBeforeMs) + fleet.surgeNodes;
  return covered + 1 > allowed
    ? no('surge', `${covered} of ${allowed} nodes go on past this end already`)
    : PASSED;
};

const judgeRates = ({ books, policy, nowMs }: Circumstances, tally: Tally, action: Action): Verdict => {
  const raising = action.spends === 'raise';
  const times = raising ? books.raiseTimes : books.purchaseTimes;
  const most = raising ? policy.limits.raisesPerHour : policy.limits.purchasesPerHour;
  const recent =
    times.filter((one) => one > nowMs - HOUR_MS && one <= nowMs).length +
    (raising ? tally.raises : tally.purchases);
  const what = raising ? 'raises' : 'purchases';
  return recent + 1 > most
    ? no('rate', `${recent} of at most ${most} ${what} an hour were made already`)
    : PASSED;
};

const judgeBudgets = (
  at: Circumstances,
  tally: Tally,
  fleetName: string,
  adds: readonly Earmark[],
): Verdict => {
  const fleet = at.policy.fleets.find((one) => one.name === fleetName);
  const { limits } = at.policy;
  if (fleet !== undefined) {
    const zone = fleet.schedule.timeZone;
    const verdict = judgeBudget(
      at,
      tally,
      { name: fleetName, fleet: fleetName, budget: fleet.budget, zone },
      adds,
    );
    if (!verdict.passed) return verdict;
  }
  return judgeBudget(
    at,
    tally,
    { name: 'process', fleet: null, budget: limits.budget, zone: limits.timeZone },
    adds,
  );
};

interface Scope {
  readonly name: string;
  /** Null: every fleet. */
  readonly fleet: string | null;
  readonly budget: Budget;
  readonly zone: string;
}

const judgeBudget = (at: Circumstances, tally: Tally, scope: Scope, adds: readonly Earmark[]): Verdict => {
  for (const period of BUDGET_PERIODS) {
    const limit = scope.budget[period];
    if (limit === undefined) continue;
    const asked = new Map<string, { added: number; startMs: UnixMs; endMs: UnixMs }>();
    for (const add of adds) {
      let fromMs = add.fromMs;
      while (fromMs < add.toMs) {
        const { startMs, endMs } = at.periodOf(period, scope.zone, fromMs);
        const toMs = Math.min(add.toMs, endMs);
        const key = `${scope.name}/${period}/${startMs}`;
        const sum = asked.get(key) ?? { added: 0, startMs, endMs };
        sum.added += add.limit * secondsBetween(fromMs, toMs);
        asked.set(key, sum);
        fromMs = toMs;
      }
    }
    for (const [key, { added, startMs, endMs }] of asked) {
      const total = totalOf(at.books, tally, scope.fleet, key, startMs, endMs);
      if (total + added > limit * CENT_SECONDS_PER_CENT) {
        const [used, more] = [costToCentsUp(total as CentSeconds), costToCentsUp(added as CentSeconds)];
        return no(
          'budget',
          `${formatCents(used)} of the ${period} budget ${formatCents(limit)} of ${scope.name} is spent or put aside; this could add ${formatCents(more)}`,
        );
      }
    }
  }
  return PASSED;
};

const totalOf = (
  books: Books,
  tally: Tally,
  fleet: string | null,
  key: string,
  fromMs: UnixMs,
  toMs: UnixMs,
): number => {
  const known = tally.totals.get(key);
  if (known !== undefined) return known.sum;
  let sum = earmarkedBetween(tally, fleet, fromMs, toMs);
  for (const name of fleet === null ? books.spent.keys() : [fleet])
    sum += spentBetween(books, name, fromMs, toMs);
  tally.totals.set(key, { fromMs, toMs, fleet, sum });
  return sum;
};

/** Counts what passed. */
const count = (at: Circumstances, tally: Tally, proposal: Proposal): void => {
  for (const add of proposal.adds) {
    putAside(tally, proposal.fleet, add);
    for (const total of tally.totals.values()) {
      if (total.fleet !== null && total.fleet !== proposal.fleet) continue;
      const fromMs = Math.max(add.fromMs, total.fromMs);
      const toMs = Math.min(add.toMs, total.toMs);
      if (toMs > fromMs) total.sum += add.limit * secondsBetween(fromMs, toMs);
    }
  }
  if (proposal.kind === 'renewal') return;
  if (proposal.intent.kind === 'create_intended') {
    tally.alive.set(proposal.fleet, (tally.alive.get(proposal.fleet) ?? 0) + 1);
  }
  if (proposal.spends === 'purchase') tally.purchases += 1;
  if (proposal.spends === 'raise') tally.raises += 1;
};
