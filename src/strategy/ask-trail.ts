// The trail of an ask: how often it rose, and by how much, between two quotes that came soon after each other. It forgets by
// half with each day of watching, keeps the asks of the last hour, and may be lost at any time: then a prior stands in.
import type { AskTrail, Quote } from '../domain/market.ts';
import { ceilLimit, floorLimit, type CentsPerNodeHour } from '../domain/money.ts';
import type { BasisPoints } from '../domain/policy.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';

/** Shares above an ask that a limit may be widened to; a rise is counted at each of them it passes. */
export const WIDTHS: readonly BasisPoints[] = [
  0, 100, 200, 300, 400, 600, 800, 1000, 1300, 1600, 2000, 2500, 3000, 4000, 5000, 7000, 10_000, 15_000,
  20_000, 30_000,
];

/** Quotes further apart than this say nothing about the time between them. */
const GAP_MS = 15 * MINUTE_MS;
const HALF_LIFE_MS = DAY_MS;
const RECENT_MS = HOUR_MS;

/** What is believed before anything was watched, with the weight of half an hour: 1.2 rises an hour, a tenth on average. */
const PRIOR_HOURS = 0.5;
const PRIOR_RISES_PER_HOUR = 1.2;
const PRIOR_MEAN_RISE: BasisPoints = 1000;

interface OpenTrail extends AskTrail {
  watchedMs: number;
  readonly rises: number[];
  readonly recent: { readonly askedAtMs: UnixMs; readonly ask: CentsPerNodeHour | null }[];
}

export const startTrail = (): OpenTrail => ({
  watchedMs: 0,
  rises: WIDTHS.map(() => 0),
  recent: [],
});

/** The smallest limit at or above the ask, or the largest at or under ask × (1 + width) where that is higher. */
export const widened = (ask: CentsPerNodeHour, width: BasisPoints): CentsPerNodeHour =>
  Math.max(ceilLimit(ask), floorLimit(Math.floor((ask * (10_000 + width)) / 10_000))) as CentsPerNodeHour;

/** Learns a quote; one that is not newer than the last is ignored. */
export const learnQuote = (trail: OpenTrail, { ask, askedAtMs }: Quote): void => {
  const last = trail.recent.at(-1);
  if (last !== undefined && askedAtMs <= last.askedAtMs) return;
  const lagMs = last === undefined ? GAP_MS + 1 : askedAtMs - last.askedAtMs;
  if (last?.ask != null && ask !== null && lagMs <= GAP_MS) {
    const kept = 0.5 ** (lagMs / HALF_LIFE_MS);
    trail.watchedMs = trail.watchedMs * kept + lagMs;
    for (const [index, width] of WIDTHS.entries()) {
      const rose = ask > last.ask && ask > widened(last.ask, width) ? 1 : 0;
      trail.rises[index] = (trail.rises[index] ?? 0) * kept + rose;
    }
  }
  while ((trail.recent[0]?.askedAtMs ?? askedAtMs) < askedAtMs - RECENT_MS) trail.recent.shift();
  trail.recent.push({ ask, askedAtMs });
};

/** How likely an ask rises beyond the width at `index` of WIDTHS between two instants; 0 to 1. */
export const riseRisk = (trail: AskTrail | null, index: number, fromMs: UnixMs, toMs: UnixMs): number =>
  toMs <= fromMs ? 0 : Math.min(1, (riseRate(trail, index) * (toMs - fromMs)) / HOUR_MS);

/** Rises an hour beyond the width at `index` of WIDTHS. */
const riseRate = (trail: AskTrail | null, index: number): number => {
  const prior = PRIOR_RISES_PER_HOUR * Math.exp(-(WIDTHS[index] ?? 0) / PRIOR_MEAN_RISE);
  const seen = trail?.rises[index] ?? 0;
  return (seen + prior * PRIOR_HOURS) / ((trail?.watchedMs ?? 0) / HOUR_MS + PRIOR_HOURS);
};

/** True when an ask above `ceiling`, or nothing for sale, was quoted within `spanMs` before `nowMs`. */
export const wasAbove = (
  trail: AskTrail | null,
  ceiling: CentsPerNodeHour,
  nowMs: UnixMs,
  spanMs: DurationMs,
): boolean =>
  trail !== null &&
  trail.recent.some(({ ask, askedAtMs }) => askedAtMs >= nowMs - spanMs && (ask === null || ask > ceiling));
