// How long the account's money lasts. The burn is the larger of what our nodes cost at most at their limits and what the
// balance was seen to fall by (others may spend from the same account); money that comes in begins a new watch. A warning
// that has begun ends only when a quarter more than its bound is left, so that it does not come and go.
import { formatCents, type Cents } from '../domain/money.ts';
import type { FundsReport, TickReport } from '../domain/report.ts';
import { formatDuration, HOUR_MS, type DurationMs, type UnixMs } from '../domain/time.ts';

/** The balance as it was read at an instant. */
export interface BalanceSeen {
  readonly atMs: UnixMs;
  readonly available: Cents;
}

/** Purchases come once an hour, so a fall is judged over no less. */
const LEAST_SPAN_MS: DurationMs = HOUR_MS;
/** Balances older than this say nothing about the burn. */
export const WATCHED_MS: DurationMs = 6 * HOUR_MS;
const ENDS_AT_QUARTERS = 5;

/** Cents an hour by which the balance fell since money last came in, rounded up; 0 while nothing can be said. Oldest first. */
export const fallPerHour = (seen: readonly BalanceSeen[]): Cents => {
  let first = 0;
  seen.forEach(({ available }, index) => {
    if (index > 0 && available > (seen[index - 1]?.available ?? available)) first = index;
  });
  const [from, to] = [seen[first], seen.at(-1)];
  if (from === undefined || to === undefined) return 0 as Cents;
  const spanMs = to.atMs - from.atMs;
  if (spanMs < LEAST_SPAN_MS) return 0 as Cents;
  return Math.max(0, Math.ceil(((from.available - to.available) * HOUR_MS) / spanMs)) as Cents;
};

/** How long `available` lasts at `perHour`, rounded down; null when nothing is spent. */
export const runwayOf = (available: Cents, perHour: Cents): DurationMs | null =>
  perHour <= 0 ? null : Math.max(0, Math.floor((available / perHour) * HOUR_MS));

/** Whether the runway is low now, given whether it was before. */
export const isLow = (runwayMs: DurationMs | null, boundMs: DurationMs, wasLow: boolean): boolean =>
  runwayMs !== null && runwayMs * (wasLow ? 4 : ENDS_AT_QUARTERS) < boundMs * ENDS_AT_QUARTERS;

/** Said long before the venue answers 402. */
export const fundsAlarms = (funds: FundsReport | null): TickReport['alarms'] => {
  if (funds === null || !funds.low || funds.runwayMs === null) return [];
  const { available, perHour, runwayMs, lowMs } = funds;
  const lasts = `${formatCents(available)} lasts ${formatDuration(runwayMs)} at up to ${formatCents(perHour)} an hour`;
  const text = `the account's money runs out: ${lasts}, less than ${formatDuration(lowMs)}; pay in, or nothing can be bought (402)`;
  return [{ code: 'low_runway', fleet: null, text }];
};
