// The real transport against servers that misbehave, on loopback: deadlines, caps, redirects, and above all what it says of
// whether a request may have left.
import { afterEach, describe, expect, test } from 'vitest';
import { createUndiciTransport } from '../../../src/venue/sfcompute/undici-transport.ts';
import type { TransportRequest } from '../../../src/venue/sfcompute/transport.ts';
import { httpServer, rawServer } from './bench.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of cleanup.splice(0)) await stop();
});

const request = (over: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'GET',
  path: '/v1/nodes',
  headers: { authorization: 'Bearer t' },
  body: null,
  maxBytes: 10_000,
  ...over,
});

const open = (url: string, connections?: number) => {
  const transport = createUndiciTransport({
    baseUrl: url,
    ...(connections === undefined ? {} : { connections }),
  });
  cleanup.unshift(transport.close);
  return transport;
};

const serve = async (...args: Parameters<typeof httpServer>) => {
  const server = await httpServer(...args);
  cleanup.push(server.stop);
  return server;
};

const serveRaw = async (...args: Parameters<typeof rawServer>) => {
  const server = await rawServer(...args);
  cleanup.push(server.stop);
  return server;
};

const timed = async <Value>(work: Promise<Value>): Promise<{ value: Value; tookMs: number }> => {
  const startedMs = performance.now();
  const value = await work;
  return { value, tookMs: performance.now() - startedMs };
};

