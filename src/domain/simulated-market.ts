// Settings of the embedded market as values (DESIGN §10). The settings room makes them, the market room runs them.
import type { Cents, CentsPerNodeHour } from './money.ts';
import type { BasisPoints } from './policy.ts';
import type { DurationMs, UnixMs } from './time.ts';

/** A point of a step function: from `atMs` on the ask is `ask`; null: nothing is for sale. */
export interface AskPoint {
  readonly atMs: UnixMs;
  readonly ask: CentsPerNodeHour | null;
}

/** Where a zone's ask comes from. `path` offsets count from the market's first instant; `history` is absolute in time. */
export type AskSource =
  | {
      readonly kind: 'synthetic';
      readonly mean: CentsPerNodeHour;
      /** Standard deviation of the log price around its day rhythm, in basis points. */
      readonly volatility: BasisPoints;
      readonly low: CentsPerNodeHour;
      readonly high: CentsPerNodeHour;
    }
  | {
      readonly kind: 'path';
      readonly points: readonly { readonly afterMs: DurationMs; readonly ask: CentsPerNodeHour | null }[];
    }
  | { readonly kind: 'history'; readonly points: readonly AskPoint[] };

export interface SimulatedZone {
  readonly name: string;
  readonly region: string;
  readonly gpu: string;
  readonly instanceType: string;
  readonly capacityNodes: number;
  readonly ask: AskSource;
}

export type PaymentRule = 'clear' | 'maker' | 'bid';

export interface SimulatedMarketSettings {
  readonly seed: number;
  readonly zones: readonly SimulatedZone[];
  /** How often the ask moves and bids are cleared. */
  readonly stepMs: DurationMs;
  readonly paymentRule: PaymentRule;
  /** What becomes of a node that is not renewed. */
  readonly eviction: 'awaitingcapacity' | 'end';
  /** How long before the end of bought time the next hour is bought: 0 or 60 minutes. */
  readonly horizonMs: DurationMs;
  /** Premium of a reserved block over the ask. */
  readonly reservedPremium: BasisPoints;
  /** Cents by which one bought node moves the ask; 0: our purchases move nothing. */
  readonly depthCentsPerNode: number;
  readonly bootMs: DurationMs;
  readonly quoteDelayMs: DurationMs;
  readonly uniqueNames: boolean;
  readonly raisingAllowed: boolean;
  readonly balance: Cents;
}
