// The market's side of a purchase: creates and extensions. Either everything that was asked for is entered, or a refusal is
// given and nothing was changed. Autoreserved nodes whose limit crosses are filled at once; the others stand. Reserved
// blocks are sold whole or refused.
import { floorLimit, GPUS_PER_NODE } from '../domain/money.ts';
import { HOUR_MS } from '../domain/time.ts';
import { blockPrice, buy } from './billing.ts';
import { askIn, freeIn, hourNumber } from './capacity.ts';
import { tryFill } from './clearing.ts';
import { HORIZON_MAX_MS, type CreateRequest } from './create-request.ts';
import { invalid, refuse, type Refusal } from './errors.ts';
import type { Fault } from './faults.ts';
import { addNode, hasEnded, isNameTaken, later, stand, startVm, touch } from './node-life.ts';
import { opaqueDigits } from './random.ts';
import {
  newId,
  nextNumber,
  type Defects,
  type MarketState,
  type NodeRow,
  type ProcurementRow,
  type ZoneRow,
} from './state.ts';

const noFunds = (): Refusal => refuse(402, 'The balance does not cover this purchase.');
const soldOut = (): Refusal => blockRefusal('no_availability', 'There is no capacity for the whole window.');
const tooLow = (): Refusal =>
  blockRefusal('bid_price_too_low', 'The max price is under the price of this block.');
const blockRefusal = (code: string, message: string): Refusal =>
  refuse(400, message, [{ code, message, field: 'max_price_per_node_hour' }]);

/** Enters all nodes of a create; `fault` may spoil the goods. */
export const createNodes = (
  market: MarketState,
  request: CreateRequest,
  fault: Fault | null,
): readonly NodeRow[] | Refusal => {
  if (market.settings.uniqueNames) {
    const taken = request.names.find((name) => isNameTaken(market, name));
    if (taken !== undefined) return nameTaken(taken);
  }
  const zone = request.zone === null ? cheapestZone(market) : market.zones.get(request.zone);
  if (zone === undefined) return soldOut();
  const count = request.count + (fault?.kind === 'extra_nodes' ? fault.count : 0);
  const wanted = { ...request, count };
  return request.kind === 'autoreserved'
    ? createAutoreserved(market, zone, wanted, fault)
    : createReserved(market, zone, wanted, fault);
};

const nameTaken = (name: string): Refusal => {
  const message = `A node named ${name} exists already.`;
  return refuse(409, message, [{ code: 'name_taken', message, field: 'names' }]);
};

/** The zone with the lowest ask that has a node free now; else the first. */
const cheapestZone = (market: MarketState): ZoneRow | undefined => {
  const hour = hourNumber(market.nowMs);
  let best: ZoneRow | undefined;
  let bestAsk = Number.POSITIVE_INFINITY;
  for (const zone of market.zones.values()) {
    const ask = askIn(market, zone, hour);
    if (ask === null || freeIn(market, zone, hour) < 1 || ask >= bestAsk) continue;
    best = zone;
    bestAsk = ask;
  }
  return best ?? market.zones.values().next().value;
};

const createAutoreserved = (
  market: MarketState,
  zone: ZoneRow,
  request: CreateRequest,
  fault: Fault | null,
): readonly NodeRow[] | Refusal => {
  const limit = floorLimit(request.maxPrice);
  if (limit * request.count > market.balance) return noFunds();
  const procurement = newProcurement(market, zone, request, limit);
  market.procurements.set(procurement.id, procurement);
  const nodes = newNodes(market, zone, request, { limit, procurementId: procurement.id, fault });
  for (const node of nodes) {
    addNode(market, node);
    stand(market, node, 'pending');
  }
  for (const node of nodes) tryFill(market, node, 'cross');
  return nodes;
};

const newProcurement = (
  market: MarketState,
  zone: ZoneRow,
  request: CreateRequest,
  limit: number,
): ProcurementRow => {
  const seq = nextNumber(market);
  return {
    id: newId(market, 'proc', seq),
    seq,
    zone: zone.zone.name,
    createdMs: market.nowMs,
    buyLimit: limit / GPUS_PER_NODE,
    sellLimit: 25,
    status: 'active',
    desired: request.count,
    horizonMs: market.settings.horizonMs,
    lastMessage: 'running',
    anyZone: request.zone === null,
    nodes: [],
  };
};

const createReserved = (
  market: MarketState,
  zone: ZoneRow,
  request: CreateRequest,
  fault: Fault | null,
): readonly NodeRow[] | Refusal => {
  const window = { fromMs: request.startMs, toMs: request.endMs ?? request.startMs };
  const costs = blockCosts(market, zone, window, { count: request.count, limit: request.maxPrice });
  if ('refused' in costs) return costs;
  const nodes = newNodes(market, zone, request, { limit: request.maxPrice, procurementId: null, fault });
  for (const [index, node] of nodes.entries()) {
    addNode(market, node);
    node.startMs = window.fromMs;
    node.endMs = window.toMs;
    buy(market, zone, node, { ...window, cost: costs[index] ?? 0, why: 'reservation' });
    beginReserved(market, node, request.startsNow);
  }
  return nodes;
};

