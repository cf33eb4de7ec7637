// Who may do what over HTTP: every combination of address, Host, Origin, token and method with the answer it gets, and what
// the routes take and give.
import { describe, expect, it, test } from 'vitest';
import fastify, { type FastifyInstance } from 'fastify';
import { entriesFor } from '../../src/daemon/requests.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { refusalOf, type AccessRules } from '../../src/http/admin/access.ts';
import { addAdmin } from '../../src/http/admin/admin.ts';
import { callFor, resultFrom } from '../../src/http/admin/calls.ts';
import { openApi } from '../../src/http/admin/openapi.ts';
import { bucket } from '../../src/http/admin/rate.ts';
import { ROUTES, type AdminDeps } from '../../src/http/admin/routes.ts';
import { processPolicy } from '../simulation/world.ts';
import { createStory } from '../support/story.ts';
import { reportOf } from '../telemetry/reports.ts';

const READ = 'read-token-4711';
const CHANGE = 'change-token-0815';
const rules = (given: Partial<AccessRules> = {}): AccessRules => ({
  hosts: ['keeper.example'],
  readToken: () => null,
  changeToken: () => CHANGE,
  reachable: false,
  ...given,
});
const guarded = rules({ readToken: () => READ });
const open = rules({ readToken: () => READ, reachable: true });
const HERE = '127.0.0.1';
const AWAY = '192.0.2.7';

type Row = readonly [
  what: string,
  rules: AccessRules,
  address: string,
  host: string | undefined,
  origin: string | undefined,
  token: string | undefined,
  read: string | null,
  change: string | null,
];

describe('access', () => {
  test.each<Row>([
    ['a script on this machine', rules(), HERE, '127.0.0.1:9464', undefined, undefined, null, 'E_HTTP_TOKEN'],
    ['over IPv6', rules(), '::1', '[::1]:9464', undefined, undefined, null, 'E_HTTP_TOKEN'],
    [
      'over mapped IPv4',
      rules(),
      '::ffff:127.0.0.1',
      'localhost',
      undefined,
      undefined,
      null,
      'E_HTTP_TOKEN',
    ],
    ['with the change token', rules(), HERE, 'localhost:9464', undefined, CHANGE, null, null],
    ['with a wrong token', rules(), HERE, 'localhost:9464', undefined, 'guess', null, 'E_HTTP_TOKEN'],
    ['with an empty token', rules(), HERE, 'localhost:9464', undefined, '', null, 'E_HTTP_TOKEN'],
    ['a page of this daemon', rules(), HERE, 'localhost:9464', 'http://localhost:9464', CHANGE, null, null],
    [
      'a page elsewhere',
      rules(),
      HERE,
      'localhost:9464',
      'https://evil.example',
      CHANGE,
      'E_HTTP_ORIGIN',
      'E_HTTP_ORIGIN',
    ],
    [
      'a page without an origin of its own',
      rules(),
      HERE,
      'localhost:9464',
      'null',
      CHANGE,
      'E_HTTP_ORIGIN',
      'E_HTTP_ORIGIN',
    ],
    [
      'a page of another port here',
      rules(),
      HERE,
      'localhost:9464',
      'http://localhost:1',
      CHANGE,
      'E_HTTP_ORIGIN',
      'E_HTTP_ORIGIN',
    ],
    ['a rebound name', rules(), HERE, 'evil.example:9464', undefined, CHANGE, 'E_HTTP_HOST', 'E_HTTP_HOST'],
    [
      'a rebound name with its page',
      rules(),
      HERE,
      'evil.example',
      'http://evil.example',
      CHANGE,
      'E_HTTP_HOST',
      'E_HTTP_HOST',
    ],
    [
      'a name that only begins like ours',
      rules(),
      HERE,
      'localhost.evil.example',
      undefined,
      CHANGE,
      'E_HTTP_HOST',
      'E_HTTP_HOST',
    ],
    ['no name', rules(), HERE, undefined, undefined, CHANGE, 'E_HTTP_HOST', 'E_HTTP_HOST'],
    ['a name of the settings', rules(), HERE, 'Keeper.Example:9464', undefined, CHANGE, null, null],
    [
      'from elsewhere without tokens in the settings',
      rules(),
      AWAY,
      'keeper.example',
      undefined,
      CHANGE,
      'E_HTTP_LOCAL_ONLY',
      'E_HTTP_LOCAL_ONLY',
    ],
    [
      'from elsewhere without a token',
      open,
      AWAY,
      'keeper.example',
      undefined,
      undefined,
      'E_HTTP_TOKEN',
      'E_HTTP_TOKEN',
    ],
    [
      'from elsewhere with the read token',
      open,
      AWAY,
      'keeper.example',
      undefined,
      READ,
      null,
      'E_HTTP_READ_ONLY',
    ],
    ['from elsewhere with the change token', open, AWAY, 'keeper.example', undefined, CHANGE, null, null],
    ['from elsewhere under a name of this machine', open, AWAY, 'localhost', undefined, CHANGE, null, null],
    [
      'here with a read token set and none shown',
      guarded,
      HERE,
      'localhost',
      undefined,
      undefined,
      'E_HTTP_TOKEN',
      'E_HTTP_TOKEN',
    ],
    ['here with the read token', guarded, HERE, 'localhost', undefined, READ, null, 'E_HTTP_READ_ONLY'],
    [
      'here with a token that begins like the right one',
      guarded,
      HERE,
      'localhost',
      undefined,
      READ.slice(0, -1),
      'E_HTTP_TOKEN',
      'E_HTTP_TOKEN',
    ],
    [
      'where no change token can be had',
      rules({ changeToken: () => null }),
      HERE,
      'localhost',
      undefined,
      '',
      null,
      'E_HTTP_TOKEN',
    ],
    [
      'an address nobody knows',
      rules(),
      '',
      'localhost',
      undefined,
      CHANGE,
      'E_HTTP_LOCAL_ONLY',
      'E_HTTP_LOCAL_ONLY',
    ],
  ])('%s', (_, given, remoteAddress, host, origin, token, read, change) => {
    const authorization = token === undefined ? undefined : `Bearer ${token}`;
    const asker = { remoteAddress, host, origin, authorization };
    expect([refusalOf(given, asker, 'read'), refusalOf(given, asker, 'change')]).toEqual([read, change]);
  });

  test.each(['Basic abc', `bearer  ${CHANGE}`, `${CHANGE}`, `Bearer ${CHANGE} x`, `Bearer ${CHANGE}\u00e9`])(
    'a header that is no bearer token counts as none: %s',
    (authorization) => {
      const asker = { remoteAddress: HERE, host: 'localhost', origin: undefined, authorization };
      expect(refusalOf(rules(), asker, 'change')).toBe('E_HTTP_TOKEN');
    },
  );
});

