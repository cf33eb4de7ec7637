// What leaves for each change and each reading: method, path, body and the template that metrics know it by. The only place
// where our units become the venue's: cents per node-hour stay so on v1, a procurement gets cents per GPU-hour, milliseconds
// become seconds. `desired_count` is always 1 with one name; `any_zone` and `desired_quantity` are never sent.
import { GPUS_PER_NODE } from '../../domain/money.ts';
import { HOUR_MS, SECOND_MS } from '../../domain/time.ts';
import type { Change, CreateChange } from '../../domain/change.ts';
import type { CentsPerNodeHour } from '../../domain/money.ts';
import type { UnixMs } from '../../domain/time.ts';
import type { QuoteRequest } from '../../ports/venue.ts';
import { VenueError } from './errors.ts';
import { ANSWER_BYTES_MAX, LIST_BYTES_MAX } from './transport.ts';
import type { HttpMethod } from './transport.ts';

/** Every endpoint this adapter calls; a closed set, fit for a metric label. */
export const ENDPOINTS = [
  '/v1/nodes',
  '/v1/nodes/{id}',
  '/v1/nodes/{id}/extend',
  '/v1/nodes/{id}/release',
  '/v1/balances',
  '/v1/transactions',
  '/v0/procurements/{id}',
  '/v0/zones',
  '/v0/quote',
  '/v0/contracts',
  '/v0/orders',
] as const;

export type Endpoint = (typeof ENDPOINTS)[number];

export interface WireRequest {
  readonly method: HttpMethod;
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly body: string | null;
  readonly maxBytes: number;
}

type Query = Readonly<Record<string, string | number | boolean>>;

const get = (
  endpoint: Endpoint,
  path: string,
  query: Query = {},
  maxBytes = ANSWER_BYTES_MAX,
): WireRequest => {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return {
    method: 'GET',
    endpoint,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    body: null,
    maxBytes,
  };
};

const change = (method: HttpMethod, endpoint: Endpoint, path: string, body: object | null): WireRequest => ({
  method,
  endpoint,
  path,
  body: body === null ? null : JSON.stringify(body),
  maxBytes: ANSWER_BYTES_MAX,
});

/** One path segment. An empty one or a dot would name another resource: VenueError `E_VENUE_REQUEST`. */
const segment = (id: string): string => {
  if (id === '' || id === '.' || id === '..') {
    throw new VenueError('E_VENUE_REQUEST', `'${id}' is no id or name of the venue`);
  }
  return encodeURIComponent(id);
};

export const listNodes = (): WireRequest => get('/v1/nodes', '/v1/nodes', {}, LIST_BYTES_MAX);
export const getNode = (id: string): WireRequest => get('/v1/nodes/{id}', `/v1/nodes/${segment(id)}`);
export const getProcurement = (id: string): WireRequest =>
  get('/v0/procurements/{id}', `/v0/procurements/${segment(id)}`);
export const listZones = (): WireRequest => get('/v0/zones', '/v0/zones');
export const getBalance = (): WireRequest => get('/v1/balances', '/v1/balances');

export const getQuote = (request: QuoteRequest): WireRequest => {
  const start = request.startAtMs === null ? 'NOW' : new Date(request.startAtMs).toISOString();
  return get('/v0/quote', '/v0/quote', {
    side: 'buy',
    quantity: request.nodes,
    instance_type: request.zone.instanceType,
    cluster: request.zone.name,
    duration: Math.ceil(Math.max(HOUR_MS, request.durationMs) / SECOND_MS),
    min_start_date: start,
    max_start_date: start,
  });
};

export const PAGE_LIMIT = 100;

/** Oldest first, after an instant in whole seconds; `from` is the cursor of the last row that was read. */
export const listTransactions = (afterMs: UnixMs, from: string | null): WireRequest =>
  get('/v1/transactions', '/v1/transactions', {
    limit: PAGE_LIMIT,
    sort: 'asc',
    after_time: Math.max(0, Math.floor(afterMs / SECOND_MS)),
    ...(from === null ? {} : { starting_after_cursor: from }),
  });

export const listContracts = (offset: number): WireRequest =>
  get(
    '/v0/contracts',
    '/v0/contracts',
    {
      state: 'All',
      include_nodes: true,
      include_procurements: true,
      ...(offset === 0 ? {} : { offset }),
    },
    LIST_BYTES_MAX,
  );

export const listOrders = (contractId: string, offset: number): WireRequest =>
  get('/v0/orders', '/v0/orders', {
    contract_id: contractId,
    only_filled: true,
    limit: PAGE_LIMIT,
    offset,
  });

/** The request of a change. Throws VenueError `E_VENUE_LIMIT` or `E_VENUE_REQUEST` for what must never leave. */
export const requestOf = (asked: Change): WireRequest => {
  switch (asked.kind) {
    case 'create':
      return change('POST', '/v1/nodes', '/v1/nodes', createBody(asked));
    case 'raise':
      return change('PATCH', '/v0/procurements/{id}', `/v0/procurements/${segment(asked.procurementId)}`, {
        buy_limit_price_per_gpu_hour: checkedLimit(asked.limit) / GPUS_PER_NODE,
      });
    case 'extend':
      return change('PATCH', '/v1/nodes/{id}/extend', `/v1/nodes/${segment(asked.nodeId)}/extend`, {
        duration_seconds: wholeHours(asked.durationMs) / SECOND_MS,
        max_price_per_node_hour: checkedLimit(asked.limit),
      });
    case 'release':
      return change('PATCH', '/v1/nodes/{id}/release', `/v1/nodes/${segment(asked.nodeId)}/release`, {});
    case 'delete':
      return change('DELETE', '/v1/nodes/{id}', `/v1/nodes/${segment(asked.nodeId)}`, null);
  }
};

const createBody = (asked: CreateChange): object => {
  segment(asked.name);
  const reserved = asked.hold === 'reserved';
  if (reserved !== (asked.endAtMs !== null) || (!reserved && asked.startAtMs !== null)) {
    throw new VenueError('E_VENUE_REQUEST', `a node that is ${asked.hold} cannot carry these times`);
  }
  return {
    desired_count: 1,
    names: [asked.name],
    zone: asked.zone,
    node_type: asked.hold,
    max_price_per_node_hour: checkedLimit(asked.limit),
    ...(asked.startAtMs === null ? {} : { start_at: seconds(asked.startAtMs) }),
    ...(asked.endAtMs === null ? {} : { end_at: seconds(asked.endAtMs) }),
    ...(asked.node.cloudInit === null ? {} : { cloud_init_user_data: asked.node.cloudInit }),
    ...(asked.node.imageId === null ? {} : { image_id: asked.node.imageId }),
    ...(asked.node.forward443 ? { forward_443: true } : {}),
  };
};

const checkedLimit = (limit: CentsPerNodeHour): number => {
  if (!Number.isSafeInteger(limit) || limit <= 0 || limit % GPUS_PER_NODE !== 0) {
    throw new VenueError(
      'E_VENUE_LIMIT',
      `${limit} cents per node-hour is no positive multiple of ${GPUS_PER_NODE}`,
    );
  }
  return limit;
};

const wholeHours = (durationMs: number): number => {
  if (durationMs <= 0 || durationMs % HOUR_MS !== 0) {
    throw new VenueError('E_VENUE_REQUEST', `${durationMs} ms is no whole number of hours`);
  }
  return durationMs;
};

const seconds = (at: UnixMs): number => {
  if (at <= 0 || at % SECOND_MS !== 0) throw new VenueError('E_VENUE_REQUEST', `${at} ms is no whole second`);
  return at / SECOND_MS;
};
