// Control of a running daemon, end to end against the market: the admin API, targets for a while, reload, handing nodes over
// and taking them away, and that no token is ever said.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { ROUTES } from '../../src/http/admin/routes.ts';
import { openFloor, type Floor, type SettingsText } from './floor.ts';
import { killAll, runVerb, TOKEN, warmUp, type Answer, type Program } from './program.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const settings = (more: SettingsText = {}, fleet: SettingsText = {}): SettingsText => ({
  deadlines: { list: '2s', change: '2s', tick: '5s', quote: '5s' },
  limits: { ceiling: '$5.00/gpu-hour', nodes: 8 },
  fleets: [
    {
      name: 'train',
      gpu: 'h100',
      gpus: 8,
      zones: ['hayesvalley'],
      bid: { start: '$1.25/gpu-hour', ceiling: '$2.00/gpu-hour' },
      ...fleet,
    },
  ],
  ...more,
});

const open = (more: SettingsText = {}): Promise<Floor> =>
  openFloor({
    market: {
      zones: [{ name: 'hayesvalley', nodes: 6, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }],
    },
    daemon: settings(more),
  });

const verb = (floor: Floor, ...words: readonly string[]): Promise<Answer> =>
  runVerb([words[0] ?? '', '--config', floor.daemonFile, ...words.slice(1)]);

const running = (report: TickReport | null): number =>
  (report?.nodes ?? []).filter(({ state }) => state === 'running').length;

const untilRunning = (floor: Floor, nodes: number): Promise<void> =>
  untilTrue(`${nodes} nodes run`, async () => running(await floor.status()) === nodes);

const tokenOf = (floor: Floor): string => readFileSync(`${floor.ledger}.api-token`, 'utf8').trim();

const call = async (
  floor: Floor,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly text: string }> => {
  const answer = await fetch(`${floor.daemonUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokenOf(floor)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
};

const WHO = { by: 'anna', why: 'a test' };

/** A node made by hand at the venue, with or without our prefix. */
const makeByHand = async (floor: Floor, name: string): Promise<void> => {
  const { venue } = JSON.parse(readFileSync(floor.daemonFile, 'utf8')) as { venue: { base_url: string } };
  const answer = await fetch(`${venue.base_url}/v1/nodes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      desired_count: 1,
      max_price_per_node_hour: 1200,
      names: [name],
      node_type: 'autoreserved',
      zone: 'hayesvalley',
    }),
  });
  expect([answer.status, answer.ok ? '' : await answer.text()]).toEqual([answer.status, '']);
};

const close = async (floor: Floor, program: Program): Promise<void> => {
  await program.kill();
  await floor.close();
};

