// What a person must know of the whole daemon and its account: pauses, refusals of the account, purchases nobody can tell
// the end of, books or ledger that forbid buying, a venue that cannot be seen, money that passed a stage of its budget.
import { centsToCost, costToCentsUp, formatCents } from '../../domain/money.ts';
import type { CentSeconds } from '../../domain/money.ts';
import type { NoticeEvent } from '../../domain/notice.ts';
import type { BudgetStage } from '../../domain/policy.ts';
import type { BudgetReport, TickReport } from '../../domain/report.ts';
import { MINUTE_MS, formatInstant } from '../../domain/time.ts';
import type { DurationMs } from '../../domain/time.ts';
import { pauseText } from '../pause-text.ts';
import { condition } from './condition.ts';
import type { Condition } from './condition.ts';
import { driftConditions } from './drift-conditions.ts';

/** An answer that was lost is mostly found at the next look. */
const UNKNOWN_MS = 2 * MINUTE_MS;
/** A venue that is away for a moment is no news; what is held renews itself meanwhile. */
const BLIND_MS = 10 * MINUTE_MS;
/** A ledger that was busy once is no news. */
const LEDGER_MS = MINUTE_MS;

/** `isSaid`: whether the condition of a key was said and has not been forgotten. */
export const daemonConditions = (
  report: TickReport,
  isSaid: (key: string) => boolean,
): readonly Condition[] => [
  ...pauseCondition(report),
  ...alarmConditions(report),
  ...endConditions(report),
  ...blockedConditions(report),
  ...driftConditions(report),
  ...report.budgets.flatMap((budget) => budgetConditions(budget, isSaid)),
];

/** A pause and a drain are different news, so that one that becomes the other is told. */
const pauseCondition = (report: TickReport): readonly Condition[] => {
  if (report.pause === null) return [];
  return [
    condition({
      key: report.pause.drain ? 'drain' : 'pause',
      event: 'pause',
      fleet: null,
      severity: 'warning',
      text: pauseText(report, report.pause),
      overText: 'resumed: buying may go on',
    }),
  ];
};

interface AlarmKind {
  readonly event: NoticeEvent;
  readonly severity: Condition['severity'];
  readonly overText: string;
  readonly holdOffMs?: DurationMs;
}

/** The alarms of a report that cannot wait; the others are Alertmanager's. */
const ALARMS: Readonly<Record<string, AlarmKind>> = {
  unknown_purchase: {
    event: 'unknown',
    severity: 'warning',
    overText: 'every purchase is accounted for again',
    holdOffMs: UNKNOWN_MS,
  },
  auth: { event: 'account', severity: 'critical', overText: 'the venue takes the token again' },
  breaker: { event: 'account', severity: 'critical', overText: 'the breaker is closed again' },
  funds: { event: 'account', severity: 'critical', overText: 'the venue takes our orders again' },
  low_runway: { event: 'account', severity: 'warning', overText: 'the balance lasts long enough again' },
  contradiction: { event: 'fault', severity: 'critical', overText: 'the books agree again' },
};

/** One condition a code and fleet, however many alarms there are. */
const alarmConditions = (report: TickReport): readonly Condition[] => {
  const found = new Map<string, { readonly alarm: TickReport['alarms'][number]; count: number }>();
  for (const alarm of report.alarms) {
    const key = `${alarm.code} ${alarm.fleet ?? ''}`.trim();
    const known = found.get(key);
    if (known === undefined) found.set(key, { alarm, count: 1 });
    else known.count += 1;
  }
  return [...found].flatMap(([key, { alarm, count }]) => {
    const kind = ALARMS[alarm.code];
    if (kind === undefined) return [];
    const { event, severity, overText, holdOffMs = 0 } = kind;
    const who = alarm.fleet === null ? '' : `${alarm.fleet}: `;
    const more = count === 1 ? '' : ` (and ${count - 1} more)`;
    const text = `${who}${alarm.text}${more}`;
    const over = `${who}${overText}`;
    return [condition({ key, event, fleet: alarm.fleet, severity, text, overText: over, holdOffMs })];
  });
};

