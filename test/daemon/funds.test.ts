// The runway: how long the account's money lasts, and a warning long before the venue answers 402.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFundsWatch } from '../../src/daemon/funds-watch.ts';
import { cents, type Cents } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { fallPerHour, fundsAlarms, isLow, runwayOf, type BalanceSeen } from '../../src/reconcile/funds.ts';
import { createSfcomputeVenue } from '../../src/venue/sfcompute/client.ts';
import { createWorld, fleetPolicy, inProcess, marketSettings, processPolicy } from '../simulation/world.ts';

const at = (hours: number, available: number): BalanceSeen => ({
  atMs: hours * HOUR_MS,
  available: cents(available),
});

describe('the burn that a balance shows', () => {
  test('is its fall since money last came in, over an hour at least.', () => {
    expect(fallPerHour([])).toBe(0);
    expect(fallPerHour([at(0, 1000)])).toBe(0);
    expect(fallPerHour([at(0, 1000), at(0.5, 900)])).toBe(0);
    expect(fallPerHour([at(0, 1000), at(1, 900)])).toBe(100);
    expect(fallPerHour([at(0, 1000), at(2, 900), at(4, 799)])).toBe(51);
    expect(fallPerHour([at(0, 9000), at(1, 100), at(2, 5000), at(4, 4000)])).toBe(500);
    expect(fallPerHour([at(0, 1000), at(1, 1000), at(2, 1000)])).toBe(0);
  });

  test('lasts as long as the runway says, to the millisecond, and never longer.', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 1e7 }),
        (available, perHour) => {
          const runway = runwayOf(cents(available), cents(perHour)) ?? -1;
          expect((runway * perHour) / HOUR_MS).toBeLessThanOrEqual(available + 1e-6);
          expect(((runway + 1) * perHour) / HOUR_MS).toBeGreaterThan(available - 1e-6);
        },
      ),
    );
    expect(runwayOf(cents(500), cents(0))).toBeNull();
    expect(runwayOf(cents(-500), cents(10))).toBe(0);
  });

  test('is low under the bound, and no longer low only with a quarter more.', () => {
    const bound = 12 * HOUR_MS;
    expect([bound - 1, bound].map((one) => isLow(one, bound, false))).toEqual([true, false]);
    expect([bound * 1.25 - 1, bound * 1.25].map((one) => isLow(one, bound, true))).toEqual([true, false]);
    expect(isLow(null, bound, true)).toBe(false);
  });
});

test('the embedded market serves the balance, and the warning comes hours before the money is gone and nodes are lost.', async () => {
  const fleet = fleetPolicy({ schedule: { timeZone: 'UTC', baseGpus: 16, windows: [] } });
  const market = marketSettings({ balance: cents(50_000) });
  const world = await createWorld({ market, policy: processPolicy({ fleets: [fleet] }) });
  const venue = createSfcomputeVenue({
    clock: { now: world.nowMs, monotonic: world.nowMs },
    timer: { sleep: async () => undefined },
    random: { next: () => 0.5 },
    transport: inProcess(() => world.market, world.nowMs),
    token: { current: () => 'token', reread: () => false },
  });
  const clock = { now: world.nowMs, monotonic: world.nowMs };
  const watch = createFundsWatch({ clock, venue, lowMs: 12 * HOUR_MS, onProblem: () => undefined });
  let warnedAtMs = 0;
  let goneAtMs = 0;
  for (let hour = 0; hour < 30 && goneAtMs === 0; hour += 1) {
    const last = await world.run(HOUR_MS, 4 * MINUTE_MS);
    watch.poll();
    await watch.idle();
    const own = last.fleets.reduce((sum, one) => sum + one.spendRate, 0) as Cents;
    const funds = watch.report(own);
    expect(funds?.available).toBe(world.market.balance());
    if (warnedAtMs === 0 && fundsAlarms(funds).length > 0) warnedAtMs = world.nowMs();
    // Renewals that the balance cannot pay are not made.
    if (hour > 0 && (last.fleets[0]?.runningNodes ?? 0) < 2) goneAtMs = world.nowMs();
  }
  expect(warnedAtMs).toBeGreaterThan(0);
  expect(goneAtMs - warnedAtMs).toBeGreaterThan(8 * HOUR_MS);
});

describe('the watch', () => {
  const watching = (speed = 1) => {
    const state = { nowMs: 0, asked: 0, available: 100_000, fails: false, problems: [] as string[] };
    const venue: Pick<Venue, 'balance'> = {
      balance: async () => {
        state.asked += 1;
        return state.fails
          ? { ok: false, code: 'timeout', status: null, message: 'no answer' }
          : { ok: true, value: { available: cents(state.available), current: cents(state.available + 5) } };
      },
    };
    const watch = createFundsWatch({
      clock: { now: () => state.nowMs, monotonic: () => state.nowMs / speed },
      venue,
      lowMs: 12 * HOUR_MS,
      onProblem: (what, message) => void state.problems.push(`${what}: ${message}`),
    });
    const pass = async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        watch.poll();
        await watch.idle();
        state.nowMs += MINUTE_MS;
      }
    };
    return { state, watch, pass };
  };
  const own = (perHour: number): Cents => cents(perHour);

  test('reads every five minutes, and on a fast clock no more than every five real seconds.', async () => {
    const slow = watching();
    await slow.pass(60);
    expect(slow.state.asked).toBe(12);
    const fast = watching(600);
    await fast.pass(500);
    expect(fast.state.asked).toBe(10);
  });

  test('tells balance, burn and runway; the burn is ours, or what the account was seen to lose where that is more.', async () => {
    const { state, watch, pass } = watching();
    expect(watch.report(own(100))).toBeNull();
    await pass(61);
    expect(watch.report(own(100))).toMatchObject({
      available: 100_000,
      current: 100_005,
      perHour: 100,
      low: false,
    });
    expect(watch.report(own(0))).toMatchObject({ runwayMs: null, low: false });
    state.available = 80_000;
    await pass(60);
    expect(watch.report(own(100))?.perHour).toBeGreaterThan(9000);
    expect(watch.report(own(100))).toMatchObject({ low: true });
    expect(watch.report(own(100))?.runwayMs).toBeLessThan(12 * HOUR_MS);
  });

  test('warns half a day before the money is gone, and stops once money came in.', async () => {
    const { state, watch, pass } = watching();
    state.available = 12 * 1600;
    await pass(1);
    expect(watch.report(own(1600))).toMatchObject({ low: false, runwayMs: 12 * HOUR_MS });
    expect(watch.report(own(1601))).toMatchObject({ low: true });
    expect(watch.report(own(1600))).toMatchObject({ low: true });
    state.available = 100_000;
    await pass(6);
    expect(watch.report(own(1600))).toMatchObject({ low: false });
  });

  test('says once that the balance cannot be read, keeps the last reading for an hour, and then says nothing.', async () => {
    const { state, watch, pass } = watching();
    await pass(1);
    state.fails = true;
    await pass(59);
    expect(state.problems).toEqual(['balance: no answer']);
    expect(watch.report(own(1))).toMatchObject({ available: 100_000, readAtMs: 0 });
    await pass(2);
    expect(watch.report(own(1))).toBeNull();
    state.fails = false;
    await pass(6);
    expect(watch.report(own(1))).not.toBeNull();
  });
});
