// Staged actions of a budget. What counts is what the hard stop counts: money spent (settled where known, else bought time
// at its limit) plus money put aside, so 100 % is the hard stop itself. A stage is reached when that sum reaches its share
// of the budget; from then on it holds to the end of the period with every stage before it, even if a bill turns out
// smaller, and across restarts, because reaching it is an entry. Under another limit or share it is reached anew.
import type { PeriodOf } from '../domain/calendar.ts';
import type { BudgetStageReached } from '../domain/entry.ts';
import {
  CENT_SECONDS_PER_CENT,
  costToCentsUp,
  formatCents,
  type Cents,
  type CentSeconds,
} from '../domain/money.ts';
import {
  BUDGET_STAGES,
  type BasisPoints,
  type BudgetStage,
  type BudgetStages,
  type Policy,
} from '../domain/policy.ts';
import { formatInstant, type UnixMs } from '../domain/time.ts';
import { stageKey, type Books, type ReachedStage } from './books.ts';
import { budgetsAt, scopesFor, scopesOf, type BudgetInPeriod } from './budget-scopes.ts';

const WHOLE: BasisPoints = 10_000;

/** What a stage forbids, from the first that does: raises, new nodes, further hours of nodes that run. */
export type Forbidden = 'raise' | 'buy' | 'go_on';
const FIRST_FORBIDDING: Readonly<Record<Forbidden, BudgetStage>> = {
  raise: 'stop_raising',
  buy: 'stop_buying',
  go_on: 'let_end',
};

const rankOf = (stage: BudgetStage): number => BUDGET_STAGES.indexOf(stage);

/** True when `stage` is `least` or comes after it. */
export const isAtLeast = (stage: BudgetStage, least: BudgetStage): boolean => rankOf(stage) >= rankOf(least);

export const forbids = (stage: BudgetStage, what: Forbidden): boolean =>
  isAtLeast(stage, FIRST_FORBIDDING[what]);

/** The stages of a budget in a period; an hour has none, because all of it is bought at its start. */
export const stagesIn = ({ scope, period }: Pick<BudgetInPeriod, 'scope' | 'period'>): BudgetStages =>
  period === 'hour' ? {} : scope.stages;

/** limit × share in cent-seconds, rounded down, exact where the product leaves the safe integers. */
export const shareOfLimit = (limit: Cents, share: BasisPoints): CentSeconds => {
  const wholes = Math.floor(limit / WHOLE);
  const rest = limit - wholes * WHOLE;
  const part = Math.floor((rest * share * CENT_SECONDS_PER_CENT) / WHOLE);
  return (wholes * share * CENT_SECONDS_PER_CENT + part) as CentSeconds;
};

/** The entry that says that a stage was reached in this very period, under these very settings; null when there is none. */
export const reachedBefore = (books: Books, of: BudgetInPeriod, stage: BudgetStage): ReachedStage | null => {
  const { scope, period, limit, startMs } = of;
  const found = books.stages.get(stageKey(scope.fleet, period, stage));
  if (found === undefined || found.periodStartMs !== startMs) return null;
  return found.limit === limit && found.share === stagesIn(of)[stage] ? found : null;
};

/** The last stage that holds for a budget's period when `used` is spent and put aside; null when none does. */
export const stageHolding = (books: Books, of: BudgetInPeriod, used: number): BudgetStage | null => {
  const stages = stagesIn(of);
  let holding: BudgetStage | null = null;
  for (const stage of BUDGET_STAGES) {
    const share = stages[stage];
    if (share === undefined) continue;
    const isNow = used >= shareOfLimit(of.limit, share);
    if (isNow || reachedBefore(books, of, stage) !== null) holding = stage;
  }
  return holding;
};

/** Entries for the stages that are reached and were not before, in their order. */
const stagesReached = (books: Books, of: BudgetInPeriod, used: number): BudgetStageReached[] => {
  const { scope, period, limit, startMs, endMs } = of;
  const entries: BudgetStageReached[] = [];
  for (const stage of BUDGET_STAGES) {
    const share = stagesIn(of)[stage];
    if (share === undefined || used < shareOfLimit(limit, share)) continue;
    if (reachedBefore(books, of, stage) !== null) continue;
    entries.push({
      kind: 'budget_stage_reached',
      fleet: scope.fleet,
      period,
      stage,
      periodStartMs: startMs,
      periodEndMs: endMs,
      limit,
      share,
      used: costToCentsUp(used as CentSeconds),
    });
  }
  return entries;
};

interface StageInput {
  readonly policy: Policy;
  readonly periodOf: PeriodOf;
  readonly books: Books;
  readonly nowMs: UnixMs;
  /** Cent-seconds spent and put aside in one period of a budget. */
  readonly usedIn: (of: BudgetInPeriod) => number;
}

/** Entries for every stage of every budget that is reached in the present period and was not before. */
export const stageEntries = ({ policy, periodOf, books, nowMs, usedIn }: StageInput): BudgetStageReached[] =>
  scopesOf(policy)
    .filter((scope) => Object.keys(scope.stages).length > 0)
    .flatMap((scope) => budgetsAt(scope, periodOf, nowMs))
    .flatMap((of) => stagesReached(books, of, usedIn(of)));

/** The stages that hold for a fleet now, one a budget. */
export const stagesHolding = (input: StageInput, fleet: string): readonly HoldingStage[] =>
  scopesFor(input.policy, fleet)
    .filter((scope) => Object.keys(scope.stages).length > 0)
    .flatMap((scope) => budgetsAt(scope, input.periodOf, input.nowMs))
    .flatMap((of) => {
      const stage = stageHolding(input.books, of, input.usedIn(of));
      return stage === null ? [] : [{ stage, untilMs: of.endMs, why: holdingText(of, stage) }];
    });

/** A stage that holds for a fleet, by its own budget or the process's. */
export interface HoldingStage {
  readonly stage: BudgetStage;
  readonly untilMs: UnixMs;
  readonly why: string;
}

const EFFECTS: Readonly<Record<BudgetStage, string>> = {
  notify: 'nothing is held back yet',
  stop_raising: 'no limit is raised',
  stop_buying: 'no limit is raised and no node is bought',
  let_end: 'nothing is bought and nodes end with their paid time',
  release: 'nothing is bought and nodes are released',
};

/** `the day budget $40.00 of train reached 90%: …`: what a stage means, for people. */
export const stageText = (one: Omit<BudgetStageReached, 'kind' | 'periodStartMs'>): string => {
  const whose = one.fleet ?? 'the process';
  const until = one.stage === 'notify' ? 'the period ends at' : 'until';
  return `${formatCents(one.used)} of the ${one.period} budget ${formatCents(one.limit)} of ${whose} is spent or put aside, the share of ${one.stage} (${one.share / 100}%): ${EFFECTS[one.stage]}${one.stage === 'notify' ? ',' : ''} ${until} ${formatInstant(one.periodEndMs)}`;
};

/** Why a stage that holds forbids something. */
export const holdingText = ({ scope, period, limit, endMs }: BudgetInPeriod, stage: BudgetStage): string =>
  `stage ${stage} (${(scope.stages[stage] ?? 0) / 100}%) of the ${period} budget ${formatCents(limit)} of ${scope.name} holds: ${EFFECTS[stage]} until ${formatInstant(endMs)}`;
