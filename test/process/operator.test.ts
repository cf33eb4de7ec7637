// What an operator does beside a running daemon, and what the daemon tells him: pause and resume, status and plan, a second
// start, a stop.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import type { RequestRow } from '../../src/market/state.ts';
import { openFloor, type Floor, type SettingsText } from './floor.ts';
import { killAll, warmUp, runVerb, TOKEN, type Answer } from './program.ts';
import { isMet, runningAt } from './truths.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const settings = (more: SettingsText = {}): SettingsText => ({
  quarantine: '15m',
  deadlines: { list: '2s', change: '2s', tick: '5s', quote: '5s' },
  limits: { ceiling: '$3.00/gpu-hour', nodes: 8 },
  fleets: [
    {
      name: 'train',
      gpu: 'h100',
      gpus: 16,
      zones: ['hayesvalley'],
      bid: { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' },
    },
  ],
  ...more,
});

const open = (nodes: number, more: SettingsText = {}): Promise<Floor> =>
  openFloor({
    market: {
      zones: [{ name: 'hayesvalley', nodes, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }],
    },
    daemon: settings(more),
  });

const states = (report: TickReport | null): string =>
  (report?.nodes ?? [])
    .map(({ state }) => state)
    .toSorted()
    .join(' ');

const untilStates = (floor: Floor, wanted: string): Promise<TickReport> =>
  until(`nodes are ${wanted}`, async () => {
    const report = await floor.status();
    return report !== null && states(report) === wanted ? report : null;
  });

const verb = (floor: Floor, ...words: readonly string[]): Promise<Answer> =>
  runVerb([words[0] ?? '', '--config', floor.daemonFile, ...words.slice(1)]);

/** Whether a request could add spend: everything but letting go and limits that go down to `low` or under. */
const addsSpend = ({ method, path, limit }: RequestRow, low: number): boolean =>
  method === 'POST' ||
  path.endsWith('/extend') ||
  (path.startsWith('/v0/procurements') && (limit ?? 0) > low);

describe.concurrent('beside a running daemon', { timeout: 300_000 }, () => {
  test('pause is confirmed, withdraws waiting bids and sends nothing more that adds spend, while held nodes renew; resume goes on', async () => {
    const floor = await open(1);
    const program = await floor.start();
    await untilStates(floor, 'running waiting');
    const paused = await verb(floor, 'pause', '--why', 'an audit');
    const atPause = await floor.market.records();
    expect(paused.code).toBe(0);
    expect(paused.out).toMatch(
      /^Paused: nothing that adds spend is sent, waiting bids are withdrawn\. 1 held nodes go on renewing for at most \$\d+\.\d\d an hour\.\n$/,
    );
    await untilStates(floor, 'running');
    const end = atPause.nodes.find(({ endAtMs }) => endAtMs !== null)?.endAtMs ?? 0;
    await untilTrue('the held node is renewed', async () =>
      (await floor.market.records()).nodes.some(({ endAtMs }) => (endAtMs ?? 0) > end),
    );
    // Killed and started anew it is still paused.
    await program.kill();
    const again = await floor.start();
    await until('a tick in pause', async () => ((await floor.status())?.paused === true ? true : null));
    const held = await floor.market.records();
    const low = Math.min(
      ...held.nodes.filter(({ endedAtMs }) => endedAtMs === null).map(({ limit }) => limit),
    );
    const sent = held.requests.slice(atPause.requests.length);
    expect(sent.filter((request) => addsSpend(request, low))).toEqual([]);
    expect(runningAt(held, held.nowMs)).toBe(1);
    expect(held.nodes.filter(({ endedAtMs }) => endedAtMs === null)).toHaveLength(1);
    expect(await verb(floor, 'pause')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Already paused\./),
    });

    expect(await verb(floor, 'resume')).toMatchObject({ code: 0, out: expect.stringMatching(/^Resumed/) });
    await floor.market.happen({ kind: 'set_capacity', zone: 'hayesvalley', nodes: 4 });
    await untilStates(floor, 'running running');
    expect(await verb(floor, 'resume')).toMatchObject({ code: 0, out: 'Nothing was paused.\n' });
    await again.kill();
    await floor.close();
  });

  test('status and plan tell the truth beside it and without it, in words and as JSON, and send nothing', async () => {
    const floor = await open(1);
    const none = await verb(floor, 'status');
    expect(none).toMatchObject({ code: 69, out: '' });
    expect(none.err).toMatch(/No daemon answers and there is no ledger yet/);
    const first = await verb(floor, 'plan');
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/would do:\n {2}train: create × 2 in hayesvalley at \$10\.00\/node-hour/);
    expect((await floor.market.records()).requests).toEqual([]);

    const program = await floor.start();
    await untilStates(floor, 'running waiting');
    await untilTrue('its VM runs', async () => (await floor.status())?.fleets[0]?.runningNodes === 1);
    const beside = await verb(floor, 'status');
    expect(beside).toMatchObject({ code: 0, err: '' });
    expect(beside.out).toMatch(/train: 1 of 2 nodes run \(8 of 16 h100 GPUs\)/);
    const report = JSON.parse((await verb(floor, 'status', '--json')).out) as TickReport;
    expect(states(report)).toBe('running waiting');
    const plan = JSON.parse((await verb(floor, 'plan', '--json')).out) as TickReport;
    expect(plan).toMatchObject({ end: 'done', mode: 'live' });
    expect(states(plan)).toBe('running waiting');

    await program.kill();
    const alone = await verb(floor, 'status');
    expect(alone.code).toBe(69);
    expect(alone.err).toMatch(
      /No daemon answers; this is what its ledger says\. Held nodes go on costing money\./,
    );
    expect(alone.out).toMatch(/1 running in hayesvalley/);
    const before = (await floor.market.records()).requests.length;
    expect(await verb(floor, 'plan')).toMatchObject({ code: 0 });
    expect((await floor.market.records()).requests).toHaveLength(before);
    await floor.close();
  });

  test('a second run on the same store is refused with E_LEASE_HELD and 75, and disturbs nothing', async () => {
    const floor = await open(2);
    await floor.start();
    await untilStates(floor, 'running running');
    const second = await verb(floor, 'run');
    expect(second.code).toBe(75);
    expect(second.err).toMatch(/^E_LEASE_HELD .* by process \d+, started \S+\. Stop the other one first/);
    const before = (await floor.status())?.atMs ?? 0;
    await until('the first goes on', async () =>
      ((await floor.status())?.atMs ?? 0) > before ? true : null,
    );
    await floor.close();
  });
});

