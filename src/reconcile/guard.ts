// The guard: the last judge of everything that can add spend. It trusts neither plan nor strategy and recomputes from the
// books, the policy and what it has let through in this tick; each refusal has a name for metrics and words for people.
// A proposal that passes is counted at once, so that the next one is judged against it.
import type { PeriodOf } from '../domain/calendar.ts';
import {
  floorLimit,
  formatPrice,
  LIMIT_GRAIN_CENTS,
  type CentSeconds,
  type CentsPerNodeHour,
} from '../domain/money.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import { formatDuration, HOUR_MS, MINUTE_MS, type UnixMs } from '../domain/time.ts';
import type { Action, Proposal, Renewal } from './action.ts';
import { countsAt, nodesOf, type Books } from './books.ts';
import type { Earmark } from './earmarks.ts';
import { judgeBudgets, usedIn, type BudgetWish } from './guard-budgets.ts';
import type { BudgetInPeriod } from './budget-scopes.ts';
import { isNeverTouched } from './handover.ts';
import { addedBy, mismatchOf } from './spend.ts';
import { count, earmarkedBetween, startTally, type Tally } from './tally.ts';
import { no, PASSED, type Verdict } from './verdict.ts';

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

/** After a 402 the next purchase waits this long, doubled with each further one up to an hour. */
const FUNDS_PAUSE_MS = 5 * MINUTE_MS;

export interface Gate {
  /** Judges one proposal; what passes is counted. */
  readonly judge: (proposal: Proposal) => Verdict;
  /** Cent-seconds put aside for a fleet (null: all) in [fromMs, toMs), on quarter hours. */
  readonly earmarkedBetween: (fleet: string | null, fromMs: UnixMs, toMs: UnixMs) => CentSeconds;
  /** Cent-seconds spent, put aside and let through in one period of a budget: what is held against its limit. */
  readonly usedIn: (of: BudgetInPeriod) => CentSeconds;
}

export const createGate = (at: Circumstances): Gate => {
  const tally = startTally(at.books, at.nowMs);
  const judge = (proposal: Proposal): Verdict => {
    const adds = addedBy(tally, proposal);
    const verdict =
      proposal.kind === 'renewal'
        ? judgeRenewal(at, tally, proposal, adds)
        : judgeAction(at, tally, proposal, adds);
    if (!verdict.passed) return verdict;
    count(tally, proposal, adds);
    const shownOnly = at.policy.mode === 'dry_run' && proposal.kind === 'action';
    return shownOnly
      ? no('dry_run', `mode is dry_run, this is shown and not sent: ${proposal.why}`)
      : verdict;
  };
  return {
    judge,
    earmarkedBetween: (fleet, fromMs, toMs) => earmarkedBetween(tally, fleet, fromMs, toMs) as CentSeconds,
    usedIn: (of) => usedIn(tally, of) as CentSeconds,
  };
};

const judgeRenewal = (
  at: Circumstances,
  tally: Tally,
  renewal: Renewal,
  adds: readonly Earmark[],
): Verdict => {
  if (!at.leaseHeld) return no('not_leader', 'this process does not hold the lease');
  // A bid that was not filled yet is bought by its next hour, a node that runs only goes on.
  const waits = at.books.nodes.get(renewal.node)?.phase === 'waiting';
  const what = waits ? 'buy' : 'go_on';
  return judgeBudgets(at, tally, { fleet: renewal.fleet, what, adds, aboutMs: at.nowMs });
};

const judgeAction = (at: Circumstances, tally: Tally, action: Action, adds: readonly Earmark[]): Verdict => {
  if (!at.leaseHeld) return no('not_leader', 'this process does not hold the lease');
  const { contradiction } = at.books;
  if (contradiction !== null) {
    return no(
      'contradiction',
      `the books contradict themselves, nothing is bought or let go: ${contradiction}`,
    );
  }
  const mismatch = mismatchOf(tally, action);
  if (mismatch !== null) return no(mismatch.guard, mismatch.why);
  const never = judgeNeverTouch(at, action);
  if (!never.passed) return never;
  const fleet = at.policy.fleets.find((one) => one.name === action.fleet);
  if (fleet === undefined) return no('contradiction', `fleet ${action.fleet} is not in the settings`);
  if (action.limit !== null) {
    const verdict = judgeLimit(at, action.limit, fleet);
    if (!verdict.passed) return verdict;
  }
  if (action.spends === 'none') return PASSED;
  const judges = [judgeStops, judgeSight, judgePrice, judgeCount, judgeRates];
  for (const one of judges) {
    const verdict = one(at, tally, action, fleet);
    if (!verdict.passed) return verdict;
  }
  return judgeBudgets(at, tally, budgetWish(at, action, adds));
};

