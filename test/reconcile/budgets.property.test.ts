// Promise 2: whatever is proposed, in whatever order, what the gate lets through never makes a period exceed its budget:
// spent time, bought time at its limit and everything that may still be bought, recomputed here node by node.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CENT_SECONDS_PER_CENT, cents } from '../../src/domain/money.ts';
import { BUDGET_PERIODS, type Budget, type BudgetPeriod, type FleetPolicy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS, secondsBetween, splitAt, type UnixMs } from '../../src/domain/time.ts';
import type { Proposal } from '../../src/reconcile/action.ts';
import { BUCKET_MS, limitInForce, type Books } from '../../src/reconcile/books.ts';
import { coverUntil, earmarksOf } from '../../src/reconcile/earmarks.ts';
import { createGate } from '../../src/reconcile/guard.ts';
import { createOf, extendOf, freeSlots, raiseOf, releaseOf } from '../../src/reconcile/make-action.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { step, type Choice } from '../support/random-life.ts';
import { circumstances, sceneOf } from '../support/scene.ts';
import { createStory, price, type Story } from '../support/story.ts';

/** Spent, and possible at most, in each period of a budget (fleet null: all fleets). */
const worstCase = (
  books: Books,
  nowMs: UnixMs,
  { fleet, period, zone }: { fleet: string | null; period: BudgetPeriod; zone: string },
): Map<UnixMs, number> => {
  const sums = new Map<UnixMs, number>();
  const add = (atMs: UnixMs, amount: number): void => {
    const { startMs } = periodOf(period, zone, atMs);
    sums.set(startMs, (sums.get(startMs) ?? 0) + amount);
  };
  for (const [name, buckets] of books.spent) {
    if (fleet !== null && name !== fleet) continue;
    for (const [index, amount] of buckets) add(index * BUCKET_MS, amount);
  }
  for (const node of books.nodes.values()) {
    if (fleet !== null && node.fleet !== fleet) continue;
    for (const earmark of earmarksOf(node, nowMs)) {
      for (const minute of splitAt(earmark.fromMs, earmark.toMs, MINUTE_MS)) {
        add(minute.fromMs, earmark.limit * secondsBetween(minute.fromMs, minute.toMs));
      }
    }
  }
  return sums;
};

const renewalOf = (story: Story, seq: number, hours: number): Proposal => {
  const node = story.node(seq);
  const untilMs = coverUntil(story.nowMs, 2 * MINUTE_MS, hours * HOUR_MS);
  const { fleet, zone, name } = node;
  return {
    kind: 'renewal',
    fleet,
    zone,
    name,
    node: seq,
    limit: limitInForce(node),
    untilMs,
    otherwise: releaseOf(node, 'budget', ''),
    why: '',
  };
};

/** A proposal that the books allow, picked by two numbers; null where nothing fits. */
const propose = (story: Story, fleets: readonly FleetPolicy[], [what, how]: Choice): Proposal | null => {
  const fleet = fleets[how % 2] ?? fleetPolicy();
  const scene = { ...sceneOf(story), fleet };
  const nodes = [...story.books.nodes.values()];
  const limit = price(800 + (how % 100) * 8);
  const at = Math.floor(how / 2);
  if (what % 4 === 0) {
    const slots = freeSlots(scene, 12);
    const slot = slots[at % slots.length];
    if (slot === undefined) return null;
    const endAtMs =
      fleet.hold === 'reserved' ? (Math.floor(story.nowMs / HOUR_MS) + 1 + (how % 4)) * HOUR_MS : null;
    const coverUntilMs = coverUntil(story.nowMs, 2 * MINUTE_MS, (how % 3) * HOUR_MS);
    return createOf(scene, { zone: 'hayesvalley', limit, ...slot, endAtMs, coverUntilMs, why: '' });
  }
  if (what % 4 === 1) {
    const bids = nodes.filter((node) => node.phase === 'waiting' && node.hold === 'autoreserved');
    const node = bids[at % Math.max(1, bids.length)];
    return node === undefined ? null : renewalOf(story, node.seq, how % 4);
  }
  if (what % 4 === 2) {
    const bids = nodes.filter(
      (node) => node.procurementId !== null && ['waiting', 'running'].includes(node.phase),
    );
    const node = bids[at % Math.max(1, bids.length)];
    return node === undefined ? null : raiseOf(scene, node, limit, { reason: 'climb', why: '' });
  }
  const blocks = nodes.filter(
    (node) =>
      node.hold === 'reserved' &&
      node.phase === 'running' &&
      node.extension === null &&
      node.endAtMs !== null,
  );
  const node = blocks[at % Math.max(1, blocks.length)];
  return node === undefined
    ? null
    : extendOf(scene, node, { limit, durationMs: (1 + (how % 3)) * HOUR_MS, why: '' });
};

