// Budgets -> plain values for the outside: what is spent, put aside and expected of each in its present period, which of
// its stages were reached, and each stage once as it is reached.
import type { PeriodOf } from '../domain/calendar.ts';
import type { BudgetStageReached } from '../domain/entry.ts';
import { BUDGET_STAGES } from '../domain/policy.ts';
import type { BudgetReport, StageReport } from '../domain/report.ts';
import type { Books } from './books.ts';
import { budgetsAt, scopesOf, type BudgetInPeriod } from './budget-scopes.ts';
import type { Gate } from './guard.ts';
import type { Outlook } from './outlook.ts';
import type { ReportInput } from './report.ts';
import { reachedBefore, stageHolding, stagesIn, stageText } from './stages.ts';

/** How the outside calls the budget of the process. */
const PROCESS = 'process';

export const budgetReports = (
  input: ReportInput,
  gate: Gate,
  periodOf: PeriodOf,
  outlook: Outlook,
): BudgetReport[] => {
  const { policy, books, nowMs } = input;
  return scopesOf(policy).flatMap((scope) =>
    budgetsAt(scope, periodOf, nowMs).map((of): BudgetReport => ({
      budget: scope.fleet ?? PROCESS,
      period: of.period,
      limit: of.limit,
      spent: outlook.spent(of),
      earmarked: gate.earmarkedBetween(scope.fleet, of.startMs, of.endMs),
      forecast: outlook.forecast(of),
      pace: scope.pacing === of.period ? (outlook.pace(of)?.limit ?? null) : null,
      periodEndMs: of.endMs,
      stages: stagesOf(books, of, gate.usedIn(of)),
    })),
  );
};

const stagesOf = (books: Books, of: BudgetInPeriod, used: number): BudgetReport['stages'] => {
  const holding = stageHolding(books, of, used);
  const last = holding === null ? -1 : BUDGET_STAGES.indexOf(holding);
  return BUDGET_STAGES.flatMap((stage, index) => {
    const share = stagesIn(of)[stage];
    if (share === undefined) return [];
    const reached = reachedBefore(books, of, stage);
    return [{ stage, share, holds: index <= last, reachedAtMs: reached?.atMs ?? null }];
  });
};

/** A stage as it is reached, in words and numbers: said once. */
export const stageReport = (reached: BudgetStageReached): StageReport => ({
  budget: reached.fleet ?? PROCESS,
  fleet: reached.fleet,
  period: reached.period,
  stage: reached.stage,
  share: reached.share,
  limit: reached.limit,
  used: reached.used,
  periodEndMs: reached.periodEndMs,
  text: stageText(reached),
});
