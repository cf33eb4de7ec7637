// The ask as a Markov chain over its own quantiles: from the bin an ask lies in, how likely each bin is an hour later. Learnt
// from two weeks of samples up to an instant, the recent ones weighing more; a bin that was rarely left is believed to be
// kept. The state is observable and small, which is what a replanned threshold policy over a few days needs.
import type { AskSeries } from '../domain/market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { indexAfter } from './ask-series.ts';

const LEARNT_FROM_MS: DurationMs = 14 * DAY_MS;
const HALF_LIFE_MS: DurationMs = 7 * DAY_MS;
/** Less than this says too little of a day's rhythm. */
const LEAST_MS: DurationMs = 3 * DAY_MS;
/** Two samples this far from an hour apart are no evidence of an hour's move. */
const SLACK_MS: DurationMs = 10 * MINUTE_MS;
const BINS = 10;
/** Hours of staying put that are believed of a bin before anything was seen. */
const PRIOR_HOURS = 1;

export interface PriceChain {
  /** Ascending; bin i holds asks from cut i-1 up to, not including, cut i. */
  readonly cuts: readonly number[];
  /** Mean ask of each bin, cents per node-hour. */
  readonly means: readonly number[];
  /** next[i][j]: probability that an ask of bin i is in bin j an hour later. */
  readonly next: readonly (readonly number[])[];
}

export const binOf = ({ cuts }: Pick<PriceChain, 'cuts'>, ask: number): number => {
  let bin = 0;
  while (bin < cuts.length && ask >= (cuts[bin] ?? 0)) bin += 1;
  return bin;
};

/**
 * The chain as of `asOfMs`; later samples are not looked at. Asks above `ceiling` (and nothing for sale) count as the ceiling:
 * dearer is not bought. Null when less than three days were watched.
 */
export const learnChain = (history: AskSeries, asOfMs: UnixMs, ceiling: number): PriceChain | null => {
  const from = indexAfter(history, asOfMs - LEARNT_FROM_MS - 1);
  const to = indexAfter(history, asOfMs);
  const { atMs } = history;
  if (to - from < 2 || (atMs[to - 1] ?? 0) - (atMs[from] ?? 0) < LEAST_MS) return null;
  const asks: number[] = [];
  for (let at = from; at < to; at += 1) asks.push(Math.min(history.asks[at] ?? ceiling, ceiling));
  const cuts = cutsOf(asks);
  const size = cuts.length + 1;
  const bins = asks.map((ask) => binOf({ cuts }, ask));
  const sums = Array.from({ length: size }, () => ({ count: 0, sum: 0 }));
  const next = Array.from({ length: size }, (_, bin) =>
    Array.from({ length: size }, (__, other): number => (other === bin ? PRIOR_HOURS : 0)),
  );
  let later = 0;
  for (let at = 0; at < bins.length; at += 1) {
    const bin = bins[at] ?? 0;
    const sum = sums[bin];
    if (sum !== undefined) {
      sum.count += 1;
      sum.sum += asks[at] ?? 0;
    }
    const sampleMs = atMs[from + at] ?? 0;
    while (later + 1 < bins.length && (atMs[from + later + 1] ?? 0) <= sampleMs + HOUR_MS) later += 1;
    const apartMs = (atMs[from + later] ?? 0) - sampleMs;
    const row = next[bin];
    if (row === undefined || apartMs < HOUR_MS - SLACK_MS) continue;
    // A sample stands for the time until the next one, as hours: many samples an hour are no more evidence than one.
    const spanMs = Math.min((atMs[from + at + 1] ?? sampleMs) - sampleMs, HOUR_MS);
    const weight = (0.5 ** ((asOfMs - sampleMs) / HALF_LIFE_MS) * spanMs) / HOUR_MS;
    row[bins[later] ?? 0] = (row[bins[later] ?? 0] ?? 0) + weight;
  }
  return {
    cuts,
    means: sums.map(({ count, sum }, bin) =>
      count > 0 ? sum / count : (cuts[bin - 1] ?? cuts[0] ?? ceiling),
    ),
    next: next.map(normalised),
  };
};

/** Quantiles of the asks above the lowest one, without those that fall together: so that no bin is empty. */
const cutsOf = (asks: readonly number[]): readonly number[] => {
  const sorted = asks.toSorted((a, b) => a - b);
  const cuts: number[] = [];
  for (let part = 1; part < BINS; part += 1) {
    const cut = sorted[Math.floor((part * sorted.length) / BINS)] ?? 0;
    if (cut > (cuts.at(-1) ?? sorted[0] ?? 0)) cuts.push(cut);
  }
  return cuts;
};

const normalised = (row: readonly number[]): readonly number[] => {
  const total = row.reduce((sum, weight) => sum + weight, 0);
  return row.map((weight) => weight / total);
};
