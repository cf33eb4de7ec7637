// Money. A bought block is one bill: one contract, one filled order and one transaction on the wire, so their sums agree to
// the cent by construction. Unit prices are cents per node-hour, costs are whole cents, and every cost is rounded up. No
// block is sold that the balance cannot pay.
import { HOUR_MS, SECOND_MS, splitAt, type UnixMs } from '../domain/time.ts';
import { askIn, freeIn, hourNumber, sell } from './capacity.ts';
import {
  newId,
  nextNumber,
  trim,
  type BillReason,
  type BillRow,
  type MarketState,
  type NodeRow,
  type SaleRow,
  type TransactionRow,
  type ZoneRow,
} from './state.ts';

/** Unit price × seconds / 3600, rounded up to a cent; for the product of a price and a share of an hour. */
export const priceFor = (unit: number, fromMs: UnixMs, toMs: UnixMs): number =>
  Math.ceil((unit * ((toMs - fromMs) / SECOND_MS)) / 3600);

export interface BlockPrice {
  /** Whole cents of one node for the window, rounded up once at the end. */
  readonly cost: number;
  /** False when the exact price is above limit × time. */
  readonly withinLimit: boolean;
}

/**
 * A firm block of one node after `further` others: ask × hours × (1 + premium), hour by hour, exact in cents × seconds ×
 * basis points; null when some hour is not for sale. `premium` in basis points.
 */
export const blockPrice = (
  market: MarketState,
  zone: ZoneRow,
  window: { readonly fromMs: UnixMs; readonly toMs: UnixMs },
  terms: { readonly premium: number; readonly limit: number; readonly further: number },
): BlockPrice | null => {
  let exact = 0;
  let seconds = 0;
  for (const piece of splitAt(window.fromMs, window.toMs, HOUR_MS)) {
    const hour = hourNumber(piece.fromMs);
    const ask = askIn(market, zone, hour, terms.further);
    if (ask === null || freeIn(market, zone, hour) <= terms.further) return null;
    const length = (piece.toMs - piece.fromMs) / SECOND_MS;
    exact += ask * length * (10_000 + terms.premium);
    seconds += length;
  }
  const withinLimit = exact <= terms.limit * seconds * 10_000;
  return { cost: Math.ceil(exact / (3600 * 10_000)), withinLimit };
};

/** Books a bought block whose cost the balance covers: capacity, balance, transaction. */
export const buy = (
  market: MarketState,
  zone: ZoneRow,
  node: NodeRow,
  block: { readonly fromMs: UnixMs; readonly toMs: UnixMs; readonly cost: number; readonly why: BillReason },
): BillRow => {
  const seq = nextNumber(market);
  const bill: BillRow = {
    seq,
    contractId: newId(market, 'cont', seq),
    orderId: newId(market, 'ordr', seq),
    procurementId: node.procurementId,
    nodeId: node.id,
    nodeName: node.name,
    zone: zone.zone.name,
    instanceType: zone.zone.instanceType,
    atMs: market.nowMs,
    fromMs: block.fromMs,
    toMs: block.toMs,
    limit: node.limit,
    ask: zone.ask ?? 0,
    cost: block.cost,
    why: block.why,
  };
  sell(zone, block.fromMs, block.toMs);
  market.bills.push(bill);
  market.billsByContract.set(bill.contractId, bill);
  for (const old of trim(market.bills, market.bounds.bills)) market.billsByContract.delete(old.contractId);
  moveBalance(market, -block.cost, 'buy_order', bill);
  return bill;
};

/** Moves the balance and writes the transaction that says so. */
export const moveBalance = (
  market: MarketState,
  amount: number,
  type: TransactionRow['type'],
  bill: BillRow | null,
  sale: SaleRow | null = null,
): void => {
  market.balance += amount;
  const { balance, nowMs: atMs } = market;
  market.transactions.push({ seq: nextNumber(market), atMs, amount, balance, type, bill, sale });
  trim(market.transactions, market.bounds.bills);
};

const billOf = (market: MarketState, orderId: string): BillRow | undefined =>
  market.bills.findLast((bill) => bill.orderId === orderId);

/** Gives money back for an order, or for nothing that is named; false when there is no such order. */
export const refund = (market: MarketState, orderId: string | null, amount: number): boolean => {
  const bill = orderId === null ? null : billOf(market, orderId);
  if (bill === undefined) return false;
  moveBalance(market, amount, 'refund', bill);
  return true;
};

/** Sells what is left of a bought block, from this second on; false when there is no such order or nothing is left. */
export const sellRest = (market: MarketState, orderId: string, proceeds: number): boolean => {
  const bill = billOf(market, orderId);
  const fromMs = Math.max(bill?.fromMs ?? 0, Math.floor(market.nowMs / SECOND_MS) * SECOND_MS);
  if (bill === undefined || fromMs >= bill.toMs) return false;
  const seq = nextNumber(market);
  const { contractId, toMs } = bill;
  const sale = {
    seq,
    orderId: newId(market, 'ordr', seq),
    contractId,
    atMs: market.nowMs,
    fromMs,
    toMs,
    proceeds,
  };
  market.sales.push(sale);
  trim(market.sales, market.bounds.bills);
  moveBalance(market, proceeds, 'sell_order', bill, sale);
  return true;
};

/** Puts another price on an order that was billed before: order, transaction and balance change together. */
export const correctOrder = (market: MarketState, orderId: string, cost: number): boolean => {
  const bill = billOf(market, orderId);
  const row = market.transactions.findLast((one) => one.type === 'buy_order' && one.bill === bill);
  if (bill === undefined || row === undefined) return false;
  market.balance += bill.cost - cost;
  row.amount = -cost;
  bill.cost = cost;
  return true;
};
