// The calls about money that really moved: balance, transactions, contracts, orders. All of them are views of the same bills,
// so they cannot disagree. v1 speaks Unix seconds, v0 speaks ISO 8601. Listings are newest first.
import { HOUR_MS, SECOND_MS } from '../domain/time.ts';
import { invalid, isRefusal, refusalReply, refuse, type Refusal } from './errors.ts';
import type { Reply } from './exchange.ts';
import { paging, queryInteger } from './fields.ts';
import { isoText, unixSeconds } from './instants.ts';
import type { Call } from './route-nodes.ts';
import type { BillRow, MarketState, SaleRow, TransactionRow } from './state.ts';

/** The reference names no paging for contracts; `has_more` says when there are more, and `offset` gives them. */
const CONTRACTS_A_PAGE = 100;
const ORDERS_A_PAGE = 100;

const json = (value: object): Reply => ({ status: 200, body: JSON.stringify(value) });

/** `GET /v1/balances` */
export const getBalances = ({ market }: Call): Reply =>
  json({
    object: 'balance',
    available_balance_cents: market.balance,
    current_balance_cents: market.balance,
    current_overage_cents: 0,
    overage_limit_cents: 0,
    updated_at: unixSeconds(market.transactions.at(-1)?.atMs ?? market.startMs),
  });

/** What the order was allowed to cost: its limit for its time, rounded up. */
const limitCost = (bill: BillRow): number => Math.ceil((bill.limit * (bill.toMs - bill.fromMs)) / HOUR_MS);

const orderObject = (bill: BillRow): object => ({
  object: 'order',
  id: bill.orderId,
  side: 'buy',
  status: 'filled',
  instance_type: bill.instanceType,
  quantity: 1,
  start_at: isoText(bill.fromMs),
  end_at: isoText(bill.toMs),
  price: limitCost(bill),
  execution_price: bill.cost,
  executed: true,
  executed_at: isoText(bill.atMs),
  cancelled: false,
  rejected: false,
  rejected_reason: null,
  cluster: bill.zone,
  contract_id: bill.contractId,
});

const saleObject = (sale: SaleRow, bill: BillRow): object => ({
  ...orderObject(bill),
  id: sale.orderId,
  side: 'sell',
  start_at: isoText(sale.fromMs),
  end_at: isoText(sale.toMs),
  price: sale.proceeds,
  execution_price: sale.proceeds,
  executed_at: isoText(sale.atMs),
});

const CONTRACT_STATES = ['All', 'Upcoming', 'Active', 'Expired'] as const;

const contractState = (market: MarketState, bill: BillRow): (typeof CONTRACT_STATES)[number] => {
  if (market.nowMs < bill.fromMs) return 'Upcoming';
  return market.nowMs < bill.toMs ? 'Active' : 'Expired';
};

const contractObject = (market: MarketState, bill: BillRow): object => ({
  object: 'contract',
  id: bill.contractId,
  status: 'active',
  created_at: isoText(bill.atMs),
  instance_type: bill.instanceType,
  shape: { intervals: [isoText(bill.fromMs), isoText(bill.toMs)], quantities: [1] },
  zone: bill.zone,
  state: contractState(market, bill),
  is_node: true,
  procurement_id: bill.procurementId,
});

const readFlag = (query: URLSearchParams, name: string): boolean => query.get(name) === 'true';

/**
 * `GET /v0/contracts`: contracts of nodes with `include_nodes`, those of procurements with `include_procurements` (either is
 * enough; without both the account has none, because everything here belongs to nodes).
 */
export const listContracts = ({ market, query }: Call): Reply => {
  const state = CONTRACT_STATES.find((word) => word === (query.get('state') ?? 'All'));
  if (state === undefined)
    return refusalReply(invalid('state', `state must be one of ${CONTRACT_STATES.join(', ')}.`));
  const page = paging(query, CONTRACTS_A_PAGE, CONTRACTS_A_PAGE);
  if (isRefusal(page)) return refusalReply(page);
  const withNodes = readFlag(query, 'include_nodes');
  const withProcurements = readFlag(query, 'include_procurements');
  const chosen = newestFirst(market.bills).filter(
    (bill) =>
      (withNodes || (withProcurements && bill.procurementId !== null)) &&
      (state === 'All' || state === contractState(market, bill)),
  );
  const data = chosen
    .slice(page.offset, page.offset + page.limit)
    .map((bill) => contractObject(market, bill));
  return json({ object: 'list', data, has_more: page.offset + page.limit < chosen.length });
};

/** `GET /v0/contracts/{id}` */
export const getContract = ({ market, target }: Call): Reply => {
  const bill = market.billsByContract.get(target);
  if (bill === undefined) return refusalReply(refuse(404, `There is no contract ${target}.`));
  return json(contractObject(market, bill));
};

const newestFirst = <Row>(rows: readonly Row[]): Row[] => rows.slice().reverse();

/** `GET /v0/orders`; filters `contract_id` (repeatable), `side`, `instance_type`, `cluster`, `only_filled`. */
export const listOrders = ({ market, query }: Call): Reply => {
  const page = paging(query, ORDERS_A_PAGE, ORDERS_A_PAGE);
  if (isRefusal(page)) return refusalReply(page);
  const contracts = query.getAll('contract_id');
  const bills =
    contracts.length > 0
      ? contracts.flatMap((id) => market.billsByContract.get(id) ?? [])
      : newestFirst(market.bills);
  const sides = query.get('side') ?? 'buy,sell';
  const instanceType = query.get('instance_type');
  const cluster = query.get('cluster');
  const chosen = bills.filter(
    (bill) =>
      (instanceType === null || bill.instanceType === instanceType) &&
      (cluster === null || bill.zone === cluster),
  );
  const sales = sides.includes('sell') ? salesOf(market, chosen) : [];
  const buys = sides.includes('buy') ? chosen : [];
  const data = [...sales, ...buys]
    .slice(page.offset, page.offset + page.limit)
    .map((row) => ('bill' in row ? saleObject(row.sale, row.bill) : orderObject(row)));
  const more = page.offset + page.limit < sales.length + buys.length;
  return json({ object: 'list', data, has_more: more });
};