describe.concurrent('stopping', { timeout: 300_000 }, () => {
  test('SIGTERM ends it within 10 s with exit 0, leaves nodes and bids as they are and says what they go on costing', async () => {
    const floor = await open(1);
    const program = await floor.start();
    await untilStates(floor, 'running waiting');
    await floor.market.addFaults([{ path: '/v1', fault: { kind: 'hang' } }]);
    const begun = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await program.line(/stopped; nodes are left/)).toMatch(
      /train: 1 held, 1 waiting, at most \$\d+\.\d\d an hour goes on/,
    );
    const records = await floor.market.records();
    expect(records.nodes.map(({ endedAtMs }) => endedAtMs)).toEqual([null, null]);
    expect(program.said.join('\n')).not.toContain(TOKEN);
    await floor.close();
  });

  test('on_stop: withdraw_waiting takes back the waiting bid and keeps the held node', async () => {
    const floor = await open(1, { on_stop: 'withdraw_waiting' });
    const program = await floor.start();
    await untilStates(floor, 'running waiting');
    program.signal('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const alive = (await floor.market.records()).nodes.filter(({ endedAtMs }) => endedAtMs === null);
    expect(alive.map(({ status }) => status)).toEqual(['running']);
    await program.line(/train: 1 held, 0 waiting, at most \$\d+\.\d\d an hour goes on/);
    const again = await floor.start();
    await untilTrue('the same node is held by the next daemon', async () =>
      states(await floor.status()).startsWith('running'),
    );
    expect((await floor.status())?.fleets[0]?.unownedNodes).toBe(0);
    await again.kill();
    await floor.close();
  });

  test('a target that is met survives a stop and a start, and nothing is bought again', async () => {
    const floor = await open(2);
    const program = await floor.start();
    await untilStates(floor, 'running running');
    program.signal('SIGTERM');
    await program.ended;
    const sent = (await floor.market.records()).requests.filter(({ method }) => method === 'POST').length;
    const again = await floor.start();
    // A node of ours runs before its VM has booted, and only a booted VM meets the target.
    await untilTrue('the target is met again', async () => isMet((await floor.status())?.fleets[0]));
    const records = await floor.market.records();
    expect(records.requests.filter(({ method }) => method === 'POST')).toHaveLength(sent);
    await again.kill();
    await floor.close();
  });
});
