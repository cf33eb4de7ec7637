// The ledger is lost, or an old copy of it is put back, while nodes are held at the venue: nothing is bought again, nothing is
// let go, and a person is told.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { openFloor, type Floor, type SettingsText } from './floor.ts';
import { killAll, runVerb, warmUp } from './program.ts';
import { boughtTwice, isMet, mostAlive, runningAt } from './truths.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const fleetOf = (nodes: number): SettingsText => ({
  quarantine: '15m',
  limits: { ceiling: '$3.00/gpu-hour', nodes: 8 },
  fleets: [
    {
      name: 'train',
      gpu: 'h100',
      gpus: 8 * nodes,
      zones: ['hayesvalley'],
      bid: { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' },
    },
  ],
});

const open = (nodes: number): Promise<Floor> =>
  openFloor({
    market: {
      zones: [{ name: 'hayesvalley', nodes: 8, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }],
    },
    daemon: fleetOf(nodes),
  });

const untilMet = (floor: Floor): Promise<TickReport> =>
  until('the target is reached', async () => {
    const report = await floor.status();
    return report !== null && isMet(report.fleets[0]) ? report : null;
  });

/** A report of the new daemon that shows strangers, and a later one with more than an hour of the market between them. */
const untilAnHourPassed = async (floor: Floor): Promise<TickReport> => {
  const first = await until('the daemon sees nodes that its ledger does not hold', async () => {
    const report = await floor.status();
    return (report?.fleets[0]?.unownedNodes ?? 0) > 0 ? report : null;
  });
  return until('an hour passes', async () => {
    const report = await floor.status();
    return report !== null && report.atMs > (first?.atMs ?? 0) + 65 * MINUTE_MS ? report : null;
  });
};

describe.concurrent('nodes that the ledger does not know', { timeout: 300_000 }, () => {
  test('a deleted ledger: the daemon starts in pause, leaves the nodes alone and buys nothing, not even after a resume', async () => {
    const floor = await open(2);
    const program = await floor.start();
    await untilMet(floor);
    await program.kill();
    const sent = (await floor.market.records()).requests.length;
    floor.deleteLedger();
    const again = await floor.start();
    await again.line(/alive with our prefix, but this ledger does not own it/);
    await until('a pause', async () => ((await floor.status())?.paused === true ? true : null));
    const resumed = await runVerb(['resume', '--config', floor.daemonFile]);
    expect(resumed).toMatchObject({ code: 0, out: 'Resumed: buying may go on from the next tick.\n' });
    const report = await untilAnHourPassed(floor);
    expect(report.paused).toBe(false);
    expect(report.fleets[0]?.unownedNodes).toBe(2);
    expect(report.decisions.map((one) => one.refusedBy)).toContain('unowned');
    const records = await floor.market.records();
    expect(records.requests.slice(sent)).toEqual([]);
    expect(runningAt(records, records.nowMs)).toBe(2);
    expect(boughtTwice(records)).toEqual([]);
    await again.kill();
    await floor.close();
  });

  test('an old copy put back: what was bought since is not bought again, and once it ended the next names are new', async () => {
    const floor = await open(1);
    const program = await floor.start();
    await untilMet(floor);
    program.signal('SIGTERM');
    await program.ended;
    mkdirSync(join(floor.directory, 'copy'));
    floor.copyLedger('copy');
    floor.writeDaemon(fleetOf(3));
    const second = await floor.start();
    await untilMet(floor);
    await second.kill();
    floor.restoreLedger('copy');
    const before = await floor.market.records();
    const third = await floor.start();
    const report = await untilAnHourPassed(floor);
    expect(report.fleets[0]).toMatchObject({ unownedNodes: 2, runningNodes: 1 });
    const held = await floor.market.records();
    const asked = held.requests.slice(before.requests.length);
    expect(asked.filter(({ method }) => method !== 'PATCH')).toEqual([]);
    expect(mostAlive(held)).toBe(3);

    const strangers = held.nodes.filter(({ nodeId }) => !report.nodes.some((node) => node.nodeId === nodeId));
    for (const node of strangers)
      await floor.market.happen({ kind: 'end_node', node: node.nodeId, as: 'terminated' });
    await untilTrue('the target is reached again', async () => {
      const now = await floor.status();
      return isMet(now?.fleets[0]) && now?.nodes.length === 3;
    });
    const records = await floor.market.records();
    expect(new Set(records.nodes.map(({ name }) => name)).size).toBe(records.nodes.length);
    expect(records.requests.filter(({ status }) => status === 409)).toEqual([]);
    expect(boughtTwice(records)).toEqual([]);
    expect(mostAlive(records)).toBe(3);
    await third.kill();
    await floor.close();
  });
});
