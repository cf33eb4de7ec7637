// Calendar periods as the core sees them: a function handed in, because time zones live in the schedule room.
import type { BudgetPeriod } from './policy.ts';
import type { UnixMs } from './time.ts';

/** The period of `period` in `timeZone` that holds `atMs`: [startMs, endMs). */
export type PeriodOf = (
  period: BudgetPeriod,
  timeZone: string,
  atMs: UnixMs,
) => { readonly startMs: UnixMs; readonly endMs: UnixMs };