const salesOf = (
  market: MarketState,
  bills: readonly BillRow[],
): readonly { readonly sale: SaleRow; readonly bill: BillRow }[] => {
  if (market.sales.length === 0) return [];
  const byContract = new Map(bills.map((bill) => [bill.contractId, bill]));
  return newestFirst(market.sales).flatMap((sale) => {
    const bill = byContract.get(sale.contractId);
    return bill === undefined ? [] : [{ sale, bill }];
  });
};

const transactionObject = (row: TransactionRow): object => ({
  object: 'transaction',
  cursor: cursorOf(row),
  transaction_time: unixSeconds(row.atMs),
  amount_cents: row.amount,
  balance: row.balance,
  details: detailsOf(row),
});

const detailsOf = ({ type, bill, sale }: TransactionRow): object => {
  if (bill === null) return { type };
  if (sale !== null) return { type, order_id: sale.orderId, order: saleObject(sale, bill) };
  return { type, order_id: bill.orderId, order: orderObject(bill) };
};

const cursorOf = (row: TransactionRow): string => `txn_${row.seq}`;

const TRANSACTION_TYPES = [
  'buy_order',
  'sell_order',
  'refund',
  'credit_grant',
  'manual_payment',
  'stripe_card_payment',
] as const;

/** Rows of one listing as a stretch of all rows, which stand in the order of time. */
interface Stretch {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** `GET /v1/transactions`: newest first unless `sort=asc`; cursors name the row they were on. */
export const listTransactions = ({ market, query }: Call): Reply => {
  const limit = queryInteger(query, 'limit', { least: 1, most: 100, missing: 10 });
  if (isRefusal(limit)) return refusalReply(limit);
  const sort = query.get('sort') ?? 'desc';
  if (sort !== 'asc' && sort !== 'desc') return refusalReply(invalid('sort', 'sort must be asc or desc.'));
  const type = query.get('transaction_type');
  if (type !== null && !(TRANSACTION_TYPES as readonly string[]).includes(type)) {
    const words = TRANSACTION_TYPES.join(', ');
    return refusalReply(invalid('transaction_type', `transaction_type must be one of ${words}.`));
  }
  const within = timeOf(market, query);
  if ('refused' in within) return refusalReply(within);
  const stretch = betweenCursors(market, query, sort === 'asc', within);
  if ('refused' in stretch) return refusalReply(stretch);
  // Before a cursor the rows nearest to it are meant; else those at the front of the listing.
  const forward = (sort === 'asc') !== query.has('ending_before_cursor');
  const { rows, more } = take(market.transactions, stretch, { type, forward, limit: limit.value });
  const data = (forward === (sort === 'asc') ? rows : rows.reverse()).map(transactionObject);
  return json({ object: 'list', data, has_more: more });
};

/** The first index whose row is not before the bound. */
const firstFrom = (
  rows: readonly TransactionRow[],
  bound: number,
  of: (row: TransactionRow) => number,
): number => {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && of(row) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
};

const timeOf = ({ transactions }: MarketState, query: URLSearchParams): Stretch | Refusal => {
  const seconds = { least: 0, most: 1e12, missing: -1 };
  const after = queryInteger(query, 'after_time', seconds);
  if (isRefusal(after)) return after;
  const before = queryInteger(query, 'before_time', seconds);
  if (isRefusal(before)) return before;
  const atMs = (row: TransactionRow): number => row.atMs;
  const from = after.value < 0 ? 0 : firstFrom(transactions, after.value * SECOND_MS + 1, atMs);
  const to = before.value < 0 ? transactions.length : firstFrom(transactions, before.value * SECOND_MS, atMs);
  return { from, to };
};

const betweenCursors = (
  { transactions }: MarketState,
  query: URLSearchParams,
  ascending: boolean,
  { from, to }: Stretch,
): Stretch | Refusal => {
  const after = query.get('starting_after_cursor');
  const before = query.get('ending_before_cursor');
  if (after !== null && before !== null) {
    return invalid('starting_after_cursor', 'Only one of the two cursors can be given.');
  }
  const cursor = after ?? before;
  if (cursor === null) return { from, to };
  const seq = Number(cursor.replace(/^txn_/, ''));
  const index = firstFrom(transactions, seq, (row) => row.seq);
  const row = transactions[index];
  if (row === undefined || cursorOf(row) !== cursor)
    return invalid(after === null ? 'ending_before_cursor' : 'starting_after_cursor', 'No such cursor.');
  return (after !== null) === ascending
    ? { from: Math.max(from, index + 1), to }
    : { from, to: Math.min(to, index) };
};

/** At most `limit` rows from one end of a stretch, in the order they were met. */
const take = (
  rows: readonly TransactionRow[],
  { from, to }: Stretch,
  asked: { readonly type: string | null; readonly forward: boolean; readonly limit: number },
): { readonly rows: TransactionRow[]; readonly more: boolean } => {
  const taken: TransactionRow[] = [];
  const step = asked.forward ? 1 : -1;
  for (let index = asked.forward ? from : to - 1; index >= from && index < to; index += step) {
    const row = rows[index];
    if (row === undefined || (asked.type !== null && row.type !== asked.type)) continue;
    if (taken.length === asked.limit) return { rows: taken, more: true };
    taken.push(row);
  }
  return { rows: taken, more: false };
};
