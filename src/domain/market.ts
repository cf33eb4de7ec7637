// What is known of the market: zones, and the ask of a zone as a quote taught it. Values only.
import type { CentsPerNodeHour } from './money.ts';
import type { HoldKind } from './node.ts';
import type { UnixMs } from './time.ts';

export interface Zone {
  readonly name: string;
  readonly region: string;
  /** The venue's instance type, for quotes: `h100i`. */
  readonly instanceType: string;
  /** The GPU type the instance type belongs to, lower case: `h100`. */
  readonly gpu: string;
}

/** What a quote taught. `ask` is null when the venue said that nothing is for sale. */
export interface Quote {
  readonly zone: string;
  readonly gpu: string;
  readonly ask: CentsPerNodeHour | null;
  readonly noQuoteReason: string | null;
  readonly quantity: number;
  /** When it was asked for: age counts from the asking, because an answer may take minutes. */
  readonly askedAtMs: UnixMs;
  readonly answeredAtMs: UnixMs;
}

/** How an ask moved while it was watched: weighted time, and weighted rises beyond each of the strategy room's widths. */
export interface AskTrail {
  readonly watchedMs: number;
  readonly rises: readonly number[];
  /** The asks of the last hour of quotes, oldest first. */
  readonly recent: readonly { readonly askedAtMs: UnixMs; readonly ask: CentsPerNodeHour | null }[];
}

/** What an ask was over the last weeks, oldest first, minutes apart; null: nothing was for sale. */
export interface AskSeries {
  readonly atMs: readonly UnixMs[];
  /** Cents per node-hour. */
  readonly asks: readonly (number | null)[];
}

export interface MarketView {
  readonly zones: readonly Zone[];
  /** The newest quote of each question, by `quoteKey`. */
  readonly quotes: ReadonlyMap<string, Quote>;
  /** What the quotes of each question taught, by `quoteKey`; missing where nobody watched. */
  readonly trails?: ReadonlyMap<string, AskTrail>;
  /** The asks of the last weeks of each question, by `quoteKey`; missing where nobody watched. */
  readonly series?: ReadonlyMap<string, AskSeries>;
}

/** The median of the asks there were, the lower middle one of an even number; null when there was none. */
export const medianAsk = (asks: readonly (CentsPerNodeHour | null)[]): CentsPerNodeHour | null => {
  const known = asks.filter((ask) => ask !== null).toSorted((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
};

/** Bids and blocks are asked about apart: a block's window is another one and may carry a premium. */
export const quoteKey = (zone: string, hold: HoldKind): string =>
  hold === 'reserved' ? `${zone}#block` : zone;
