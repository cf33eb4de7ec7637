// Settle: what was read of the venue's records, held against the books, gives the entries that replace worst cases by real
// prices. Every order of a procurement of ours is ours, whether a look saw its time or not; one of several nodes is split by
// node-seconds. A reserved node has no procurement: its order is matched by zone, window and quantity, and what cannot be
// told apart is left alone and stays counted at its limit.
import type { Entry, MoneyReturned, OrderSettled, OrderSplit } from '../domain/entry.ts';
import { cents, type Cents } from '../domain/money.ts';
import type { SettledOrder, SettlementNews } from '../domain/look.ts';
import { HOUR_MS, MINUTE_MS, secondsBetween, type UnixMs } from '../domain/time.ts';
import { attributionEntries, movedBy, refundEntries, transactionEntries } from './account.ts';
import type { Books, NodeBook } from './books.ts';
import { splitCents } from './fold-money.ts';

export interface SettlementWants {
  /** Sales are among what is sought. */
  readonly sales: boolean;
  readonly procurementIds: readonly string[];
  readonly reserved: readonly { readonly zone: string; readonly fromMs: UnixMs; readonly toMs: UnixMs }[];
  readonly sinceMs: UnixMs;
}

/** An order of the account of which nobody knows whose it is. */
export interface OpenOrder {
  readonly sells: boolean;
  readonly orderId: string;
  readonly atMs: UnixMs;
}

/** Records may begin a little before the time they are about. */
const MARGIN_MS = 2 * HOUR_MS;

/**
 * What to ask the venue about: nodes with bought time whose price is not known, and, for orders of the account whose owner
 * is sought, every procurement that may have made them. Null: nothing.
 */
export const settlementWants = (books: Books, sought: readonly OpenOrder[] = []): SettlementWants | null => {
  const procurementIds = new Set<string>();
  const reserved: { zone: string; fromMs: UnixMs; toMs: UnixMs }[] = [];
  const soughtSinceMs = sought.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
  let sinceMs = soughtSinceMs;
  for (const node of settling(books)) {
    const first = node.blocks[0];
    const last = node.blocks.at(-1);
    if (first !== undefined) sinceMs = Math.min(sinceMs, first.fromMs);
    const wanted = node.blocks.length > 0 || sought.length > 0;
    if (node.hold === 'autoreserved') {
      if (wanted && node.procurementId !== null) procurementIds.add(node.procurementId);
    } else if (wanted) {
      const fromMs = Math.min(first?.fromMs ?? Infinity, soughtSinceMs - MARGIN_MS);
      const toMs = Math.max(last?.toMs ?? 0, sought.length > 0 ? node.bookedToMs : 0);
      if (toMs > fromMs) reserved.push({ zone: node.zone, fromMs, toMs });
    }
  }
  if (procurementIds.size + reserved.length + sought.length === 0) return null;
  const sales = sought.some(({ sells }) => sells);
  return { sales, procurementIds: [...procurementIds], reserved, sinceMs: sinceMs - MARGIN_MS };
};

/** Orders whose owner is not known: by the books, and among transactions that were just read. */
export const openOrders = ({ account }: Books, fresh: readonly OpenOrder[]): readonly OpenOrder[] => {
  const open: OpenOrder[] = [...account.open].map(([orderId, atMs]) => ({
    orderId,
    atMs,
    sells: account.orders.get(orderId)?.cents === 0,
  }));
  for (const one of fresh) {
    if (!account.orders.has(one.orderId) && !account.settled.has(one.orderId)) open.push(one);
  }
  return open;
};

function* settling(books: Books): Generator<NodeBook> {
  yield* books.nodes.values();
  yield* books.closing.values();
}

/** News -> entries; what is known already gives none. */
export const settle = (books: Books, news: readonly SettlementNews[]): Entry[] => {
  if (news.length === 0) return [];
  const orders = new Map<string, SettledOrder>();
  for (const one of news) {
    if (one.kind === 'orders') for (const order of one.orders) orders.set(order.orderId, order);
  }
  const transactions = transactionEntries(books, news);
  const settled = settleOrders(books, [...orders.values()], movedBy(books, transactions));
  const claimed = new Set(settled.map(({ orderId }) => orderId));
  return [
    ...transactions,
    ...settled,
    ...refundEntries(books),
    ...attributionEntries(books, news, claimed, new Set(orders.keys())),
  ];
};

