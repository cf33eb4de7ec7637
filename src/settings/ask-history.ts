// A price history as the steps of an embedded market's ask. Prices finer than a cent are rounded up, because an ask is never
// shown cheaper than it was; a price that no setting could carry is refused.
import { centsPerNodeHour } from '../domain/money.ts';
import type { AskPoint } from '../domain/simulated-market.ts';
import { HistoryError, parsePrices, readText } from '../recording/history-file.ts';
import { HIGHEST_PRICE } from './values.ts';

export type AskHistory =
  | { readonly ok: true; readonly points: readonly AskPoint[] }
  /** `reason` names the file and, where there is one, the line. */
  | { readonly ok: false; readonly reason: string };

const MICRO_DOLLARS_PER_CENT = 10_000;

export const readAskHistory = (path: string): AskHistory => {
  try {
    const points: AskPoint[] = [];
    for (const { atMs, microDollars, line } of parsePrices(readText(path), path)) {
      const cents = microDollars === null ? null : Math.ceil(microDollars / MICRO_DOLLARS_PER_CENT);
      if (cents !== null && cents > HIGHEST_PRICE)
        return { ok: false, reason: `${path}:${line} the price is above $10000.00/node-hour` };
      points.push({ atMs, ask: cents === null ? null : centsPerNodeHour(cents) });
    }
    return { ok: true, points };
  } catch (error) {
    if (error instanceof HistoryError) return { ok: false, reason: error.message };
    throw error;
  }
};