test('an answer arrives whole, with lower-case headers, over a kept connection', async () => {
  const server = await serve((incoming, reply) => {
    reply.setHeader('X-Port', String(incoming.socket.remotePort));
    reply.end(`auth ${incoming.headers.authorization}, encoding ${incoming.headers['accept-encoding']}`);
  });
  const transport = open(server.url);
  const first = await transport.send(request(), 1000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await transport.send(request(), 1000);
  expect(first).toMatchObject({ kind: 'response', status: 200, body: 'auth Bearer t, encoding identity' });
  expect(first.kind === 'response' && first.headers['x-port']).toBeTruthy();
  expect(first).toMatchObject({
    headers: { 'x-port': second.kind === 'response' && second.headers['x-port'] },
  });
});

test('a path in the base URL stands in front of every request', async () => {
  const server = await serve((_incoming, reply) => reply.end('{}'));
  await open(`${server.url}/sf/`).send(request({ path: '/v0/zones?a=b%20c' }), 1000);
  expect(server.arrived).toEqual(['GET /sf/v0/zones?a=b%20c']);
});

describe('the deadline', () => {
  test('ends a call that is never answered; the request may have left', async () => {
    const server = await serve(() => undefined);
    const { value, tookMs } = await timed(
      open(server.url).send(request({ method: 'POST', body: '{}' }), 150),
    );
    expect(value).toMatchObject({ kind: 'failed', cause: 'timeout', sent: true });
    expect(tookMs).toBeGreaterThan(50);
    expect(tookMs).toBeLessThan(10_000);
  });

  test('ends an answer that drips, though every gap is short', async () => {
    const server = await serve((_incoming, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => reply.write(' '), 10);
      reply.on('close', () => clearInterval(drip));
    });
    const { value, tookMs } = await timed(open(server.url).send(request(), 200));
    expect(value).toMatchObject({ kind: 'failed', cause: 'timeout', sent: true });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('ends headers that drip', async () => {
    const server = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const { value, tookMs } = await timed(open(server.url).send(request(), 200));
    expect(value).toMatchObject({ kind: 'failed', cause: 'timeout' });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('ends a call still waiting for a connection: that one certainly did not leave, then or later', async () => {
    const server = await serve((_incoming, reply, nth) => {
      if (nth === 0) setTimeout(() => reply.end('{}'), 250);
      else reply.end('{}');
    });
    const transport = open(server.url, 1);
    const first = transport.send(request(), 2000);
    const waiting = await transport.send(request({ method: 'POST', path: '/late', body: '{}' }), 100);
    expect(waiting).toMatchObject({ kind: 'failed', cause: 'timeout', sent: false });
    expect(await first).toMatchObject({ kind: 'response', status: 200 });
    expect(await transport.send(request({ path: '/after' }), 1000)).toMatchObject({ kind: 'response' });
    expect(server.arrived).toEqual(['GET /v1/nodes', 'GET /after']);
  });
});

describe('a request', () => {
  test('to a port where nobody listens certainly did not leave', async () => {
    const server = await serve(() => undefined);
    await server.stop();
    cleanup.length = 0;
    const answer = await open(server.url).send(request({ method: 'POST', body: '{}' }), 1000);
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection', sent: false });
  });

  test('to a name that does not resolve certainly did not leave', async () => {
    const transport = createUndiciTransport({
      baseUrl: 'http://no.such.host.invalid',
      allowHost: 'no.such.host.invalid',
    });
    cleanup.push(transport.close);
    expect(await transport.send(request(), 5000)).toMatchObject({ kind: 'failed', sent: false });
  });

  test('to a server that speaks no TLS certainly did not leave', async () => {
    const server = await serve((_incoming, reply) => reply.end('{}'));
    const answer = await open(server.url.replace('http:', 'https:')).send(request(), 1000);
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection', sent: false });
    expect(server.arrived).toEqual([]);
  });

  test('that nothing can encode is refused without leaving, and its header is not repeated', async () => {
    const server = await serve((_incoming, reply) => reply.end('{}'));
    const headers = { authorization: 'Bearer secret\r\nx: y' };
    const answer = await open(server.url).send(request({ headers }), 1000);
    expect(answer).toMatchObject({ kind: 'failed', sent: false });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(server.arrived).toEqual([]);
  });

  test('may have left when the connection is reset, cut in the head, or cut in the body', async () => {
    const server = await serveRaw((socket, nth) => {
      if (nth === 0) socket.resetAndDestroy();
      else if (nth === 1) socket.end('HTTP/1.1 200 OK\r\ncontent-le');
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"object":');
    });
    const transport = open(server.url);
    for (let nth = 0; nth < 3; nth += 1) {
      const answer = await transport.send(request({ method: 'POST', body: '{}' }), 1000);
      expect(answer).toMatchObject({ kind: 'failed', cause: 'connection', sent: true });
    }
    expect(server.arrived).toHaveLength(3);
  });

  test('answered in no HTTP at all, or with two different lengths, may have left', async () => {
    const server = await serveRaw((socket, nth) => {
      socket.end(
        nth === 0
          ? 'SSH-2.0-OpenSSH\r\n'
          : 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ',
      );
    });
    const transport = open(server.url);
    expect(await transport.send(request(), 1000)).toMatchObject({
      kind: 'failed',
      cause: 'connection',
      sent: true,
    });
    expect(await transport.send(request(), 1000)).toMatchObject({
      kind: 'failed',
      cause: 'connection',
      sent: true,
    });
  });
});

describe('an answer that is too large', () => {
  test('is refused when it is announced, before it is read', async () => {
    const server = await serve((_incoming, reply) => {
      reply.writeHead(200, { 'content-length': '10001' });
      reply.write('x');
    });
    const answer = await open(server.url).send(request(), 1000);
    expect(answer).toMatchObject({ kind: 'failed', cause: 'too_large', sent: true });
  });

  test('is cut off when it comes unannounced', async () => {
    let written = 0;
    const server = await serve((_incoming, reply) => {
      const more = (): void => {
        while (!reply.destroyed && reply.write('y'.repeat(65_536))) written += 65_536;
        if (!reply.destroyed) reply.once('drain', more);
      };
      more();
    });
    const answer = await open(server.url).send(request(), 1000);
    expect(answer).toMatchObject({ kind: 'failed', cause: 'too_large' });
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  test('begins one byte above the cap', async () => {
    const server = await serve((_incoming, reply) => reply.end('z'.repeat(10_000)));
    expect(await open(server.url).send(request(), 1000)).toMatchObject({ kind: 'response' });
    expect(await open(server.url).send(request({ maxBytes: 9999 }), 1000)).toMatchObject({
      cause: 'too_large',
    });
  });
});

test('a redirect is refused and not followed, so the token goes nowhere else', async () => {
  const thief = await serve((_incoming, reply) => reply.end('{}'));
  const server = await serve((_incoming, reply, nth) => {
    reply.writeHead([301, 302, 303, 307, 308][nth] ?? 302, { location: `${thief.url}/steal` }).end();
  });
  const transport = open(server.url);
  for (let nth = 0; nth < 5; nth += 1) {
    expect(await transport.send(request(), 1000)).toMatchObject({
      kind: 'failed',
      cause: 'redirect',
      sent: true,
    });
  }
  expect(thief.arrived).toEqual([]);
});

test('duplicate headers are joined, a wrong content type does not matter, text is read as UTF-8', async () => {
  const server = await serveRaw((socket) => {
    const body = '{"name":"Zoë"}';
    socket.end(
      `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nRetry-After: 1\r\nRetry-After: 2\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
  const answer = await open(server.url).send(request(), 1000);
  expect(answer).toMatchObject({
    kind: 'response',
    body: '{"name":"Zoë"}',
    headers: { 'retry-after': '1, 2' },
  });
});

test('closing ends calls in flight and waiting ones at once, and later calls do not leave', async () => {
  const server = await serve(() => undefined);
  const transport = createUndiciTransport({ baseUrl: server.url, connections: 1 });
  const flying = transport.send(request({ method: 'POST', body: '{}' }), 5000);
  const waiting = transport.send(request({ path: '/waiting' }), 5000);
  while (server.arrived.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const startedMs = performance.now();
  await transport.close();
  expect(await flying).toMatchObject({ kind: 'failed', cause: 'connection', sent: true });
  expect(await waiting).toMatchObject({ kind: 'failed', cause: 'connection', sent: false });
  expect(await transport.send(request(), 5000)).toMatchObject({ kind: 'failed', sent: false });
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(server.arrived).toEqual(['POST /v1/nodes']);
});
