// Strategies that only watch: what they would buy is written and nothing is sent; what they hold outlives a restart.
import { describe, expect, test } from 'vitest';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { FleetPolicy } from '../../src/domain/policy.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { SimulatedZone } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, type World } from '../simulation/world.ts';

const { bid } = fleetPolicy();
const FOLLOW = { ...bid, strategy: 'follow', interruptionMs: HOUR_MS } as const;

const worldWith = (
  asks: readonly (readonly [afterMs: number, ask: number | null])[],
  fleet: Partial<FleetPolicy> = {},
): Promise<World> => {
  const points = asks.map(([afterMs, ask]) => ({
    afterMs,
    ask: ask === null ? null : centsPerNodeHour(ask),
  }));
  const settings = marketSettings();
  const zones: readonly SimulatedZone[] = settings.zones.map((one) => ({
    ...one,
    ask: { kind: 'path', points },
  }));
  const policy = processPolicy({ fleets: [fleetPolicy({ shadows: [FOLLOW], ...fleet })] });
  return createWorld({ market: { ...settings, zones }, policy });
};

const shadowIn = (report: TickReport): { cents: number; hours: number } => {
  const [shadow] = report.fleetTotals[0]?.shadows ?? [];
  return { cents: (shadow?.cost ?? 0) / 3600, hours: (shadow?.nodeSeconds ?? 0) / 3600 };
};

const sentBy = async (world: World): Promise<number> =>
  (await world.records()).filter(({ entry }) => entry.kind.endsWith('_intended')).length;

describe('a shadow', () => {
  test('pays the ask of each hour and gets it less its boot; a fleet beside it sends what it would send without.', async () => {
    const asks = [
      [0, 1203],
      [30 * MINUTE_MS, 1100],
      [90 * MINUTE_MS, 1300],
    ] as const;
    const world = await worldWith(asks);
    const { cents, hours } = shadowIn(await world.run(2 * HOUR_MS + 10 * MINUTE_MS));
    // Bought from the first look with a quote on, a minute after the start; four nodes, the third hour bought whole.
    expect(cents).toBeGreaterThan(4 * (1203 * 0.95 + 1100 + 1300));
    expect(cents).toBeLessThanOrEqual(4 * (1203 + 1100 + 1300));
    expect(hours).toBeGreaterThan(4 * (3 - 1 / 6 - 0.05));
    expect(hours).toBeLessThanOrEqual(4 * (3 - 1 / 6));
    const alone = await worldWith(asks, { shadows: [] });
    await alone.run(2 * HOUR_MS + 10 * MINUTE_MS);
    expect(await sentBy(world)).toBe(await sentBy(alone));
  });

  test('outlives a restart: nothing falls, and what it holds is not bought again.', async () => {
    const world = await worldWith([[0, 1200]]);
    const before = shadowIn(await world.run(90 * MINUTE_MS));
    await world.restart();
    const first = await world.turn();
    expect(shadowIn(first)).toEqual(before);
    const after = shadowIn(await world.run(10 * MINUTE_MS));
    expect(after).toEqual(before);
    const later = shadowIn(await world.run(HOUR_MS));
    expect(later.cents).toBeCloseTo(before.cents + 4 * 1200, 6);
    expect(later.hours).toBeCloseTo(before.hours + 4, 6);
  });

  test('neither pays nor gets hours that nobody watched, and starts anew after them.', async () => {
    const world = await worldWith([[0, 1200]]);
    const before = shadowIn(await world.run(30 * MINUTE_MS));
    world.pass(4 * HOUR_MS);
    const after = shadowIn(await world.run(2 * MINUTE_MS));
    // From four and a half hours on, to the end of that hour.
    expect(after.cents - before.cents).toBeLessThanOrEqual(4 * 1200 * 0.5);
    expect(after.hours - before.hours).toBeLessThan(4 * (0.5 - 1 / 6) + 1e-9);
    expect(after.hours).toBeGreaterThan(before.hours);
  });

  test('buys nothing above its ceiling or while nothing is for sale, and loses what it holds then.', async () => {
    const world = await worldWith([
      [0, 1200],
      [50 * MINUTE_MS, 1700],
      [2 * HOUR_MS + 30 * MINUTE_MS, null],
    ]);
    const before = shadowIn(await world.run(45 * MINUTE_MS));
    expect(shadowIn(await world.run(3 * HOUR_MS))).toEqual(before);
    expect(before.hours).toBeGreaterThan(0);
  });

  test('goes on through a pause of the fleet, and lets go when less is wanted.', async () => {
    const from = '0 2 * * *';
    const schedule = {
      timeZone: 'UTC',
      baseGpus: 32,
      windows: [{ from, forMs: 4 * HOUR_MS, gpus: 8, leadMs: 0 }],
    };
    const world = await worldWith([[0, 1200]], { schedule });
    const before = shadowIn(await world.run(30 * MINUTE_MS));
    const head = (await world.records()).length;
    await world.append([{ kind: 'pause_requested', by: 'a test', why: 'a test' }], world.nowMs(), head);
    const paused = shadowIn(await world.run(HOUR_MS));
    expect(paused.cents).toBeCloseTo(before.cents + 4 * 1200, 6);
    const fewer = shadowIn(await world.run(HOUR_MS));
    expect(fewer.cents).toBeCloseTo(paused.cents + 1200, 6);
  });

  test('in blocks buys and extends them ahead of their end.', async () => {
    const world = await worldWith([[0, 1200]], { hold: 'reserved', shadows: [FOLLOW, SHIPPED.ladder] });
    const report = await world.run(95 * MINUTE_MS);
    for (const { cost, nodeSeconds } of report.fleetTotals[0]?.shadows ?? []) {
      // The first hour, the second, and the third extended into at the half hour before.
      expect(cost / 3600).toBeGreaterThan(4 * 1200 * 2.9);
      expect(cost / 3600).toBeLessThanOrEqual(4 * 1200 * 3);
      expect(nodeSeconds / 3600).toBeGreaterThan(4 * 2.7);
    }
    expect(report.fleetTotals[0]?.shadows.map(({ strategy }) => strategy)).toEqual(['follow', 'ladder']);
  });
});