const endConditions = (report: TickReport): readonly Condition[] => {
  const why = report.problem === null ? '' : `: ${report.problem}`;
  const fault = { event: 'fault' as const, fleet: null, severity: 'critical' as const };
  if (report.end === 'ledger_failed') {
    const text = `the ledger cannot be written, so nothing is bought${why}`;
    const overText = 'the ledger can be written again';
    return [condition({ ...fault, key: 'ledger', text, overText, holdOffMs: LEDGER_MS })];
  }
  if (report.end !== 'no_look') return [];
  const text = `the venue cannot be seen, so nothing is bought and held nodes renew unwatched${why}`;
  const overText = 'the venue can be seen again';
  return [condition({ ...fault, key: 'blind', text, overText, holdOffMs: BLIND_MS })];
};

/** A budget refuses what the plan wanted. */
const blockedConditions = (report: TickReport): readonly Condition[] => {
  const blocked = new Map<string, string>();
  for (const { fleet, refusedBy, why } of report.decisions) {
    if (refusedBy === 'budget' && !blocked.has(fleet)) blocked.set(fleet, why);
  }
  return [...blocked].map(([fleet, why]) =>
    condition({
      key: `budget-stop ${fleet}`,
      event: 'budget',
      fleet,
      severity: 'critical',
      text: `${fleet} is stopped by a budget: ${why}`,
      overText: `${fleet} is no longer stopped by a budget`,
    }),
  );
};

/** What a budget without stages of its own is told at, in hundredths of a percent; highest first. */
const SHARES = [10_000, 8000] as const;

const DOES: Readonly<Record<BudgetStage, string>> = {
  notify: 'nothing changes yet',
  stop_raising: 'no limit is raised any more',
  stop_buying: 'nothing is bought any more',
  let_end: 'nodes are let go as their paid time ends',
  release: 'nodes are released',
};

/** The stages that a budget's settings name, each said once a period; without any, the highest share it passed. */
const budgetConditions = (budget: BudgetReport, isSaid: (key: string) => boolean): readonly Condition[] => {
  const keyOf = (what: string | number): string =>
    `budget ${budget.budget} ${budget.period} ${budget.periodEndMs} ${what}`;
  const told = (what: string | number, grave: boolean, share: number, does: string): Condition =>
    condition({
      key: keyOf(what),
      event: 'budget',
      fleet: budget.budget === 'process' ? null : budget.budget,
      severity: grave ? 'critical' : 'warning',
      text: `${budgetText(budget, share)}${does}`,
      overText: null,
      onceUntilMs: budget.periodEndMs,
    });
  if (budget.stages.length > 0) {
    return budget.stages
      .filter(({ reachedAtMs }) => reachedAtMs !== null)
      .map(({ stage, share }) =>
        told(stage, stage !== 'notify' && stage !== 'stop_raising', share, `; ${DOES[stage]}`),
      );
  }
  const used = budget.spent + budget.earmarked;
  const whole = centsToCost(budget.limit);
  const share = SHARES.find((one) => used * 10_000 >= whole * one);
  if (share === undefined || SHARES.some((one) => one > share && isSaid(keyOf(one)))) return [];
  return [told(share, share === 10_000, share, '')];
};

const budgetText = (budget: BudgetReport, share: number): string => {
  const whose = budget.budget === 'process' ? 'of all fleets' : `of ${budget.budget}`;
  const used = costToCentsUp((budget.spent + budget.earmarked) as CentSeconds);
  const of = formatCents(budget.limit);
  return `the budget ${whose} for this ${budget.period} passed ${share / 100} %: ${formatCents(used)} of ${of} spent or put aside, until ${formatInstant(budget.periodEndMs)}`;
};
