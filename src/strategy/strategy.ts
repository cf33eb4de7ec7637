// What a bidding strategy is: a plain object that turns a shortfall, a view of the market, the time and a policy into a
// limit. It spends nothing and knows no venue; whatever it says is judged again by the guard.
import type { AskTrail, Quote } from '../domain/market.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { BidPolicy } from '../domain/policy.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';

/** Where a fleet's climb in a zone stands. */
export interface Climb {
  readonly level: CentsPerNodeHour;
  /** When the level last moved. */
  readonly movedAtMs: UnixMs;
  /** When the quote behind the current climb was asked for; null without a quote. */
  readonly askedAtMs: UnixMs | null;
}

export interface BidInput {
  readonly nowMs: UnixMs;
  readonly policy: BidPolicy;
  /** Nodes of this fleet that are missing or waiting. */
  readonly shortfallNodes: number;
  /** The newest quote that is still usable and can be explained; null without one. */
  readonly quote: Quote | null;
  /** What the quotes of this zone taught so far; null where nobody watched. */
  readonly trail: AskTrail | null;
  /** Quotes up to this age may start a new climb. */
  readonly quoteFreshMs: DurationMs;
  readonly climb: Climb | null;
  /** Since when a bid stands unfilled (or was refused for its price); null: the climb rests. */
  readonly unfilledSinceMs: UnixMs | null;
  /** When the newest offer that stands unfilled was made; null when none stands. */
  readonly offeredAtMs: UnixMs | null;
  /** The time that a fill now would pay for. */
  readonly boughtMs: DurationMs;
  /** Since when nodes are missing. */
  readonly shortfallSinceMs: UnixMs;
}

/** What is known when the limit of a held node's next hour is set. */
export interface HoldInput extends Pick<BidInput, 'nowMs' | 'policy' | 'quote' | 'trail'> {
  /** When the venue buys that hour. */
  readonly neededAtMs: UnixMs;
}

export type BidDecision =
  /** Bid at `level`; `move` says how the level changed, null when it did not. */
  | {
      readonly kind: 'bid';
      readonly level: CentsPerNodeHour;
      readonly move: 'started' | 'stepped' | 'reanchored' | null;
      readonly why: string;
    }
  /** No bid may stand, most often because the ask is above the ceiling. */
  | { readonly kind: 'stand_down'; readonly why: string }
  /** Nothing is known yet; look again. */
  | { readonly kind: 'wait'; readonly why: string; readonly untilMs: UnixMs };

export interface Strategy {
  readonly name: BidPolicy['strategy'];
  readonly bid: (input: BidInput) => BidDecision;
  /** The limit of a held node's next hour; null: leave it as it is. */
  readonly hold: (input: HoldInput) => CentsPerNodeHour | null;
  /** When the next move can be due, given that nothing else changes; null: nothing is due. */
  readonly nextMoveMs: (input: BidInput) => UnixMs | null;
}
