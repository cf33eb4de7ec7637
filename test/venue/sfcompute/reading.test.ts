// Readings are repeated inside the one deadline of their operation; changes never are. The token is read again after a 401.
import { describe, expect, test } from 'vitest';
import type { TokenSource } from '../../../src/ports/token.ts';
import type { TransportAnswer } from '../../../src/venue/sfcompute/transport.ts';
import { CHANGES, TOKEN, memoryBench, response, wireError } from './bench.ts';

const BALANCE = response(200, { available_balance_cents: 1, current_balance_cents: 2 });
const LOST: TransportAnswer = { kind: 'failed', cause: 'connection', sent: true, message: 'reset' };

describe('a reading', () => {
  test.each([
    ['a lost connection', LOST],
    ['429', response(429, '')],
    ['500', response(500, '')],
    ['502 with a page', response(502, '<html>')],
    ['408', response(408, '')],
  ])('is repeated after %s, with growing waits', async (_name, fault) => {
    const bench = memoryBench((_request, nth) => (nth < 3 ? fault : BALANCE));
    expect(await bench.venue.balance()).toMatchObject({ ok: true, value: { available: 1 } });
    expect(bench.requests).toHaveLength(4);
    expect(bench.slept).toEqual([188, 375, 750]);
  });

  test.each([
    ['400', response(400, wireError('invalid_request_error', 'x'))],
    ['403', response(403, '')],
    ['404', response(404, '')],
    ['an unreadable body', response(200, 'x')],
    ['a time-out', { kind: 'failed', cause: 'timeout', sent: true, message: 'm' }],
    ['too large an answer', { kind: 'failed', cause: 'too_large', sent: true, message: 'm' }],
    ['a redirect', { kind: 'failed', cause: 'redirect', sent: true, message: 'm' }],
  ] as const)('is not repeated after %s', async (_name, fault) => {
    const bench = memoryBench(() => fault);
    expect(await bench.venue.balance()).toMatchObject({ ok: false });
    expect(bench.requests).toHaveLength(1);
  });

  test('gives up after six attempts', async () => {
    const bench = memoryBench(() => LOST);
    expect(await bench.venue.balance()).toMatchObject({ ok: false, code: 'connection' });
    expect(bench.requests).toHaveLength(6);
  });

  test('waits as long as Retry-After says, in seconds or as a date', async () => {
    const date = { date: 'Mon, 23 Nov 2026 14:10:20 GMT', 'retry-after': 'Mon, 23 Nov 2026 14:10:27 GMT' };
    const faults = [response(429, '', { 'retry-after': '3' }), response(503, '', date)];
    const bench = memoryBench((_request, nth) => faults[nth] ?? BALANCE);
    expect(await bench.venue.balance()).toMatchObject({ ok: true });
    expect(bench.slept).toEqual([3000, 7000]);
  });

  test('gives up at once when Retry-After is longer than the time it has', async () => {
    const bench = memoryBench(() => response(429, '', { 'retry-after': '60' }));
    expect(await bench.venue.balance()).toMatchObject({ ok: false, code: 'rate_limited', status: 429 });
    expect(bench.requests).toHaveLength(1);
    expect(bench.slept).toEqual([]);
  });

  test('ignores a Retry-After that cannot be read', async () => {
    for (const word of ['soon', '-5', '1, 2', '99999999999', '']) {
      const bench = memoryBench((_r, nth) =>
        nth === 0 ? response(429, '', { 'retry-after': word }) : BALANCE,
      );
      expect(await bench.venue.balance()).toMatchObject({ ok: true });
      expect(bench.slept).toEqual([188]);
    }
  });

  test('hands each attempt only what is left of the one deadline', async () => {
    const bench = memoryBench(
      (_request, nth) => {
        bench.advance(400);
        return nth < 4 ? LOST : BALANCE;
      },
      { deadlines: { balanceMs: 1000 } },
    );
    expect(await bench.venue.balance()).toMatchObject({ ok: false, code: 'connection' });
    expect(bench.requests.map((request) => request.deadlineMs)).toEqual([1000, 412]);
  });
});