interface Bench {
  readonly server: FastifyInstance;
  readonly asked: unknown[];
}

const WHO = { by: 'anna', why: 'a test' };

const serve = (given: AccessRules = rules()): Bench => {
  const story = createStory();
  story.tell({ kind: 'unowned_seen', nodeId: 'n_9', name: 'bk-zz99-train-0-g1', fleet: 'train' });
  story.running(0);
  const asked: unknown[] = [];
  const deps: AdminDeps = {
    lastReport: () => reportOf(['train']),
    books: () => story.books,
    records: async (after, limit): Promise<readonly LedgerRecord[]> =>
      story.records.filter(({ seq }) => seq > (after ?? 0)).slice(0, limit),
    ask: async (request, who) => {
      const wish = entriesFor(
        request,
        { books: story.books, policy: processPolicy(), nowMs: story.nowMs },
        who,
      );
      if (!wish.ok) return { kind: 'refused', code: wish.code, message: wish.message };
      asked.push(...wish.entries);
      return wish.entries.length === 0 ? { kind: 'unchanged' } : { kind: 'done' };
    },
    reload: async (options, who) => {
      asked.push({ ...options, ...who });
      return options.acknowledged
        ? { kind: 'reloaded', changes: ['a: 1 → 2'] }
        : { kind: 'refused', code: 'E_SETTINGS_ACKNOWLEDGE', problems: ['a rises'], changes: [] };
    },
    observe: async () => 'the venue shows no such node',
    foresee: async () => [],
  };
  const server = fastify({ logger: false });
  server.removeContentTypeParser('text/plain');
  addAdmin(server, { version: '1', access: given, deps });
  return { server, asked };
};

