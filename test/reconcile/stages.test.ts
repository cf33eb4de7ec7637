// Staged actions of a budget: at which sum each is reached, what it forbids at the gate, and what the plan does about it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cents } from '../../src/domain/money.ts';
import {
  BUDGET_STAGES,
  type BudgetStage,
  type BudgetStages,
  type FleetPolicy,
} from '../../src/domain/policy.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import type { Proposal } from '../../src/reconcile/action.ts';
import { createGate, type Gate } from '../../src/reconcile/guard.ts';
import { createOf, extendOf, raiseOf, releaseOf, repostOf } from '../../src/reconcile/make-action.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { shareOfLimit, stageEntries, stagesHolding } from '../../src/reconcile/stages.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { changes, notes } from '../support/planned.ts';
import { circumstances, sceneOf, type SceneOptions } from '../support/scene.ts';
import { createStory, price, seenNode, teachEdges, type Story } from '../support/story.ts';

const ALL: BudgetStages = {
  notify: 5000,
  stop_raising: 6000,
  stop_buying: 7000,
  let_end: 8000,
  release: 9000,
};

const policyWith = (fleet: Partial<FleetPolicy>) => processPolicy({ fleets: [fleetPolicy(fleet)] });

const inputOf = (story: Story, fleet: Partial<FleetPolicy>, gate?: Gate) => {
  const policy = policyWith(fleet);
  const { books, nowMs } = story;
  const { usedIn } = gate ?? createGate(circumstances(books, nowMs, { policy }));
  return { policy, periodOf, books, nowMs, usedIn };
};

const reached = (story: Story, fleet: Partial<FleetPolicy>): readonly BudgetStage[] =>
  stageEntries(inputOf(story, fleet)).map((entry) => entry.stage);

/** Writes the stages that are reached, as a tick would. */
const write = (story: Story, fleet: Partial<FleetPolicy>): void => {
  for (const entry of stageEntries(inputOf(story, fleet))) story.tell(entry);
};

/** A scene in which the fleet's stages are known to the plan. */
const staged = (story: Story, fleet: Partial<FleetPolicy>, options: SceneOptions = {}): SceneOptions => ({
  ...options,
  fleet,
  stages: stagesHolding(inputOf(story, fleet), 'train'),
});

describe('a share of a budget', () => {
  test('is exact to the cent-second for every sum and share, rounded down.', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 10_000 }),
        (limit, share) => {
          expect(BigInt(shareOfLimit(cents(limit), share))).toBe(
            (BigInt(limit) * 3600n * BigInt(share)) / 10_000n,
          );
        },
      ),
    );
  });
});

