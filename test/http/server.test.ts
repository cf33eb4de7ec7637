// The daemon over HTTP, asked by real clients on loopback.
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { HTTP_ERRORS, HttpError } from '../../src/http/errors.ts';
import { isLocal } from '../../src/http/local-only.ts';
import { startHttp } from '../../src/http/server.ts';
import type { Address, Health, HttpOptions, RunningHttp } from '../../src/http/server.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { configured, reportOf } from '../telemetry/reports.ts';
import { pageOf } from './page-options.ts';

const ANY: Address = { host: '127.0.0.1', port: 0 };
const running: RunningHttp[] = [];
let health: Health = { alive: true, ready: true, reason: null };
let report: TickReport | null = null;

const start = async (options: Partial<HttpOptions> = {}): Promise<RunningHttp> => {
  const http = await startHttp({
    listen: ANY,
    listenMetrics: null,
    admin: null,
    lastReport: () => report,
    page: pageOf(),
    health: () => health,
    metrics: async () => ({ status: 200, contentType: 'text/plain', body: 'up 1\n' }),
    ...options,
  });
  running.push(http);
  return http;
};

afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
  health = { alive: true, ready: true, reason: null };
  report = null;
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ask = (
  { host, port }: Address,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const asked = request({ host, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asked.on('error', reject).end(body);
  });

describe('health and readiness', () => {
  it('answer 200 while all is well', async () => {
    const { listen } = await start();
    expect(await ask(listen, '/healthz')).toMatchObject({ status: 200, body: '{"alive":true}' });
    expect(await ask(listen, '/readyz')).toMatchObject({ status: 200, body: '{"ready":true}' });
  });

  it('answer 503 with the reason while a start is not finished or the watchdog is not content', async () => {
    const { listen } = await start();
    health = { alive: true, ready: false, reason: 'the first tick has not finished' };
    expect((await ask(listen, '/healthz')).status).toBe(200);
    expect(await ask(listen, '/readyz')).toMatchObject({
      status: 503,
      body: '{"ready":false,"reason":"the first tick has not finished"}',
    });
    health = { alive: false, ready: false, reason: 'no tick has ended for 5 minutes' };
    const sick = await ask(listen, '/healthz');
    expect(sick.status).toBe(503);
    expect(JSON.parse(sick.body)).toEqual({ alive: false, reason: 'no tick has ended for 5 minutes' });
  });
});

describe('metrics', () => {
  it('come as the Accept header asks, 503 before the first tick, and are never cached', async () => {
    const metrics = createMetrics({
      version: '1',
      commit: '',
      fleets: [configured('train')],
      onContradiction: (text) => expect.unreachable(text),
    });
    const { listen } = await start({ metrics: (accept) => metrics.scrape(accept) });
    expect((await ask(listen, '/metrics')).status).toBe(503);
    metrics.record(reportOf(['train']));
    const plain = await ask(listen, '/metrics');
    expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.headers['cache-control']).toBe('no-store');
    const open = await ask(listen, '/metrics', {
      headers: { accept: 'application/openmetrics-text;version=1.0.0' },
    });
    expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.body).toContain('bidkeeper_spend_dollars_total{fleet="train"');
  });
});

describe('the second port', () => {
  it('serves metrics and health, and nothing else', async () => {
    report = reportOf(['train']);
    const { listenMetrics } = await start({ listenMetrics: ANY });
    if (listenMetrics === null) throw new Error('it does not listen');
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect((await ask(listenMetrics, path)).status).toBe(200);
    expect((await ask(listenMetrics, '/v1/status')).status).toBe(404);
  });
});

