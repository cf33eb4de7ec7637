// The v0 calls about the market and its standing bids: zones, quotes, procurements. A quote for now and one hour is the ask,
// what an autoreserved node would pay; any other window is quoted as the firm block it would be, with the reserved premium.
import { GPUS_PER_NODE } from '../domain/money.ts';
import { HOUR_MS, hourCeil, MINUTE_MS, SECOND_MS, type UnixMs } from '../domain/time.ts';
import { blockPrice } from './billing.ts';
import { availability, freeIn, hourNumber } from './capacity.ts';
import { HORIZON_MAX_MS } from './create-request.ts';
import { invalid, isRefusal, refusalReply, refuse, type Refusal } from './errors.ts';
import type { Reply } from './exchange.ts';
import { paging, queryInteger } from './fields.ts';
import { isoText, parseIso, unixSeconds } from './instants.ts';
import { changeProcurement, nodesOf, readProcurementChange } from './procurements.ts';
import type { Call } from './route-nodes.ts';
import type { MarketState, ProcurementRow, ZoneRow } from './state.ts';

/** How far ahead a zone shows its capacity. */
const HOURS_SHOWN = 24;
const QUANTITY_MAX = 1024;
const PROCUREMENTS_A_PAGE = 100;

const zoneObject = (market: MarketState, zone: ZoneRow): object => ({
  object: 'zone',
  name: zone.zone.name,
  display_name: zone.zone.name,
  region: zone.zone.region,
  hardware_type: zone.zone.gpu.toUpperCase(),
  interconnect_type: zone.zone.instanceType.endsWith('i') ? 'Infiniband' : 'None',
  delivery_type: /k.$/.test(zone.zone.instanceType) ? 'K8s' : 'VM',
  available_capacity: availability(market, zone, HOURS_SHOWN).map((span) => ({
    start_timestamp: unixSeconds(span.fromMs),
    end_timestamp: unixSeconds(span.toMs),
    quantity: span.nodes,
  })),
});

/** `GET /v0/zones` */
export const listZones = ({ market }: Call): Reply => ({
  status: 200,
  body: JSON.stringify({
    object: 'list',
    data: [...market.zones.values()].map((zone) => zoneObject(market, zone)),
  }),
});

/** `GET /v0/zones/{id}` */
export const getZone = ({ market, target }: Call): Reply => {
  const zone = market.zones.get(target);
  if (zone === undefined) return refusalReply(refuse(404, `There is no zone ${target}.`));
  return { status: 200, body: JSON.stringify(zoneObject(market, zone)) };
};

interface QuoteRequest {
  readonly quantity: number;
  readonly zones: readonly ZoneRow[];
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Now, for an hour: what a standing bid buys. */
  readonly spot: boolean;
}

/** `GET /v0/quote`; the answer is of the moment it was asked for, however long it takes. */
export const getQuote = ({ market, query, fault }: Call): Reply => {
  const asked = readQuote(market, query);
  if (isRefusal(asked)) return refusalReply(asked);
  const delayMs = market.settings.quoteDelayMs;
  const none = (reason: string): Reply => ({
    status: 200,
    body: JSON.stringify({ quote: null, no_quote_reason: reason }),
    delayMs,
  });
  if (query.get('side') === 'sell' || fault?.kind === 'no_quote') return none('no_availability');
  if (asked.zones.length === 0) return none('no_matching_clusters');
  const best = bestOffer(market, asked);
  if (best === null) return none('no_availability');
  const price = fault?.kind === 'absurd_quote' ? Math.ceil(best.price * fault.factor) : best.price;
  const quote = {
    price,
    quantity: asked.quantity,
    start_at: isoText(asked.fromMs),
    end_at: isoText(asked.toMs),
    instance_type: best.zone.zone.instanceType,
    zone: best.zone.zone.name,
  };
  return { status: 200, body: JSON.stringify({ quote, no_quote_reason: null }), delayMs };
};