/** The cost of each of `count` nodes for a window; the refusal when limit, capacity or balance do not reach. */
const blockCosts = (
  market: MarketState,
  zone: ZoneRow,
  window: { readonly fromMs: number; readonly toMs: number },
  asked: { readonly count: number; readonly limit: number },
): readonly number[] | Refusal => {
  const premium = market.settings.reservedPremium;
  const byBid = market.settings.paymentRule === 'bid';
  const costs: number[] = [];
  for (let further = 0; further < asked.count; further += 1) {
    const price = blockPrice(market, zone, window, { premium, limit: asked.limit, further });
    if (price === null) return soldOut();
    if (!price.withinLimit) return tooLow();
    costs.push(byBid ? Math.ceil((asked.limit * (window.toMs - window.fromMs)) / HOUR_MS) : price.cost);
  }
  return costs.reduce((sum, cost) => sum + cost, 0) > market.balance ? noFunds() : costs;
};

const beginReserved = (market: MarketState, node: NodeRow, startsNow: boolean): void => {
  if (node.startMs === null || node.endMs === null) return;
  later(market, node.endMs, { kind: 'end', node: node.id, endMs: node.endMs });
  if (startsNow || node.startMs <= market.nowMs) {
    node.status = 'running';
    startVm(market, node);
  } else {
    later(market, node.startMs, { kind: 'reservation_start', node: node.id });
  }
};

const defectsOf = (fault: Fault | null): Defects => {
  if (fault?.kind === 'overpriced') return { overpricedByBasisPoints: fault.byBasisPoints };
  if (fault?.kind === 'vm_failure') return { vmFailureAfterMs: fault.afterMs };
  if (fault?.kind === 'slow_boot') return { bootMs: fault.bootMs };
  return {};
};

const newNodes = (
  market: MarketState,
  zone: ZoneRow,
  request: CreateRequest,
  terms: { readonly limit: number; readonly procurementId: string | null; readonly fault: Fault | null },
): readonly NodeRow[] => {
  const wrong = terms.fault?.kind === 'wrong_goods' ? terms.fault : null;
  return Array.from({ length: request.count }, (_, index) =>
    newNode(market, {
      kind: request.kind,
      name: request.names[index] ?? null,
      zone: zone.zone.name,
      shownZone: wrong?.zone ?? zone.zone.name,
      shownGpu: wrong?.gpu ?? zone.zone.gpu,
      procurementId: terms.procurementId,
      limit: terms.limit,
      imageId: request.imageId,
      defects: defectsOf(terms.fault),
    }),
  );
};

type NewNode = Pick<
  NodeRow,
  'kind' | 'zone' | 'shownZone' | 'shownGpu' | 'procurementId' | 'limit' | 'imageId' | 'defects'
> & { readonly name: string | null };

/** A row that is entered nowhere yet; a missing name is made up. */
export const newNode = (market: MarketState, given: NewNode): NodeRow => {
  const seq = nextNumber(market);
  return {
    ...given,
    id: newId(market, 'n', seq),
    name: given.name ?? `node-${opaqueDigits(market.settings.seed, seq).slice(8)}`,
    seq,
    createdMs: market.nowMs,
    updatedMs: market.nowMs,
    status: 'pending',
    startMs: null,
    endMs: null,
    endedMs: null,
    deletedMs: null,
    standingSince: seq,
    renews: false,
    hiddenUntilMs: 0,
    vms: [],
    wire: null,
  };
};

/** Buys `durationMs` more at the end of a reserved node. `fault` may overprice it. */
export const extendNode = (
  market: MarketState,
  node: NodeRow,
  asked: { readonly durationMs: number; readonly maxPrice: number },
): NodeRow | Refusal => {
  const zone = market.zones.get(node.zone);
  if (node.kind !== 'reserved') return refuse(400, 'Only reserved nodes can be extended.');
  if (hasEnded(node) || node.endMs === null)
    return refuse(400, `A node that is ${node.status} cannot be extended.`);
  if (zone === undefined) return soldOut();
  const window = { fromMs: node.endMs, toMs: node.endMs + asked.durationMs };
  if (window.toMs > market.nowMs + HORIZON_MAX_MS) {
    return invalid('duration_seconds', 'The new end is more than a year ahead.');
  }
  const costs = blockCosts(market, zone, window, { count: 1, limit: asked.maxPrice });
  if ('refused' in costs) return costs;
  node.limit = asked.maxPrice;
  buy(market, zone, node, { ...window, cost: costs[0] ?? 0, why: 'extension' });
  node.endMs = window.toMs;
  later(market, window.toMs, { kind: 'end', node: node.id, endMs: window.toMs });
  touch(market, node);
  return node;
};
