// The money side of fold: bought time goes into quarter-hour buckets at the most it can cost, and is replaced by what the
// venue's orders say once they are known. Everything is whole cent-seconds; nothing here rounds except the split of a
// settled order over its seconds, whose remainder stays in the order.
import type { OrderSettled } from '../domain/entry.ts';
import { CENT_SECONDS_PER_CENT, type CentsPerNodeHour } from '../domain/money.ts';
import { DAY_MS, HOUR_MS, SECOND_MS, secondsBetween, splitAt, type UnixMs } from '../domain/time.ts';
import { BUCKET_MS, type Books, type FleetBook, type NodeBook, type ZoneSums } from './books.ts';

/** Buckets older than this are in no budget period any more. */
const BUCKETS_KEPT_MS = 64 * DAY_MS;
const ORDERS_KEPT_MS = 7 * DAY_MS;

export const fleetBook = (books: Books, fleet: string): FleetBook => {
  const known = books.fleets.get(fleet);
  if (known !== undefined) return known;
  const fresh: FleetBook = {
    fleet,
    slots: new Map(),
    nodes: new Map(),
    wantedNodes: 0,
    runningNodes: 0,
    coverageAtMs: null,
    shortfallSinceMs: 0,
    targetNodeMs: 0,
    overrun: 0,
    refunded: 0,
    purchases: {
      filled: 0,
      refused_price: 0,
      refused_capacity: 0,
      refused_funds: 0,
      refused_request: 0,
      unknown: 0,
    },
    releases: new Map(),
    bidChanges: new Map(),
    interruptions: new Map(),
  };
  books.fleets.set(fleet, fresh);
  return fresh;
};

/** The key of a node's place in `Books.sums`. */
export const sumsKey = ({ fleet, zone, hold, gpu }: NodeBook): string => `${fleet}/${zone}/${hold}/${gpu}`;

export const sumsOf = (books: Books, node: NodeBook): ZoneSums => {
  const key = sumsKey(node);
  const known = books.sums.get(key);
  if (known !== undefined) return known;
  const { fleet, zone, hold, gpu } = node;
  const fresh: ZoneSums = {
    fleet,
    zone,
    hold,
    gpu,
    committed: 0,
    accrued: 0,
    settled: 0,
    obtainedMs: 0,
    paidSeconds: 0,
  };
  books.sums.set(key, fresh);
  return fresh;
};

const addTo = (books: Books, fleet: string, atMs: UnixMs, amount: number): void => {
  addToBucket(books.spent, fleet, Math.floor(atMs / BUCKET_MS), BUCKETS_KEPT_MS / BUCKET_MS, amount);
  addToBucket(books.spentDays, fleet, Math.floor(atMs / DAY_MS), BUCKETS_KEPT_MS / DAY_MS, amount);
};

/** Adds to a numbered bucket of a fleet and forgets those more than `kept` before it. */
const addToBucket = (
  byFleet: Map<string, Map<number, number>>,
  fleet: string,
  index: number,
  kept: number,
  amount: number,
): void => {
  const buckets = byFleet.get(fleet) ?? new Map<number, number>();
  if (!byFleet.has(fleet)) byFleet.set(fleet, buckets);
  if (!buckets.has(index) && buckets.size > kept) {
    // Time is booked in its order, give or take, so the first young bucket ends the search.
    for (const old of buckets.keys()) {
      if (old >= index - kept) break;
      buckets.delete(old);
    }
  }
  buckets.set(index, (buckets.get(index) ?? 0) + amount);
};

/**
 * Books bought time [fromMs, toMs) of a node at `limit`, the most it can cost; `estimate` is what it probably costs. Time
 * beyond what the guard let through is counted as overrun.
 */
export const bookTime = (
  books: Books,
  node: NodeBook,
  time: { fromMs: UnixMs; toMs: UnixMs; limit: CentsPerNodeHour; estimate: CentsPerNodeHour },
): void => {
  const fromMs = Math.floor(time.fromMs / SECOND_MS) * SECOND_MS;
  const seconds = secondsBetween(fromMs, time.toMs);
  const sums = sumsOf(books, node);
  sums.committed += time.limit * seconds;
  sums.accrued += Math.min(time.estimate, time.limit) * seconds;
  for (const hour of splitAt(fromMs, time.toMs, HOUR_MS)) {
    node.blocks.push({ ...hour, limit: time.limit });
    spread(books, node.fleet, hour.fromMs, hour.toMs, time.limit, 1);
  }
  const beyond = secondsBetween(Math.max(fromMs, node.authorisedUntilMs), time.toMs);
  fleetBook(books, node.fleet).overrun += time.limit * beyond;
  node.authorisedUntilMs = Math.max(node.authorisedUntilMs, time.toMs);
  node.bookedToMs = Math.max(node.bookedToMs, time.toMs);
};

const spread = (
  books: Books,
  fleet: string,
  fromMs: UnixMs,
  toMs: UnixMs,
  price: number,
  sign: 1 | -1,
): void => {
  for (const piece of splitAt(fromMs, toMs, BUCKET_MS)) {
    addTo(books, fleet, piece.fromMs, sign * price * secondsBetween(piece.fromMs, piece.toMs));
  }
};

/**
 * Replaces the worst case of the hours an order paid for by what it really cost. The first record of an order counts as
 * settled and paid; a changed one counts only what it adds, and what it takes back is a refund: counters never fall.
 */
export const settleOrder = (books: Books, node: NodeBook, order: OrderSettled): void => {
  const before = node.orders.get(order.orderId);
  const sums = sumsOf(books, node);
  const change = (order.cost - (before?.cost ?? 0)) * CENT_SECONDS_PER_CENT;
  if (before === undefined) sums.paidSeconds += secondsBetween(order.fromMs, order.toMs);
  if (change >= 0) sums.settled += change;
  else fleetBook(books, node.fleet).refunded -= change;
  for (const [id, old] of node.orders) if (old.toMs < order.toMs - ORDERS_KEPT_MS) node.orders.delete(id);
  node.orders.set(order.orderId, { toMs: order.toMs, cost: order.cost });
  node.blocks = node.blocks.filter((block) => {
    const paid = block.fromMs < order.toMs && block.toMs <= order.toMs && block.toMs > order.fromMs;
    if (paid) spread(books, node.fleet, block.fromMs, block.toMs, block.limit, -1);
    return !paid;
  });
  spreadExactly(books, node.fleet, order, change);
};

/** Splits `amount` over the seconds of an order; the running sum is rounded down, so the parts add up to the whole. */
const spreadExactly = (books: Books, fleet: string, order: OrderSettled, amount: number): void => {
  const total = Math.max(1, secondsBetween(order.fromMs, order.toMs));
  let seconds = 0;
  let given = 0;
  const pieces = splitAt(order.fromMs, order.toMs, BUCKET_MS);
  for (const piece of pieces) {
    seconds += secondsBetween(piece.fromMs, piece.toMs);
    const upTo = shareOf(amount, seconds, total);
    addTo(books, fleet, piece.fromMs, upTo - given);
    given = upTo;
  }
  if (pieces.length === 0) addTo(books, fleet, order.fromMs, amount);
};

/** amount × part / whole, rounded down, exact also where the product leaves the safe integers. */
const shareOf = (amount: number, part: number, whole: number): number => {
  const quotient = Math.trunc(amount / whole);
  const rest = amount - quotient * whole;
  return quotient * part + Math.floor((rest * part) / whole);
};
