// Changes of a procurement: the standing bid behind autoreserved nodes. A new buy limit holds for all of its nodes at once
// and crosses at once; a smaller desired quantity withdraws waiting nodes first, then releases the youngest held ones; a
// larger one adds nodes; a new horizon moves the edges.
import { GPUS_PER_NODE } from '../domain/money.ts';
import { MINUTE_MS } from '../domain/time.ts';
import { crossRaised, replanEdges, tryFill } from './clearing.ts';
import { isRefusal, refuse, type Refusal } from './errors.ts';
import { readBody } from './fields.ts';
import { releaseNode } from './node-actions.ts';
import { addNode, hasEnded, isWaiting, stand, touch } from './node-life.ts';
import { newNode } from './purchases.ts';
import type { MarketState, NodeRow, ProcurementRow } from './state.ts';

export interface ProcurementChange {
  readonly status: 'active' | 'disabled' | null;
  readonly desired: number | null;
  /** Cents per GPU-hour. */
  readonly buyLimit: number | null;
  readonly sellLimit: number | null;
  readonly horizonMs: number | null;
}

const KNOWN = [
  'status',
  'desired_quantity',
  'buy_limit_price_per_gpu_hour',
  'sell_limit_price_per_gpu_hour',
  'horizon',
] as const;

const DESIRED_MAX = 1024;

export const readProcurementChange = (body: string | null): ProcurementChange | Refusal => {
  const fields = readBody(body, KNOWN);
  if (isRefusal(fields)) return fields;
  const horizon = fields.integer('horizon', 0);
  const change = {
    status: fields.oneOf('status', ['active', 'disabled']),
    desired: fields.integer('desired_quantity', 0),
    buyLimit: fields.integer('buy_limit_price_per_gpu_hour', 1),
    sellLimit: fields.integer('sell_limit_price_per_gpu_hour', 0),
    horizonMs: horizon === null ? null : horizon * MINUTE_MS,
  };
  if ((change.desired ?? 0) > DESIRED_MAX)
    fields.problem('desired_quantity', `At most ${DESIRED_MAX} nodes.`);
  if (!KNOWN.some((field) => fields.has(field)))
    fields.problem('body', 'Nothing is to be changed.', 'missing_field');
  return fields.problems() ?? change;
};

/** The nodes that the procurement still keeps: neither ended nor released. */
export const nodesOf = (market: MarketState, procurement: ProcurementRow): readonly NodeRow[] => {
  const nodes: NodeRow[] = [];
  for (const id of procurement.nodes) {
    const node = market.nodes.get(id);
    if (node !== undefined && !hasEnded(node) && node.status !== 'released') nodes.push(node);
  }
  return nodes;
};

/** Carries the change out; 403 when this account may not change limits in place. Changed nodes are in the answer. */
export const changeProcurement = (
  market: MarketState,
  procurement: ProcurementRow,
  change: ProcurementChange,
): readonly NodeRow[] | Refusal => {
  if (change.buyLimit !== null && !market.settings.raisingAllowed) {
    return refuse(403, 'This account may not change the limit of a procurement.');
  }
  const nodes = nodesOf(market, procurement);
  if (change.status !== null) procurement.status = change.status;
  if (change.sellLimit !== null) procurement.sellLimit = change.sellLimit;
  if (change.horizonMs !== null) {
    procurement.horizonMs = change.horizonMs;
    replanEdges(market, nodes, change.horizonMs);
  }
  if (change.buyLimit !== null) setLimit(market, procurement, nodes, change.buyLimit);
  const added = change.desired === null ? [] : setDesired(market, procurement, nodes, change.desired);
  if (procurement.status === 'active')
    crossRaised(
      market,
      nodes.filter((node) => !hasEnded(node)),
    );
  return [...nodes, ...added];
};

const setLimit = (
  market: MarketState,
  procurement: ProcurementRow,
  nodes: readonly NodeRow[],
  buyLimit: number,
): void => {
  procurement.buyLimit = buyLimit;
  for (const node of nodes) {
    node.limit = buyLimit * GPUS_PER_NODE;
    touch(market, node);
  }
};

const setDesired = (
  market: MarketState,
  procurement: ProcurementRow,
  nodes: readonly NodeRow[],
  desired: number,
): readonly NodeRow[] => {
  const leaving = [...nodes]
    .sort((a, b) => Number(isWaiting(b)) - Number(isWaiting(a)) || b.seq - a.seq)
    .slice(0, Math.max(0, nodes.length - desired));
  for (const node of leaving) releaseNode(market, node);
  const added = Array.from({ length: Math.max(0, desired - nodes.length) }, () =>
    addToProcurement(market, procurement),
  );
  procurement.desired = desired;
  return added;
};

const addToProcurement = (market: MarketState, procurement: ProcurementRow): NodeRow => {
  const zone = market.zones.get(procurement.zone);
  const gpu = zone?.zone.gpu ?? 'h100';
  const node = newNode(market, {
    kind: 'autoreserved',
    name: null,
    zone: procurement.zone,
    shownZone: procurement.zone,
    shownGpu: gpu,
    procurementId: procurement.id,
    limit: procurement.buyLimit * GPUS_PER_NODE,
    imageId: null,
    defects: {},
  });
  addNode(market, node);
  stand(market, node, 'pending');
  tryFill(market, node, 'cross');
  return node;
};
