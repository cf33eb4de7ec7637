// Fold, watched: the books tell sums, people ask for the hours behind them. This folds one record and gives back the time
// that it booked as bought and the money that it moved, so that a report can lay money on the very hours it pays for. It
// changes nothing but the books.
import type { LedgerRecord, Seq } from '../domain/entry.ts';
import { CENT_SECONDS_PER_CENT, type CentsPerNodeHour } from '../domain/money.ts';
import { HOUR_MS, splitAt, type UnixMs } from '../domain/time.ts';
import { limitInForce, type Block, type Books, type NodeBook, type OrderBook } from './books.ts';
import { backOf, priceOfOrder } from './fold-money.ts';
import { fold } from './fold.ts';

type BoughtTime = Pick<Block, 'fromMs' | 'toMs' | 'limit'>;

export interface Booking {
  readonly node: NodeBook;
  /** Bought time at the most it can cost, each piece within one UTC hour. */
  readonly blocks: readonly BoughtTime[];
  /** What an hour of it probably costs. */
  readonly estimate: CentsPerNodeHour;
}

/** Money of one order of a node, in cent-seconds; both are what the record added. */
export interface Payment {
  readonly node: NodeBook;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly paid: number;
  readonly back: number;
}

export interface Watched {
  readonly bookings: readonly Booking[];
  readonly payments: readonly Payment[];
}

const NOTHING: Watched = { bookings: [], payments: [] };

export const foldWatched = (books: Books, record: LedgerRecord): Watched => {
  const { entry } = record;
  if (entry.kind === 'order_settled' || entry.kind === 'money_returned' || entry.kind === 'order_split') {
    const nodes = entry.kind === 'order_split' ? entry.shares.map(({ node }) => node) : [entry.node];
    return watchOrder(books, record, nodes, entry.orderId);
  }
  const node = nodeOf(books, record);
  const known = new Set(node?.blocks);
  fold(books, record);
  const blocks = node?.blocks.filter((block) => !known.has(block)) ?? [];
  const [first] = blocks;
  if (node === null || first === undefined) return NOTHING;
  return { bookings: [{ node, blocks, estimate: first.estimate }], payments: [] };
};

const watchOrder = (books: Books, record: LedgerRecord, nodes: readonly Seq[], orderId: string): Watched => {
  const before = nodes.flatMap((seq) => {
    const node = books.nodes.get(seq) ?? books.closing.get(seq);
    return node === undefined ? [] : [{ node, order: node.orders.get(orderId), blocks: [...node.blocks] }];
  });
  fold(books, record);
  const bookings: Booking[] = [];
  const payments: Payment[] = [];
  for (const { node, order: was, blocks } of before) {
    const order = node.orders.get(orderId);
    if (order === undefined) continue;
    const gross = order.gross - (was?.gross ?? 0);
    const back = backOf(order) - (was === undefined ? 0 : backOf(was));
    const { fromMs, toMs } = order;
    // A refund that is taken back is paid anew: neither sum falls.
    const paid = (gross + Math.max(0, -back)) * CENT_SECONDS_PER_CENT;
    payments.push({ node, fromMs, toMs, paid, back: Math.max(0, back) * CENT_SECONDS_PER_CENT });
    const sold = record.entry.kind === 'money_returned';
    if (was === undefined && !sold) bookings.push(...unseenTime(node, order, blocks));
  }
  return { bookings, payments };
};

/** The hours of a new order that no look had booked: they are bought and paid in one. */
const unseenTime = (node: NodeBook, order: OrderBook, before: readonly Block[]): readonly Booking[] => {
  const left = new Set(node.blocks);
  const paid = before.filter((block) => !left.has(block));
  const blocks = splitAt(order.fromMs, order.toMs, HOUR_MS)
    .filter((hour) => !paid.some((block) => block.toMs > hour.fromMs && block.toMs <= hour.toMs))
    .map((hour) => ({ ...hour, limit: limitInForce(node) }));
  if (blocks.length === 0) return [];
  return [{ node, blocks, estimate: priceOfOrder(order) }];
};

/** The node that a record may book time for: only a sight and an accepted change carry one. */
const nodeOf = (books: Books, { entry }: LedgerRecord): NodeBook | null => {
  if (entry.kind === 'node_seen') return books.nodes.get(entry.node) ?? null;
  if (entry.kind !== 'change_accepted') return null;
  const intent = books.open.get(entry.intent);
  return intent === undefined ? null : (books.nodes.get(intent.node) ?? null);
};
