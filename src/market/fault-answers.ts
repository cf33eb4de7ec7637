// What a fault makes of a request and its answer: whether the request reaches the market at all, when, and what of the answer
// reaches the client. The market's own truth is never garbled, only what is shown of it.
import { noNode, refusalReply, refuse } from './errors.ts';
import type { Answer, Reply } from './exchange.ts';
import type { Fault } from './faults.ts';
import { httpDate } from './instants.ts';
import { findNode } from './node-life.ts';
import { listingAt } from './past-lists.ts';
import { drawUnit } from './random.ts';
import type { MarketState } from './state.ts';
import { renderList } from './wire-node.ts';

/** Whether a request with this fault is carried out now. A late commit is carried out later. */
export const reachesMarket = (fault: Fault | null): boolean => {
  if (fault === null) return true;
  if (fault.kind === 'lost_before_commit' || fault.kind === 'late_commit') return false;
  if (fault.kind === 'status' || fault.kind === 'hang' || fault.kind === 'html') return fault.commit === true;
  return true;
};

/** The answer the transport is to give. `reply` is null when the request did not reach the market. */
export const answerThrough = (
  market: MarketState,
  path: string,
  reply: Reply | null,
  fault: Fault | null,
): Answer => {
  const response = (given: Reply, body = given.body, delayMs = given.delayMs ?? 0): Answer => ({
    kind: 'response',
    status: given.status,
    headers: { ...baseHeaders(market), ...given.headers },
    body,
    delayMs,
  });
  const whole = reply ?? { status: 500, body: '' };
  if (fault === null) return response(whole);
  switch (fault.kind) {
    case 'lost_before_commit':
    case 'lost_after_commit':
    case 'late_commit':
      return { kind: 'drop' };
    case 'hang':
      return { kind: 'hang' };
    case 'status':
      return response(statusReply(fault.status, fault.retryAfterSeconds));
    case 'html':
      return response({ status: fault.status, headers: { 'content-type': 'text/html' }, body: PAGE });
    case 'drip': {
      const headers = { ...baseHeaders(market), ...whole.headers };
      return { ...whole, kind: 'drip', headers, bytes: fault.bytes, everyMs: fault.everyMs };
    }
    case 'stale_list':
      return response(staleReply(market, path, whole, fault.agoMs));
    case 'delay':
      return response(whole, whole.body, (whole.delayMs ?? 0) + fault.byMs);
    default:
      return response(whole, garble(market, path, whole, fault));
  }
};

const baseHeaders = (market: MarketState): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  date: httpDate(market.nowMs),
});

const PAGE =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n';

const statusReply = (status: number, retryAfterSeconds?: number): Reply => {
  const reply = refusalReply(refuse(status, `The market was told to answer ${status}.`));
  return retryAfterSeconds === undefined
    ? reply
    : { ...reply, headers: { 'retry-after': String(retryAfterSeconds) } };
};

/** The body as the fault shows it; faults that act on goods and quotes leave it as it is. */
const garble = (market: MarketState, path: string, reply: Reply, fault: Fault): string => {
  switch (fault.kind) {
    case 'truncated':
      return reply.body.slice(0, Math.floor(reply.body.length * fault.share));
    case 'partial_list':
      return partialBody(market, reply.body, fault.share);
    case 'unknown_status':
      return mapJson(reply.body, (value, key) =>
        key === 'status' && typeof value === 'string' ? fault.word : value,
      );
    case 'numbers_as_strings':
      return mapJson(reply.body, (value) => (typeof value === 'number' ? String(value) : value));
    default:
      return reply.body;
  }
};

/** The body with every primitive mapped; unchanged when it is not JSON. */
const mapJson = (body: string, map: (value: unknown, key: string) => unknown): string => {
  if (body === '') return body;
  const walk = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== 'object' || value === null) return map(value, key);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  try {
    return JSON.stringify(walk(JSON.parse(body), ''));
  } catch {
    return body;
  }
};

const isNodeList = (path: string): boolean => path === '/v1/nodes' || path.startsWith('/v1/nodes?');

/** Listing or node as a copy that lags shows it: a node that is younger is not there yet. */
const staleReply = (market: MarketState, path: string, reply: Reply, agoMs: number): Reply => {
  const past = listingAt(market, market.nowMs - agoMs);
  if (past === null || reply.status !== 200) return reply;
  if (isNodeList(path)) return { ...reply, body: staleList(path, past) };
  const single = /^\/v1\/nodes\/([^/?]+)$/.exec(path)?.[1];
  const node = single === undefined ? null : findNode(market, decodeURIComponent(single));
  if (node === null) return reply;
  const body = past.get(node.id);
  if (body !== undefined) return { ...reply, body };
  return node.createdMs > market.nowMs - agoMs ? refusalReply(noNode(node.name)) : reply;
};

/** The listing as it was, through the same filters. */
const staleList = (path: string, past: ReadonlyMap<string, string>): string => {
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  const chosen = [...past.values()].filter((entry) => {
    const node = JSON.parse(entry) as { id: string; name: string; node_type: string };
    const ids = query.getAll('id');
    const names = query.getAll('name');
    const type = query.get('type');
    return (
      (ids.length === 0 || ids.includes(node.id)) &&
      (names.length === 0 || names.includes(node.name)) &&
      (type === null || type === node.node_type)
    );
  });
  return renderList(chosen);
};

const partialBody = (market: MarketState, body: string, share: number): string => {
  try {
    const parsed = JSON.parse(body) as { data?: unknown };
    if (!Array.isArray(parsed.data)) return body;
    return JSON.stringify({ ...parsed, data: parsed.data.filter(() => drawUnit(market.chance) < share) });
  } catch {
    return body;
  }
};
