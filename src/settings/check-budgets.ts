// The checks of budgets, of the process and of each fleet: that there is a sum to keep, and that staged actions come in order.
import { BUDGET_PERIODS, BUDGET_STAGES, type BudgetStage } from '../domain/policy.ts';
import type { CheckContext } from './check-fleet.ts';
import { joinPath } from './document.ts';
import type { Draft } from './lenient.ts';
import type { WrittenBudget } from './schema.ts';

const STAGED = BUDGET_PERIODS.filter((period) => period !== 'hour');

type DraftBudget = Draft<WrittenBudget>;

export const checkBudgets = (context: CheckContext): void => {
  const { limits, fleets } = context.draft;
  if (limits?.budget !== 'unlimited') checkBudget(context, limits?.budget, 'limits.budget');
  for (const [index, fleet] of (fleets ?? []).entries())
    checkBudget(context, fleet?.budget, `fleets[${index}].budget`);
};

const checkBudget = (context: CheckContext, budget: DraftBudget | undefined, path: string): void => {
  if (budget === undefined) return;
  if (!BUDGET_PERIODS.some((period) => context.has(joinPath(path, period)))) {
    context.report({
      code: 'E_SETTINGS_BUDGET',
      path,
      at: 'key',
      reason: 'this budget limits nothing',
      remedy: 'Add hour, day, week or month, or remove it',
    });
  }
  const { pacing } = budget;
  if (pacing !== undefined && !context.has(joinPath(path, pacing))) {
    context.report({
      code: 'E_SETTINGS_PACING',
      path: joinPath(path, 'pacing'),
      at: 'value',
      reason: `there is no budget for the ${pacing} to be spread`,
      remedy: `Add ${pacing} with a sum, or name a period that has one`,
    });
  }
  if (budget.stages === undefined) return;
  checkStages(context, budget.stages, joinPath(path, 'stages'));
  if (context.has(joinPath(path, 'hour')) && !STAGED.some((period) => context.has(joinPath(path, period)))) {
    context.report({
      code: 'E_SETTINGS_STAGES',
      path: joinPath(path, 'stages'),
      at: 'key',
      reason: 'an hour is bought whole, so its budget has no stages',
      remedy: 'Add day, week or month, or remove stages',
    });
  }
};

/** A later action never comes before an earlier one; two may share a share. */
const checkStages = (
  context: CheckContext,
  stages: NonNullable<DraftBudget['stages']>,
  path: string,
): void => {
  if (!BUDGET_STAGES.some((stage) => context.has(joinPath(path, stage)))) {
    context.report({
      code: 'E_SETTINGS_STAGES',
      path,
      at: 'key',
      reason: 'there is no action in it',
      remedy: `Add ${BUDGET_STAGES.join(', ')}, or remove it`,
    });
  }
  let highest: { readonly stage: BudgetStage; readonly share: number } | null = null;
  for (const stage of BUDGET_STAGES) {
    const share = stages[stage];
    if (share === undefined) continue;
    if (highest !== null && share < highest.share) {
      context.report({
        code: 'E_SETTINGS_STAGES',
        path: joinPath(path, stage),
        at: 'value',
        reason: `${stage} (${share / 100}%) would come before ${highest.stage} (${highest.share / 100}%), which it includes`,
        remedy: `Write ${highest.share / 100}% or more, or lower ${highest.stage}`,
      });
    } else highest = { stage, share };
  }
};