const bestOffer = (market: MarketState, asked: QuoteRequest): { zone: ZoneRow; price: number } | null => {
  let best: { zone: ZoneRow; price: number } | null = null;
  for (const zone of asked.zones) {
    const price = priceOf(market, zone, asked);
    if (price !== null && (best === null || price < best.price)) best = { zone, price };
  }
  return best;
};

/** Whole cents for all nodes; null when some hour is sold out. Spot looks at this hour's capacity alone, as a fill does. */
const priceOf = (market: MarketState, zone: ZoneRow, asked: QuoteRequest): number | null => {
  if (asked.spot && freeIn(market, zone, hourNumber(market.nowMs)) < asked.quantity) return null;
  let total = 0;
  for (let further = 0; further < asked.quantity; further += 1) {
    if (asked.spot) {
      if (zone.ask === null) return null;
      const sold = zone.sold.get(hourNumber(market.nowMs)) ?? 0;
      total += zone.ask + market.settings.depthCentsPerNode * (sold + further);
      continue;
    }
    const terms = { premium: market.settings.reservedPremium, limit: Number.MAX_SAFE_INTEGER, further };
    const price = blockPrice(market, zone, asked, terms);
    if (price === null) return null;
    total += price.cost;
  }
  return total;
};

const readQuote = (market: MarketState, query: URLSearchParams): QuoteRequest | Refusal => {
  const side = query.get('side');
  if (side !== 'buy' && side !== 'sell') return invalid('side', 'side must be buy or sell.');
  const quantity = queryInteger(query, 'quantity', { least: 1, most: QUANTITY_MAX, missing: 0 });
  if (isRefusal(quantity)) return quantity;
  if (quantity.value === 0) return invalid('quantity', 'quantity is required.', 'missing_field');
  const zones = zonesFor(market, query);
  if (isRefusal(zones)) return zones;
  const window = quoteWindow(market, query);
  return isRefusal(window) ? window : { quantity: quantity.value, zones: zones.zones, ...window };
};

const zonesFor = (market: MarketState, query: URLSearchParams): { zones: readonly ZoneRow[] } | Refusal => {
  const instanceType = query.get('instance_type');
  const cluster = query.get('cluster');
  if (instanceType === null && cluster === null) {
    return invalid('instance_type', 'instance_type or cluster is required.', 'missing_field');
  }
  const fits = (zone: ZoneRow): boolean =>
    (instanceType === null || zone.zone.instanceType === instanceType) &&
    (cluster === null || zone.zone.name === cluster);
  return { zones: [...market.zones.values()].filter(fits) };
};

const quoteWindow = (
  market: MarketState,
  query: URLSearchParams,
): Pick<QuoteRequest, 'fromMs' | 'toMs' | 'spot'> | Refusal => {
  const nowMs = Math.floor(market.nowMs / SECOND_MS) * SECOND_MS;
  const startText = query.get('min_start_date') ?? 'NOW';
  const startMs = startText === 'NOW' ? nowMs : parseIso(startText);
  if (startMs === null)
    return invalid('min_start_date', 'min_start_date must be NOW or an ISO 8601 instant.');
  const latest = query.get('max_start_date') ?? startText;
  const latestMs = latest === 'NOW' ? nowMs : parseIso(latest);
  if (latestMs === null)
    return invalid('max_start_date', 'max_start_date must be NOW or an ISO 8601 instant.');
  if (latestMs < nowMs || latestMs < startMs) return invalid('max_start_date', 'The start lies in the past.');
  const fromMs = Math.max(nowMs, startMs);
  const lengths = readLengths(query);
  if (isRefusal(lengths)) return lengths;
  const leastMs = fromMs + lengths.leastMs;
  const onTheHour = hourCeil(leastMs);
  const toMs = onTheHour <= fromMs + lengths.mostMs ? onTheHour : leastMs;
  if (toMs > nowMs + HORIZON_MAX_MS) return invalid('duration', 'The window ends more than a year ahead.');
  return { fromMs, toMs, spot: startText === 'NOW' && lengths.leastMs === HOUR_MS };
};