/** Writes what passed as the tick would: intents, then the hours let through. */
const carryOut = (story: Story, passed: readonly Proposal[]): void => {
  for (const proposal of passed) {
    if (proposal.kind === 'renewal') continue;
    const seq = story.tell(proposal.intent);
    if (proposal.coverUntilMs !== null)
      story.tell({ kind: 'renewals_authorised', untilMs: proposal.coverUntilMs, nodes: [seq] });
  }
  for (const proposal of passed) {
    if (proposal.kind === 'renewal')
      story.tell({ kind: 'renewals_authorised', untilMs: proposal.untilMs, nodes: [proposal.node] });
  }
};

const choice = fc.tuple(fc.nat({ max: 10_000 }), fc.nat({ max: 1_000_000 }));
const aBudget = (most: number) =>
  fc.record(
    {
      hour: fc.integer({ min: 0, max: most }).map(cents),
      day: fc.integer({ min: 0, max: most * 4 }).map(cents),
      week: fc.integer({ min: 0, max: most * 6 }).map(cents),
      month: fc.integer({ min: 0, max: most * 8 }).map(cents),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Budget>;

/** An hour before clocks change, in places where they change by an hour, by half an hour, and not at all. */
const moments = fc.constantFrom(
  ['America/Los_Angeles', Date.UTC(2026, 2, 8, 9)],
  ['America/Los_Angeles', Date.UTC(2026, 10, 1, 8)],
  ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 14)],
  ['Asia/Kathmandu', Date.UTC(2026, 11, 31, 17)],
  ['UTC', Date.UTC(2026, 0, 31, 22)],
) as fc.Arbitrary<[string, number]>;

describe('budgets', () => {
  test('No period of any budget, in its own zone and across clock changes, is exceeded by what passes.', () => {
    let passes = 0;
    let refusals = 0;
    fc.assert(
      fc.property(
        moments,
        fc.array(choice, { maxLength: 40 }),
        fc.array(choice, { minLength: 5, maxLength: 30 }),
        aBudget(15_000),
        aBudget(20_000),
        fc.nat({ max: 3599 }),
        ([timeZone, from], life, wishes, budget, processBudget, second) => {
          const story = createStory();
          story.nowMs = from + second * 1000;
          for (const one of life) step(story, one);
          const schedule = { timeZone, baseGpus: 800, windows: [] };
          const fleets = [
            fleetPolicy({ name: 'train', schedule, budget, surgeNodes: 100 }),
            fleetPolicy({ name: 'infer', schedule, hold: 'reserved', surgeNodes: 100 }),
          ];
          const limits = { ...processPolicy().limits, budget: processBudget, timeZone };
          const scopes = BUDGET_PERIODS.flatMap((period) => [
            { fleet: 'train', period, zone: timeZone, limit: budget[period] },
            { fleet: null, period, zone: timeZone, limit: processBudget[period] },
          ]);
          story.books.breaker = null;
          story.books.funds = { refusals: 0, atMs: 0 };
          const before = scopes.map((scope) => worstCase(story.books, story.nowMs, scope));
          const gate = createGate(
            circumstances(story.books, story.nowMs, {
              policy: processPolicy({ fleets, limits }),
              wantedAt: () => 1000,
            }),
          );
          const passed = wishes.flatMap((wish) => {
            const proposal = propose(story, fleets, wish);
            if (proposal === null) return [];
            const verdict = gate.judge(proposal);
            if (!verdict.passed) {
              if (verdict.guard === 'budget') refusals += 1;
              return [];
            }
            passes += 1;
            return [proposal];
          });
          carryOut(story, passed);
          expect(story.books.contradiction).toBeNull();
          scopes.forEach((scope, index) => {
            if (scope.limit === undefined) return;
            for (const [startMs, sum] of worstCase(story.books, story.nowMs, scope)) {
              const most = Math.max(scope.limit * CENT_SECONDS_PER_CENT, before[index]?.get(startMs) ?? 0);
              expect(
                sum,
                `${scope.fleet ?? 'process'} ${scope.period} ${new Date(startMs).toISOString()}`,
              ).toBeLessThanOrEqual(most);
            }
          });
        },
      ),
      { numRuns: 300 },
    );
    // The worlds above are tight enough to refuse and wide enough to pass.
    expect(passes).toBeGreaterThan(100);
    expect(refusals).toBeGreaterThan(100);
  });
});

