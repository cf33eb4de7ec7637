// Whether an extension is worth waiting for: the problem of selling a house (Moser, 1956; Chow and Robbins, 1963) with an ask that
// stays where it is for a while. At each further quote the ask is another one with the chance q, as often as it changed within the
// last hour, and then one of the asks of that hour; else the same. Missing the last chance costs the ceiling twice, for the hours and for
// the interruption. The least expected cost with k chances left is W(k, a) = min(a, (1 − q)·W(k−1, a) + q·mean W(k−1, ·)), and an ask
// is taken when it is not above what waiting is worth. A steady ask is taken at once; so is one of which little is known.
import type { AskTrail, Quote } from '../domain/market.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { MINUTE_MS, type UnixMs } from '../domain/time.ts';

export interface PatienceInput {
  readonly nowMs: UnixMs;
  /** The last instant at which the offer may still be made; an old quote may need as much longer as it is old. */
  readonly lastMs: UnixMs;
  readonly quote: Quote;
  readonly ceiling: CentsPerNodeHour;
  readonly trail: AskTrail | null;
}

/** An hour with fewer quotes teaches nothing. */
const QUOTES_TO_LEARN = 6;
const CHANCES_AT_MOST = 60;
const MISSED_CEILINGS = 2;

/** True when the offer is likely to be made cheaper at a later quote, by more than the wait may cost. */
export const isWorthWaiting = ({ nowMs, lastMs, quote, ceiling, trail }: PatienceInput): boolean => {
  const { ask, askedAtMs } = quote;
  const recent = trail?.recent ?? [];
  const [first, last] = [recent[0], recent.at(-1)];
  if (ask === null || first === undefined || last === undefined || recent.length < QUOTES_TO_LEARN)
    return false;
  const everyMs = Math.max(MINUTE_MS, (last.askedAtMs - first.askedAtMs) / (recent.length - 1));
  const chances = Math.floor((lastMs - nowMs - (nowMs - askedAtMs)) / everyMs);
  const changes = recent.filter((one, index) => index > 0 && one.ask !== recent[index - 1]?.ask).length;
  const q = changes / (recent.length - 1);
  const prices = recent.map((one) =>
    one.ask === null || one.ask > ceiling ? ceiling * MISSED_CEILINGS : one.ask,
  );
  let worth = prices;
  let mine: number = ask;
  let waiting: number = ask;
  for (let left = 1; left <= Math.min(chances, CHANCES_AT_MOST); left += 1) {
    const other = worth.reduce((sum, one) => sum + one, 0) / worth.length;
    const later = (value: number): number => (1 - q) * value + q * other;
    worth = worth.map((value, index) => Math.min(prices[index] ?? value, later(value)));
    waiting = later(mine);
    mine = Math.min(ask, waiting);
  }
  return waiting < ask;
};
