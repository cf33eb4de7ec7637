// Every change leaves exactly once under every fault, counted at the server, and the outcome never claims more than is known.
import { afterEach, describe, expect, test } from 'vitest';
import type { ServerResponse } from 'node:http';
import type { ChangeKind } from '../../../src/domain/change.ts';
import { CHANGES, YES, httpServer, rawServer, realBench, wireError } from './bench.ts';

const KINDS: readonly ChangeKind[] = ['create', 'raise', 'extend', 'release', 'delete'];

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of cleanup.splice(0)) await stop();
});

const status =
  (code: number, body = '', headers: Record<string, string> = {}) =>
  (reply: ServerResponse): void => {
    reply.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body);
  };

/** What the server does once the whole request has arrived, and the outcome that alone is honest. */
const FAULTS: Readonly<Record<string, { act: (reply: ServerResponse) => void; outcome: string }>> = {
  'a hang': { act: () => undefined, outcome: 'unknown timeout' },
  'a dripping body': {
    act: (reply) => {
      reply.writeHead(201);
      const drip = setInterval(() => reply.write(' '), 10);
      reply.on('close', () => clearInterval(drip));
    },
    outcome: 'unknown timeout',
  },
  'a dropped connection': { act: (reply) => void reply.socket?.destroy(), outcome: 'unknown connection' },
  'a reset connection': {
    act: (reply) => void reply.socket?.resetAndDestroy(),
    outcome: 'unknown connection',
  },
  'a body cut short': {
    act: (reply) => {
      reply.writeHead(201, { 'content-length': '500' });
      reply.write('{"object":"list"', () => reply.socket?.destroy());
    },
    outcome: 'unknown connection',
  },
  'a body of five megabytes': {
    act: (reply) => void reply.writeHead(201).end('x'.repeat(5 * 1024 * 1024)),
    outcome: 'unknown garbled',
  },
  'a redirect': { act: status(307, '', { location: '/v1/nodes' }), outcome: 'unknown http' },
  '429 with Retry-After 0': { act: status(429, '', { 'retry-after': '0' }), outcome: 'unknown rate_limited' },
  '408': { act: status(408), outcome: 'unknown timeout' },
  '500': { act: status(500, wireError('api_error', 'x')), outcome: 'unknown server_error' },
  '502 with a page': { act: status(502, '<html>'), outcome: 'unknown server_error' },
  '503 with Retry-After 0': { act: status(503, '', { 'retry-after': '0' }), outcome: 'unknown server_error' },
  '403 with a page': { act: status(403, '<html>'), outcome: 'unknown http' },
  '401': { act: status(401, wireError('authentication_error', 'x')), outcome: 'refused auth' },
  '402': { act: status(402, wireError('payment_required', 'x')), outcome: 'refused funds' },
};

describe.each(Object.entries(FAULTS))('under %s', (_name, fault) => {
  test.each(KINDS)(
    'a %s reaches the server exactly once, and its outcome says no more than is known',
    async (kind) => {
      const server = await httpServer((_request, reply) => fault.act(reply));
      // Short where it is the deadline that ends the call; elsewhere long, so that a loaded machine is not taken for it.
      const ends = fault.outcome === 'unknown timeout';
      const bench = realBench(server.url, { changeMs: ends ? 250 : 20_000 });
      cleanup.push(bench.close, server.stop);
      const startedMs = performance.now();
      const outcome = await bench.venue.send(CHANGES[kind]);
      expect(performance.now() - startedMs).toBeLessThan(ends ? 10_000 : 20_000);
      const word =
        outcome.kind === 'refused' ? outcome.code : outcome.kind === 'unknown' ? outcome.cause : '';
      expect(`${outcome.kind} ${word}`).toBe(fault.outcome);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(server.arrived).toHaveLength(1);
      expect(bench.reports).toHaveLength(1);
    },
  );
});

test('each change is accepted once when the venue says yes', async () => {
  for (const kind of KINDS) {
    const server = await httpServer((_request, reply) =>
      status(kind === 'delete' ? 204 : 200, YES[kind])(reply),
    );
    const bench = realBench(server.url);
    cleanup.push(bench.close, server.stop);
    expect(await bench.venue.send(CHANGES[kind])).toMatchObject({ kind: 'accepted' });
    expect(server.arrived).toHaveLength(1);
  }
});

test('a change meeting a kept connection that the server is just closing is unknown, never sent a second time', async () => {
  const server = await rawServer((socket, nth) => {
    if (nth === 0)
      socket.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 11\r\n\r\n{"data":[]}');
    else socket.resetAndDestroy();
  });
  const bench = realBench(server.url);
  cleanup.push(bench.close, server.stop);
  expect(await bench.venue.look({ nodes: [], procurements: [] })).toMatchObject({ ok: true });
  expect(await bench.venue.send(CHANGES.create)).toMatchObject({ kind: 'unknown', cause: 'connection' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.arrived).toEqual(['GET /v1/nodes', 'POST /v1/nodes']);
});

test('a change to a port where nobody listens is refused as not sent, so nothing is held back for it', async () => {
  const server = await httpServer(() => undefined);
  await server.stop();
  const bench = realBench(server.url);
  cleanup.push(bench.close);
  expect(await bench.venue.send(CHANGES.create)).toMatchObject({
    kind: 'refused',
    code: 'not_sent',
    status: null,
  });
});
