// One look at the venue: the listing of nodes, plus the names, ids and procurements that were asked for one by one. It is a
// value with the time it was asked; absence in it proves nothing by itself.
import type { SeenTransaction } from './account.ts';
import type { SeenNode, SeenProcurement } from './node.ts';
import type { Cents } from './money.ts';
import type { UnixMs } from './time.ts';

/** What a tick wants to see beside the listing. */
export interface LookRequest {
  /** Names or node ids that are looked up one by one. */
  readonly nodes: readonly string[];
  readonly procurements: readonly string[];
}

export interface Look {
  /** When the listing was asked for, on the clock port. */
  readonly askedAtMs: UnixMs;
  /** The venue's own Date header, null when it sent none. */
  readonly venueDateMs: UnixMs | null;
  readonly nodes: readonly SeenNode[];
  /** Entries of the listing that could not be read: while there are any, absence from it counts for nothing. */
  readonly unreadable: number;
  /** By the name or id that was asked for; `absent` is the venue's 404; a lookup that failed is missing here. */
  readonly lookups: ReadonlyMap<string, SeenNode | 'absent'>;
  readonly procurements: ReadonlyMap<string, SeenProcurement | 'absent'>;
}

/** An executed order as the venue's records show it, with what tells whose it is. */
export interface SettledOrder {
  readonly orderId: string;
  /** A sell order gives back bought time for money. */
  readonly side: 'buy' | 'sell';
  readonly contractId: string;
  /** Null for reserved nodes: they are matched by zone, window and quantity. */
  readonly procurementId: string | null;
  readonly zone: string | null;
  readonly nodes: number;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Total of the order: what was paid, or for a sale what came back. */
  readonly cost: Cents;
}

/** Transactions of the account, oldest first. */
export interface TransactionPage {
  readonly rows: readonly SeenTransaction[];
  /** Where to go on; null when the newest was reached. */
  readonly next: string | null;
}

/** What was read beside the tick about money that really moved; the next tick writes what is new in it. */
export type SettlementNews =
  | {
      readonly kind: 'orders';
      readonly orders: readonly SettledOrder[];
      readonly askedAtMs: UnixMs;
      /** Buy orders whose owner this reading was asked for: all contracts that may hold them were read. */
      readonly sought: readonly string[];
    }
  | {
      readonly kind: 'transactions';
      readonly rows: readonly SeenTransaction[];
      /** Every transaction after this instant is among the rows; null when that is not known. */
      readonly completeFromMs: UnixMs | null;
    };

export interface Balance {
  readonly available: Cents;
  readonly current: Cents;
}
