// Money that does not agree: what we reckon was spent against what the venue's records show, by fleet and for the account. The
// records of the last hours are always still missing, so what they cannot show yet is allowed for; the rest may differ by $5 or
// by 2 % of a day at the present rate, whichever is more, and is told when it has for six hours.
import { CENT_SECONDS_PER_CENT, costToCentsUp, formatCents } from '../../domain/money.ts';
import type { CentSeconds } from '../../domain/money.ts';
import type { TickReport } from '../../domain/report.ts';
import { HOUR_MS } from '../../domain/time.ts';
import type { DurationMs } from '../../domain/time.ts';
import { condition } from './condition.ts';
import type { Condition } from './condition.ts';

const STANDS_MS = 6 * HOUR_MS;
const LEAST_CENTS = 500;
const SHARE_OF_DAY = 0.02;
/** How late records are taken to be before any was seen. */
const LATE_MS = HOUR_MS;

export const driftConditions = (report: TickReport): readonly Condition[] => {
  const { money, fleets } = report;
  const rates = new Map(fleets.map(({ fleet, spendRate }) => [fleet, spendRate] as const));
  const lateMs = money.lateness.records?.mostMs ?? LATE_MS;
  const all = fleets.reduce((sum, { spendRate }) => sum + spendRate, 0);
  return [
    ...money.drift.flatMap(({ fleet, cost }) => drifting(fleet, cost, rates.get(fleet) ?? 0, lateMs)),
    ...(money.account === null ? [] : drifting(null, money.account.drift, all, lateMs)),
  ];
};

/** `rate`: cents an hour now. `lateMs`: how late a record may come after the hour it is about. */
const drifting = (
  fleet: string | null,
  drift: CentSeconds,
  rate: number,
  lateMs: DurationMs,
): readonly Condition[] => {
  const allowed = Math.max(LEAST_CENTS, rate * 24 * SHARE_OF_DAY);
  // An hour that runs, and those before it whose records have not come.
  const missing = drift > 0 ? rate * (1 + Math.ceil(lateMs / HOUR_MS)) : 0;
  if (Math.abs(drift) <= (allowed + missing) * CENT_SECONDS_PER_CENT) return [];
  const sum = formatCents(costToCentsUp(Math.abs(drift) as CentSeconds));
  const whose = fleet === null ? 'the account' : fleet;
  return [
    condition({
      key: fleet === null ? 'drift' : `drift ${fleet}`,
      event: 'drift',
      fleet,
      severity: 'warning',
      text: `the venue's records of ${whose} show ${sum} ${drift > 0 ? 'less' : 'more'} than was reckoned as spent`,
      overText: `the venue's records of ${whose} agree with what was reckoned again`,
      holdOffMs: STANDS_MS,
    }),
  ];
};
