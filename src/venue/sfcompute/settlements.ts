// What was really paid: contracts → orders → execution price. Contracts of the asked procurements count, and those without a
// procurement that lie in an asked zone and time. Every page of every such contract is read or the whole reading fails,
// because a sum with a hole in it would pass for a small bill. Orders whose price is down are remembered with their contract,
// so a month of hourly contracts costs calls only for what is new, and a reading that had to stop at its bound gets further the
// next time. Prices that are corrected later show in the account's transactions; sales have to be sought.
import { cents } from '../../domain/money.ts';
import type { SettledOrder } from '../../domain/look.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import type { DurationMs, UnixMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Reading, SettlementRequest } from '../../ports/venue.ts';
import { readFailure } from './caller.ts';
import type { Caller, Deadline, ReadFailure } from './caller.ts';
import { decodeContract, decodeOrder, decodePage } from './decode.ts';
import type { Contract, Order } from './decode.ts';
import { runPool } from './pool.ts';
import { PAGE_LIMIT, listContracts, listOrders } from './requests.ts';
import type { WireRequest } from './requests.ts';

export interface SettlementOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly deadlineMs: DurationMs;
  readonly atOnce: number;
  /** Calls of one reading, at most; beyond it the reading fails as `too_large`. */
  readonly callsMax: number;
}

export type SettlementReader = (request: SettlementRequest) => Promise<Reading<readonly SettledOrder[]>>;

/** How long after its end a contract is taken to be final. */
const FINAL_AFTER_MS = 2 * HOUR_MS;

/** Time is bought at most this long before it begins; the daemon itself buys less than two hours ahead. */
const BOUGHT_AHEAD_MS = DAY_MS;

interface Errand {
  readonly caller: Caller;
  readonly deadline: Deadline;
  /** Takes one call from the allowance; false when there is none left. */
  readonly spendCall: () => boolean;
}

export const createSettlementReader = (options: SettlementOptions): SettlementReader => {
  const kept = new Map<string, { readonly orders: readonly SettledOrder[]; readonly final: boolean }>();
  return async (request) => {
    let callsLeft = options.callsMax;
    const errand: Errand = {
      caller: options.caller,
      deadline: options.caller.deadline(options.deadlineMs),
      spendCall: () => callsLeft-- > 0,
    };
    const contracts = await readContracts(errand, request.sinceMs - BOUGHT_AHEAD_MS);
    if (!contracts.ok) return contracts;
    const ours = new Set(request.procurementIds);
    const wanted = contracts.value.filter((contract) => isWanted(contract, ours, request));
    forgetAllBut(kept, contracts.value);
    const found = new Map<string, SettledOrder>();
    const failures: ReadFailure[] = [];
    const askedAtMs = options.clock.now();
    await runPool({
      items: wanted,
      atOnce: options.atOnce,
      stopped: () => failures.length > 0,
      run: async (contract) => {
        const known = kept.get(contract.contractId);
        // Bought time may have been sold since its orders were read, unless it was over by then.
        const stands = known !== undefined && (known.final || !request.sales);
        const read = stands ? ok({ orders: known.orders, whole: true }) : await readOrders(errand, contract);
        if (!read.ok) {
          failures.push(read);
          return;
        }
        const { orders, whole } = read.value;
        for (const order of orders) found.set(order.orderId, order);
        const final = stands ? known.final : isFinal(contract, askedAtMs);
        if (whole || final) kept.set(contract.contractId, { orders, final });
      },
    });
    return failures[0] ?? ok([...found.values()].filter((order) => isAsked(order, request)));
  };
};

const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value });

const forgetAllBut = (kept: Map<string, unknown>, contracts: readonly Contract[]): void => {
  const listed = new Set(contracts.map((contract) => contract.contractId));
  for (const contractId of kept.keys()) if (!listed.has(contractId)) kept.delete(contractId);
};

const isFinal = (contract: Contract, atMs: UnixMs): boolean =>
  contract.window !== null && contract.window.toMs + FINAL_AFTER_MS < atMs;

type Span = { readonly fromMs: UnixMs; readonly toMs: UnixMs };
const overlap = (a: Span, b: Span): boolean => a.fromMs < b.toMs && b.fromMs < a.toMs;