describe('one budget, in numbers', () => {
  const fleetWith = (budget: Budget) => fleetPolicy({ budget });
  const gateFor = (story: Story, budget: Budget) =>
    createGate(
      circumstances(story.books, story.nowMs, { policy: processPolicy({ fleets: [fleetWith(budget)] }) }),
    );
  const bid = (story: Story, hours: number, limit = 1200) =>
    createOf(sceneOf(story), {
      zone: 'hayesvalley',
      limit: price(limit),
      slot: 0,
      generation: 1,
      endAtMs: null,
      coverUntilMs: story.nowMs + hours * HOUR_MS,
      why: '',
    });

  test('A bid puts aside its limit for the rest of this hour in this hour’s bucket and for each further hour in that hour’s: to the cent.', () => {
    const story = createStory();
    story.later(30 * MINUTE_MS);
    const until = (budget: Budget) =>
      gateFor(story, budget).judge({ ...bid(story, 1.5), coverUntilMs: story.nowMs + 1.5 * HOUR_MS }).passed;
    expect(until({ hour: cents(1200) })).toBe(true);
    expect(until({ hour: cents(1199) })).toBe(false);
    expect(until({ day: cents(1800) })).toBe(true);
    expect(until({ day: cents(1799) })).toBe(false);
  });

  test('An hour over midnight is split at midnight, and belongs half to each day.', () => {
    const story = createStory();
    story.nowMs += 23.5 * HOUR_MS;
    expect(gateFor(story, { day: cents(600) }).judge(bid(story, 1)).passed).toBe(true);
    expect(gateFor(story, { day: cents(599) }).judge(bid(story, 1)).passed).toBe(false);
  });

  test('A renewal and a raise of one node in one tick are judged together: the hour let through counts at the raised limit.', () => {
    const story = createStory();
    const node = story.running(0);
    const renewal = renewalOf(story, node, 1);
    const raise = raiseOf(sceneOf(story), story.node(node), price(1400), { reason: 'edge', why: '' });
    for (const order of [
      [renewal, raise],
      [raise, renewal],
    ]) {
      const fits = gateFor(story, { hour: cents(1400) });
      expect(order.map((one) => fits.judge(one).passed)).toEqual([true, true]);
      const tight = gateFor(story, { hour: cents(1399) });
      expect(order.filter((one) => tight.judge(one).passed)).toHaveLength(1);
    }
  });

  test('A purchase nobody has seen keeps its money from the instant it was asked for, not only from now on.', () => {
    const story = createStory();
    story.create({ slot: 1 });
    story.later(30 * MINUTE_MS);
    const half = { ...bid(story, 0.5) };
    expect(gateFor(story, { hour: cents(1800) }).judge(half).passed).toBe(true);
    expect(gateFor(story, { hour: cents(1799) }).judge(half).passed).toBe(false);
  });

  test('What nobody let through is booked as overrun and counts in its hour.', () => {
    const story = createStory();
    const node = story.running(0);
    const { seen } = { seen: { nodeId: `n_${node}`, procurementId: `p_${node}` } };
    story.nowMs += 3 * HOUR_MS;
    story.running(1, {}, {});
    story.tell({
      kind: 'node_seen',
      node,
      estimate: price(1000),
      watched: false,
      seen: {
        ...seen,
        name: 'bk-ab12-train-0-g1',
        status: 'running',
        statusText: '',
        kind: 'autoreserved',
        zone: 'hayesvalley',
        gpu: 'h100',
        createdAtMs: null,
        startAtMs: null,
        endAtMs: story.nowMs + HOUR_MS,
        limit: null,
        vm: null,
      },
    });
    expect(story.books.fleets.get('train')?.overrun).toBe(3 * 3600 * 1200);
    const [sums] = story.books.sums.values();
    expect(sums).toMatchObject({ committed: (4 + 0) * 3600 * 1200, accrued: 3600 * 1200 + 3 * 3600 * 1000 });
  });

  test('A fleet that happens to be called `process` shares no sums with the process.', () => {
    const story = createStory();
    story.create({ slot: 0 });
    const fleets = [fleetPolicy({ name: 'process', budget: { hour: cents(1200) } })];
    const limits = { ...processPolicy().limits, budget: { hour: cents(2399) } };
    const gate = createGate(
      circumstances(story.books, story.nowMs, {
        policy: processPolicy({ fleets, limits }),
        wantedNodes: new Map([['process', 4]]),
      }),
    );
    const wish = createOf(
      { ...sceneOf(story), fleet: fleets[0] ?? fleetPolicy() },
      {
        zone: 'hayesvalley',
        limit: price(1200),
        slot: 0,
        generation: 1,
        endAtMs: null,
        coverUntilMs: story.nowMs + HOUR_MS,
        why: '',
      },
    );
    expect(gate.judge(wish)).toMatchObject({ guard: 'budget' });
  });
});