type OrderEntry = OrderSettled | OrderSplit | MoneyReturned;

interface Desk {
  readonly books: Books;
  /** Nodes for which an order was counted before. */
  readonly owners: ReadonlyMap<string, readonly NodeBook[]>;
  readonly byProcurement: ReadonlyMap<string, readonly NodeBook[]>;
  /** Reserved time that an order of this round was matched to. */
  readonly taken: Set<string>;
  /** Whose the contracts of this round are, by their buy orders. */
  readonly byContract: Map<string, NodeBook>;
}

/**
 * Orders -> entries, each order once. `moved` says in cents what the account's transactions show as paid for an order: money
 * that moved is believed before the order's own price, also where only the transaction was changed afterwards.
 */
export const settleOrders = (
  books: Books,
  orders: readonly SettledOrder[],
  moved: ReadonlyMap<string, number> = new Map(),
): OrderEntry[] => {
  if (orders.length + moved.size === 0) return [];
  const all = new Map(orders.map((order) => [order.orderId, order]));
  const owners = new Map<string, NodeBook[]>();
  const byProcurement = new Map<string, NodeBook[]>();
  for (const node of settling(books)) {
    if (node.procurementId !== null) addTo(byProcurement, node.procurementId, node);
    for (const id of node.orders.keys()) if (all.has(id) || moved.has(id)) addTo(owners, id, node);
  }
  const desk: Desk = { books, owners, byProcurement, taken: new Set(), byContract: new Map() };
  for (const orderId of moved.keys()) {
    const known = all.get(orderId) ?? knownOrder(orderId, owners.get(orderId));
    if (known !== null) all.set(orderId, known);
  }
  // Buys before sales, which go with the buy of their contract; then the oldest first, because newer ones make the books
  // forget those that can no longer change.
  return [...all.values()]
    .toSorted((a, b) => rank(a) - rank(b) || a.toMs - b.toMs || (a.orderId < b.orderId ? -1 : 1))
    .flatMap((order) => entryOf(desk, { ...order, cost: paidFor(books, order, moved) }) ?? []);
};

const rank = ({ side }: SettledOrder): number => (side === 'buy' ? 0 : 1);

const paidFor = (
  { account }: Books,
  { orderId, side, cost }: SettledOrder,
  moved: ReadonlyMap<string, number>,
): Cents => {
  const shown = moved.get(orderId) ?? account.orders.get(orderId)?.cents ?? 0;
  return side === 'buy' && shown > 0 ? cents(shown) : cost;
};

/** An order that was counted before, as the books remember it. */
const knownOrder = (orderId: string, owners: readonly NodeBook[] = []): SettledOrder | null => {
  const order = owners[0]?.orders.get(orderId);
  if (order === undefined || order.whole === 0) return null;
  const { fromMs, toMs, whole } = order;
  return {
    orderId,
    side: 'buy',
    contractId: '',
    procurementId: null,
    zone: null,
    nodes: owners.length,
    fromMs,
    toMs,
    cost: cents(whole),
  };
};

const addTo = (map: Map<string, NodeBook[]>, key: string, node: NodeBook): void => {
  const known = map.get(key);
  if (known === undefined) map.set(key, [node]);
  else known.push(node);
};

const entryOf = (desk: Desk, order: SettledOrder): OrderEntry | null => {
  const { orderId, fromMs, toMs, cost } = order;
  const owners = desk.owners.get(orderId) ?? [];
  const [owner, ...others] = owners;
  if (owner !== undefined && others.length === 0) {
    desk.byContract.set(order.contractId, owner);
    if (order.side === 'sell') return sale(owner, order);
    if (order.nodes > 1) return split(desk, order, [owner]);
    const same = owner.orders.get(orderId)?.whole === cost;
    return same ? null : { kind: 'order_settled', orderId, node: owner.seq, fromMs, toMs, cost };
  }
  const nodes = owner === undefined ? ownersOf(desk, order) : owners;
  const [node, ...more] = nodes;
  if (node === undefined) return null;
  if (order.side === 'sell') return more.length === 0 && order.nodes === 1 ? sale(node, order) : null;
  if (more.length > 0 || order.nodes > 1) return split(desk, order, nodes);
  desk.taken.add(`${node.seq}/${toMs}`);
  desk.byContract.set(order.contractId, node);
  return { kind: 'order_settled', orderId, node: node.seq, fromMs, toMs, cost };
};

