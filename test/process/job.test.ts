// A job with a deadline, with real processes: it works when hours are cheap, goes on over an eviction and a SIGKILL, is held to its
// budget, ends in time, and then lets everything go.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { JobReport } from '../../src/domain/report.ts';
import { HOUR_MS, type UnixMs } from '../../src/domain/time.ts';
import { openFloor, type Floor } from './floor.ts';
import { killAll, warmUp } from './program.ts';
import { billedByHour, boughtTwice, runningAt, stretchesOf } from './truths.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const CHEAP = 240;
const ABOVE_CEILING = 2400;
/** Cents an hour: two nodes at the cheap ask and a little, never three. */
const HOUR_BUDGET = 600;
const NEED_MS = 3 * HOUR_MS;

const ask = (floor: Floor, cents: number): Promise<boolean> =>
  floor.market.happen({ kind: 'set_ask', zone: 'hayesvalley', ask: centsPerNodeHour(cents) });

const jobOf = async (floor: Floor): Promise<JobReport | null> =>
  (await floor.status())?.fleets[0]?.jobs[0] ?? null;

const local = (atMs: UnixMs): string => `${new Date(atMs).toISOString().slice(0, 19)} UTC`;

describe('a job with a deadline', { timeout: 300_000 }, () => {
  test('ends in time over an eviction, a SIGKILL and a budget, by useful time alone, and then holds nothing', async () => {
    const floor = await openFloor({
      market: {
        eviction: 'awaitingcapacity',
        zones: [{ name: 'hayesvalley', nodes: 3, ask: { path: [{ after: '0s', ask: '$0.30/gpu-hour' }] } }],
      },
      daemon: {},
    });
    const byMs = (await floor.market.records()).nowMs + 10 * HOUR_MS;
    floor.writeDaemon({
      deadlines: { list: '2s', change: '2s', tick: '5s', quote: '5s' },
      limits: { ceiling: '$2.00/gpu-hour', nodes: 4 },
      fleets: [
        {
          name: 'batch',
          gpu: 'h100',
          gpus: 0,
          zones: ['hayesvalley'],
          jobs: [{ name: 'tune', need: '24 gpu-hours', by: local(byMs), gpus: 16 }],
          bid: { strategy: 'follow', ceiling: '$2.00/gpu-hour' },
          budget: { hour: `$${HOUR_BUDGET / 100}` },
        },
      ],
    });
    const first = await floor.start();
    await untilTrue('it works', async () => ((await jobOf(floor))?.doneNodeMs ?? 0) > 0);

    await ask(floor, ABOVE_CEILING);
    await untilTrue('its nodes are lost', async () => {
      const records = await floor.market.records();
      return runningAt(records, records.nowMs) === 0;
    });
    await ask(floor, CHEAP);
    await untilTrue('it works again', async () => ((await jobOf(floor))?.workingNodes ?? 0) > 0);
    const before = (await jobOf(floor))?.doneNodeMs ?? 0;
    await first.kill();

    const again = await floor.start();
    const { report, job } = await until('it is done', async () => {
      const seen = await floor.status();
      const one = seen?.fleets[0]?.jobs[0];
      return seen !== null && one?.mode === 'done' ? { report: seen, job: one } : null;
    });
    expect(before).toBeGreaterThan(0);
    expect(report.atMs).toBeLessThan(byMs);
    expect(job).toMatchObject({ doneNodeMs: NEED_MS, missingNodeMs: 0 });
    await untilTrue('every node is let go', async () =>
      (await floor.market.records()).nodes.every(({ endedAtMs }) => endedAtMs !== null),
    );
    const records = await floor.market.records();
    const useful = stretchesOf(records).reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs), 0);
    expect(useful).toBeGreaterThanOrEqual(NEED_MS);
    expect(Math.max(...billedByHour(records, null).values())).toBeLessThanOrEqual(HOUR_BUDGET);
    expect(boughtTwice(records)).toEqual([]);
    await again.kill();
    await floor.close();
  });
});