describe('a stage is reached', () => {
  test('when what is spent and put aside comes to its share, not a cent earlier.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1);
    // One hour bought and one put aside at $12.00 each.
    const at = (limit: number) =>
      reached(story, { budget: { day: cents(limit) }, budgetStages: { notify: 8000 } });
    expect(at(3000)).toEqual(['notify']);
    expect(at(3001)).toEqual([]);
  });

  test('once in a period, in order, and several at once where the sum jumps past them.', () => {
    const fleet = { budget: { day: cents(3600) }, budgetStages: ALL };
    const story = createStory();
    story.running(0);
    expect(reached(story, fleet)).toEqual([]);
    story.waiting(1);
    expect(reached(story, fleet)).toEqual(['notify', 'stop_raising']);
    write(story, fleet);
    expect(reached(story, fleet)).toEqual([]);
    story.waiting(2);
    expect(reached(story, fleet)).toEqual(['stop_buying', 'let_end', 'release']);
    write(story, fleet);
    expect(reached(story, fleet)).toEqual([]);
    story.later(DAY_MS);
    for (let slot = 3; slot < 6; slot += 1) story.waiting(slot);
    expect(reached(story, fleet)).toEqual([...BUDGET_STAGES]);
  });

  test('never by an hour: all of it is bought at its start.', () => {
    const story = createStory();
    story.running(0);
    expect(reached(story, { budget: { hour: cents(1200) }, budgetStages: ALL })).toEqual([]);
    expect(
      stagesHolding(inputOf(story, { budget: { hour: cents(1200) }, budgetStages: ALL }), 'train'),
    ).toEqual([]);
  });

  test('anew under another limit or share, because a person who raises a budget wants to go on.', () => {
    const fleet = { budget: { day: cents(1200) }, budgetStages: { stop_buying: 5000 } };
    const story = createStory();
    story.running(0);
    write(story, fleet);
    expect(stagesHolding(inputOf(story, fleet), 'train')).toMatchObject([{ stage: 'stop_buying' }]);
    const more = { ...fleet, budget: { day: cents(12_000) } };
    expect(stagesHolding(inputOf(story, more), 'train')).toEqual([]);
    const later = { ...fleet, budgetStages: { stop_buying: 10_000 } };
    expect(reached(story, later)).toEqual(['stop_buying']);
  });

  test('and holds to the end of the period even when the bill turns out smaller, and not a moment longer.', () => {
    const fleet = { budget: { day: cents(1200) }, budgetStages: { stop_buying: 9000 } };
    const story = createStory();
    const node = story.running(0);
    write(story, fleet);
    const endMs = story.nowMs + HOUR_MS;
    story.tell({
      kind: 'order_settled',
      orderId: 'o',
      node,
      fromMs: story.nowMs,
      toMs: endMs,
      cost: cents(100),
    });
    const { startMs, endMs: midnightMs } = periodOf('day', 'UTC', story.nowMs);
    expect(midnightMs - startMs).toBe(DAY_MS);
    story.nowMs = midnightMs - 1;
    expect(stagesHolding(inputOf(story, fleet), 'train')).toMatchObject([{ untilMs: midnightMs }]);
    story.nowMs = midnightMs;
    expect(stagesHolding(inputOf(story, fleet), 'train')).toEqual([]);
  });

  test('of the process holds for every fleet.', () => {
    const story = createStory();
    story.running(0);
    const limits = {
      ...processPolicy().limits,
      budget: { day: cents(1200) },
      budgetStages: { let_end: 9000 },
    };
    const fleets = [fleetPolicy(), fleetPolicy({ name: 'infer' })];
    const input = { ...inputOf(story, {}), policy: processPolicy({ fleets, limits }) };
    expect(stageEntries(input)).toMatchObject([{ fleet: null, stage: 'let_end', used: 1200 }]);
    for (const fleet of ['train', 'infer'])
      expect(stagesHolding(input, fleet)).toMatchObject([{ stage: 'let_end' }]);
  });
});