describe('a token', () => {
  /** A source whose secret is replaced when it is read again. */
  const rotating = (next: string): TokenSource & { rereads: number } => {
    const source = {
      rereads: 0,
      value: TOKEN,
      current: () => source.value,
      reread: () => {
        source.rereads += 1;
        const changed = source.value !== next;
        source.value = next;
        return changed;
      },
    };
    return source;
  };
  const byToken = (good: string) => (request: { headers: Readonly<Record<string, string>> }) =>
    request.headers['authorization'] === `Bearer ${good}`
      ? BALANCE
      : response(401, wireError('authentication_error', 'expired'));

  test('is read again after a 401, and the reading is repeated once with the new one', async () => {
    const token = rotating('fresh');
    const bench = memoryBench(byToken('fresh'), { token });
    expect(await bench.venue.balance()).toMatchObject({ ok: true });
    expect(bench.requests).toHaveLength(2);
    expect(bench.slept).toEqual([]);
  });

  test('that is still refused after that is a failure, not a spin', async () => {
    const bench = memoryBench(byToken('other'), { token: rotating('fresh') });
    expect(await bench.venue.balance()).toMatchObject({ ok: false, code: 'auth', status: 401 });
    expect(bench.requests).toHaveLength(2);
  });

  test('that has not changed is not tried again', async () => {
    const bench = memoryBench(byToken('other'), { token: rotating(TOKEN) });
    expect(await bench.venue.balance()).toMatchObject({ ok: false, code: 'auth' });
    expect(bench.requests).toHaveLength(1);
  });

  test('is read again once though many lookups are refused side by side', async () => {
    const token = rotating('fresh');
    const bench = memoryBench(
      async (request) => {
        await Promise.resolve();
        if (request.headers['authorization'] !== 'Bearer fresh') return response(401, '');
        return request.path === '/v1/nodes'
          ? response(200, { data: [] })
          : response(404, wireError('not_found', 'x'));
      },
      { token },
    );
    const look = await bench.venue.look({ nodes: ['a', 'b', 'c'], procurements: [] });
    expect(look.ok && look.value.lookups.size).toBe(3);
    expect(token.rereads).toBe(1);
  });

  test('refused on a change is read again for the next one; the change itself is not repeated', async () => {
    const token = rotating('fresh');
    const bench = memoryBench(byToken('fresh'), { token });
    expect(await bench.venue.send(CHANGES.release)).toMatchObject({
      kind: 'refused',
      code: 'auth',
      status: 401,
    });
    expect(bench.requests).toHaveLength(1);
    expect(await bench.venue.send(CHANGES.release)).toMatchObject({ kind: 'accepted' });
  });

  test('is in no outcome, no failure and no report, though the venue repeats it', async () => {
    const cloudInit = 'c2VjcmV0IGJvb3Qgc2NyaXB0';
    const echo = wireError(
      'invalid_request_error',
      `bad 'Bearer ${TOKEN}' with ${cloudInit} \u001b[31m\n in it`,
    );
    const bench = memoryBench(() => response(400, echo));
    const create = { ...CHANGES.create, node: { ...CHANGES.create.node, cloudInit } };
    const all = [await bench.venue.send(create), await bench.venue.balance(), bench.reports];
    const text = JSON.stringify(all);
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(TOKEN);
    expect(JSON.stringify(all[0])).not.toContain(cloudInit);
    expect(text).not.toContain('\\u001b');
  });

  test('is in no message of a transport that repeats its request', async () => {
    const bench = memoryBench((request) => ({
      kind: 'failed',
      cause: 'connection',
      sent: true,
      message: `could not send ${JSON.stringify(request.headers)}`,
    }));
    expect(JSON.stringify([await bench.venue.send(CHANGES.raise), await bench.venue.zones()])).not.toContain(
      TOKEN,
    );
  });
});

test('every call is reported with its template, status or failure, and the time it took', async () => {
  const bench = memoryBench((request) => {
    bench.advance(12);
    return request.method === 'GET'
      ? response(200, { data: [] })
      : { kind: 'failed', cause: 'timeout', sent: true, message: '' };
  });
  await bench.venue.look({ nodes: ['n_1'], procurements: [] });
  await bench.venue.send(CHANGES.extend);
  expect(bench.reports.map(({ method, endpoint, code }) => `${method} ${endpoint} ${code}`)).toEqual([
    'GET /v1/nodes 200',
    'GET /v1/nodes/{id} 200',
    'PATCH /v1/nodes/{id}/extend timeout',
  ]);
  expect(bench.reports.at(-1)?.tookMs).toBe(12);
});
