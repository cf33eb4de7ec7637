// The budget guard: every period of a fleet's budget and of the process's, in the zone each is kept in. Money belongs to the
// hours it pays for, so an hour over midnight is split at midnight; what is spent, put aside and let through counts alike.
// A stage that holds in a period forbids what it names to everything whose money falls into that period.
import type { PeriodOf } from '../domain/calendar.ts';
import { CENT_SECONDS_PER_CENT, costToCentsUp, formatCents, type CentSeconds } from '../domain/money.ts';
import { BUDGET_PERIODS, type BudgetPeriod, type Policy } from '../domain/policy.ts';
import { secondsBetween, type UnixMs } from '../domain/time.ts';
import { budgetKey, scopesFor, type BudgetInPeriod, type BudgetScope } from './budget-scopes.ts';
import type { Earmark } from './earmarks.ts';
import { forbids, holdingText, stageHolding, type Forbidden } from './stages.ts';
import { totalOf, type Tally } from './tally.ts';
import { no, PASSED, type Verdict } from './verdict.ts';

export interface BudgetRules {
  readonly policy: Policy;
  readonly periodOf: PeriodOf;
}

/** What a proposal would do to budgets: the time and money it adds, and the sort of thing a stage may forbid. */
export interface BudgetWish {
  readonly fleet: string;
  readonly what: Forbidden;
  readonly adds: readonly Earmark[];
  /** When the first hour that it is about begins: where nothing is added, the period of this instant is asked. */
  readonly aboutMs: UnixMs;
}

/** True money for the fleet and for the process: what is added could cost fits into every period that it touches. */
export const judgeBudgets = (rules: BudgetRules, tally: Tally, wish: BudgetWish): Verdict => {
  for (const scope of scopesFor(rules.policy, wish.fleet)) {
    for (const period of BUDGET_PERIODS) {
      const verdict = judgePeriod(rules.periodOf, tally, { scope, period }, wish);
      if (!verdict.passed) return verdict;
    }
  }
  return PASSED;
};

const judgePeriod = (
  periodOf: PeriodOf,
  tally: Tally,
  { scope, period }: { readonly scope: BudgetScope; readonly period: BudgetPeriod },
  wish: BudgetWish,
): Verdict => {
  const limit = scope.budget[period];
  if (limit === undefined) return PASSED;
  for (const { added, startMs, endMs } of byPeriod(periodOf, period, scope.zone, touched(wish))) {
    const of: BudgetInPeriod = { scope, period, limit, startMs, endMs };
    const total = usedIn(tally, of);
    const stage = stageHolding(tally.books, of, total);
    if (stage !== null && forbids(stage, wish.what)) return no('budget', holdingText(of, stage));
    if (added === 0 || total + added <= limit * CENT_SECONDS_PER_CENT) continue;
    const [used, more] = [costToCentsUp(total as CentSeconds), costToCentsUp(added as CentSeconds)];
    return no(
      'budget',
      `${formatCents(used)} of the ${period} budget ${formatCents(limit)} of ${scope.name} is spent or put aside; this could add ${formatCents(more)}`,
    );
  }
  return PASSED;
};

/** Cent-seconds spent, put aside and let through in one period of a budget. */
export const usedIn = (tally: Tally, of: BudgetInPeriod): number =>
  totalOf(tally, budgetKey(of), of.scope.fleet, of.startMs, of.endMs);

/** What a wish adds; a purchase or a raise touches a period even when its money is put aside already. */
const touched = ({ what, adds, aboutMs }: BudgetWish): readonly Earmark[] =>
  what === 'go_on' || adds.length > 0
    ? adds
    : [{ fromMs: aboutMs, toMs: aboutMs + 1, limit: 0 as Earmark['limit'] }];

/** What `adds` could cost in each period they touch. */
const byPeriod = (
  periodOf: PeriodOf,
  period: BudgetPeriod,
  zone: string,
  adds: readonly Earmark[],
): Iterable<{ readonly added: number; readonly startMs: UnixMs; readonly endMs: UnixMs }> => {
  const asked = new Map<UnixMs, { added: number; startMs: UnixMs; endMs: UnixMs }>();
  for (const add of adds) {
    let fromMs = add.fromMs;
    while (fromMs < add.toMs) {
      const { startMs, endMs } = periodOf(period, zone, fromMs);
      const toMs = Math.min(add.toMs, endMs);
      const sum = asked.get(startMs) ?? { added: 0, startMs, endMs };
      sum.added += add.limit * secondsBetween(fromMs, toMs);
      asked.set(startMs, sum);
      fromMs = toMs;
    }
  }
  return asked.values();
};
