// A venue: bids, reservations, market data and settled charges, in our units. Nothing here throws or rejects for what a
// network or a server can do; each answer is a value that says what is known.
import type { Change, Outcome } from '../domain/change.ts';
import type { Balance, Look, LookRequest, SettledOrder, TransactionPage } from '../domain/look.ts';
import type { Quote, Zone } from '../domain/market.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';

/** Why a reading call gave nothing. `forbidden` (403) opens the breaker; `auth` is a 401 after the token was read again. */
export type ReadFailureCode =
  | 'timeout'
  | 'connection'
  | 'server_error'
  | 'rate_limited'
  | 'garbled'
  | 'too_large'
  | 'auth'
  | 'forbidden'
  | 'http';

export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly code: ReadFailureCode;
      readonly status: number | null;
      readonly message: string;
    };

export interface QuoteRequest {
  readonly zone: Zone;
  readonly nodes: number;
  readonly durationMs: DurationMs;
  /** Null means now. */
  readonly startAtMs: UnixMs | null;
}

export interface SettlementRequest {
  readonly procurementIds: readonly string[];
  /** Sales are sought: contracts whose orders were read before, and that have not ended long ago, are read again. */
  readonly sales: boolean;
  /** Contracts whose time ended before this are left out. */
  readonly sinceMs: UnixMs;
  /** Reserved nodes have no procurement: contracts of these zones that overlap this time are read as well. */
  readonly reserved: readonly { readonly zone: string; readonly fromMs: UnixMs; readonly toMs: UnixMs }[];
}

export interface TransactionsRequest {
  /** Transactions at this instant or before may be left out. */
  readonly afterMs: UnixMs;
  /** Where an earlier reading of the same `afterMs` stopped; null: from its beginning. */
  readonly from: string | null;
}

export interface Venue {
  /** Lists every node once and answers the lookups, under one deadline. */
  readonly look: (request: LookRequest) => Promise<Reading<Look>>;
  /** Sends a change exactly once. */
  readonly send: (change: Change) => Promise<Outcome>;
  readonly zones: () => Promise<Reading<readonly Zone[]>>;
  /** What `nodes` nodes would cost now; may take minutes. */
  readonly quote: (request: QuoteRequest) => Promise<Reading<Quote>>;
  /** What moved on the account, whoever caused it, page by page; stops early, and says where, when there is much. */
  readonly transactions: (request: TransactionsRequest) => Promise<Reading<TransactionPage>>;
  /** Executed orders behind the given procurements and reservations. */
  readonly settlements: (request: SettlementRequest) => Promise<Reading<readonly SettledOrder[]>>;
  readonly balance: () => Promise<Reading<Balance>>;
}
