import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { scaledClock } from '../../src/market/clock.ts';
import { createMarket, type Market } from '../../src/market/market.ts';
import { startMarketServer, type MarketInput, type MarketServer } from '../../src/market/server.ts';
import type { Timer } from '../../src/ports/clock.ts';
import { path, settingsWith, START, type Over } from './world.ts';

const timer: Timer = {
  sleep: (realMs, signal) =>
    new Promise((resolve) => {
      const timeout = setTimeout(resolve, realMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timeout);
        resolve();
      });
    }),
};

const servers: MarketServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Served {
  readonly market: Market;
  readonly server: MarketServer;
  readonly inputs: readonly MarketInput[];
  readonly send: (method: string, target: string, body?: object, token?: string) => Promise<Response>;
}

const serve = async (over: Over = {}, speed = 60, token?: string): Promise<Served> => {
  const market = createMarket(settingsWith(over), START);
  const clock = scaledClock({ speed, originMs: START, monotonic: () => performance.now() });
  const inputs: MarketInput[] = [];
  const server = await startMarketServer({
    market,
    clock,
    timer,
    port: 0,
    beatMs: 5,
    onMutation: (input) => inputs.push(input),
    ...(token === undefined ? {} : { token }),
  });
  servers.push(server);
  const send: Served['send'] = (method, target, body, given = 'secret-token') =>
    fetch(`${server.url}${target}`, {
      method,
      headers: { authorization: `Bearer ${given}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { market, server, inputs, send };
};

const node = (name: string, limit = 1000): object => ({
  desired_count: 1,
  max_price_per_node_hour: limit,
  zone: 'hayesvalley',
  names: [name],
});

describe('the market on HTTP', () => {
  it('answers with the market’s time in its Date header', async () => {
    const { send } = await serve({}, 1000);
    const response = await send('GET', '/v1/_healthz');
    const date = Date.parse(response.headers.get('date') ?? '');
    expect(date).toBeGreaterThanOrEqual(START);
    expect(date).toBeLessThan(START + 10 * MINUTE_MS);
  });

  it('lives without requests', async () => {
    const { market } = await serve({ ask: path([0, 1000], [5, 2000]) }, 60_000);
    await expect.poll(() => market.ask('hayesvalley')).toBe(2000);
  });

  it('tells its keeper of every change before the answer leaves, and never a token', async () => {
    const { send, inputs } = await serve();
    const created = await send('POST', '/v1/nodes', node('kept'));
    expect(created.status).toBe(201);
    await send('GET', '/v1/nodes');
    expect(inputs).toHaveLength(1);
    expect(JSON.stringify(inputs)).not.toContain('secret-token');
  });

  it('accepts only its token when it has one', async () => {
    const { send } = await serve({}, 60, 'right');
    expect((await send('GET', '/v1/nodes', undefined, 'wrong')).status).toBe(401);
    expect((await send('GET', '/v1/nodes', undefined, 'right')).status).toBe(200);
  });

  it('drops, hangs and drips as it is told', async () => {
    const { send, market, server } = await serve();
    market.addFaults([{ id: 'f', method: 'POST', fault: { kind: 'lost_after_commit' } }]);
    await expect(send('POST', '/v1/nodes', node('lost'))).rejects.toThrow('fetch failed');
    expect((await send('GET', '/v1/nodes/lost')).status).toBe(200);
    market.addFaults([{ id: 'f', path: '/v1/nodes', fault: { kind: 'hang' } }]);
    const hung = fetch(`${server.url}/v1/nodes`, { signal: AbortSignal.timeout(60) });
    await expect(hung).rejects.toThrow('timeout');
    market.addFaults([{ id: 'f', path: '/v1/nodes', fault: { kind: 'drip', bytes: 100, everyMs: 2 } }]);
    expect((await (await send('GET', '/v1/nodes')).json()) as object).toMatchObject({
      data: [{ name: 'lost' }],
    });
  });

  it('answers a slow quote when market time has passed, with the price of the asking', async () => {
    const { send, market } = await serve(
      { quoteDelayMs: 5 * MINUTE_MS, ask: path([0, 1000], [5, 2000]) },
      3000,
    );
    const response = await send('GET', '/v0/quote?side=buy&quantity=1&cluster=hayesvalley&duration=3600');
    expect(market.now()).toBeGreaterThanOrEqual(START + 5 * MINUTE_MS);
    expect(((await response.json()) as { quote: { price: number } }).quote.price).toBe(1000);
  });

  it('closes while clients hang, and lets go of its port', async () => {
    const { market, server } = await serve();
    market.addFaults([{ fault: { kind: 'hang' } }]);
    const hung = fetch(`${server.url}/v1/_healthz`).catch(() => 'closed');
    await expect.poll(() => market.faults()[0]?.struck).toBe(1);
    await server.close();
    expect(await hung).toBe('closed');
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('refuses to listen beyond loopback', async () => {
    const market = createMarket(settingsWith(), START);
    const clock = scaledClock({ speed: 1, originMs: START, monotonic: () => performance.now() });
    const started = startMarketServer({ market, clock, timer, port: 0, host: '0.0.0.0' });
    await expect(started).rejects.toThrow('E_MARKET_HOST');
  });

  it('refuses a body beyond 4 MiB', async () => {
    const { server } = await serve();
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(`${server.url}/v1/nodes`, { method: 'POST' }, (response) => {
        resolve(response.statusCode);
        response.destroy();
      });
      sent.on('error', reject);
      sent.end('x'.repeat(4 * 1024 * 1024 + 1));
    }).catch(() => 413);
    expect(status).toBe(413);
  });
});

describe('the controls under /_market/', () => {
  it('show clock and records, and need no token', async () => {
    const { server, send } = await serve();
    await send('POST', '/v1/nodes', node('a'));
    const get = async (name: string): Promise<unknown> =>
      (await fetch(`${server.url}/_market/${name}`)).json();
    expect(await get('clock')).toMatchObject({ startMs: START, asks: { hayesvalley: 1000 } });
    expect(await get('records')).toMatchObject({ nodes: [{ name: 'a' }], bills: [{ nodeName: 'a' }] });
  });

  it('are closed to web pages', async () => {
    const { server } = await serve();
    const status = (headers: Record<string, string>): Promise<number> =>
      fetch(`${server.url}/_market/clock`, { headers }).then((response) => response.status);
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({})).toBe(200);
  });

  it('set and remove faults, and refuse a fault that is misspelt', async () => {
    const { send } = await serve();
    const rule = { id: 'x', path: '/v1/_healthz', fault: { kind: 'status', status: 500 } };
    expect(await (await send('POST', '/_market/faults', rule)).json()).toEqual({ ids: ['x'] });
    expect((await send('GET', '/v1/_healthz')).status).toBe(500);
    expect(await (await send('GET', '/_market/faults')).json()).toMatchObject({
      rules: [{ id: 'x', struck: 1 }],
    });
    await send('DELETE', '/_market/faults?id=x');
    expect((await send('GET', '/v1/_healthz')).status).toBe(200);
    for (const wrong of [
      { fault: { kind: 'lost' } },
      { ...rule, pathh: '/' },
      { ...rule, pathPattern: '(' },
      3,
    ]) {
      expect((await send('POST', '/_market/faults', wrong as object)).status).toBe(400);
    }
  });

  it('switch uniqueness and raising, set asks, and let things happen', async () => {
    const { send, market } = await serve();
    await send('POST', '/_market/switches', { uniqueNames: false, raisingAllowed: false });
    await send('POST', '/v1/nodes', node('same', 800));
    const second = (await (await send('POST', '/v1/nodes', node('same', 800))).json()) as {
      data: { id: string; procurement_id: string }[];
    };
    const { id, procurement_id } = second.data[0] ?? { id: '', procurement_id: '' };
    const raise = { buy_limit_price_per_gpu_hour: 200 };
    expect((await send('PATCH', `/v0/procurements/${procurement_id}`, raise)).status).toBe(403);
    await send('POST', '/_market/ask', { zone: 'hayesvalley', ask: 1234 });
    expect(market.ask('hayesvalley')).toBe(1234);
    const lost = await send('POST', '/_market/events', {
      event: { kind: 'end_node', node: id, as: 'failed' },
    });
    expect(lost.status).toBe(200);
    expect(market.records().nodes.find((row) => row.nodeId === id)?.status).toBe('failed');
    const nobody = { event: { kind: 'end_node', node: 'nobody', as: 'failed' } };
    expect((await send('POST', '/_market/events', nobody)).status).toBe(404);
    expect((await send('POST', '/_market/ask', { zone: 'hayesvalley', ask: 12.5 })).status).toBe(400);
    expect((await send('GET', '/_market/nothing')).status).toBe(404);
  });
});

describe('a scaled clock', () => {
  it('shows its origin first and passes its speed times real time', () => {
    let real = 1000;
    const clock = scaledClock({ speed: 60, originMs: START, monotonic: () => real });
    expect(clock.now()).toBe(START);
    real += 1000;
    expect(clock.now()).toBe(START + MINUTE_MS);
    expect(clock.monotonic()).toBe(2000);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a speed of %d', (speed) => {
    expect(() => scaledClock({ speed, originMs: 0, monotonic: () => 0 })).toThrow(RangeError);
  });
});
