// Staged actions through the real tick, ledger and market: over days, across a clock change and restarts each is taken and
// said once a period, in order, and what it promises holds until the period ends.
import { describe, expect, test } from 'vitest';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { cents } from '../../src/domain/money.ts';
import { BUDGET_STAGES, type BudgetStages } from '../../src/domain/policy.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createAudit } from '../../src/reconcile/audit.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { createWorld, fleetPolicy, processPolicy, type World } from '../simulation/world.ts';

const STAGES: BudgetStages = {
  notify: 5000,
  stop_raising: 6000,
  stop_buying: 7000,
  let_end: 8500,
  release: 10_000,
};

const stagesIn = (records: readonly LedgerRecord[]) =>
  records.flatMap(({ entry, atMs }) => (entry.kind === 'budget_stage_reached' ? [{ ...entry, atMs }] : []));

/** Ticks every four minutes with a new process every seven hours. */
const live = async (world: World, span: number): Promise<void> => {
  const until = world.nowMs() + span;
  while (world.nowMs() < until) {
    await world.run(Math.min(7 * HOUR_MS, until - world.nowMs()), 4 * MINUTE_MS);
    await world.restart();
  }
};

describe('over days', () => {
  test('every stage of several budgets is taken and said once a period, in order, through restarts and a clock change.', async () => {
    const zone = 'America/Los_Angeles';
    const policy = processPolicy({
      fleets: [
        fleetPolicy({
          name: 'train',
          schedule: { timeZone: zone, baseGpus: 16, windows: [] },
          budget: { day: cents(40_000) },
          budgetStages: STAGES,
        }),
        fleetPolicy({
          name: 'infer',
          schedule: { timeZone: 'Asia/Kathmandu', baseGpus: 8, windows: [] },
          hold: 'reserved',
          budget: { hour: cents(5000), day: cents(20_000) },
          budgetStages: { notify: 4000, stop_buying: 6000, let_end: 9000 },
        }),
      ],
      limits: {
        ...processPolicy().limits,
        budget: { week: cents(150_000) },
        budgetStages: { notify: 2500, stop_raising: 9000 },
      },
    });
    const world = await createWorld({ policy });
    // The day before the clocks of that zone are put forward, in the forenoon there.
    world.pass(65 * DAY_MS + 19 * HOUR_MS);
    await live(world, 2 * DAY_MS + 11 * HOUR_MS);
    const records = await world.records();
    const reached = stagesIn(records);
    const said = world.reports.flatMap((report) => report.stagesReached);
    expect(said.map(({ fleet, period, stage }) => [fleet, period, stage])).toEqual(
      reached.map(({ fleet, period, stage }) => [fleet, period, stage]),
    );
    const periods = new Map<string, number[]>();
    for (const { fleet, period, stage, periodStartMs } of reached) {
      const key = `${fleet ?? 'process'}/${period}/${periodStartMs}`;
      periods.set(key, [...(periods.get(key) ?? []), BUDGET_STAGES.indexOf(stage)]);
    }
    for (const [key, ranks] of periods)
      expect([key, ranks]).toEqual([key, [...new Set(ranks)].toSorted((a, b) => a - b)]);
    const days = [...periods.keys()].filter((key) => key.startsWith('train/day/'));
    expect(days.map((key) => new Date(Number(key.split('/')[2])).toISOString())).toEqual([
      '2026-03-07T08:00:00.000Z',
      '2026-03-08T08:00:00.000Z',
      '2026-03-09T07:00:00.000Z',
    ]);
    for (const name of ['infer/day/', 'process/week/'])
      expect([...periods.keys()].some((key) => key.startsWith(name))).toBe(true);

    const audit = createAudit({ policy, settingsHash: 'test', periodOf });
    for (const record of records) audit.add(record);
    expect(audit.findings().filter((one) => one.severity === 'problem')).toEqual([]);
    // What a stage is for: nothing was bought while one that stops buying held.
    const stopped = reached.filter(({ stage }) => stage === 'stop_buying');
    expect(stopped.length).toBeGreaterThan(3);
    for (const { fleet, atMs, periodEndMs } of stopped) {
      const bought = records.filter(
        (one) =>
          one.entry.kind === 'create_intended' &&
          one.entry.fleet === fleet &&
          one.atMs > atMs &&
          one.atMs < periodEndMs,
      );
      expect(bought).toEqual([]);
    }
  });

  test('nodes that are let end cost nothing more in the period, and the fleet is whole again in the next.', async () => {
    const fleet = fleetPolicy({
      schedule: { timeZone: 'UTC', baseGpus: 16, windows: [] },
      budget: { day: cents(30_000) },
      budgetStages: { let_end: 5000 },
    });
    const world = await createWorld({ policy: processPolicy({ fleets: [fleet] }) });
    await world.run(DAY_MS - (world.nowMs() % DAY_MS) - 1, 2 * MINUTE_MS);
    const [day] = (await world.run(0)).budgets;
    expect(day?.stages).toMatchObject([{ stage: 'let_end', holds: true }]);
    // Half of the budget, and at most what was let through already: two hours of two nodes.
    expect(day?.spent).toBeGreaterThanOrEqual(15_000 * 3600 - 4 * 1600 * 3600);
    expect(day?.spent).toBeLessThanOrEqual(15_000 * 3600 + 4 * 1600 * 3600);
    expect((await world.run(0)).fleets).toMatchObject([{ runningNodes: 0 }]);
    expect((await world.run(30 * MINUTE_MS)).fleets).toMatchObject([{ runningNodes: 2 }]);
  });
});