describe('the gate', () => {
  const budget = { day: cents(100_000) };
  const proposals = (story: Story): Readonly<Record<string, Proposal>> => {
    const held = story.running(0);
    const bid = story.waiting(1);
    const block = story.running(2, {}, { hold: 'reserved', endAtMs: story.nowMs + HOUR_MS });
    const lost = story.create({ slot: 3 });
    const cause = { cause: 'timeout', status: null, message: '' } as const;
    story.tell({ kind: 'change_unknown', intent: lost, change: 'create', ...cause });
    const scene = sceneOf(story);
    const renewal = (node: number): Proposal => {
      const { fleet, zone, name, seq, limit } = story.node(node);
      const otherwise = releaseOf(story.node(node), 'budget', '');
      const untilMs = story.nowMs + 2 * HOUR_MS;
      return { kind: 'renewal', fleet, zone, name, node: seq, limit, untilMs, otherwise, why: '' };
    };
    const raised = { reason: 'climb', why: '' } as const;
    const bought = { zone: 'hayesvalley', limit: price(1000), slot: 9, generation: 1, why: '' };
    return {
      lower: raiseOf(scene, story.node(bid), price(1000), raised),
      raise: raiseOf(scene, story.node(bid), price(1400), raised),
      'raise of a held node': raiseOf(scene, story.node(held), price(1400), raised),
      create: createOf(scene, { ...bought, endAtMs: null, coverUntilMs: story.nowMs + HOUR_MS }),
      repost: repostOf(scene, story.node(lost), ''),
      'renewal of a bid': renewal(bid),
      'renewal of a held node': renewal(held),
      extension: extendOf(scene, story.node(block), { limit: price(1000), durationMs: HOUR_MS, why: '' }),
      release: releaseOf(story.node(held), 'surplus', ''),
    };
  };

  const FROM: Readonly<Record<string, BudgetStage | null>> = {
    lower: null,
    raise: 'stop_raising',
    'raise of a held node': 'stop_raising',
    create: 'stop_buying',
    repost: 'stop_buying',
    'renewal of a bid': 'stop_buying',
    'renewal of a held node': 'let_end',
    extension: 'let_end',
    release: null,
  };

  test.each(BUDGET_STAGES)('refuses under %s exactly what that stage and those before it name.', (stage) => {
    for (const [what, from] of Object.entries(FROM)) {
      const story = createStory();
      const wish = proposals(story)[what];
      if (wish === undefined) throw new Error(what);
      const { startMs, endMs } = periodOf('day', 'UTC', story.nowMs);
      const share = ALL[stage] ?? 0;
      const limit = budget.day;
      const period = { period: 'day', periodStartMs: startMs, periodEndMs: endMs } as const;
      story.tell({
        kind: 'budget_stage_reached',
        fleet: 'train',
        stage,
        limit,
        share,
        used: limit,
        ...period,
      });
      const policy = policyWith({ budget, budgetStages: ALL });
      const wantedNodes = new Map([['train', 40]]);
      const gate = createGate(
        circumstances(story.books, story.nowMs, { policy, wantedNodes, wantedAt: () => 40 }),
      );
      const verdict = gate.judge(wish);
      const forbidden = from !== null && BUDGET_STAGES.indexOf(stage) >= BUDGET_STAGES.indexOf(from);
      expect([what, verdict.passed]).toEqual([what, !forbidden]);
      if (!verdict.passed) expect(verdict.guard).toBe('budget');
    }
  });

  test('lets nothing more through in the very tick in which the sum comes to the share.', () => {
    const story = createStory();
    const policy = policyWith({ budget: { day: cents(10_000) }, budgetStages: { stop_buying: 2400 } });
    const gate = createGate(circumstances(story.books, story.nowMs, { policy }));
    const buy = (slot: number) => {
      const until = { endAtMs: null, coverUntilMs: story.nowMs + HOUR_MS };
      const one = { zone: 'hayesvalley', limit: price(1200), slot, generation: 1, why: '', ...until };
      return gate.judge(createOf(sceneOf(story), one));
    };
    expect([buy(0).passed, buy(1).passed]).toEqual([true, true]);
    expect(buy(2)).toMatchObject({ guard: 'budget', why: expect.stringContaining('holds') });
  });

  test('asks the period that an hour belongs to: what falls into the next day passes today’s stage.', () => {
    const story = createStory();
    const { endMs } = periodOf('day', 'UTC', story.nowMs);
    story.nowMs = endMs - 30 * MINUTE_MS;
    const node = story.running(0, { endAtMs: endMs });
    const fleet = { budget: { day: cents(10_000) }, budgetStages: { let_end: 600 } };
    write(story, fleet);
    const { zone, name, seq, limit } = story.node(node);
    const otherwise = releaseOf(story.node(node), 'budget', '');
    const renewal = {
      kind: 'renewal',
      fleet: 'train',
      zone,
      name,
      node: seq,
      limit,
      otherwise,
      why: '',
    } as const;
    const gate = () => createGate(circumstances(story.books, story.nowMs, { policy: policyWith(fleet) }));
    expect(stagesHolding(inputOf(story, fleet), 'train')).toHaveLength(1);
    expect(gate().judge({ ...renewal, untilMs: endMs + HOUR_MS }).passed).toBe(true);
    // At $12.00 an hour the next day's own share of $6.00 is reached by the first hour of it.
    story.tell({ kind: 'renewals_authorised', untilMs: endMs + HOUR_MS, nodes: [node] });
    expect(gate().judge({ ...renewal, untilMs: endMs + 2 * HOUR_MS })).toMatchObject({
      guard: 'budget',
      why: expect.stringContaining('holds'),
    });
  });
});

