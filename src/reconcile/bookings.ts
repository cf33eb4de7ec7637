// Fold, watched: the books tell sums, people ask for the hours behind them. This folds one record and gives back the time
// that it booked as bought, so that a report can lay money on the very hours it pays for. It changes nothing but the books.
import type { LedgerRecord } from '../domain/entry.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { secondsBetween } from '../domain/time.ts';
import type { Block, Books, NodeBook, ZoneSums } from './books.ts';
import { sumsKey } from './fold-money.ts';
import { fold } from './fold.ts';

export interface Booking {
  readonly node: NodeBook;
  /** Bought time at the most it can cost, each piece within one UTC hour. */
  readonly blocks: readonly Block[];
  /** What an hour of it probably costs. */
  readonly estimate: CentsPerNodeHour;
}

/** Folds a record; the time it booked, or null when it booked none. */
export const foldWatched = (books: Books, record: LedgerRecord): Booking | null => {
  const node = nodeOf(books, record);
  if (node === null) {
    fold(books, record);
    return null;
  }
  const known = node.blocks.length;
  const accrued = sumsOf(books, node)?.accrued ?? 0;
  fold(books, record);
  const blocks = node.blocks.slice(known);
  if (blocks.length === 0) return null;
  const seconds = blocks.reduce((sum, one) => sum + secondsBetween(one.fromMs, one.toMs), 0);
  const estimate = ((sumsOf(books, node)?.accrued ?? 0) - accrued) / Math.max(1, seconds);
  return { node, blocks, estimate: estimate as CentsPerNodeHour };
};

/** The node that a record may book time for: only a sight and an accepted change carry one. */
const nodeOf = (books: Books, { entry }: LedgerRecord): NodeBook | null => {
  if (entry.kind === 'node_seen') return books.nodes.get(entry.node) ?? null;
  if (entry.kind !== 'change_accepted') return null;
  const intent = books.open.get(entry.intent);
  return intent === undefined ? null : (books.nodes.get(intent.node) ?? null);
};

const sumsOf = (books: Books, node: NodeBook): ZoneSums | undefined => books.sums.get(sumsKey(node));