const budgetWish = (
  { books, nowMs }: Circumstances,
  action: Action,
  adds: readonly Earmark[],
): BudgetWish => {
  const { fleet, spends, intent, node } = action;
  const buys = intent.kind === 'extend_intended' ? 'go_on' : 'buy';
  const bookedToMs = node === null ? 0 : (books.nodes.get(node)?.bookedToMs ?? 0);
  return {
    fleet,
    what: spends === 'raise' ? 'raise' : buys,
    adds,
    aboutMs: spends === 'raise' ? Math.max(nowMs, bookedToMs) : nowMs,
  };
};

/** Neither by its name nor by its id, whatever the books say of it. */
const judgeNeverTouch = ({ books, policy }: Circumstances, { name, node }: Action): Verdict => {
  const nodeId = node === null ? null : (books.nodes.get(node)?.nodeId ?? null);
  return isNeverTouched(policy, { name, nodeId }) ? no('unowned', `${name} stands in never_touch`) : PASSED;
};

/** After a 402: when the next purchase may be tried; null when none was refused for lack of funds. */
export const fundsPausedUntil = ({ funds }: Books): UnixMs | null =>
  funds.refusals === 0
    ? null
    : funds.atMs + Math.min(HOUR_MS, FUNDS_PAUSE_MS * 2 ** Math.min(funds.refusals - 1, 4));

/** Pause, breaker, lack of funds: nothing is bought until somebody looked or time passed. */
const judgeStops = ({ books, nowMs }: Circumstances, _: Tally, action: Action): Verdict => {
  if (books.pause !== null) return no('pause', `paused by ${books.pause.by}: ${books.pause.why}`);
  if (books.breaker !== null)
    return no('breaker', `the breaker is open: ${books.breaker}; \`bidkeeper resume\` resets it`);
  const pausedUntilMs = fundsPausedUntil(books);
  if (action.spends === 'purchase' && pausedUntilMs !== null) {
    const left = pausedUntilMs - nowMs;
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

/** Whatever carries a limit, a lowering as well: whole eighths, at or under the ceiling and the hard cap. */
const judgeLimit = ({ policy }: Circumstances, limit: CentsPerNodeHour, fleet: FleetPolicy): Verdict => {
  if (!Number.isSafeInteger(limit) || limit <= 0 || limit % LIMIT_GRAIN_CENTS !== 0) {
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
  return cap !== null && limit > cap
    ? no('hard_cap', `the limit ${formatPrice(limit)} is above the hard cap ${formatPrice(cap)}`)
    : PASSED;
};

/** Nothing is bought at a price outside the band that can be explained, nor from another limit than the books hold. */
const judgePrice = (
  { policy, books }: Circumstances,
  _: Tally,
  action: Action,
  fleet: FleetPolicy,
): Verdict => {
  const carried = limitOnBooks(books, action);
  if (action.intent.kind === 'raise_intended' && action.intent.from < carried) {
    return no(
      'contradiction',
      `the books hold ${formatPrice(carried)} for ${action.name}, the plan ${formatPrice(action.intent.from)}`,
    );
  }
  const ask = 'basis' in action.intent ? action.intent.basis.ask : null;
  for (const price of [action.limit, ask]) {
    if (price === null) continue;
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
  if (kind === 'extend_intended') return judgeExtension(at, tally, action, fleet);
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

/** After the old end no more nodes than wanted then (plus surge) may have paid time; strangers count as if they had. */
const judgeExtension = (at: Circumstances, tally: Tally, action: Action, fleet: FleetPolicy): Verdict => {
  if (action.intent.kind !== 'extend_intended') return PASSED;
  const { endBeforeMs, node: self } = action.intent;
  let covered = 0;
  for (const node of nodesOf(at.books, fleet.name)) {
    if (node.seq === self || !countsAt(node, endBeforeMs)) continue;
    const until = node.extension?.endAfterMs ?? node.endAtMs ?? node.askedEndMs ?? 0;
    if (node.hold === 'autoreserved' || until > endBeforeMs) covered += 1;
  }
  for (const one of tally.covered) {
    if (one.fleet === fleet.name && one.node !== self && one.untilMs > endBeforeMs) covered += 1;
  }
  for (const stranger of at.books.unowned.values()) if (stranger.fleet === fleet.name) covered += 1;
  const allowed = at.wantedAt(fleet.name, endBeforeMs) + fleet.surgeNodes;
  return covered + 1 > allowed
    ? no('surge', `${covered} of ${allowed} nodes go on past this end already`)
    : PASSED;
};

const judgeRates = ({ policy }: Circumstances, tally: Tally, action: Action): Verdict => {
  const raising = action.spends === 'raise';
  const most = raising ? policy.limits.raisesPerHour : policy.limits.purchasesPerHour;
  const recent = raising ? tally.raises : tally.purchases;
  const what = raising ? 'raises' : 'purchases';
  return recent + 1 > most
    ? no('rate', `${recent} of at most ${most} ${what} an hour were made already`)
    : PASSED;
};