const SPAN = { least: 3600, most: 1e9, missing: 0 } as const;

const readLengths = (query: URLSearchParams): { leastMs: number; mostMs: number } | Refusal => {
  const exact = queryInteger(query, 'duration', SPAN);
  if (isRefusal(exact)) return exact;
  const least = queryInteger(query, 'min_duration', SPAN);
  if (isRefusal(least)) return least;
  const most = queryInteger(query, 'max_duration', SPAN);
  if (isRefusal(most)) return most;
  const isRange = least.value > 0 && most.value >= least.value;
  if (exact.value > 0 === isRange || (exact.value > 0 && least.value + most.value > 0)) {
    return invalid(
      'duration',
      'Either duration or min_duration with max_duration is required.',
      'missing_field',
    );
  }
  const [leastSeconds, mostSeconds] = isRange ? [least.value, most.value] : [exact.value, exact.value];
  return { leastMs: leastSeconds * SECOND_MS, mostMs: mostSeconds * SECOND_MS };
};

const procurementObject = (market: MarketState, procurement: ProcurementRow): object => {
  const nodes = nodesOf(market, procurement);
  return {
    object: 'procurement',
    id: procurement.id,
    instance_type: market.zones.get(procurement.zone)?.zone.instanceType ?? '',
    status: procurement.status,
    desired_quantity: procurement.desired,
    actual_quantity: nodes.filter((node) => node.status === 'running').length,
    active_order_count: nodes.filter((node) => node.status !== 'running').length,
    buy_limit_price_per_gpu_hour: procurement.buyLimit,
    sell_limit_price_per_gpu_hour: procurement.sellLimit,
    horizon: procurement.horizonMs / MINUTE_MS,
    colocation_strategy: procurement.anyZone
      ? { type: 'anywhere' }
      : { type: 'pinned', cluster_name: procurement.zone },
    last_message: procurement.lastMessage,
  };
};

/** `GET /v0/procurements`, newest first. */
export const listProcurements = ({ market, query }: Call): Reply => {
  const page = paging(query, PROCUREMENTS_A_PAGE, PROCUREMENTS_A_PAGE);
  if (isRefusal(page)) return refusalReply(page);
  const all = [...market.procurements.values()].reverse();
  const data = all.slice(page.offset, page.offset + page.limit).map((row) => procurementObject(market, row));
  const has_more = page.offset + page.limit < all.length;
  return { status: 200, body: JSON.stringify({ object: 'list', data, has_more }) };
};

const noProcurement = (id: string): Reply => refusalReply(refuse(404, `There is no procurement ${id}.`));

/** `GET /v0/procurements/{id}` */
export const getProcurement = ({ market, target }: Call): Reply => {
  const procurement = market.procurements.get(target);
  if (procurement === undefined) return noProcurement(target);
  return { status: 200, body: JSON.stringify(procurementObject(market, procurement)) };
};

/** `PATCH /v0/procurements/{id}`; the limit is cents per GPU-hour, a node's is that × 8. */
export const patchProcurement = ({ market, target, request }: Call): Reply => {
  const procurement = market.procurements.get(target);
  if (procurement === undefined) return noProcurement(target);
  const change = readProcurementChange(request.body);
  if (isRefusal(change)) return refusalReply(change);
  const nodes = changeProcurement(market, procurement, change);
  if (isRefusal(nodes)) return refusalReply(nodes);
  const body = JSON.stringify(procurementObject(market, procurement));
  return { status: 200, body, nodes: nodes.map((node) => node.id) };
};

/** Cents per node-hour behind a procurement's cents per GPU-hour. */
export const nodeLimitOf = (perGpu: number): number => perGpu * GPUS_PER_NODE;
