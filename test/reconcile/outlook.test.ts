// What is left to buy, what it will cost, and what an hour may cost: the formulas, their promises, and what pacing does.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desireOf } from '../../src/daemon/daemon.ts';
import { CENT_SECONDS_PER_CENT, cents, centSeconds, floorLimit } from '../../src/domain/money.ts';
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { budgetsAt, scopesOf } from '../../src/reconcile/budget-scopes.ts';
import { outlookOn, pacedFleet, paceFor, paceOn } from '../../src/reconcile/outlook.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { wantedGpus, wantedNodeMs } from '../../src/schedule/target.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, START_MS } from '../simulation/world.ts';
import { changes, notes } from '../support/planned.ts';
import { marketOf, quoteOf, type SceneOptions } from '../support/scene.ts';
import { createStory, price, teachEdges, type Story } from '../support/story.ts';

const fleetWith = (change: Partial<FleetPolicy> = {}): FleetPolicy =>
  fleetPolicy({ schedule: { timeZone: 'UTC', baseGpus: 16, windows: [] }, ...change });

const outlookOf = (story: Story, policy: Policy, ask: number | null = null) => {
  const { nowMs, books } = story;
  const desires = new Map(policy.fleets.map((fleet) => [fleet.name, desireOf(fleet, nowMs)]));
  const market = marketOf(ask === null ? [] : [quoteOf(ask, nowMs)]);
  const outlook = outlookOn({ nowMs, books, policy, desires, market });
  const budgets = scopesOf(policy).flatMap((scope) => budgetsAt(scope, periodOf, nowMs));
  return { outlook, budgets, pace: (fleet: string) => paceOn(outlook, { policy, periodOf, nowMs }, fleet) };
};

const forecasts = (story: Story, policy: Policy, ask: number | null = null): readonly number[] => {
  const { outlook, budgets } = outlookOf(story, policy, ask);
  return budgets.map((of) => outlook.forecast(of) / CENT_SECONDS_PER_CENT);
};

