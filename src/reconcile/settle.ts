// Settle: executed orders of the venue held against the books give the entries that replace worst cases by real prices. A
// bid's order belongs to the node of its procurement; a reserved one is matched by zone, window and quantity. What cannot
// be told apart is left alone and stays counted at its limit.
import type { OrderSettled } from '../domain/entry.ts';
import type { SettledOrder } from '../domain/look.ts';
import { MINUTE_MS, type UnixMs } from '../domain/time.ts';
import type { Books, NodeBook } from './books.ts';

/** What to ask the venue about: procurements and reservations with time whose price is not known. */
export const settlementWants = (
  books: Books,
): {
  readonly procurementIds: readonly string[];
  readonly reserved: readonly { readonly zone: string; readonly fromMs: UnixMs; readonly toMs: UnixMs }[];
} => {
  const procurementIds: string[] = [];
  const reserved: { zone: string; fromMs: UnixMs; toMs: UnixMs }[] = [];
  for (const node of unsettled(books)) {
    const first = node.blocks[0];
    const last = node.blocks.at(-1);
    if (node.hold === 'autoreserved' && node.procurementId !== null) procurementIds.push(node.procurementId);
    else if (first !== undefined && last !== undefined) {
      reserved.push({ zone: node.zone, fromMs: first.fromMs, toMs: last.toMs });
    }
  }
  return { procurementIds, reserved };
};

function* unsettled(books: Books): Generator<NodeBook> {
  for (const nodes of [books.nodes, books.closing]) {
    for (const node of nodes.values()) if (node.blocks.length > 0) yield node;
  }
}

/** Orders -> entries; an order that is known with the same sum gives none. */
export const settle = (books: Books, orders: readonly SettledOrder[]): OrderSettled[] => {
  if (orders.length === 0) return [];
  const owners = new Map<string, NodeBook>();
  const byProcurement = new Map<string, NodeBook>();
  for (const nodes of [books.nodes, books.closing]) {
    for (const node of nodes.values()) {
      if (node.procurementId !== null) byProcurement.set(node.procurementId, node);
      for (const id of node.orders.keys()) owners.set(id, node);
    }
  }
  const taken = new Set<string>();
  const entries: OrderSettled[] = [];
  for (const order of orders) {
    const node = owners.get(order.orderId) ?? ownerOf(books, byProcurement, order, taken);
    if (node === null || node === undefined || node.orders.get(order.orderId)?.cost === order.cost) continue;
    taken.add(`${node.seq}/${order.toMs}`);
    const { orderId, fromMs, toMs, cost } = order;
    entries.push({ kind: 'order_settled', orderId, node: node.seq, fromMs, toMs, cost });
  }
  return entries;
};

const ownerOf = (
  books: Books,
  byProcurement: ReadonlyMap<string, NodeBook>,
  order: SettledOrder,
  taken: ReadonlySet<string>,
): NodeBook | null => {
  if (order.nodes !== 1) return null;
  if (order.procurementId !== null) {
    const node = byProcurement.get(order.procurementId);
    return node !== undefined && (isBooked(node, order) || isBehind(books, node, order)) ? node : null;
  }
  for (const node of unsettled(books)) {
    if (node.hold !== 'reserved' || node.zone !== order.zone || taken.has(`${node.seq}/${order.toMs}`))
      continue;
    const ends = node.blocks.some((block) => block.toMs === order.toMs);
    const begins = node.blocks.some((block) => Math.abs(block.fromMs - order.fromMs) <= MINUTE_MS);
    if (ends && begins) return node;
  }
  return null;
};

const isBooked = (node: NodeBook, order: SettledOrder): boolean =>
  node.blocks.some((block) => overlaps(block, order));

/**
 * True for time that no look can book any more: a fill that was lost, or renewed, before anybody looked. Money of our own
 * procurement all the same. Later time is left for the look, which would count it a second time.
 */
const isBehind = ({ lastAtMs }: Books, node: NodeBook, { toMs }: SettledOrder): boolean =>
  toMs <= node.bookedToMs || (node.phase === 'waiting' && toMs <= lastAtMs) || node.phase === 'ended';

const overlaps = (block: { fromMs: UnixMs; toMs: UnixMs }, order: SettledOrder): boolean =>
  block.fromMs < order.toMs && order.fromMs < block.toMs;
