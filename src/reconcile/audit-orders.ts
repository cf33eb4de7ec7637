// The audit of settled orders: each is counted once and for one node; what the venue billed oddly is noted.
import type { OrderSettled, OrderSplit, Seq } from '../domain/entry.ts';
import { MINUTE_MS, secondsBetween } from '../domain/time.ts';
import type { Find } from './audit.ts';

/** What is remembered of the node an order pays for. */
export interface PaidNode {
  readonly name: string;
  /** The highest limit ever sent or shown for it. */
  readonly limit: number;
  readonly orders: Map<string, OrderSettled>;
}

/** Only the newest are compared: an older one was compared when it came. */
const ORDERS_COMPARED = 4;

/** `orders` says for which node each order was settled. */
export const auditOrder = (
  { find, orders }: { readonly find: Find; readonly orders: Map<string, Seq> },
  trail: PaidNode | null,
  order: OrderSettled,
  seq: Seq,
): void => {
  const owner = orders.get(order.orderId);
  if (owner !== undefined && owner !== order.node)
    find('problem', 'settled_twice', seq, `order ${order.orderId} was settled for node ${owner} before`);
  orders.set(order.orderId, order.node);
  if (trail === null) return;
  const known = trail.orders.get(order.orderId);
  if (known !== undefined && known.cost === order.cost)
    find('problem', 'settled_twice', seq, `order ${order.orderId} was settled with the same sum before`);
  for (const other of [...trail.orders.values()].slice(-ORDERS_COMPARED)) {
    const overlap = Math.min(other.toMs, order.toMs) - Math.max(other.fromMs, order.fromMs);
    if (other.orderId !== order.orderId && overlap > MINUTE_MS)
      find(
        'note',
        'paid_twice',
        seq,
        `order ${order.orderId} and order ${other.orderId} pay for the same time of ${trail.name}`,
      );
  }
  trail.orders.set(order.orderId, order);
  const most = Math.ceil((trail.limit * secondsBetween(order.fromMs, order.toMs)) / 3600);
  if (order.cost > most)
    find(
      'note',
      'above_limit',
      seq,
      `order ${order.orderId} of ${trail.name} costs more than any limit that was ever set for it`,
    );
};

/** The shares of an order over several nodes add up to it, and it was not settled for one node before. */
export const auditSplit = (
  { find, orders }: { readonly find: Find; readonly orders: ReadonlyMap<string, Seq> },
  order: OrderSplit,
  seq: Seq,
): void => {
  const owner = orders.get(order.orderId);
  if (owner !== undefined)
    find('problem', 'settled_twice', seq, `order ${order.orderId} was settled for node ${owner} before`);
  const sum = order.shares.reduce((total, share) => total + share.cost, order.rest as number);
  if (sum !== order.cost)
    find('problem', 'split', seq, `the shares of order ${order.orderId} add up to ${sum} of ${order.cost}`);
};
