// The money side of fold: bought time goes into quarter-hour buckets at the most it can cost, and is replaced by what the
// venue's orders say once they are known. Everything is whole cent-seconds; nothing here rounds except the split of a
// settled order over its seconds, whose remainder stays in the order, and its split over nodes, whose remainder goes to the
// lowest slot.
import type { FillKind } from '../domain/account.ts';
import type { MoneyReturned, OrderSettled, OrderSplit } from '../domain/entry.ts';
import { CENT_SECONDS_PER_CENT, type CentsPerNodeHour } from '../domain/money.ts';
import { DAY_MS, HOUR_MS, SECOND_MS, secondsBetween, splitAt, type UnixMs } from '../domain/time.ts';
import { claimOrder } from './account-book.ts';
import {
  BUCKET_MS,
  limitInForce,
  type Block,
  type Books,
  type FleetBook,
  type NodeBook,
  type OrderBook,
  type ZoneSums,
} from './books.ts';
import { noteLateness } from './lateness.ts';
import { learnPayment, likelyPrice } from './payment.ts';
import { countReferences, noReferences } from './references.ts';

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
    jobs: new Map(),
    obtainedAtCoverageMs: 0,
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
    references: null,
    referenceCost: noReferences(),
    shadows: new Map(),
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
    heldBack: 0,
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

/** Adds to what is accrued. What was accrued too much is kept and taken off what accrues next: the counter never falls. */
const accrue = (sums: ZoneSums, amount: number): void => {
  const net = amount - sums.heldBack;
  sums.accrued += Math.max(0, net);
  sums.heldBack = Math.max(0, -net);
};

/** True when an order paid for a piece of time: it ends with it or later, and did not end before it began. */
const paysFor = (order: { fromMs: UnixMs; toMs: UnixMs }, piece: { fromMs: UnixMs; toMs: UnixMs }): boolean =>
  piece.fromMs < order.toMs && piece.toMs <= order.toMs && piece.toMs > order.fromMs;

/**
 * Books bought time [fromMs, toMs) of a node at `limit`, the most it can cost; what it probably costs is accrued by the
 * payment rule that the fills show. Time beyond what the guard let through is counted as overrun. Hours that an order paid
 * for before any look showed them are in the books already.
 */
export const bookTime = (
  books: Books,
  node: NodeBook,
  time: Pick<Block, 'fromMs' | 'toMs' | 'limit' | 'ask' | 'fill' | 'bookedAtMs'>,
): void => {
  const { toMs, limit, ask, fill, bookedAtMs } = time;
  const fromMs = Math.floor(time.fromMs / SECOND_MS) * SECOND_MS;
  const estimate = likelyPrice(books.payment, { kind: fill, ask, limit });
  const hours = splitAt(fromMs, toMs, HOUR_MS).filter(
    (hour) => !node.ahead.some((paid) => paysFor(paid, hour)),
  );
  const sums = sumsOf(books, node);
  node.startAsk ??= ask;
  for (const hour of hours) {
    const seconds = secondsBetween(hour.fromMs, hour.toMs);
    sums.committed += limit * seconds;
    accrue(sums, estimate * seconds);
    countReferences(fleetBook(books, node.fleet), node, seconds, estimate);
    node.blocks.push({ ...hour, limit, estimate, ask, fill, bookedAtMs });
    spread(books, node.fleet, hour.fromMs, hour.toMs, limit, 1);
  }
  node.ahead = node.ahead.filter((paid) => paid.toMs > toMs);
  letPass(books, node, { fromMs, toMs, limit });
  node.bookedToMs = Math.max(node.bookedToMs, toMs);
};

