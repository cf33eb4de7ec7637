// The status page over HTTP: what is served, to whom, under which policy; browsers are in test/browser.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { History, Overview } from '../../src/domain/overview.ts';
import type { AdminOptions } from '../../src/http/admin/admin.ts';
import { startHttp, type HttpOptions, type RunningHttp } from '../../src/http/server.ts';
import { pageOf } from './page-options.ts';

const running: RunningHttp[] = [];
let overview: Overview | null = null;
const history = { fleets: [] } as unknown as History;

afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
});

const start = async (options: Partial<HttpOptions> = {}): Promise<string> => {
  const http = await startHttp({
    listen: { host: '127.0.0.1', port: 0 },
    listenMetrics: null,
    lastReport: () => null,
    admin: null,
    health: () => ({ alive: true, ready: true, reason: null }),
    metrics: async () => ({ status: 200, contentType: 'text/plain', body: '' }),
    page: pageOf({ overview: () => overview, history: () => history }),
    ...options,
  });
  running.push(http);
  return `http://127.0.0.1:${http.listen.port}`;
};

const told = (tick: number): Overview =>
  ({ tick, fleets: [], note: 'x'.repeat(2000) }) as unknown as Overview;

describe('the page', () => {
  test('names every file it needs, and each is there, from this server alone', async () => {
    const base = await start();
    const page = await fetch(base);
    const html = await page.text();
    const seen = new Set<string>();
    const look = async (text: string): Promise<void> => {
      for (const [, path = ''] of text.matchAll(/["'`](\/page\/[^"'`]+|\.\/[a-z-]+\.js)["'`]/g)) {
        const whole = path.replace(/^\.\//, '/page/');
        if (seen.has(whole)) continue;
        seen.add(whole);
        const file = await fetch(`${base}${whole}`);
        expect([whole, file.status]).toEqual([whole, 200]);
        await look(await file.text());
      }
    };
    await look(html);
    expect(seen.size).toBeGreaterThan(15);
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('runs nothing but what this server sent: no inline script or style, and the import map by its digest', async () => {
    const page = await fetch(await start());
    const policy = page.headers.get('content-security-policy') ?? '';
    const html = await page.text();
    const [, inline = ''] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html) ?? [];
    expect(policy).toContain(`'sha256-${createHash('sha256').update(inline).digest('base64')}'`);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(policy).toContain("default-src 'none'");
    expect(html).not.toMatch(/ style=| on[a-z]+=/);
    expect([...html.matchAll(/<script(?![^>]*src=)[^>]*>/g)]).toHaveLength(1);
  });

  test('answers only this machine, and says elsewhere how to reach it', async () => {
    const base = await start();
    for (const path of ['/', '/page/main.js', '/v1/overview', '/v1/history']) {
      const answer = await fetch(`${base}${path}`, { headers: { origin: 'http://evil.example' } });
      expect([path, answer.status]).toEqual([path, 403]);
      if (path === '/') expect(await answer.text()).toContain('ssh -L');
    }
  });

  test('where a token is wanted, comes without it to ask for one, while its documents take it', async () => {
    const access = { hosts: [], readToken: () => 'r'.repeat(40), changeToken: () => null, reachable: false };
    const base = await start({ admin: { version: '1', access, deps: {} as AdminOptions['deps'] } });
    overview = told(1);
    for (const path of ['/', '/page/main.js']) expect((await fetch(`${base}${path}`)).status).toBe(200);
    for (const path of ['/v1/overview', '/v1/history']) {
      const refused = await fetch(`${base}${path}`);
      expect([path, refused.status, await refused.json()]).toMatchObject([
        path,
        401,
        { code: 'E_HTTP_TOKEN' },
      ]);
      const shown = { headers: { authorization: `Bearer ${'r'.repeat(40)}` } };
      expect((await fetch(`${base}${path}`, shown)).status).toBe(200);
    }
  });

  test.each([
    '/page/../http/page.ts',
    '/page/%2e%2e%2fmain.ts',
    '/page/main.ts',
    '/page/tsconfig.json',
    '/page/none.js',
  ])('serves nothing else of the program: %s', async (path) => {
    expect((await fetch(`${await start()}${path}`)).status).toBe(404);
  });
});

describe('its documents', () => {
  test('are 503 with the reason before the first tick', async () => {
    overview = null;
    const answer = await fetch(`${await start()}/v1/overview`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'E_HTTP_NO_REPORT' }]);
  });

  test.each(['/v1/overview', '/v1/history'])(
    '%s: asked again with its tag it is 304 until the next tick',
    async (path) => {
      overview = told(7);
      const url = `${await start()}${path}`;
      const first = await fetch(url);
      expect(first.status).toBe(200);
      const tag = first.headers.get('etag') ?? '';
      const again = { headers: { 'if-none-match': tag } };
      expect((await fetch(url, again)).status).toBe(304);
      overview = told(8);
      const second = await fetch(url, again);
      expect(second.status).toBe(200);
      expect(second.headers.get('etag')).not.toBe(tag);
    },
  );

  test('a restarted daemon at the same tick is not taken for the one before', async () => {
    overview = told(1);
    const tagOf = async (): Promise<string | null> =>
      (await fetch(`${await start()}/v1/overview`)).headers.get('etag');
    expect(await tagOf()).not.toBe(await tagOf());
  });

  test('are compressed for who takes it, and plain for who does not', async () => {
    overview = told(1);
    const url = `${await start()}/v1/overview`;
    const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const text = await plain.text();
    const { request } = await import('node:http');
    const squeezed = await new Promise<Buffer>((resolve, reject) => {
      request(url, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
      })
        .on('error', reject)
        .end();
    });
    expect(squeezed.length).toBeLessThan(text.length / 2);
    expect(gunzipSync(squeezed).toString('utf8')).toBe(text);
  });
});