describe('the status', () => {
  it('is the last report as JSON, and 503 with a code before there is one', async () => {
    const { listen } = await start();
    const early = await ask(listen, '/v1/status');
    expect(early.status).toBe(503);
    expect(JSON.parse(early.body)).toMatchObject({ code: 'E_HTTP_NO_REPORT' });
    report = reportOf(['train']);
    expect(JSON.parse((await ask(listen, '/v1/status')).body)).toEqual(report);
  });

  it('is refused to a web page that reaches the daemon under another host name, or from another origin', async () => {
    report = reportOf(['train']);
    const { listen } = await start();
    for (const headers of [
      { host: 'evil.example' },
      { host: `127.0.0.1:${listen.port}`, origin: 'http://evil.example' },
    ]) {
      const answer = await ask(listen, '/v1/status', { headers });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'E_HTTP_LOCAL_ONLY' });
    }
    const same = { host: `localhost:${listen.port}`, origin: `http://localhost:${listen.port}` };
    expect((await ask(listen, '/v1/status', { headers: same })).status).toBe(200);
  });

  it('is refused to other machines', () => {
    const here = { remoteAddress: '127.0.0.1', host: '127.0.0.1:9464', origin: undefined };
    expect(isLocal(here)).toBe(true);
    expect(isLocal({ ...here, remoteAddress: '::ffff:127.0.0.1' })).toBe(true);
    expect(isLocal({ ...here, remoteAddress: '::1', host: '[::1]:9464' })).toBe(true);
    for (const remoteAddress of ['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', undefined]) {
      expect(isLocal({ ...here, remoteAddress })).toBe(false);
    }
    for (const host of ['127.0.0.1.evil.example', 'localhost.evil.example:80', undefined]) {
      expect(isLocal({ ...here, host })).toBe(false);
    }
  });
});

describe('the server', () => {
  it('refuses a port that is taken with a code and a remedy, and listens nowhere then', async () => {
    const first = await start();
    const taken = { host: '127.0.0.1', port: first.listen.port };
    for (const options of [{ listen: taken }, { listenMetrics: taken }]) {
      const error = await start(options).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(HttpError);
      expect(error).toMatchObject({ code: 'E_HTTP_PORT' });
      expect(String(error)).toContain(`127.0.0.1:${taken.port} is in use`);
    }
    expect(running).toHaveLength(1);
  });

  it('refuses an address that is not of this machine', async () => {
    const error = await start({ listen: { host: '203.0.113.7', port: 0 } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'E_HTTP_ADDRESS' });
  });

  it('changes nothing for anybody: every other method and path is refused, bodies too', async () => {
    const { listen } = await start();
    expect((await ask(listen, '/nothing')).status).toBe(404);
    expect(JSON.parse((await ask(listen, '/nothing')).body)).toMatchObject({ code: 'E_HTTP_NOT_FOUND' });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await ask(listen, '/v1/status', { method })).status).toBe(404);
    }
    const headers = { 'content-type': 'application/json' };
    const big = await ask(listen, '/metrics', { method: 'POST', headers, body: `"${'x'.repeat(5000)}"` });
    expect([404, 413]).toContain(big.status);
    expect((await ask(listen, '/metrics', { headers: { 'x-long': 'x'.repeat(20_000) } })).status).toBe(431);
  });

  it('keeps what went wrong inside to itself', async () => {
    const { listen } = await start({
      metrics: async () => {
        throw new Error('secret detail');
      },
    });
    const answer = await ask(listen, '/metrics');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'E_HTTP_INTERNAL' });
    expect(answer.body).not.toContain('secret detail');
  });

  it('closes within a second, with clients connected and one that never finished asking', async () => {
    const http = await start();
    const slow = connect(http.listen.port, '127.0.0.1');
    slow.on('error', () => undefined);
    await new Promise<void>((resolve) => slow.once('connect', () => resolve()));
    slow.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
    await fetch(`http://127.0.0.1:${http.listen.port}/healthz`);
    const started = performance.now();
    await http.close();
    await http.close();
    expect(performance.now() - started).toBeLessThan(1000);
    const again = createServer().listen(http.listen.port, '127.0.0.1');
    await new Promise<void>((resolve) => again.once('listening', () => resolve()));
    again.close();
    slow.destroy();
  });

  it('gives every error code a meaning and a remedy', () => {
    for (const [code, { meaning, remedy }] of Object.entries(HTTP_ERRORS)) {
      expect(code).toMatch(/^E_HTTP_[A-Z_]+$/);
      expect(meaning.length).toBeGreaterThan(20);
      expect(remedy.length).toBeGreaterThan(20);
    }
  });
});
