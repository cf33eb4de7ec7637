// Whose money a budget binds: one fleet, or the whole process. Every reader of budgets (guard, stages, pacing, forecast,
// report) walks the same list, so that none forgets one.
import type { PeriodOf } from '../domain/calendar.ts';
import type { Cents } from '../domain/money.ts';
import {
  BUDGET_PERIODS,
  type Budget,
  type BudgetPeriod,
  type BudgetStages,
  type Policy,
} from '../domain/policy.ts';
import type { UnixMs } from '../domain/time.ts';

export interface BudgetScope {
  /** For people: the fleet's name, or `the process`. */
  readonly name: string;
  /** Null: every fleet. */
  readonly fleet: string | null;
  readonly budget: Budget;
  readonly zone: string;
  readonly stages: BudgetStages;
  readonly pacing: BudgetPeriod | null;
}

/** One period of one budget. */
export interface BudgetInPeriod {
  readonly scope: BudgetScope;
  readonly period: BudgetPeriod;
  readonly limit: Cents;
  readonly startMs: UnixMs;
  readonly endMs: UnixMs;
}

const known = new WeakMap<Policy, readonly BudgetScope[]>();

/** The fleets in their order, then the process. */
export const scopesOf = (policy: Policy): readonly BudgetScope[] => {
  const found = known.get(policy);
  if (found !== undefined) return found;
  const { fleets, limits } = policy;
  const scopes: BudgetScope[] = fleets.map(({ name, budget, schedule, budgetStages, pacing }) => ({
    name,
    fleet: name,
    budget,
    zone: schedule.timeZone,
    stages: budgetStages ?? {},
    pacing: pacing ?? null,
  }));
  scopes.push({
    name: 'the process',
    fleet: null,
    budget: limits.budget,
    zone: limits.timeZone,
    stages: limits.budgetStages ?? {},
    pacing: limits.pacing ?? null,
  });
  known.set(policy, scopes);
  return scopes;
};

/** The budgets that bind a fleet's purchases: its own, then the process's. */
export const scopesFor = (policy: Policy, fleet: string): readonly BudgetScope[] =>
  scopesOf(policy).filter((scope) => scope.fleet === null || scope.fleet === fleet);

/** Every stated budget of a scope in the period that holds `atMs`. */
export const budgetsAt = (scope: BudgetScope, periodOf: PeriodOf, atMs: UnixMs): readonly BudgetInPeriod[] =>
  BUDGET_PERIODS.flatMap((period) => {
    const limit = scope.budget[period];
    return limit === undefined ? [] : [{ scope, period, limit, ...periodOf(period, scope.zone, atMs) }];
  });

/** Names one period of one budget among all; no fleet is called ''. */
export const budgetKey = ({ scope, period, startMs }: BudgetInPeriod): string =>
  `${scope.fleet ?? ''}/${period}/${startMs}`;
