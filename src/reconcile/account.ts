// The account's transactions held against its book: what is new, changed or gone, what came back for orders of ours, and
// whose a buy order is. An order that no contract of ours holds, an hour after it appeared, is not ours.
import type { SeenTransaction } from '../domain/account.ts';
import type { Entry, MoneyReturned, TransactionsSeen } from '../domain/entry.ts';
import type { SettlementNews } from '../domain/look.ts';
import { cents } from '../domain/money.ts';
import { HOUR_MS, SECOND_MS } from '../domain/time.ts';
import { ACCOUNT_KEPT_MS, type AccountBook } from './account-book.ts';
import type { Books, NodeBook } from './books.ts';

/** Contracts may show this much later than the transaction that paid for them. */
const CONTRACTS_LATE_MS = HOUR_MS;
/** Rows of one entry, so that no entry becomes huge. */
const ROWS_AN_ENTRY = 200;

export const transactionEntries = (
  { account }: Books,
  news: readonly SettlementNews[],
): TransactionsSeen[] => {
  const rows = new Map<string, SeenTransaction>();
  const gone = new Set<string>();
  for (const one of news) {
    if (one.kind !== 'transactions') continue;
    const shown = new Set<string>();
    for (const row of one.rows) {
      shown.add(row.cursor);
      gone.delete(row.cursor);
      if (isNews(account, row)) rows.set(row.cursor, row);
    }
    for (const cursor of vanished(account, one, shown)) gone.add(cursor);
  }
  const entries: TransactionsSeen[] = [];
  const all = [...rows.values()];
  for (let from = 0; from < all.length; from += ROWS_AN_ENTRY) {
    entries.push({ kind: 'transactions_seen', rows: all.slice(from, from + ROWS_AN_ENTRY), gone: [] });
  }
  if (gone.size > 0) entries.push({ kind: 'transactions_seen', rows: [], gone: [...gone] });
  return entries;
};

const isNews = (account: AccountBook, row: SeenTransaction): boolean => {
  // What is this old was counted and is forgotten, or is older than the ledger.
  if (account.readToMs !== null && row.atMs < account.readToMs - ACCOUNT_KEPT_MS) return false;
  const known = account.rows.get(row.cursor);
  return (
    known === undefined ||
    known.amount !== row.amount ||
    known.category !== row.category ||
    known.orderId !== row.orderId
  );
};

/** Known rows that a complete reading of their time does not show; its first second may be cut. */
const vanished = (
  account: AccountBook,
  reading: Extract<SettlementNews, { kind: 'transactions' }>,
  shown: ReadonlySet<string>,
): readonly string[] => {
  const fromMs = reading.completeFromMs;
  const newest = reading.rows.at(-1)?.atMs;
  if (fromMs === null || newest === undefined) return [];
  return [...account.rows.values()]
    .filter((row) => row.atMs > fromMs + SECOND_MS && row.atMs < newest && !shown.has(row.cursor))
    .map((row) => row.cursor);
};

/** What these entries make of the cost of orders that were settled before, in cents: only what they change. */
export const movedBy = (
  { account }: Books,
  entries: readonly TransactionsSeen[],
): ReadonlyMap<string, number> => {
  const moved = new Map<string, number>();
  const add = (row: SeenTransaction | undefined, sign: 1 | -1): void => {
    if (row?.category !== 'buy_order' || row.orderId === null) return;
    const before = moved.get(row.orderId) ?? account.orders.get(row.orderId)?.cents ?? 0;
    moved.set(row.orderId, before - sign * row.amount);
  };
  for (const { rows, gone } of entries) {
    for (const row of rows) {
      add(account.rows.get(row.cursor), -1);
      add(row, 1);
    }
    for (const cursor of gone) add(account.rows.get(cursor), -1);
  }
  return moved;
};

/** Refunds that name an order of ours, as far as they are not counted. */
export const refundEntries = (books: Books): MoneyReturned[] => {
  const entries: MoneyReturned[] = [];
  for (const [orderId, { cents: sum }] of books.account.refunds) {
    // An order over several nodes is refunded to the first of them that is found.
    const node = ownerOf(books, orderId);
    const order = node?.orders.get(orderId);
    if (node === null || order === undefined || order.returned === sum) continue;
    const { fromMs, toMs } = order;
    const amount = cents(Math.max(0, sum));
    entries.push({ kind: 'money_returned', orderId, node: node.seq, why: 'refund', fromMs, toMs, amount });
  }
  return entries;
};

const ownerOf = (books: Books, orderId: string): NodeBook | null => {
  for (const nodes of [books.nodes, books.closing]) {
    for (const node of nodes.values()) if (node.orders.has(orderId)) return node;
  }
  return null;
};

/** Whose the orders are that were looked for and not found among ours. */
export const attributionEntries = (
  { account }: Books,
  news: readonly SettlementNews[],
  claimed: ReadonlySet<string>,
  found: ReadonlySet<string>,
): Entry[] => {
  const others = new Set<string>();
  const unattributed = new Set<string>();
  for (const one of news) {
    if (one.kind !== 'orders') continue;
    for (const orderId of one.sought) {
      const order = account.orders.get(orderId);
      if (order?.owner !== 'open' || claimed.has(orderId)) continue;
      if (one.askedAtMs < order.atMs + CONTRACTS_LATE_MS) continue;
      (found.has(orderId) ? unattributed : others).add(orderId);
    }
  }
  const entries: Entry[] = [];
  if (others.size > 0) entries.push({ kind: 'orders_attributed', owner: 'others', orderIds: [...others] });
  if (unattributed.size > 0)
    entries.push({ kind: 'orders_attributed', owner: 'unattributed', orderIds: [...unattributed] });
  return entries;
};
