// Books -> what a fleet and the process spent today and this month, whether or not a budget limits it.
import type { PeriodOf } from '../domain/calendar.ts';
import type { CentSeconds } from '../domain/money.ts';
import type { SpendingReport } from '../domain/overview.ts';
import type { Policy } from '../domain/policy.ts';
import type { UnixMs } from '../domain/time.ts';
import { spentBetween, type Books } from './books.ts';

/** One line a fleet, each in its own zone, and one for the process over every fleet the ledger knows. */
export const spendingReports = (
  books: Books,
  policy: Policy,
  periodOf: PeriodOf,
  nowMs: UnixMs,
): SpendingReport[] => {
  const line = (budget: string, fleets: readonly string[], zone: string): SpendingReport => {
    const day = periodOf('day', zone, nowMs);
    const month = periodOf('month', zone, nowMs);
    const spent = (fromMs: UnixMs, toMs: UnixMs): CentSeconds =>
      fleets.reduce((sum, fleet) => sum + spentBetween(books, fleet, fromMs, toMs), 0) as CentSeconds;
    return {
      budget,
      today: spent(day.startMs, day.endMs),
      month: spent(month.startMs, month.endMs),
      todayEndsMs: day.endMs,
      monthEndsMs: month.endMs,
    };
  };
  return [
    ...policy.fleets.map((fleet) => line(fleet.name, [fleet.name], fleet.schedule.timeZone)),
    line('process', [...books.spent.keys()], policy.limits.timeZone),
  ];
};
