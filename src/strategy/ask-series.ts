// What an ask was over the last weeks: one sample each five minutes at most, so that a decision over days can be made from
// it. Samples are never changed and only the oldest are forgotten, so what was known at an instant can be asked for later.
import type { AskSeries, Quote } from '../domain/market.ts';
import { DAY_MS, MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';

const APART_MS: DurationMs = 4 * MINUTE_MS;
const KEPT_MS: DurationMs = 21 * DAY_MS;

interface OpenSeries extends AskSeries {
  readonly atMs: UnixMs[];
  readonly asks: (number | null)[];
}

export const startSeries = (): OpenSeries => ({ atMs: [], asks: [] });

/** Keeps a quote's ask, unless the last one kept is younger than four minutes (or newer than the quote). */
export const keepAsk = (history: OpenSeries, { ask, askedAtMs }: Pick<Quote, 'ask' | 'askedAtMs'>): void => {
  const last = history.atMs.at(-1);
  if (last !== undefined && askedAtMs < last + APART_MS) return;
  const stale = indexAfter(history, askedAtMs - KEPT_MS);
  // Forgotten a day at a time, so that not every sample moves the whole list.
  if (stale > DAY_MS / APART_MS) {
    history.atMs.splice(0, stale);
    history.asks.splice(0, stale);
  }
  history.atMs.push(askedAtMs);
  history.asks.push(ask);
};

/** Index of the first sample after `atMs`. */
export const indexAfter = ({ atMs: times }: AskSeries, atMs: UnixMs): number => {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