describe('the plan', () => {
  const budget = { day: cents(10_000) };
  const only = (stage: BudgetStage) => ({ budget, budgetStages: { [stage]: 100 } });

  test('under stop_raising leaves bids and held nodes at their limit, and still lowers it.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    story.waiting(1);
    const fleet = only('stop_raising');
    story.later(48 * MINUTE_MS);
    const at = (ask: number) => changes(story, staged(story, fleet, { nodes: 2, ask }));
    expect(changes(story, { nodes: 2, ask: 1400 })).toHaveLength(2);
    expect(at(1400)).toEqual([]);
    expect(notes(story, staged(story, fleet, { nodes: 2, ask: 1400 }))).toContain('budget_stage');
    expect(at(1000)).toHaveLength(2);
  });

  test('under stop_raising withdraws no bid to buy it again for more, where limits cannot be set in place.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const raise = story.raise(bid, 1400);
    const refused = { change: 'raise', code: 'forbidden', status: 403, message: '' } as const;
    story.tell({ kind: 'change_refused', intent: raise, ...refused });
    expect(changes(story, { ask: 1400 })).toEqual(['release train-0-g1 (replace)']);
    expect(changes(story, staged(story, only('stop_raising'), { ask: 1400 }))).toEqual([]);
  });

  test('under stop_buying withdraws what is not filled, asks for nothing, says so, and keeps what is held.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1);
    const scene = staged(story, only('stop_buying'), { nodes: 4 });
    expect(changes(story, scene)).toEqual(['release train-1-g1 (budget)']);
    expect(notes(story, scene)).toContain('budget_stage');
  });

  test('under stop_buying goes on extending blocks and buys no new one.', () => {
    const story = createStory();
    story.running(0, {}, { hold: 'reserved', endAtMs: story.nowMs + HOUR_MS });
    const fleet = { ...only('stop_buying'), hold: 'reserved' as const };
    story.later(40 * MINUTE_MS);
    expect(changes(story, staged(story, fleet, { nodes: 2 }))).toEqual([
      'extend train-0-g1 at 1016 (extend)',
    ]);
  });

  test('under let_end lets a node go at its last act, not before; under release at once.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    const at = (stage: BudgetStage) => changes(story, staged(story, only(stage), { ask: null }));
    expect([at('let_end'), at('release')]).toEqual([[], ['release train-0-g1 (budget)']]);
    story.later(57 * MINUTE_MS);
    expect([at('notify'), at('let_end')]).toEqual([[], ['release train-0-g1 (budget)']]);
  });

  test('keeps a node whose paid time reaches the end of the period: it costs nothing in it any more.', () => {
    const story = createStory();
    teachEdges(story);
    const { endMs } = periodOf('day', 'UTC', story.nowMs);
    story.nowMs = endMs - 2 * MINUTE_MS;
    story.running(0, { endAtMs: endMs });
    story.running(1, { endAtMs: endMs - 1000 });
    const fleet = { budget: { day: cents(100) }, budgetStages: { release: 1 } };
    expect(changes(story, staged(story, fleet, { nodes: 2, ask: null }))).toEqual([
      'release train-1-g1 (budget)',
    ]);
  });

  test('never lets a stage stand in the way of letting go.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1);
    const scene = sceneOf(story, staged(story, only('stop_buying'), { nodes: 0 }));
    const policy = policyWith(only('stop_buying'));
    const gate = createGate(circumstances(story.books, story.nowMs, { policy }));
    const going = planFleet(scene).proposals.filter((one) => one.kind === 'action');
    expect(going.length).toBeGreaterThan(0);
    for (const one of going) expect(gate.judge(one).passed).toBe(true);
  });

  test('and a lost node that turns up is a node like any other.', () => {
    const story = createStory();
    const node = story.create({ slot: 0 });
    story.see(node, seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}` }));
    expect(changes(story, staged(story, only('stop_buying'), { ask: null }))).toEqual([]);
  });
});
