// How bids meet the ask (DESIGN §10). A bid that stood unfilled is hit at a step, by limit, then age; a new request or raise
// crosses at once; a held node's next hour is bought at its edge. A fill buys the rest of the UTC clock hour and, when the
// horizon asks for it, further hours at once. What each pays is the payment rule's business and stands in `unitPrice`.
import { HOUR_MS, SECOND_MS } from '../domain/time.ts';
import { buy, priceFor } from './billing.ts';
import { askIn, freeIn, hasPlace, hourNumber } from './capacity.ts';
import {
  endNode,
  endOfHour,
  evictToWaiting,
  hasEnded,
  isWaiting,
  later,
  setRenewal,
  startVm,
  touch,
  zoneOf,
} from './node-life.ts';
import type { BillReason, MarketState, NodeRow, ProcurementRow, ZoneRow } from './state.ts';

/**
 * Cents per node-hour that a purchase pays. `clear`: the ask. `bid`: the limit. `maker`: the limit when it stood and was
 * hit, the ask when it crossed. A node with the overpricing defect pays above its limit.
 */
const unitPrice = (market: MarketState, node: NodeRow, ask: number, why: BillReason): number => {
  const above = node.defects.overpricedByBasisPoints;
  if (above !== undefined) return Math.ceil((node.limit * (10_000 + above)) / 10_000);
  const rule = market.settings.paymentRule;
  if (rule === 'bid' || (rule === 'maker' && why === 'hit')) return node.limit;
  return ask;
};

const procurementOf = (market: MarketState, node: NodeRow): ProcurementRow | undefined =>
  node.procurementId === null ? undefined : market.procurements.get(node.procurementId);

/** Buys [fromMs, toMs) within one clock hour for an autoreserved node, if price and balance allow. Capacity is the caller's. */
const buyHour = (
  market: MarketState,
  node: NodeRow,
  fromMs: number,
  toMs: number,
  why: BillReason,
): boolean => {
  const zone = zoneOf(market, node);
  const procurement = procurementOf(market, node);
  const ask = askIn(market, zone, hourNumber(fromMs));
  if (procurement?.status !== 'active' || ask === null || node.limit < ask) return false;
  const cost = priceFor(unitPrice(market, node, ask, why), fromMs, toMs);
  if (cost > market.balance) {
    procurement.lastMessage = 'insufficient_balance';
    return false;
  }
  procurement.lastMessage = 'running';
  buy(market, zone, node, { fromMs, toMs, cost, why });
  return true;
};

/** Fills a waiting node now if its limit, the capacity and the balance allow; true when it did. */
export const tryFill = (market: MarketState, node: NodeRow, why: 'hit' | 'cross'): boolean => {
  const zone = zoneOf(market, node);
  const fromMs = Math.floor(market.nowMs / SECOND_MS) * SECOND_MS;
  const toMs = endOfHour(fromMs);
  if (freeIn(market, zone, hourNumber(fromMs)) < 1) return false;
  if (!buyHour(market, node, fromMs, toMs, why)) return false;
  zone.waiting.delete(node);
  node.status = 'running';
  node.startMs = fromMs;
  setRenewal(market, node, true, toMs);
  startVm(market, node);
  later(market, toMs, { kind: 'end', node: node.id, endMs: toMs });
  keepHorizon(market, node);
  return true;
};

/** Buys hours until the horizon is covered, then plans the next edge. A refused hour loses the edge. */
const keepHorizon = (market: MarketState, node: NodeRow): void => {
  const horizonMs = procurementOf(market, node)?.horizonMs ?? 0;
  while (node.renews && node.endMs !== null && node.endMs - market.nowMs < horizonMs)
    renew(market, node, 'cross');
  if (node.renews && node.endMs !== null) {
    later(market, node.endMs - horizonMs, { kind: 'edge', node: node.id, endMs: node.endMs });
  }
};

/** Buys the hour after the bought time; when it cannot, the node will end with its bought time. */
const renew = (market: MarketState, node: NodeRow, why: BillReason): boolean => {
  const fromMs = node.endMs;
  if (fromMs === null) return false;
  const zone = zoneOf(market, node);
  const toMs = fromMs + HOUR_MS;
  const bought = hasPlace(zone, hourNumber(fromMs)) && buyHour(market, node, fromMs, toMs, why);
  setRenewal(market, node, bought, bought ? toMs : fromMs);
  if (bought) later(market, toMs, { kind: 'end', node: node.id, endMs: toMs });
  touch(market, node);
  return bought;
};

/** Step 2: standing bids are hit, by limit, then age, while capacity lasts. */
export const hitStanding = (market: MarketState, zone: ZoneRow): void => {
  if (zone.waiting.size === 0 || zone.ask === null) return;
  const hour = hourNumber(market.nowMs);
  if (freeIn(market, zone, hour) < 1) return;
  const willing: NodeRow[] = [];
  for (const node of zone.waiting) if (node.limit >= zone.ask) willing.push(node);
  for (const node of willing.sort(byLimitThenAge)) {
    if (freeIn(market, zone, hour) < 1) return;
    tryFill(market, node, 'hit');
  }
};

const byLimitThenAge = (a: NodeRow, b: NodeRow): number =>
  b.limit - a.limit || a.standingSince - b.standingSince;

/** Step 3 for a raise: waiting nodes cross, and held ones whose edge was lost are asked for again. */
export const crossRaised = (market: MarketState, nodes: readonly NodeRow[]): void => {
  for (const node of nodes) {
    if (isWaiting(node)) tryFill(market, node, 'cross');
    else if (node.status === 'running' && !node.renews && renew(market, node, 'cross'))
      keepHorizon(market, node);
  }
};

/** Step 4: the next hours of all nodes whose edge is now, by limit, then age. */
export const renewAtEdge = (market: MarketState, edges: readonly { node: string; endMs: number }[]): void => {
  const due = new Set<NodeRow>();
  for (const { node: id, endMs } of edges) {
    const node = market.nodes.get(id);
    if (node === undefined || !node.renews || node.endMs !== endMs) continue;
    // The horizon may have been changed since this edge was planned: then the edge moves too.
    const edgeMs = endMs - (procurementOf(market, node)?.horizonMs ?? 0);
    if (edgeMs > market.nowMs) later(market, edgeMs, { kind: 'edge', node: id, endMs });
    else due.add(node);
  }
  for (const node of [...due].sort(byLimitThenSeq))
    if (renew(market, node, 'renewal')) keepHorizon(market, node);
};

const byLimitThenSeq = (a: NodeRow, b: NodeRow): number => b.limit - a.limit || a.seq - b.seq;

/** Plans the edges of a procurement anew after its horizon was changed; older plans find nothing to do. */
export const replanEdges = (market: MarketState, nodes: readonly NodeRow[], horizonMs: number): void => {
  for (const node of nodes) {
    if (!node.renews || node.endMs === null) continue;
    later(market, node.endMs - horizonMs, { kind: 'edge', node: node.id, endMs: node.endMs });
  }
};

/** Bought time is over: released and reserved nodes terminate, others are evicted as the settings say. */
export const endBoughtTime = (market: MarketState, node: NodeRow, endMs: number): void => {
  if (hasEnded(node) || node.endMs !== endMs) return;
  const returns =
    node.kind === 'autoreserved' &&
    node.status === 'running' &&
    market.settings.eviction === 'awaitingcapacity';
  if (returns) evictToWaiting(market, node);
  else endNode(market, node, 'terminated');
};
