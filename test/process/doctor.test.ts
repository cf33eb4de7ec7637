// `doctor` beside a market: what it finds, what it says to do, and its probe, which spends through the same gate as any tick.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorFinding } from '../../src/cli/doctor/findings.ts';
import type { ProbeAnswer } from '../../src/daemon/probe.ts';
import { openFloor, type Floor, type SettingsText } from './floor.ts';
import { killAll, runVerb, warmUp, type Answer } from './program.ts';
import { untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const fleet = {
  name: 'train',
  gpu: 'h100',
  gpus: 8,
  zones: ['hayesvalley'],
  bid: { start: '$1.25/gpu-hour', ceiling: '$2.00/gpu-hour' },
};

const open = (market: SettingsText = {}, more: SettingsText = {}, speed?: number): Promise<Floor> =>
  openFloor({
    ...(speed === undefined ? {} : { speed }),
    market: {
      zones: [{ name: 'hayesvalley', nodes: 4, ask: { path: [{ after: '0s', ask: '$1.50/gpu-hour' }] } }],
      ...market,
    },
    daemon: {
      deadlines: { list: '2s', change: '2s', tick: '5s', quote: '5s' },
      limits: { ceiling: '$3.00/gpu-hour', nodes: 8, budget: { day: '$900' } },
      fleets: [fleet],
      ...more,
    },
  });

const doctor = (floor: Floor, ...words: readonly string[]): Promise<Answer> =>
  runVerb(['doctor', '--config', floor.daemonFile, ...words]);

const problemsOf = async (floor: Floor): Promise<readonly string[]> => {
  const { out } = await doctor(floor, '--json');
  const { findings } = JSON.parse(out) as { findings: readonly DoctorFinding[] };
  return findings.filter(({ level }) => level === 'problem').map(({ check, text }) => `${check}: ${text}`);
};

describe.concurrent('doctor', { timeout: 300_000 }, () => {
  test('finds nothing wrong before the first start and beside a daemon, and sends nothing', async () => {
    const floor = await open();
    const first = await doctor(floor);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toMatch(/ok +market +train: the cheapest zone asks \$12\.00\/node-hour/);
    expect(first.out).toMatch(/\n0 problems, \d warnings\n$/);
    expect((await floor.market.records()).requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const program = await floor.start();
    await untilTrue('the node runs', async () => (await floor.status())?.nodes[0]?.state === 'running');
    const beside = await doctor(floor);
    expect(beside.code).toBe(0);
    expect(beside.out).toMatch(/ok +unowned +every live node with our prefix is in the ledger/);
    expect(beside.out).toMatch(/ok +daemon +it runs/);
    const probing = await doctor(floor, '--probe', '--yes');
    expect([probing.code, probing.err]).toEqual([75, expect.stringMatching(/E_LEASE_HELD/)]);
    await program.kill();
    await floor.close();
  });

  test('says what can never fill, which zone does not exist, a refused token and a venue that is away', async () => {
    const floor = await open(
      {},
      {
        fleets: [
          { ...fleet, bid: { ceiling: '$1.00/gpu-hour' } },
          { ...fleet, name: 'typo', zones: ['hayesvally'] },
        ],
      },
      1,
    );
    expect(await problemsOf(floor)).toEqual([
      'zones: typo names hayesvally, where no h100 is sold',
      expect.stringMatching(/^market: train can never fill at this ask: the cheapest zone asks \$12\.00/),
    ]);
    expect((await doctor(floor)).code).toBe(1);
    await floor.market.addFaults([{ path: '/v1/', fault: { kind: 'status', status: 401 } }]);
    expect(await problemsOf(floor)).toEqual([
      expect.stringMatching(/^token: the venue does not accept the token/),
    ]);
    await floor.marketProcess.kill();
    const away = await doctor(floor);
    expect(away.code).toBe(69);
    expect(away.out).toMatch(/PROBLEM venue/);
    writeFileSync(floor.daemonFile, readFileSync(floor.daemonFile, 'utf8').replace('"gpus"', '"gpu5"'));
    expect((await doctor(floor)).code).toBe(78);
    await floor.close();
  });

  test.each([
    [
      'refuses a double and raises in place',
      { unique_names: true, raising_allowed: true },
      'refused',
      'accepted',
    ],
    [
      'takes a double and does not raise',
      { unique_names: false, raising_allowed: false },
      'accepted',
      'refused',
    ],
  ] as const)(
    'the probe of a venue that %s says so, asks first, leaves nothing behind and is in the ledger',
    async (_, market, double, raise) => {
      const floor = await open(market);
      const asked = await doctor(floor, '--probe');
      expect(asked.code).toBe(64);
      expect(asked.err).toMatch(
        /at most \$0\.88 an hour each.*may cost up to \$\d\.\d\d if both fill\.\nE_USAGE_CONFIRM/s,
      );
      expect((await floor.market.records()).requests.filter(({ method }) => method !== 'GET')).toEqual([]);
      const probed = await doctor(floor, '--probe', '--yes', '--json');
      expect([probed.code, probed.err.split('\n').length]).toEqual([0, 2]);
      const answer = JSON.parse(probed.out) as ProbeAnswer;
      expect(answer).toMatchObject({ complete: true, left: 0, duplicateName: double, raise });
      expect(answer.listedAfterMs).not.toBeNull();
      const { nodes, bills } = await floor.market.records();
      expect(nodes.filter(({ endedAtMs }) => endedAtMs === null)).toEqual([]);
      expect(bills).toEqual([]);
      const told = await runVerb(['ledger', '--config', floor.daemonFile, '--kind', 'create_intended']);
      expect(told.out.match(/a probe/g)).toHaveLength(2);
      expect((await runVerb(['verify', '--config', floor.daemonFile])).code).toBe(0);
      // A daemon goes on from this ledger as from any other.
      const program = await floor.start();
      await untilTrue('the node runs', async () => (await floor.status())?.nodes[0]?.state === 'running');
      await program.kill();
      await floor.close();
    },
  );
});
