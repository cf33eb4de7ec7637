// Funds watch: reads the account's balance beside the tick at a slow pace, and says how long it lasts. What fails leaves the
// last reading standing with its age; a reading that is too old says nothing any more.
import type { Balance } from '../domain/look.ts';
import type { Cents } from '../domain/money.ts';
import type { FundsReport } from '../domain/report.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Venue } from '../ports/venue.ts';
import { fallPerHour, isLow, runwayOf, WATCHED_MS, type BalanceSeen } from '../reconcile/funds.ts';

const EVERY_MS = 5 * MINUTE_MS;
/** Real time: even on a fast clock the balance is not read more often. */
const REST_MS: DurationMs = 5 * SECOND_MS;
/** A reading that is older on the clock and in real time is no longer shown. */
const STALE_MS = HOUR_MS;
const STALE_REAL_MS: DurationMs = MINUTE_MS;

export interface FundsWatch {
  /** Starts a reading when one is due; returns at once. */
  readonly poll: () => void;
  /** What the balance means for nodes that cost at most `ownPerHour`; null before the first reading, and when it is old. */
  readonly report: (ownPerHour: Cents) => FundsReport | null;
  readonly idle: () => Promise<void>;
}

export interface FundsWatchDeps {
  readonly clock: Clock;
  readonly venue: Pick<Venue, 'balance'>;
  readonly lowMs: DurationMs;
  /** Told once for each run of failures. */
  readonly onProblem: (what: string, message: string) => void;
}

export const createFundsWatch = ({ clock, venue, lowMs, onProblem }: FundsWatchDeps): FundsWatch => {
  let seen: readonly BalanceSeen[] = [];
  let newest: { readonly balance: Balance; readonly atMs: UnixMs; readonly realMs: DurationMs } | null = null;
  let last: { readonly clockMs: UnixMs; readonly realMs: DurationMs } | null = null;
  let flight: Promise<void> | null = null;
  let failing = false;
  let low = false;

  const read = async (): Promise<void> => {
    const atMs = clock.now();
    const reading = await venue.balance();
    if (!reading.ok) {
      if (!failing) onProblem('balance', reading.message);
      failing = true;
      return;
    }
    failing = false;
    newest = { balance: reading.value, atMs, realMs: clock.monotonic() };
    // A clock that was set back makes the readings after it worthless.
    const kept = seen.filter((one) => one.atMs < atMs && atMs - one.atMs <= WATCHED_MS);
    seen = [...kept, { atMs, available: reading.value.available }];
  };

  return {
    poll: () => {
      const now = { clockMs: clock.now(), realMs: clock.monotonic() };
      const early =
        last !== null &&
        (Math.abs(now.clockMs - last.clockMs) < EVERY_MS || now.realMs - last.realMs < REST_MS);
      if (flight !== null || early) return;
      last = now;
      flight = read().finally(() => {
        flight = null;
      });
    },
    report: (ownPerHour) => {
      if (newest === null) return null;
      const { balance, atMs, realMs } = newest;
      const old = Math.abs(clock.now() - atMs) > STALE_MS && clock.monotonic() - realMs > STALE_REAL_MS;
      if (old) return null;
      const perHour = Math.max(ownPerHour, fallPerHour(seen)) as Cents;
      const runwayMs = runwayOf(balance.available, perHour);
      low = isLow(runwayMs, lowMs, low);
      const { available, current } = balance;
      return { available, current, readAtMs: atMs, perHour, runwayMs, low, lowMs };
    },
    idle: async () => {
      await flight;
    },
  };
};