const headers = { host: 'localhost:9464', authorization: `Bearer ${CHANGE}` };

describe('the routes', () => {
  it('each refuse a stranger before they look at what he sent, and change nothing', async () => {
    const { server, asked } = serve(guarded);
    for (const { method, path } of ROUTES) {
      const url = path.replaceAll(/:\w+/g, 'train');
      const body =
        method === 'GET' ? {} : { payload: '{ not json', headers: { 'content-type': 'application/json' } };
      const answer = await server.inject({
        method,
        url,
        ...body,
        headers: { ...body.headers, host: 'localhost' },
      });
      expect([path, answer.statusCode]).toEqual([path, 401]);
      expect(answer.json()).toMatchObject({ code: 'E_HTTP_TOKEN', remedy: expect.stringMatching(/Bearer/) });
    }
    expect(asked).toEqual([]);
  });

  it('that read give what their schema says, and a token that may only read cannot change anything', async () => {
    const { server } = serve(guarded);
    const reader = { host: 'localhost', authorization: `Bearer ${READ}` };
    for (const { method, path, answer } of ROUTES) {
      const url = path.replaceAll(/:\w+/g, 'train');
      const given = await server.inject({ method, url, headers: reader });
      expect([path, given.statusCode]).toEqual([path, method === 'GET' ? 200 : 403]);
      if (method === 'GET') expect(() => answer.parse(given.json())).not.toThrow();
    }
    expect((await server.inject({ url: '/v1/fleets/nobody', headers: reader })).statusCode).toBe(404);
    expect(
      (await server.inject({ url: '/v1/ledger?after=1&limit=1', headers: reader })).json(),
    ).toMatchObject([{ seq: 2, entry: { kind: 'unowned_seen' } }]);
    expect((await server.inject({ url: '/v1/ledger?limit=0', headers: reader })).statusCode).toBe(400);
  });

  it('that change write an entry with who and why; twice the same changes nothing', async () => {
    const { server, asked } = serve();
    const post = (url: string, payload: object = WHO, method: 'POST' | 'DELETE' = 'POST') =>
      server.inject({ method, url, headers, payload });
    expect((await post('/v1/pause')).json()).toEqual({ result: 'done' });
    expect((await post('/v1/resume')).json()).toEqual({ result: 'unchanged' });
    const target = { ...WHO, gpus: 16, until_ms: createStory().nowMs + 3_600_000 };
    expect((await post('/v1/fleets/train/target', target)).statusCode).toBe(200);
    expect((await post('/v1/fleets/train/target', WHO, 'DELETE')).json()).toEqual({ result: 'unchanged' });
    expect((await post('/v1/nodes/n_9/disown')).statusCode).toBe(200);
    expect(asked).toEqual([
      { kind: 'pause_requested', ...WHO },
      { kind: 'target_overridden', fleet: 'train', gpus: 16, untilMs: target.until_ms, ...WHO },
      { kind: 'node_disowned', node: null, nodeId: 'n_9', name: 'bk-zz99-train-0-g1', ...WHO },
    ]);
  });

  test.each<[string, object | string, number, string]>([
    ['/v1/pause', { by: 'anna' }, 400, 'E_HTTP_REQUEST'],
    ['/v1/pause', { ...WHO, why: '' }, 400, 'E_HTTP_REQUEST'],
    ['/v1/pause', { ...WHO, why: 'two\nlines' }, 400, 'E_HTTP_REQUEST'],
    ['/v1/pause', { ...WHO, extra: 1 }, 400, 'E_HTTP_REQUEST'],
    ['/v1/fleets/nobody/target', { ...WHO, gpus: 8, until_ms: 1e15 }, 409, 'E_REQUEST_FLEET'],
    ['/v1/fleets/train/target', { ...WHO, gpus: 9, until_ms: 1e15 }, 409, 'E_REQUEST_TARGET'],
    ['/v1/fleets/train/target', { ...WHO, gpus: 8, until_ms: 5 }, 409, 'E_REQUEST_TARGET'],
    ['/v1/fleets/train/target', { ...WHO, gpus: '8', until_ms: 5 }, 400, 'E_HTTP_REQUEST'],
    ['/v1/nodes/nobody/acknowledge', WHO, 409, 'E_REQUEST_NODE'],
    ['/v1/nodes/nobody/disown', WHO, 409, 'E_REQUEST_NODE'],
    ['/v1/nodes/n_9/adopt', { ...WHO, fleet: 'train' }, 502, 'E_HTTP_VENUE'],
    ['/v1/reload', WHO, 409, 'E_SETTINGS_ACKNOWLEDGE'],
  ])('%s refuses %j with %d %s and changes nothing', async (url, payload, status, code) => {
    const { server, asked } = serve();
    const answer = await server.inject({ method: 'POST', url, headers, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(asked.filter((one) => 'kind' in (one as object))).toEqual([]);
  });

  it('take no form of a foreign page, no large body and no flood', async () => {
    const { server } = serve();
    const sent = (payload: string, type: string) =>
      server.inject({
        method: 'POST',
        url: '/v1/pause',
        headers: { ...headers, 'content-type': type },
        payload,
      });
    expect((await sent(JSON.stringify(WHO), 'text/plain')).statusCode).toBe(415);
    expect((await sent('by=anna&why=x', 'application/x-www-form-urlencoded')).statusCode).toBe(415);
    expect(
      (await sent(JSON.stringify({ ...WHO, why: 'x'.repeat(5000) }), 'application/json')).statusCode,
    ).toBe(413);
    const codes = new Set<number>();
    for (let count = 0; count < 70; count += 1)
      codes.add((await sent(JSON.stringify(WHO), 'application/json')).statusCode);
    expect([...codes]).toEqual([200, 429]);
    const guesses = new Set<number>();
    for (let count = 0; count < 25; count += 1) {
      const wrong = { ...headers, authorization: `Bearer ${count}` };
      guesses.add(
        (await server.inject({ method: 'POST', url: '/v1/pause', headers: wrong, payload: WHO })).statusCode,
      );
    }
    expect([...guesses]).toEqual([401, 429]);
  });

  it('are all in the OpenAPI document that is served, with the schemas they check', async () => {
    const { server } = serve();
    const served = (await server.inject({ url: '/v1/openapi.json', headers })).json();
    expect(served).toEqual(JSON.parse(JSON.stringify(openApi('1'))));
    for (const { method, path } of ROUTES) {
      const operation = served.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      expect(operation?.summary).toBeTypeOf('string');
    }
    expect(
      served.paths['/v1/fleets/{fleet}/target'].post.requestBody.content['application/json'].schema,
    ).toMatchObject({
      additionalProperties: false,
      required: ['by', 'why', 'gpus', 'until_ms'],
    });
  });
});

test('a bucket is empty after its most and full again after its time', () => {
  let nowMs = 0;
  const { take } = bucket(2, 1000, () => nowMs);
  expect([take(), take(), take()]).toEqual([true, true, false]);
  nowMs = 500;
  expect([take(), take()]).toEqual([true, false]);
});

test('every request of a verb has its route', () => {
  const candidate = { seen: { nodeId: 'n 1/x' }, procurement: null } as never;
  const calls = [
    ...(['pause', 'drain', 'stop', 'resume'] as const).map((kind) => callFor({ kind }, WHO)),
    callFor({ kind: 'target', fleet: 'train', gpus: 8, untilMs: 1 }, WHO),
    callFor({ kind: 'end_target', fleet: 'train' }, WHO),
    callFor({ kind: 'acknowledge', node: 'a' }, WHO),
    callFor({ kind: 'disown', node: 'a' }, WHO),
    callFor({ kind: 'adopt', fleet: 'train', candidate }, WHO),
  ];
  for (const call of calls) {
    const route = ROUTES.find(
      ({ method, path }) =>
        method === call.method && new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(call.path),
    );
    expect([call.path, route?.body?.safeParse(call.body).success]).toEqual([call.path, true]);
  }
  expect(resultFrom(200, { result: 'done' })).toEqual({ kind: 'acknowledged' });
  expect(resultFrom(401, { code: 'E_HTTP_TOKEN', message: 'no' })).toBeNull();
  expect(resultFrom(409, { code: 'E_REQUEST_NODE', message: 'no' })).toMatchObject({ kind: 'refused' });
});
