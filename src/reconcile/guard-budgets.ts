// The budget guard: every period of a fleet's budget and of the process's, in the zone each is kept in. Money belongs to the
// hours it pays for, so an hour over midnight is split at midnight; what is spent, put aside and let through counts alike.
import type { PeriodOf } from '../domain/calendar.ts';
import { CENT_SECONDS_PER_CENT, costToCentsUp, formatCents, type CentSeconds } from '../domain/money.ts';
import { BUDGET_PERIODS, type Budget, type BudgetPeriod, type Policy } from '../domain/policy.ts';
import { secondsBetween, type UnixMs } from '../domain/time.ts';
import type { Earmark } from './earmarks.ts';
import { totalOf, type Tally } from './tally.ts';
import { no, PASSED, type Verdict } from './verdict.ts';

interface Scope {
  readonly name: string;
  /** Null: every fleet. */
  readonly fleet: string | null;
  readonly budget: Budget;
  readonly zone: string;
}

export interface BudgetRules {
  readonly policy: Policy;
  readonly periodOf: PeriodOf;
}

/** True money for the fleet and for the process: what `adds` could cost fits into every period that it touches. */
export const judgeBudgets = (
  rules: BudgetRules,
  tally: Tally,
  fleetName: string,
  adds: readonly Earmark[],
): Verdict => {
  const { fleets, limits } = rules.policy;
  const scopes: Scope[] = fleets
    .filter((fleet) => fleet.name === fleetName)
    .map(({ name, budget, schedule }) => ({ name, fleet: name, budget, zone: schedule.timeZone }));
  scopes.push({ name: 'the process', fleet: null, budget: limits.budget, zone: limits.timeZone });
  for (const scope of scopes) {
    for (const period of BUDGET_PERIODS) {
      const verdict = judgePeriod(rules.periodOf, tally, scope, period, adds);
      if (!verdict.passed) return verdict;
    }
  }
  return PASSED;
};

const judgePeriod = (
  periodOf: PeriodOf,
  tally: Tally,
  scope: Scope,
  period: BudgetPeriod,
  adds: readonly Earmark[],
): Verdict => {
  const limit = scope.budget[period];
  if (limit === undefined) return PASSED;
  for (const { added, startMs, endMs } of byPeriod(periodOf, period, scope.zone, adds)) {
    const key = `${scope.fleet ?? ''}/${period}/${startMs}`;
    const total = totalOf(tally, key, scope.fleet, startMs, endMs);
    if (total + added <= limit * CENT_SECONDS_PER_CENT) continue;
    const [used, more] = [costToCentsUp(total as CentSeconds), costToCentsUp(added as CentSeconds)];
    return no(
      'budget',
      `${formatCents(used)} of the ${period} budget ${formatCents(limit)} of ${scope.name} is spent or put aside; this could add ${formatCents(more)}`,
    );
  }
  return PASSED;
};

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
