// The account's book: every transaction, whoever caused it, summed by what it is about; and whose each buy order is. Sums are
// whole cents. What a record adds is billed; what a changed or vanished record takes back is counted apart, because a
// counter may not fall.
import {
  ACCOUNT_CATEGORIES,
  SPEND_OWNERS,
  type AccountCategory,
  type SeenTransaction,
  type SpendOwner,
} from '../domain/account.ts';
import type { OrdersAttributed, TransactionsSeen } from '../domain/entry.ts';
import { DAY_MS, type UnixMs } from '../domain/time.ts';

interface AccountOrder {
  readonly atMs: UnixMs;
  cents: number;
  owner: SpendOwner;
}

export interface AccountBook {
  /** Nothing older than this is asked for: the instant at which the ledger was opened. */
  openedAtMs: UnixMs;
  /** The time of the newest transaction; null before the first. */
  readToMs: UnixMs | null;
  /** Rows of the last days by cursor, in the order they were first seen. */
  readonly rows: Map<string, SeenTransaction>;
  /** Buy orders of the last days by id, and sell orders, which cost nothing. */
  readonly orders: Map<string, AccountOrder>;
  /** Those among them of which nobody knows whose they are, with their time. */
  readonly open: Map<string, UnixMs>;
  /** Orders that were settled for nodes of ours and of which no transaction was seen yet, with the time of settling. */
  readonly settled: Map<string, UnixMs>;
  /** What came back by refunds that name an order, by its id. */
  readonly refunds: Map<string, { readonly atMs: UnixMs; cents: number }>;
  /** Gross sums in the direction that is usual for the category; they only grow. */
  readonly billed: Record<AccountCategory, number>;
  /** What changed and vanished records took back, over all categories; it only grows. */
  corrected: number;
  /** Net cost of buy orders by owner. */
  readonly spend: Record<SpendOwner, number>;
}

/** How long rows and orders can still change; longer than the deepest reading goes back. */
export const ACCOUNT_KEPT_MS = 3 * DAY_MS;
/** A refund may name an order that is settled later, or was settled this long ago. */
const REFUNDS_KEPT_MS = 8 * DAY_MS;

const zeros = <Word extends string>(words: readonly Word[]): Record<Word, number> =>
  Object.fromEntries(words.map((word) => [word, 0])) as Record<Word, number>;

export const emptyAccount = (): AccountBook => ({
  openedAtMs: 0,
  readToMs: null,
  rows: new Map(),
  orders: new Map(),
  open: new Map(),
  settled: new Map(),
  refunds: new Map(),
  billed: zeros(ACCOUNT_CATEGORIES),
  corrected: 0,
  spend: zeros(SPEND_OWNERS),
});

/** Money leaves by buy orders and comes by everything else: the sum of a row in its category's usual direction. */
const usual = ({ category, amount }: SeenTransaction): number =>
  category === 'buy_order' ? 0 - amount : amount;

export const seeTransactions = (account: AccountBook, entry: TransactionsSeen): void => {
  for (const row of entry.rows) {
    const before = account.rows.get(row.cursor);
    const same = before?.category === row.category && before.orderId === row.orderId;
    if (before !== undefined && !same) move(account, before, usual(before), 0);
    move(account, row, before !== undefined && same ? usual(before) : 0, usual(row));
    account.rows.set(row.cursor, row);
    account.readToMs = Math.max(row.atMs, account.readToMs ?? row.atMs);
  }
  for (const cursor of entry.gone) {
    const before = account.rows.get(cursor);
    if (before !== undefined) move(account, before, usual(before), 0);
    account.rows.delete(cursor);
  }
  trim(account);
};

/** The sum of a row goes from one value to another: what it gains is billed, what it loses is a correction. */
const move = (account: AccountBook, row: SeenTransaction, from: number, to: number): void => {
  const gain = to - from;
  if (gain > 0) account.billed[row.category] += gain;
  else account.corrected -= gain;
  if (row.category === 'refund' && row.orderId !== null) {
    const refund = account.refunds.get(row.orderId) ?? { atMs: row.atMs, cents: 0 };
    account.refunds.set(row.orderId, refund);
    refund.cents += gain;
  }
  if (row.category === 'buy_order' && row.orderId === null) account.spend.unattributed += gain;
  if (row.orderId === null || (row.category !== 'buy_order' && row.category !== 'sell_order')) return;
  // A sale costs nothing, but its owner is sought as well.
  const cost = row.category === 'buy_order' ? gain : 0;
  const known = account.orders.get(row.orderId);
  const owner = account.settled.has(row.orderId) ? 'ours' : 'open';
  const order: AccountOrder = known ?? { atMs: row.atMs, cents: 0, owner };
  account.orders.set(row.orderId, order);
  if (known === undefined && order.owner === 'open') account.open.set(row.orderId, row.atMs);
  account.settled.delete(row.orderId);
  order.cents += cost;
  account.spend[order.owner] += cost;
};

/** An order was settled for nodes of ours: its money is ours, whatever was thought before. */
export const claimOrder = (account: AccountBook, orderId: string, atMs: UnixMs): void => {
  if (account.orders.has(orderId)) return give(account, orderId, 'ours');
  account.settled.delete(orderId);
  account.settled.set(orderId, atMs);
  for (const [id, settledAtMs] of account.settled) {
    if (settledAtMs >= atMs - ACCOUNT_KEPT_MS) break;
    account.settled.delete(id);
  }
};

export const attributeOrders = (account: AccountBook, entry: OrdersAttributed): void => {
  for (const orderId of entry.orderIds) give(account, orderId, entry.owner);
};

const give = (account: AccountBook, orderId: string, owner: SpendOwner): void => {
  const order = account.orders.get(orderId);
  if (order === undefined || order.owner === owner) return;
  account.open.delete(orderId);
  account.spend[order.owner] -= order.cents;
  account.spend[owner] += order.cents;
  order.owner = owner;
};

/** Rows come nearly in the order of time, so the first young one ends the search. What was never explained is said so. */
const trim = (account: AccountBook): void => {
  const oldest = (account.readToMs ?? 0) - ACCOUNT_KEPT_MS;
  for (const [cursor, row] of account.rows) {
    if (row.atMs >= oldest) break;
    account.rows.delete(cursor);
  }
  for (const [orderId, refund] of account.refunds) {
    if (refund.atMs >= (account.readToMs ?? 0) - REFUNDS_KEPT_MS) break;
    account.refunds.delete(orderId);
  }
  for (const [orderId, order] of account.orders) {
    if (order.atMs >= oldest) break;
    if (order.owner === 'open') give(account, orderId, 'unattributed');
    account.orders.delete(orderId);
  }
};
