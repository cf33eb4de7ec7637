// How late things come at this venue: answers to what we send, fills after the first ask, records of what was bought. Kept
// as counts in fixed steps, so that years of them need no memory and the same entries give the same numbers.
import type { Lateness } from '../domain/report.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs } from '../domain/time.ts';

/** Upper bounds of the steps; what is later than the last stands above all of them. */
const LATENESS_STEPS_MS: readonly DurationMs[] = [
  SECOND_MS,
  5 * SECOND_MS,
  15 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  20 * MINUTE_MS,
  40 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
];

export interface LatenessCounts {
  /** One more than there are steps. */
  readonly counts: number[];
  mostMs: DurationMs;
}

export type LatenessBook = Readonly<Record<'answers' | 'fills' | 'records', LatenessCounts>>;

const noCounts = (): LatenessCounts => ({ counts: LATENESS_STEPS_MS.map(() => 0).concat(0), mostMs: 0 });

export const emptyLateness = (): LatenessBook => ({
  answers: noCounts(),
  fills: noCounts(),
  records: noCounts(),
});

/** A clock that was set back makes a lateness below zero: it counts as none. */
export const noteLateness = (of: LatenessCounts, lateMs: DurationMs): void => {
  const step = LATENESS_STEPS_MS.findIndex((one) => lateMs <= one);
  const index = step < 0 ? LATENESS_STEPS_MS.length : step;
  of.counts[index] = (of.counts[index] ?? 0) + 1;
  of.mostMs = Math.max(of.mostMs, lateMs);
};

/** Null before the first one. */
export const latenessOf = ({ counts, mostMs }: LatenessCounts): Lateness | null => {
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count === 0) return null;
  const within = (share: number): DurationMs => {
    let seen = 0;
    const index = counts.findIndex((one) => (seen += one) >= share * count);
    return Math.min(mostMs, LATENESS_STEPS_MS[index] ?? mostMs);
  };
  return { count, halfMs: within(0.5), ninetyMs: within(0.9), mostMs };
};
