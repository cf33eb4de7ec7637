// The wire between the daemon and the market: requests arrive as bytes and answers leave as bytes, after the time they are
// under way. A request that has left arrives even when its sender dies; what the market's faults say about an answer (lost,
// hanging, dripping, late) is acted out in virtual time against the caller's deadline.
import type { Answer } from '../../src/market/exchange.ts';
import type { Transport, TransportAnswer, TransportRequest } from '../../src/venue/sfcompute/transport.ts';
import { never, type ProcessGate } from './process-gate.ts';
import { count, nextOrder, wallClock, type Surroundings } from './surroundings.ts';
import type { WireChange } from './trace.ts';

const GARBLED_BODY: Readonly<Record<string, unknown>> = {};

const parseBody = (text: string | null): Readonly<Record<string, unknown>> => {
  if (text === null) return GARBLED_BODY;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : GARBLED_BODY;
};

/** Notes a request for a change in the trace; null for a reading. */
const noteChange = (
  world: Surroundings,
  by: WireChange['by'],
  request: TransportRequest,
): WireChange | null => {
  if (request.method === 'GET') return null;
  const { method, path } = request;
  const change: WireChange = {
    kind: 'change',
    order: nextOrder(world),
    atMs: world.nowMs,
    by,
    method,
    path,
    body: parseBody(request.body),
    clockMs: wallClock(world),
    place: null,
  };
  world.trace.push(change);
  world.tell?.(`${by} sends ${method} ${path} ${request.body ?? ''}`);
  return change;
};

/** The market takes a request now. */
const arrive = (world: Surroundings, request: TransportRequest, change: WireChange | null): Answer => {
  if (change !== null) {
    change.place = world.wire.length;
    world.wire.push(change);
  }
  const answer = world.market.handle(request, world.nowMs);
  const status = answer.kind === 'response' || answer.kind === 'drip' ? answer.status : 0;
  world.hash.add(`${world.nowMs}${request.method}${request.path}${answer.kind}${status}`);
  if (request.method !== 'GET' || (answer.kind !== 'response' && world.tell !== null)) {
    world.tell?.(
      `  market: ${request.method} ${request.path} -> ${answer.kind} ${status} ${status >= 400 && 'body' in answer ? answer.body : ''}`,
    );
  }
  return answer;
};

/** What comes back, and after how much time; null time: nothing ever. */
const backOf = (answer: Answer): { readonly result: TransportAnswer; readonly tookMs: number | null } => {
  switch (answer.kind) {
    case 'drop':
      return {
        result: { kind: 'failed', cause: 'connection', sent: true, message: 'socket closed' },
        tookMs: 0,
      };
    case 'hang':
      return { result: TIMED_OUT, tookMs: null };
    case 'drip':
    case 'response': {
      const { status, headers, body } = answer;
      const tookMs =
        answer.kind === 'drip' ? Math.ceil(body.length / answer.bytes) * answer.everyMs : answer.delayMs;
      return { result: { kind: 'response', status, headers, body }, tookMs };
    }
  }
};

const TIMED_OUT: TransportAnswer = {
  kind: 'failed',
  cause: 'timeout',
  sent: true,
  message: 'no answer within the deadline',
};
const UNREACHED: TransportAnswer = {
  kind: 'failed',
  cause: 'connection',
  sent: false,
  message: 'connection refused',
};

const unauthorised = (): TransportAnswer => ({
  kind: 'response',
  status: 401,
  headers: { 'content-type': 'application/json' },
  body: '{"error":{"type":"authentication_error","message":"The token is not valid."}}',
});

/** The transport of one life of the daemon. */
export const wireOf =
  (world: Surroundings, gate: ProcessGate): Transport =>
  (request, deadlineMs) => {
    if (!gate.pass('before', 'wire')) return never();
    if (world.unreachable) return Promise.resolve(UNREACHED);
    const change = noteChange(world, 'daemon', request);
    if (change === null) count(world, 'readings');
    const { latencyMs } = world.scenario;
    const outMs = latencyMs === 0 ? 0 : world.chance.net.whole(0, latencyMs);
    const homeMs = latencyMs === 0 ? 0 : world.chance.net.whole(0, latencyMs);
    return new Promise((resolve) => {
      const deliver = (result: TransportAnswer): void => {
        if (gate.isAlive()) resolve(result);
      };
      const reach = (): void => {
        const known = request.headers['authorization'] === `Bearer ${world.venueToken}`;
        const back = known ? backOf(arrive(world, request, change)) : { result: unauthorised(), tookMs: 0 };
        if (!gate.pass('after', 'wire')) return;
        const leftMs = deadlineMs - outMs;
        const tookMs = back.tookMs === null ? Infinity : back.tookMs + homeMs;
        if (tookMs >= leftMs)
          world.heap.plan(world.nowMs + Math.max(1, Math.ceil(leftMs)), 'timeout', () => deliver(TIMED_OUT));
        else if (tookMs === 0) deliver(back.result);
        else world.heap.plan(world.nowMs + tookMs, 'answer', () => deliver(back.result));
      };
      if (outMs === 0) reach();
      else world.heap.plan(world.nowMs + outMs, 'request', reach);
    });
  };

/** A person's own hands in the venue's console: the same bytes and the same faults on the way, but no daemon. */
export const byHand = (
  world: Surroundings,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body: object | null,
): void => {
  const request: TransportRequest = {
    method,
    path,
    headers: { authorization: `Bearer ${world.venueToken}` },
    body: body === null ? null : JSON.stringify(body),
    maxBytes: Number.MAX_SAFE_INTEGER,
  };
  arrive(world, request, noteChange(world, 'operator', request));
  for (const id of world.market.records().requests.at(-1)?.nodes ?? [])
    if (method === 'POST') world.boughtByHand.add(id);
};