/** A contract without a zone or a readable window may be one of ours: its orders will tell. */
const isWanted = (contract: Contract, ours: ReadonlySet<string>, request: SettlementRequest): boolean => {
  if (contract.window !== null && contract.window.toMs < request.sinceMs) return false;
  if (contract.procurementId !== null) return ours.has(contract.procurementId);
  return request.reserved.some(
    (asked) =>
      (contract.zone === null || contract.zone === asked.zone) &&
      (contract.window === null || overlap(contract.window, asked)),
  );
};

const isAsked = (order: SettledOrder, request: SettlementRequest): boolean =>
  order.procurementId !== null ||
  request.reserved.some(
    (asked) => (order.zone === null || order.zone === asked.zone) && overlap(order, asked),
  );

/**
 * Contracts newest first are read only as far back as one of them may be wanted; in any other order, to the end. The order
 * is believed only while every contract that was read keeps it.
 */
const readContracts = async (errand: Errand, oldestMs: UnixMs): Promise<Reading<readonly Contract[]>> => {
  const contracts = new Map<string, Contract>();
  let createdAtMs = Infinity;
  const failure = await readPages(errand, {
    request: listContracts,
    isLast: (size, hasMore) => size === 0 || hasMore !== true || createdAtMs < oldestMs,
    take: (entry) => {
      const contract = decodeContract(entry);
      if (contract === null) return false;
      contracts.set(contract.contractId, contract);
      // Out of order once is out of order for good: nothing compares with NaN.
      const at = contract.createdAtMs ?? Number.NaN;
      createdAtMs = at <= createdAtMs ? at : Number.NaN;
      return true;
    },
  });
  return failure ?? ok([...contracts.values()]);
};

interface ContractOrders {
  readonly orders: readonly SettledOrder[];
  /** There are orders, and the price of each is down. */
  readonly whole: boolean;
}

const readOrders = async (errand: Errand, contract: Contract): Promise<Reading<ContractOrders>> => {
  const orders: SettledOrder[] = [];
  let open = 0;
  const failure = await readPages(errand, {
    request: (offset) => listOrders(contract.contractId, offset),
    isLast: (size, hasMore) => size === 0 || !(hasMore ?? size >= PAGE_LIMIT),
    take: (entry) => {
      const order = decodeOrder(entry);
      if (order === null || (order.executionPrice ?? 0) < 0) return false;
      const settled = settledOrder(order, contract);
      if (settled === null) open += 1;
      else orders.push(settled);
      return true;
    },
  });
  return failure ?? ok({ orders, whole: open === 0 && orders.length > 0 });
};

/** Null for what was not carried out, or whose price is not down yet. */
const settledOrder = (order: Order, contract: Contract): SettledOrder | null => {
  const { side } = order;
  if ((side !== 'buy' && side !== 'sell') || !order.executed || order.executionPrice === null) return null;
  return {
    orderId: order.orderId,
    side,
    contractId: contract.contractId,
    procurementId: contract.procurementId,
    zone: contract.zone ?? order.zone,
    nodes: order.nodes,
    fromMs: order.fromMs,
    toMs: order.toMs,
    cost: cents(order.executionPrice),
  };
};

interface Pages {
  readonly request: (offset: number) => WireRequest;
  readonly isLast: (size: number, hasMore: boolean | null) => boolean;
  /** False when the entry cannot be read. */
  readonly take: (entry: unknown) => boolean;
}

/** Reads page after page to the end; null, or why it could not. */
const readPages = async (errand: Errand, pages: Pages): Promise<ReadFailure | null> => {
  for (let offset = 0; ;) {
    if (!errand.spendCall()) return readFailure('too_large', null, 'more calls than one reading may make');
    const request = pages.request(offset);
    const got = await errand.caller.get(request, errand.deadline);
    if (!got.ok) return got;
    if (!got.found) return readFailure('http', 404, got.message);
    const page = decodePage(got.value);
    if (page === null || !page.data.every(pages.take)) {
      return readFailure('garbled', 200, `an answer of ${request.endpoint} cannot be read`);
    }
    offset += page.data.length;
    if (pages.isLast(page.data.length, page.hasMore)) return null;
  }
};