/** Counts bought time beyond what the guard let through as overrun, once. */
const letPass = (
  books: Books,
  node: NodeBook,
  { fromMs, toMs, limit }: Pick<Block, 'fromMs' | 'toMs' | 'limit'>,
): void => {
  const beyond = secondsBetween(Math.max(fromMs, node.authorisedUntilMs), toMs);
  fleetBook(books, node.fleet).overrun += limit * beyond;
  node.authorisedUntilMs = Math.max(node.authorisedUntilMs, toMs);
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

type OrderSum = Pick<OrderSettled, 'orderId' | 'fromMs' | 'toMs' | 'cost'>;

/** What an hour of an order cost, rounded up. */
export const priceOfOrder = ({
  cost,
  fromMs,
  toMs,
}: Pick<OrderBook, 'cost' | 'fromMs' | 'toMs'>): CentsPerNodeHour =>
  Math.ceil((cost * 3600) / Math.max(1, secondsBetween(fromMs, toMs))) as CentsPerNodeHour;

const noOrder = ({ fromMs, toMs }: Pick<OrderBook, 'fromMs' | 'toMs'>): OrderBook => ({
  fromMs,
  toMs,
  cost: 0,
  whole: 0,
  gross: 0,
  returned: 0,
});

/** What came back for an order: by a lower record or by refunds; the two may tell the same, so the larger counts. */
export const backOf = ({ gross, cost, returned }: OrderBook): number => Math.max(gross - cost, returned);

/**
 * An order as it is now takes the place of what was counted for it. What is paid more counts as settled, what came back as
 * refunded: counters never fall. A refund that is taken back is paid anew. `accrued` was accrued for its time before.
 */
const replaceOrder = (books: Books, node: NodeBook, orderId: string, order: OrderBook, accrued = 0): void => {
  const before = node.orders.get(orderId) ?? noOrder(order);
  const sums = sumsOf(books, node);
  const gross = (order.gross - before.gross) * CENT_SECONDS_PER_CENT;
  const back = (backOf(order) - backOf(before)) * CENT_SECONDS_PER_CENT;
  const paid = gross + Math.max(0, -back);
  sums.settled += paid;
  accrue(sums, paid - accrued);
  // A bill may be above what was thought the worst, if only by the cent that it is rounded up to.
  sums.committed = Math.max(sums.committed, sums.accrued);
  fleetBook(books, node.fleet).refunded += Math.max(0, back);
  for (const [id, old] of node.orders) {
    if (old.toMs >= order.toMs - ORDERS_KEPT_MS) continue;
    node.orders.delete(id);
    node.ordersForgottenToMs = Math.max(node.ordersForgottenToMs, old.toMs);
  }
  node.orders.set(orderId, order);
  spreadExactly(books, node.fleet, order, gross - back);
};

/** Replaces the worst case and the estimate of the hours an order paid for by what it really cost. */
export const settleOrder = (
  books: Books,
  node: NodeBook,
  order: OrderSum,
  atMs: UnixMs,
  whole: number = order.cost,
): void => {
  const before = node.orders.get(order.orderId);
  const { fromMs, toMs, cost } = order;
  claimOrder(books.account, order.orderId, atMs);
  const accrued = before === undefined ? takeTime(books, node, order, atMs) : 0;
  const gross = Math.max(cost, before?.gross ?? 0);
  const returned = before?.returned ?? 0;
  replaceOrder(books, node, order.orderId, { fromMs, toMs, cost, whole, gross, returned }, accrued);
};

/**
 * The first record of an order: its hours are no longer open, and those that no look showed are booked by it. Gives what
 * was accrued for them, in cent-seconds.
 */
const takeTime = (books: Books, node: NodeBook, order: OrderSum, atMs: UnixMs): number => {
  const sums = sumsOf(books, node);
  const limit = limitInForce(node);
  sums.paidSeconds += secondsBetween(order.fromMs, order.toMs);
  let accrued = 0;
  const taken: Block[] = [];
  for (const hour of splitAt(order.fromMs, order.toMs, HOUR_MS)) {
    const block = blockPaidBy(node, order, hour);
    if (block === null) {
      const seconds = secondsBetween(hour.fromMs, hour.toMs);
      sums.committed += limit * seconds;
      countReferences(fleetBook(books, node.fleet), node, seconds, priceOfOrder(order));
      letPass(books, node, { ...hour, limit });
      if (hour.toMs > node.bookedToMs) node.ahead.push({ fromMs: order.fromMs, toMs: hour.toMs });
      continue;
    }
    taken.push(block);
    node.blocks.splice(node.blocks.indexOf(block), 1);
    spread(books, node.fleet, block.fromMs, block.toMs, block.limit, -1);
    accrued += block.estimate * secondsBetween(block.fromMs, block.toMs);
  }
  const [block] = taken;
  if (block !== undefined) noteLateness(books.lateness.records, atMs - block.bookedAtMs);
  learnFrom(books, node, order, taken);
  return accrued;
};

/** The open block that an order's hour paid for: of several that end in it, the one that began when the order did. */
const blockPaidBy = (
  node: NodeBook,
  order: OrderSum,
  hour: { fromMs: UnixMs; toMs: UnixMs },
): Block | null => {
  const away = (block: Block): number => Math.abs(block.fromMs - Math.max(hour.fromMs, order.fromMs));
  let best: Block | null = null;
  for (const block of node.blocks) {
    const fits = paysFor(order, block) && block.toMs > hour.fromMs && block.toMs <= hour.toMs;
    if (fits && (best === null || away(block) < away(best))) best = block;
  }
  return best;
};

/** A fill this soon after a limit was sent was matched at once; a later one was hit while the bid stood. */
const AT_ONCE_MS = 30 * SECOND_MS;

/** How a fill at an instant came about, by when the limit was last sent; null where that does not tell. */
export const fillKind = (node: NodeBook, startMs: UnixMs): FillKind | null => {
  const afterMs = startMs - node.limitSetAtMs;
  if (node.raises.length > 0 || afterMs < -AT_ONCE_MS) return null;
  return afterMs <= AT_ONCE_MS ? 'taken' : 'stood';
};

/** One order of a bid tells how fills are paid. What begins on the hour was renewed. */
const learnFrom = (books: Books, node: NodeBook, order: OrderSum, taken: readonly Block[]): void => {
  if (taken.length > 1 || node.hold !== 'autoreserved' || order.toMs - order.fromMs > HOUR_MS) return;
  const [block] = taken;
  const kind = order.fromMs % HOUR_MS === 0 ? 'taken' : (block?.fill ?? fillKind(node, order.fromMs));
  if (kind === null || node.raises.length > 0) return;
  learnPayment(books.payment, {
    kind,
    ask: block?.ask ?? null,
    limit: block?.limit ?? node.limit,
    seconds: secondsBetween(order.fromMs, order.toMs),
    cost: order.cost,
  });
};

/** An order of several nodes: to each its share. */
export const settleSplit = (
  books: Books,
  entry: OrderSplit,
  atMs: UnixMs,
  nodeOf: (seq: number) => NodeBook | null,
): boolean => {
  const { orderId, fromMs, toMs } = entry;
  for (const { node: seq, cost } of entry.shares) {
    const node = nodeOf(seq);
    if (node === null) return false;
    settleOrder(books, node, { orderId, fromMs, toMs, cost }, atMs, entry.cost);
  }
  return true;
};

/** Money came back for a node: by a refund of one of its orders, or by a sale, which is an order of its own. */
export const returnMoney = (books: Books, node: NodeBook, entry: MoneyReturned, atMs: UnixMs): void => {
  if (entry.why === 'sale') claimOrder(books.account, entry.orderId, atMs);
  const { orderId, amount, fromMs, toMs } = entry;
  const before = node.orders.get(orderId) ?? noOrder({ fromMs, toMs });
  replaceOrder(books, node, orderId, { ...before, returned: amount });
};

/** Splits `amount` over the seconds of an order; the running sum is rounded down, so the parts add up to the whole. */
const spreadExactly = (
  books: Books,
  fleet: string,
  order: Pick<OrderBook, 'fromMs' | 'toMs'>,
  amount: number,
): void => {
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

/**
 * Splits an order's cents over parts by their weight. Each share is rounded down and the remainder goes to the first, so
 * the shares add up to the whole; without any weight all goes to the first.
 */
export const splitCents = (cost: number, weights: readonly number[]): readonly number[] => {
  const whole = weights.reduce((sum, one) => sum + one, 0);
  const shares = weights.map((one) => (whole === 0 ? 0 : shareOf(cost, one, whole)));
  const given = shares.reduce((sum, one) => sum + one, 0);
  return shares.map((share, index) => (index === 0 ? share + cost - given : share));
};

/** amount × part / whole, rounded down, exact also where the product leaves the safe integers. */
const shareOf = (amount: number, part: number, whole: number): number => {
  const quotient = Math.trunc(amount / whole);
  const rest = amount - quotient * whole;
  return quotient * part + Math.floor((rest * part) / whole);
};
