// One look: the listing decides, only the venue's own 404 means absent, and one deadline holds for all of it.
import { afterEach, describe, expect, test } from 'vitest';
import type { Answerer } from './bench.ts';
import { NOW_MS, httpServer, memoryBench, realBench, response, wireError, wireNode } from './bench.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of cleanup.splice(0)) await stop();
});

const NOT_FOUND = response(404, wireError('not_found', 'no such node'));
const LIST = response(200, { data: [wireNode()] }, { date: 'Mon, 23 Nov 2026 14:10:19 GMT' });

const byPath =
  (answers: Readonly<Record<string, ReturnType<typeof response>>>): Answerer =>
  (request) =>
    answers[request.path] ?? NOT_FOUND;

test('a look holds the listing, the lookups, the time of asking and the clock of the venue', async () => {
  const { venue } = memoryBench(
    byPath({
      '/v1/nodes': LIST,
      '/v1/nodes/n_7': response(200, wireNode({ id: 'n_7', name: 'seven' })),
      '/v1/nodes/seven': response(200, wireNode({ id: 'n_7', name: 'seven' })),
      '/v0/procurements/p': response(200, { id: 'p', buy_limit_price_per_gpu_hour: 200 }),
    }),
  );
  const look = await venue.look({ nodes: ['n_7', 'seven', 'gone'], procurements: ['p', 'lost'] });
  if (!look.ok) throw new Error(look.message);
  expect(look.value).toMatchObject({
    askedAtMs: NOW_MS,
    venueDateMs: Date.UTC(2026, 10, 23, 14, 10, 19),
    unreadable: 0,
  });
  expect(look.value.nodes).toHaveLength(1);
  expect(look.value.lookups.get('n_7')).toMatchObject({ nodeId: 'n_7' });
  expect(look.value.lookups.get('seven')).toMatchObject({ nodeId: 'n_7' });
  expect(look.value.lookups.get('gone')).toBe('absent');
  expect(look.value.procurements.get('p')).toMatchObject({ limit: 1600 });
  expect(look.value.procurements.get('lost')).toBe('absent');
});

describe('a lookup is left out', () => {
  test.each([
    ["answered 404 by a proxy's page", response(404, '<html>404</html>')],
    ['answered 404 without a body', response(404, '')],
    ['answered with another node', response(200, wireNode({ id: 'n_8', name: 'eight' }))],
    ['answered with an unreadable node', response(200, wireNode({ id: 'n_7', end_at: 'x' }))],
    ['answered with half a text', response(200, '{"id":"n_7"')],
    ['forbidden', response(403, wireError('forbidden', 'x'))],
    ['failing for good', response(500, '')],
  ])('when it is %s', async (_name, answer) => {
    const { venue } = memoryBench((request) => (request.path === '/v1/nodes' ? LIST : answer));
    const look = await venue.look({ nodes: ['n_7'], procurements: ['p_7'] });
    expect(look).toMatchObject({ ok: true });
    expect(look.ok && look.value.lookups.size + look.value.procurements.size).toBe(0);
  });
});

describe('without a listing there is no look', () => {
  test.each([
    ['garbled', response(200, '<html>')],
    ['garbled', response(200, { nodes: [] })],
    ['garbled', response(200, '')],
    ['forbidden', response(403, wireError('forbidden', 'frozen'))],
    ['auth', response(401, wireError('authentication_error', 'x'))],
    ['server_error', response(503, '')],
    ['rate_limited', response(429, '')],
    ['http', response(404, wireError('not_found', 'x'))],
    ['http', response(418, '')],
    ['too_large', { kind: 'failed', cause: 'too_large', sent: true, message: 'm' }],
    ['http', { kind: 'failed', cause: 'redirect', sent: true, message: 'm' }],
    ['timeout', { kind: 'failed', cause: 'timeout', sent: true, message: 'm' }],
    ['connection', { kind: 'failed', cause: 'connection', sent: false, message: 'm' }],
  ] as const)('%s', async (code, answer) => {
    const { venue } = memoryBench((request) => (request.path === '/v1/nodes' ? answer : NOT_FOUND));
    expect(await venue.look({ nodes: ['a'], procurements: [] })).toMatchObject({ ok: false, code });
  });
});

test('at most eight lookups are under way beside the listing, each thing is asked for once', async () => {
  let underWay = 0;
  let most = 0;
  const { venue, requests } = memoryBench(async (request) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay -= 1;
    return request.path === '/v1/nodes' ? LIST : NOT_FOUND;
  });
  const nodes = Array.from({ length: 50 }, (_, index) => `n_${index % 40}`);
  const look = await venue.look({ nodes, procurements: [] });
  expect(look.ok && look.value.lookups.size).toBe(40);
  expect(requests).toHaveLength(41);
  expect(most).toBe(9);
});

test('once the listing has failed no further lookup leaves', async () => {
  const { venue, requests } = memoryBench(async (request) => {
    if (request.path === '/v1/nodes') return response(403, wireError('forbidden', 'x'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return response(500, '');
  });
  await venue.look({ nodes: Array.from({ length: 100 }, (_, index) => `n_${index}`), procurements: [] });
  expect(requests.length).toBeLessThanOrEqual(9);
});

test('lookups that hang cost no more than the one deadline, and the listing is kept', async () => {
  const server = await httpServer((request, reply) => {
    if (request.url === '/v1/nodes') reply.end(JSON.stringify({ data: [wireNode()] }));
  });
  const bench = realBench(server.url, { listMs: 300 });
  cleanup.push(bench.close, server.stop);
  const startedMs = performance.now();
  const look = await bench.venue.look({
    nodes: Array.from({ length: 30 }, (_, index) => `n_${index}`),
    procurements: ['p'],
  });
  expect(performance.now() - startedMs).toBeLessThan(800);
  expect(look).toMatchObject({ ok: true, value: { nodes: [{ nodeId: 'n_1' }] } });
  expect(look.ok && look.value.lookups.size).toBe(0);
});

test('a listing that drips costs no more than the deadline, retries and all', async () => {
  const server = await httpServer((_request, reply) => {
    const drip = setInterval(() => reply.write(' '), 10);
    reply.on('close', () => clearInterval(drip));
  });
  const bench = realBench(server.url, { listMs: 300 });
  cleanup.push(bench.close, server.stop);
  const startedMs = performance.now();
  expect(await bench.venue.look({ nodes: ['a'], procurements: [] })).toMatchObject({
    ok: false,
    code: 'timeout',
  });
  expect(performance.now() - startedMs).toBeLessThan(800);
});