describe('wanted node-hours', () => {
  const schedule = {
    timeZone: 'America/New_York',
    baseGpus: 8,
    windows: [{ from: '30 22 * * *', forMs: 5 * HOUR_MS, gpus: 64, leadMs: 10 * MINUTE_MS }],
  };

  test('are what the schedule wants minute by minute, clock changes included.', () => {
    fc.assert(
      fc.property(fc.nat({ max: 6 * 1440 }), fc.nat({ max: 3 * 1440 }), (start, span) => {
        const fromMs = Date.UTC(2026, 2, 5) + start * MINUTE_MS;
        let sum = 0;
        for (let at = 0; at < span; at += 1)
          sum += (wantedGpus(schedule, fromMs + at * MINUTE_MS) / 8) * MINUTE_MS;
        expect(wantedNodeMs(schedule, fromMs, fromMs + span * MINUTE_MS)).toBe(sum);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the forecast', () => {
  test('is what is spent, plus each wanted hour that is not bought yet at the price it will probably have.', () => {
    const story = createStory();
    story.running(0);
    const policy = processPolicy({ fleets: [fleetWith({ budget: { day: cents(1) } })] });
    // 48 node-hours are wanted, one is bought at $12.00; 47 are left.
    expect(forecasts(story, policy, 1000)).toEqual([1200 + 47 * 1000]);
    expect(forecasts(story, policy, 2400)).toEqual([1200 + 47 * 1600]);
    expect(forecasts(story, policy)).toEqual([1200 + 47 * 1200]);
    const empty = createStory();
    expect(forecasts(empty, policy)).toEqual([48 * 1600]);
    expect(forecasts(empty, policy, 1000)).toEqual([48 * 1000]);
  });

  test('knows no old ask, and nobody else’s.', () => {
    const story = createStory();
    const policy = processPolicy({ fleets: [fleetWith({ budget: { day: cents(1) } })] });
    const desires = new Map([['train', desireOf(policy.fleets[0] ?? fleetWith(), story.nowMs)]]);
    const at = (market: ReturnType<typeof marketOf>) => {
      const { nowMs, books } = story;
      const outlook = outlookOn({ nowMs, books, policy, desires, market });
      const [of] = scopesOf(policy).flatMap((scope) => budgetsAt(scope, periodOf, nowMs));
      return of === undefined ? 0 : outlook.forecast(of) / CENT_SECONDS_PER_CENT;
    };
    expect(at(marketOf([quoteOf(1000, story.nowMs - 11 * MINUTE_MS)]))).toBe(48 * 1600);
    expect(at(marketOf([quoteOf(1000, story.nowMs, 'elsewhere')], ['elsewhere']))).toBe(48 * 1600);
  });

  test('of the process is the sum over its fleets, each by its own schedule and price.', () => {
    const story = createStory();
    story.running(0);
    story.running(1, {}, { fleet: 'infer', limit: price(800) });
    const infer = fleetWith({ name: 'infer', schedule: { timeZone: 'UTC', baseGpus: 8, windows: [] } });
    const limits = { ...processPolicy().limits, budget: { day: cents(1) } };
    const policy = processPolicy({ fleets: [fleetWith(), infer], limits });
    expect(forecasts(story, policy)).toEqual([1200 + 800 + 47 * 1200 + 23 * 800]);
  });

  test('at the end of the period is what was spent: nothing is left to buy, and tomorrow’s hours are tomorrow’s.', () => {
    const story = createStory();
    story.running(0, { endAtMs: story.nowMs + 30 * HOUR_MS });
    story.running(1, { endAtMs: story.nowMs + 30 * HOUR_MS });
    const policy = processPolicy({ fleets: [fleetWith({ budget: { day: cents(1) } })] });
    expect(forecasts(story, policy, 1000)).toEqual([48 * 1200]);
    story.nowMs = START_MS + DAY_MS;
    expect(forecasts(story, policy, 1000)).toEqual([12 * 1200 + 36 * 1000]);
  });
});

describe('the pace', () => {
  const money = fc.integer({ min: 0, max: 2 ** 36 });
  const time = fc.integer({ min: 1, max: 1000 * 31 * DAY_MS });

  test('bought throughout spends no more than what is left, and less than eight cents an hour of it stays.', () => {
    fc.assert(
      fc.property(money, time, (left, leftMs) => {
        const pace = paceFor(centSeconds(left), leftMs);
        const seconds = Math.ceil(leftMs / SECOND_MS);
        expect(pace % 8).toBe(0);
        if (pace > 8) expect(pace * seconds).toBeLessThanOrEqual(left);
        expect((pace + 8) * seconds).toBeGreaterThan(left);
      }),
    );
  });

  test('never falls when hours are bought at it or cheaper, nor when wanted hours pass unbought.', () => {
    fc.assert(
      fc.property(
        money,
        fc.integer({ min: 2, max: 10_000 }),
        fc.nat({ max: 9999 }),
        fc.nat({ max: 10_000 }),
        (left, hours, some, cheaper) => {
          const pace = paceFor(centSeconds(left), hours * HOUR_MS);
          const bought = some % hours;
          const paid = bought * 3600 * Math.max(0, pace - cheaper);
          const after = paceFor(centSeconds(Math.max(0, left - paid)), (hours - bought) * HOUR_MS);
          if (pace > 8) expect(after).toBeGreaterThanOrEqual(pace);
          expect(paceFor(centSeconds(left), (hours - bought) * HOUR_MS)).toBeGreaterThanOrEqual(pace);
        },
      ),
    );
  });

  test('kept hour by hour against any prices never passes the budget, and turns down no hour that it can bear.', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1_000_000 }),
        fc.array(fc.integer({ min: 8, max: 4000 }), { minLength: 1, maxLength: 200 }),
        (budget, asks) => {
          let left = budget * CENT_SECONDS_PER_CENT;
          asks.forEach((ask, hour) => {
            const pace = paceFor(centSeconds(left), (asks.length - hour) * HOUR_MS);
            const fair = left / CENT_SECONDS_PER_CENT / (asks.length - hour);
            if (fair >= 8 && ask <= floorLimit(fair)) expect(ask).toBeLessThanOrEqual(pace);
            if (ask <= pace && pace > 8) left -= ask * 3600;
          });
          expect(left).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test('is the tightest of the fleet’s and the process’s, over the wanted hours not bought yet.', () => {
    const story = createStory();
    story.running(0);
    const budget = { day: cents(48_200), month: cents(10_000_000) };
    const limits = { ...processPolicy().limits, budget: { day: cents(98_200) }, pacing: 'day' as const };
    const infer = fleetWith({ name: 'infer' });
    const policy = processPolicy({ fleets: [fleetWith({ budget, pacing: 'day' }), infer], limits });
    const { pace } = outlookOf(story, policy);
    // $482.00 less the hour at $12.00 over 47 node-hours; for the process $970.00 over 95.
    expect(pace('train')).toMatchObject({ limit: floorLimit(Math.floor(47_000 / 47)) });
    expect(pace('infer')).toMatchObject({ limit: floorLimit(Math.floor(97_000 / 95)) });
    const unpaced = processPolicy({ fleets: [fleetWith({ budget }), infer] });
    expect(outlookOf(story, unpaced).pace('train')).toBeNull();
  });
});

describe('a paced fleet', () => {
  const paced = (limit: number, story: Story, options: SceneOptions = {}): SceneOptions => {
    const unpaced = fleetWith(options.fleet);
    const pace = {
      limit: price(limit),
      leftMs: HOUR_MS,
      untilMs: story.nowMs + 12 * HOUR_MS,
      why: 'pacing: so much',
    };
    return { ...options, fleet: pacedFleet(unpaced, pace), pacing: { ...pace, unpaced } };
  };

  test('offers what the pace bears and holds back what it does not, for a reason of its own.', () => {
    const story = createStory();
    expect(changes(story, paced(1200, story, { ask: 1000 }))).toEqual(['create train-0-g1 at 1016']);
    expect(changes(story, paced(1008, story, { ask: 1000 }))).toEqual(['create train-0-g1 at 1008']);
    expect(changes(story, paced(992, story, { ask: 1000 }))).toEqual([]);
    expect(notes(story, paced(992, story, { ask: 1000 }))).toEqual(['pacing']);
    expect(notes(story, paced(992, story, { ask: 2000 }))).toEqual(['stand_down']);
  });

  test('takes a held limit back to the pace at the acts before the edge, with an ask and without one.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    story.later(48 * MINUTE_MS);
    expect(changes(story, paced(1000, story, { ask: 1400 }))).toEqual(['raise train-0-g1 at 1000 (edge)']);
    expect(changes(story, paced(1000, story, { ask: null }))).toEqual(['raise train-0-g1 at 1000 (edge)']);
    expect(changes(story, paced(1300, story, { ask: null }))).toEqual([]);
  });

  test('is not held back in an hour that belongs to the next period.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    story.running(1, {}, { hold: 'reserved', endAtMs: story.nowMs + HOUR_MS });
    const endMs = story.nowMs + HOUR_MS;
    story.later(48 * MINUTE_MS);
    const until = (options: SceneOptions): SceneOptions => {
      const scene = paced(1000, story, options);
      return scene.pacing == null ? scene : { ...scene, pacing: { ...scene.pacing, untilMs: endMs } };
    };
    expect(changes(story, until({ ask: 1400, nodes: 2 }))).toContain('raise train-0-g1 at 1424 (edge)');
    const blocks = { ask: 1400, nodes: 2, fleet: { hold: 'reserved' as const } };
    expect(changes(story, until(blocks))).toContain('extend train-1-g1 at 1424 (extend)');
    expect(changes(story, paced(1000, story, blocks))).not.toContain('extend train-1-g1 at 1424 (extend)');
  });

  test('still buys at the end of a day whose budget one that is not paced has used up in the morning, and pays less an hour.', async () => {
    const points = Array.from({ length: 72 }, (_, hour) => ({
      afterMs: hour * HOUR_MS,
      ask: price(hour % 8 < 4 ? 1400 : 600),
    }));
    const live = async (change: Partial<FleetPolicy>) => {
      const fleet = fleetWith({ budget: { day: cents(20_000) }, ...change });
      const [zone] = marketSettings().zones;
      const zones = zone === undefined ? [] : [{ ...zone, ask: { kind: 'path' as const, points } }];
      const world = await createWorld({
        market: marketSettings({ zones }),
        policy: processPolicy({ fleets: [fleet] }),
      });
      const last = await world.run(DAY_MS - 90 * MINUTE_MS, 4 * MINUTE_MS);
      const spent = last.budgets[0]?.spent ?? 0;
      const obtained = last.totals.reduce((sum, one) => sum + (one.obtainedNodeSeconds ?? 0), 0);
      const reasons = world.reports.flatMap((one) => one.decisions.map(({ reason }) => reason));
      return { spent, price: spent / obtained, running: last.fleets[0]?.runningNodes, reasons };
    };
    const plain = await live({});
    const spread = await live({ pacing: 'day' });
    for (const { spent } of [plain, spread]) expect(spent).toBeLessThanOrEqual(20_000 * 3600);
    expect(spread.reasons).toContain('pacing');
    expect(plain.reasons).not.toContain('pacing');
    expect([plain.running, spread.running]).toEqual([0, 2]);
    expect(spread.price).toBeLessThan(plain.price);
  });
});
