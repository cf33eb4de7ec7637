// The audit of staged actions: each is taken once a period and in order, and nothing is bought while one that forbids it holds.
import type { BudgetStageReached } from '../domain/entry.ts';
import { BUDGET_STAGES } from '../domain/policy.ts';
import type { AuditPart, AuditRules, Find } from './audit.ts';
import type { Books } from './books.ts';
import { budgetsAt, scopesFor } from './budget-scopes.ts';
import { forbids, holdingText, stageHolding } from './stages.ts';

/** `underSettings`: whether the entries now were written under the present settings. */
export const auditStages = (rules: AuditRules, find: Find, underSettings: () => boolean): AuditPart => {
  /** Stages reached in the newest period of each budget, by budget. */
  const reached = new Map<
    string,
    { readonly periodStartMs: number; readonly stages: Set<string>; rank: number }
  >();

  const judgeReached = (seq: number, entry: BudgetStageReached): void => {
    const budget = `${entry.fleet ?? ''}/${entry.period}`;
    const { periodStartMs, stage, limit, share } = entry;
    const known = reached.get(budget);
    const period =
      known?.periodStartMs === periodStartMs ? known : { periodStartMs, stages: new Set<string>(), rank: -1 };
    reached.set(budget, period);
    const once = `${stage}/${limit}/${share}`;
    const whose = entry.fleet ?? 'the process';
    if (period.stages.has(once))
      find('problem', 'stage', seq, `${stage} of the ${entry.period} budget of ${whose} is reached twice`);
    period.stages.add(once);
    const rank = BUDGET_STAGES.indexOf(stage);
    if (underSettings() && rank < period.rank)
      find('problem', 'stage', seq, `${stage} of ${whose} comes after ${BUDGET_STAGES[period.rank]}`);
    // Stages of other settings came in the order of those.
    period.rank = underSettings() ? Math.max(rank, period.rank) : -1;
  };

  const judgePurchase = (seq: number, atMs: number, fleet: string, books: Books): void => {
    for (const scope of scopesFor(rules.policy, fleet)) {
      for (const of of budgetsAt(scope, rules.periodOf, atMs)) {
        const stage = stageHolding(books, of, 0);
        if (stage !== null && forbids(stage, 'buy'))
          find('problem', 'stage', seq, `it buys for ${fleet} while ${holdingText(of, stage)}`);
      }
    }
  };

  return {
    before: ({ seq, atMs, entry }, books) => {
      if (entry.kind === 'create_intended' && underSettings()) judgePurchase(seq, atMs, entry.fleet, books);
    },
    after: ({ seq, entry }) => {
      if (entry.kind === 'budget_stage_reached') judgeReached(seq, entry);
    },
  };
};