describe.concurrent('control', { timeout: 300_000 }, () => {
  test('each stop works over the API with the token that only this user can read, and a target for a while ends by itself', async () => {
    const floor = await open();
    const program = await floor.start();
    await untilRunning(floor, 1);
    expect(statSync(`${floor.ledger}.api-token`).mode & 0o777).toBe(0o600);
    const stranger = { authorization: 'Bearer nobody' };
    expect((await call(floor, 'POST', '/v1/pause', WHO, stranger)).status).toBe(401);
    expect((await call(floor, 'POST', '/v1/pause', WHO, { origin: 'https://evil.example' })).status).toBe(
      403,
    );
    expect((await floor.status())?.paused).toBe(false);

    expect(await call(floor, 'POST', '/v1/pause', WHO)).toMatchObject({
      status: 200,
      text: '{"result":"done"}',
    });
    expect((await floor.status())?.pause).toMatchObject({ by: 'anna', drain: false, acknowledged: true });
    expect((await call(floor, 'POST', '/v1/drain', WHO)).status).toBe(200);
    await until('it drains', async () => ((await floor.status())?.pause?.drain === true ? true : null));
    expect((await call(floor, 'POST', '/v1/resume', WHO)).status).toBe(200);
    await program.line(/resume asked by anna \(a test\) over the API: done/);

    const raised = await verb(floor, 'target', 'train', '24', '--for', '90m', '--why', 'a deadline');
    expect([raised.code, raised.err]).toEqual([0, '']);
    await untilRunning(floor, 3);
    expect((await verb(floor, 'status')).out).toMatch(
      /set by \S+ until \S+, whatever the schedule says: a deadline/,
    );
    // Nodes that will not be wanted at their end are let go before it, and run on to it.
    await untilTrue('the target is the schedule again', async () => {
      const fleet = (await floor.status())?.fleets[0];
      return fleet?.wantedNodes === 1 && fleet.override === null;
    });
    await untilRunning(floor, 1);

    expect((await call(floor, 'POST', '/v1/stop', WHO)).status).toBe(200);
    expect(await program.ended).toMatchObject({ code: 0 });
    expect((await verb(floor, 'verify')).code).toBe(0);
    await floor.close();
  });

  test('a changed file is taken over whole or refused with the reason, by rename, by link, by SIGHUP and by verb', async () => {
    const floor = await open();
    const program = await floor.start();
    await untilRunning(floor, 1);
    const metric = async (name: string): Promise<number> =>
      (await floor.scrape()).get(`bidkeeper_${name}`)?.samples[0]?.value ?? Number.NaN;
    expect(await metric('config_last_reload_success')).toBe(1);

    // As an editor saves: a new file is renamed into place.
    const written = JSON.parse(readFileSync(floor.daemonFile, 'utf8')) as Record<string, unknown>;
    const save = (more: SettingsText, fleet: SettingsText): void => {
      writeFileSync(`${floor.daemonFile}.new`, JSON.stringify({ ...written, ...settings(more, fleet) }));
      renameSync(`${floor.daemonFile}.new`, floor.daemonFile);
    };
    save({}, { gpus: 16 });
    await program.line(/fleets\[train\]\.schedule\.baseGpus: 8 → 16/);
    await untilRunning(floor, 2);

    // As Kubernetes swaps a ConfigMap: the path is a link to another file.
    save({}, { gpus: 16, bid: { start: '$1.25/gpu-hour', ceiling: '$4.10/gpu-hour' } });
    const link = join(floor.directory, 'linked.json');
    renameSync(floor.daemonFile, link);
    symlinkSync(link, floor.daemonFile);
    await program.line(/were refused, the old ones stay: E_SETTINGS_ACKNOWLEDGE .*rises to more than twice/);
    expect(await metric('config_last_reload_success')).toBe(0);
    expect((await floor.status())?.fleets[0]?.ceiling).toBe(1600);

    const shown = await verb(floor, 'reload', '--dry-run', '--acknowledge');
    expect(shown).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^A reload would change:\n {2}fleets\[train\]\.bid/),
    });
    expect((await floor.status())?.fleets[0]?.ceiling).toBe(1600);
    expect((await verb(floor, 'reload')).code).toBe(78);
    expect(await verb(floor, 'reload', '--acknowledge')).toMatchObject({ code: 0 });
    await untilTrue(
      'the new ceiling is in force',
      async () => (await floor.status())?.fleets[0]?.ceiling === 3280,
    );
    expect(await metric('config_last_reload_success')).toBe(1);

    // A hard cap, and a fleet that would leave its nodes behind.
    rmSync(floor.daemonFile);
    save({ limits: { ceiling: '$6.00/gpu-hour', nodes: 8 } }, { gpus: 24 });
    program.signal('SIGHUP');
    await program.line(/E_SETTINGS_RESTART limits\.ceiling is read at the start only/);
    save({}, { name: 'other', gpus: 0, bid: { ceiling: '$2.00/gpu-hour' } });
    program.signal('SIGHUP');
    await program.line(/fleet train goes while 2 nodes of it live/);
    expect((await floor.status())?.fleets.map(({ fleet, wantedNodes }) => [fleet, wantedNodes])).toEqual([
      ['train', 2],
    ]);
    await verb(floor, 'verify').then(({ code, out }) => expect([code, out]).toEqual([0, out]));
    await close(floor, program);
  });

  test('a node made by hand is first observed, then handed over one by one; a disowned one and a never-touched one are left alone', async () => {
    const floor = await open({ never_touch: ['somebodys-node'] });
    const program = await floor.start();
    await untilRunning(floor, 1);
    await makeByHand(floor, 'made-by-hand');
    await makeByHand(floor, 'somebodys-node');
    await makeByHand(floor, 'bk-zz99-train-7-g1');
    await until('the stranger with our prefix is seen', async () =>
      (await floor.status())?.fleets[0]?.unownedNodes === 1 ? true : null,
    );
    const seen = async (): Promise<string[]> =>
      (await floor.market.records()).nodes
        .filter(({ endedAtMs }) => endedAtMs === null)
        .map(({ name }) => name);
    await untilTrue(
      'they run',
      async () =>
        (await floor.market.records()).nodes.filter(({ running: times }) => times.length > 0).length === 4,
    );
    const before = (await floor.status())?.nodes.length;

    expect((await verb(floor, 'adopt', 'somebodys-node', '--fleet', 'train')).err).toMatch(
      /^E_REQUEST_ADOPT .*stands in never_touch/,
    );
    expect((await verb(floor, 'adopt', 'nobody', '--fleet', 'train')).err).toMatch(/shows no node nobody/);
    const observed = await verb(floor, 'adopt', 'made-by-hand', '--fleet', 'train');
    expect([observed.code, observed.err]).toEqual([0, '']);
    expect(observed.out).toMatch(/^made-by-hand \(\S+\): running, autoreserved, h100 in hayesvalley/);
    expect(observed.out).toMatch(/Nothing was changed; --yes hands it over\.\n$/);
    expect((await floor.status())?.nodes.length).toBe(before);

    // Wanted twice now, so that the one handed over fills the place and nothing is bought.
    expect((await verb(floor, 'target', 'train', '16', '--for', '30d')).code).toBe(0);
    expect(await verb(floor, 'adopt', 'made-by-hand', '--fleet', 'train', '--yes')).toMatchObject({
      code: 0,
    });
    await untilRunning(floor, 2);
    expect((await verb(floor, 'disown', 'bk-zz99-train-7-g1')).code).toBe(0);
    await untilTrue(
      'nobody blocks the fleet',
      async () => (await floor.status())?.fleets[0]?.unownedNodes === 0,
    );

    // The one handed over is let go like any other; the others are nobody's business.
    expect((await verb(floor, 'drain')).code).toBe(0);
    await untilTrue('ours have gone', async () =>
      (await seen()).every((name) => !/made|bk-(?!zz99)/.test(name)),
    );
    expect((await seen()).toSorted()).toEqual(['bk-zz99-train-7-g1', 'somebodys-node']);
    const touched = (await floor.market.records()).requests.filter(
      ({ method, path }) => method !== 'GET' && /somebodys|zz99/.test(path),
    );
    expect(touched).toEqual([]);
    expect((await verb(floor, 'verify')).out).toMatch(/sound|no problem/i);
    await close(floor, program);
  });

  test('no token occurs in any byte of log, metrics, API, page, errors, effective settings or ledger', async () => {
    const secrets = {
      SFC_API_TOKEN: 'sfc-7f3a9c51e2',
      READ_TOKEN: 'read-b81d44f0aa',
      CHANGE_TOKEN: 'change-5e20c7719d',
    };
    const environment = { environment: secrets };
    const floor = await open({ api: { read_token_env: 'READ_TOKEN', change_token_env: 'CHANGE_TOKEN' } });
    const texts: string[] = [];
    const program = await floor.start(environment);
    const ask = async (method: string, path: string, token: string, body?: object): Promise<number> => {
      const answer = await call(floor, method, path, body, { authorization: `Bearer ${token}` }).catch(
        () => null,
      );
      texts.push(answer?.text ?? '');
      return answer?.status ?? 0;
    };
    writeFileSync(`${floor.ledger}.api-token`, 'unused');
    await until('a report', async () =>
      (await ask('GET', '/v1/status', secrets.READ_TOKEN)) === 200 ? true : null,
    );
    for (const { method, path, body } of ROUTES) {
      if (path === '/v1/stop') continue;
      const url = path.replaceAll(/:\w+/g, 'train');
      for (const token of [
        secrets.CHANGE_TOKEN,
        secrets.READ_TOKEN,
        secrets.SFC_API_TOKEN,
        `${secrets.CHANGE_TOKEN}x`,
      ])
        await ask(method, url, token, body === null ? undefined : { ...WHO, why: 'asked', fleet: 'train' });
      if (body !== null) await ask(method, url, secrets.CHANGE_TOKEN, { by: '', why: 1 });
    }
    for (const path of ['/', '/metrics', '/healthz', '/readyz', '/v1/openapi.json', '/nothing'])
      await ask('GET', path, secrets.CHANGE_TOKEN);
    const words = [
      ['check'],
      ['check', '--json'],
      ['status'],
      ['status', '--json'],
      ['plan'],
      ['ledger'],
      ['verify'],
      ['reload'],
      ['why', 'train'],
    ];
    for (const [name = '', ...rest] of words) {
      const said = await runVerb([name, ...rest, '--config', floor.daemonFile], environment);
      texts.push(said.out, said.err);
    }
    // Errors: a venue that refuses the token, and a settings file that holds one.
    await floor.marketProcess.kill();
    await program.line(/could not be looked at/);
    writeFileSync(floor.daemonFile, `${readFileSync(floor.daemonFile, 'utf8')}# ${secrets.SFC_API_TOKEN}\n`);
    program.signal('SIGHUP');
    await program.line(/were refused/);
    program.signal('SIGTERM');
    await program.ended;
    texts.push(...program.said);
    for (const name of readdirSync(floor.directory))
      if (name.startsWith('bidkeeper.db')) texts.push(readFileSync(join(floor.directory, name), 'latin1'));
    expect(texts.length).toBeGreaterThan(60);
    expect(texts.some((text) => text.includes('sfc-'))).toBe(false);
    for (const secret of Object.values(secrets))
      expect(texts.filter((text) => text.includes(secret)).map((text) => text.slice(0, 200))).toEqual([]);
    await floor.close();
  });
});