const sale = (node: NodeBook, { orderId, fromMs, toMs, cost }: SettledOrder): OrderEntry | null =>
  node.orders.get(orderId)?.returned === cost
    ? null
    : { kind: 'money_returned', orderId, node: node.seq, why: 'sale', fromMs, toMs, amount: cost };

/** The nodes that an order not counted before may be for. */
const ownersOf = (desk: Desk, order: SettledOrder): readonly NodeBook[] => {
  if (order.procurementId === null) return order.nodes === 1 ? reservedOwner(desk, order) : [];
  const nodes = desk.byProcurement.get(order.procurementId) ?? [];
  return nodes.filter((node) => order.toMs > node.ordersForgottenToMs);
};

const reservedOwner = ({ books, taken, byContract }: Desk, order: SettledOrder): readonly NodeBook[] => {
  if (order.side === 'sell') {
    const seller = byContract.get(order.contractId);
    return seller === undefined ? [] : [seller];
  }
  const exact: NodeBook[] = [];
  const loose: NodeBook[] = [];
  for (const node of settling(books)) {
    if (node.hold !== 'reserved' || node.zone !== order.zone || taken.has(`${node.seq}/${order.toMs}`))
      continue;
    if (boughtAsOne(node, order)) exact.push(node);
    else if (node.blocks.some((block) => beginsWith(block, order)) && endsAs(node, order.toMs))
      loose.push(node);
  }
  const fitting = exact.length > 0 ? exact : loose;
  const [node] = fitting;
  if (node === undefined) return [];
  // Equal blocks of one fleet cost it the same sum whichever order is whose; those of several fleets do not.
  return fitting.every((one) => one.fleet === node.fleet) ? [node] : [];
};

const beginsWith = (block: { fromMs: UnixMs }, order: SettledOrder): boolean =>
  Math.abs(block.fromMs - order.fromMs) <= MINUTE_MS;

/** The node booked, at one sight, just the time of the order. */
const boughtAsOne = (node: NodeBook, order: SettledOrder): boolean => {
  const first = node.blocks.find((block) => beginsWith(block, order));
  if (first === undefined) return false;
  const together = node.blocks.filter((block) => block.bookedAtMs === first.bookedAtMs);
  return together[0] === first && together.at(-1)?.toMs === order.toMs;
};

/** A block of the node ends here, or did until the node was lost before its time. */
const endsAs = (node: NodeBook, toMs: UnixMs): boolean =>
  node.blocks.some((block) => block.toMs === toMs) ||
  (node.phase === 'ended' && node.askedEndMs === toMs && node.blocks.some((block) => block.toMs < toMs));

/** An order of several nodes, by the seconds that each is known to have had of it; the lowest slot stands first. */
const split = (desk: Desk, order: SettledOrder, nodes: readonly NodeBook[]): OrderEntry | null => {
  const { orderId, fromMs, toMs, cost } = order;
  const sharing = nodes.toSorted((a, b) => a.slot - b.slot || a.seq - b.seq);
  const before = sharing.map((node) => node.orders.get(orderId));
  const known = before.find((one) => one !== undefined);
  if (known?.whole === cost) return null;
  // What was split before is split again in the same proportion: its blocks are gone from the books.
  const weights = sharing.map((node, index) =>
    known === undefined ? secondsHad(node, order) : (before[index]?.cost ?? 0),
  );
  const ours = weights.reduce((sum, one) => sum + one, 0);
  const whole = known?.whole ?? secondsBetween(fromMs, toMs) * order.nodes;
  if (ours === 0) return null;
  const shares = splitCents(cost, [...weights, Math.max(0, whole - ours)]);
  return {
    kind: 'order_split',
    orderId,
    fromMs,
    toMs,
    cost,
    shares: sharing.map((node, index) => ({ node: node.seq, cost: cents(shares[index] ?? 0) })),
    rest: cents(shares.at(-1) ?? 0),
  };
};

/** Seconds of an order's time that a node is booked for. */
const secondsHad = (node: NodeBook, order: SettledOrder): number => {
  const whole = secondsBetween(order.fromMs, order.toMs);
  let had = 0;
  for (const block of node.blocks) {
    const fromMs = Math.max(block.fromMs, order.fromMs);
    const toMs = Math.min(block.toMs, order.toMs);
    had += Math.max(0, Math.floor((toMs - fromMs) / 1000));
  }
  return Math.min(whole, had);
};
