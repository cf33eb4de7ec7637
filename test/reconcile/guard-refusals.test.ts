// The guard at the one gate that may spend: every refusal by its name, each against the smallest world that causes it. What
// is refused here is a promise of DESIGN §2.
import { describe, expect, test } from 'vitest';
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import type { Action } from '../../src/reconcile/action.ts';
import { createGate, type Circumstances } from '../../src/reconcile/guard.ts';
import {
  createOf,
  deleteOf,
  extendOf,
  raiseOf,
  releaseOf,
  repostOf,
} from '../../src/reconcile/make-action.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { circumstances, sceneOf } from '../support/scene.ts';
import { createStory, price, seenNode, type Story } from '../support/story.ts';

interface Case {
  readonly fleet?: Partial<FleetPolicy>;
  readonly policy?: Partial<Policy>;
  readonly at?: Partial<Circumstances>;
}

const gateOf = (story: Story, { fleet, policy, at }: Case = {}) =>
  createGate(
    circumstances(story.books, story.nowMs, {
      policy: processPolicy({ fleets: [fleetPolicy(fleet)], ...policy }),
      ...at,
    }),
  );

const buy = (story: Story, slot = 0, limit = 1200, change: Partial<Action> = {}): Action => ({
  ...createOf(sceneOf(story), {
    zone: 'hayesvalley',
    limit: price(limit),
    slot,
    generation: 1,
    endAtMs: null,
    coverUntilMs: story.nowMs + HOUR_MS,
    why: 'a test',
  }),
  ...change,
});

const raise = (story: Story, node: number, to: number): Action =>
  raiseOf(sceneOf(story), story.node(node), price(to), { reason: 'climb', why: 'a test' });

const extend = (story: Story, node: number): Action =>
  extendOf(sceneOf(story), story.node(node), { limit: price(1200), durationMs: HOUR_MS, why: 'a test' });

const said = (story: Story, action: Action, given: Case = {}): string => {
  const verdict = gateOf(story, given).judge(action);
  return verdict.passed ? 'passed' : verdict.guard;
};

const reservedFor = (story: Story, slot: number): number => {
  const endAtMs = story.nowMs + HOUR_MS;
  return story.running(slot, { endAtMs }, { hold: 'reserved', endAtMs });
};

describe('what passes', () => {
  test('An ordinary purchase, raise, extension, re-post, release and delete.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const held = story.running(1);
    const block = reservedFor(story, 2);
    const lost = story.create({ slot: 3 });
    const policy = sceneOf(story);
    const all = [
      raise(story, bid, 1240),
      extend(story, block),
      repostOf(policy, story.node(lost), ''),
      releaseOf(story.node(held), 'surplus', ''),
      deleteOf(story.node(bid), ''),
    ];
    for (const action of all) expect(said(story, action), action.change.kind).toBe('passed');
    expect(said(createStory(), buy(createStory()))).toBe('passed');
  });
});

describe('price', () => {
  test('`ceiling`: no request carries a limit above the ceiling rounded down, nor one that a procurement cannot express; a lowering neither.', () => {
    const story = createStory();
    const ceiling = price(1607);
    expect(said(story, buy(story, 0, 1600), { fleet: { bid: { ...fleetPolicy().bid, ceiling } } })).toBe(
      'passed',
    );
    expect(said(story, buy(story, 0, 1608), { fleet: { bid: { ...fleetPolicy().bid, ceiling } } })).toBe(
      'ceiling',
    );
    expect(said(story, buy(story, 0, 1204))).toBe('ceiling');
    expect(said(story, buy(story, 0, 0))).toBe('ceiling');
    const node = story.waiting(0, { limit: price(2400) });
    expect(said(story, raise(story, node, 2000))).toBe('ceiling');
    expect(said(story, raise(story, node, 1600))).toBe('passed');
  });

  test('`hard_cap`: nor one above the cap of the process, whatever the fleet’s ceiling says; and no more nodes than the process may hold.', () => {
    const story = createStory();
    const limits = processPolicy().limits;
    expect(
      said(story, buy(story, 0, 1208), { policy: { limits: { ...limits, ceiling: price(1200) } } }),
    ).toBe('hard_cap');
    expect(
      said(story, buy(story, 0, 1200), { policy: { limits: { ...limits, ceiling: price(1200) } } }),
    ).toBe('passed');
    story.waiting(0);
    story.tell({ kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-x', fleet: null });
    expect(said(story, buy(story, 1), { policy: { limits: { ...limits, nodes: 2 } } })).toBe('hard_cap');
    expect(said(story, buy(story, 1), { policy: { limits: { ...limits, nodes: 3 } } })).toBe('passed');
  });

  test('`price_band`: nothing is bought at, or from an ask of, less than 5 % or more than 300 % of the ceiling.', () => {
    const story = createStory();
    expect(said(story, buy(story, 0, 72))).toBe('price_band');
    expect(said(story, buy(story, 0, 80))).toBe('passed');
    const from = (ask: number) => {
      const action = createOf(sceneOf(story, { ask }), {
        zone: 'hayesvalley',
        limit: price(1200),
        slot: 0,
        generation: 1,
        endAtMs: null,
        coverUntilMs: story.nowMs + HOUR_MS,
        why: '',
      });
      return said(story, action);
    };
    expect([from(79), from(80), from(4800), from(4801)]).toEqual([
      'price_band',
      'passed',
      'passed',
      'price_band',
    ]);
  });
});

describe('what stops all buying', () => {
  test('`pause`: from the request on nothing that adds spend passes; letting go and lowering do.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const block = reservedFor(story, 1);
    story.tell({ kind: 'pause_requested', by: 'ann', why: 'budget review' });
    for (const action of [buy(story, 2), raise(story, bid, 1240), extend(story, block)])
      expect(said(story, action)).toBe('pause');
    for (const action of [releaseOf(story.node(bid), 'paused', ''), raise(story, bid, 1000)])
      expect(said(story, action)).toBe('passed');
  });

  test('`breaker`: after a 403 nothing is bought until a person resumes.', () => {
    const story = createStory();
    story.tell({ kind: 'breaker_opened', cause: '403' });
    expect(said(story, buy(story))).toBe('breaker');
    story.tell({ kind: 'resume_requested', by: 'ann', why: '' });
    expect(said(story, buy(story))).toBe('passed');
  });

  test('`contradiction`: books that contradict themselves buy nothing, raise nothing, lower nothing and release nothing.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const actions = [
      buy(story, 1),
      raise(story, bid, 1240),
      raise(story, bid, 1000),
      releaseOf(story.node(bid), 'surplus', ''),
      deleteOf(story.node(bid), ''),
    ];
    story.accept(999);
    for (const action of actions) expect(said(story, action), action.intent.kind).toBe('contradiction');
  });

  test('`dry_run`: what would pass is shown and not sent; what would not shows its true reason, judged as if the first had been sent.', () => {
    const story = createStory();
    const gate = gateOf(story, { policy: { mode: 'dry_run' }, at: { wantedNodes: new Map([['train', 1]]) } });
    const guards = [buy(story, 0), buy(story, 1)].map((action) => gate.judge(action));
    expect(guards.map((verdict) => verdict.passed || verdict.guard)).toEqual(['dry_run', 'surge']);
    const bid = story.waiting(2);
    expect(said(story, releaseOf(story.node(bid), 'surplus', ''), { policy: { mode: 'dry_run' } })).toBe(
      'dry_run',
    );
  });

  test('`not_leader`: without the lease nothing is done at all, a release neither.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    for (const action of [buy(story, 1), releaseOf(story.node(bid), 'surplus', '')]) {
      expect(said(story, action, { at: { leaseHeld: false } })).toBe('not_leader');
    }
  });

  test('`funds`: after a 402 the next purchase waits five minutes, twice as long after each further one, an hour at most.', () => {
    const story = createStory();
    const waits: number[] = [];
    for (let refusal = 0; refusal < 6; refusal += 1) {
      story.tell({
        kind: 'change_refused',
        intent: story.create(),
        change: 'create',
        code: 'funds',
        status: 402,
        message: '',
      });
      const from = story.nowMs;
      while (said(story, buy(story)) === 'funds') story.later(MINUTE_MS);
      waits.push((story.nowMs - from) / MINUTE_MS);
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });
});

describe('sight', () => {
  test('`stale_look`: nothing is bought from a look older than a minute, or from the future.', () => {
    const story = createStory();
    const at = (age: number) => ({
      at: { lookAskedAtMs: story.nowMs - age, venueDateMs: story.nowMs - age },
    });
    expect(said(story, buy(story), at(MINUTE_MS))).toBe('passed');
    expect(said(story, buy(story), at(MINUTE_MS + 1))).toBe('stale_look');
    expect(said(story, buy(story), at(-1))).toBe('stale_look');
  });

  test('`clock_skew`: nor while our clock and the venue’s differ by more than two minutes, or the venue sends no date.', () => {
    const story = createStory();
    for (const [venueDateMs, expected] of [
      [story.nowMs + 2 * MINUTE_MS, 'passed'],
      [story.nowMs + 2 * MINUTE_MS + 1, 'clock_skew'],
      [story.nowMs - 2 * MINUTE_MS - 1, 'clock_skew'],
      [null, 'clock_skew'],
    ] as const) {
      expect(said(story, buy(story), { at: { venueDateMs } })).toBe(expected);
    }
  });
});

describe('count', () => {
  test('`surge`: held, releasing, waiting, in flight, unknown and asked together are never more than target + surge.', () => {
    const story = createStory();
    const releasing = story.running(0);
    story.accept(
      story.tell({
        kind: 'release_intended',
        node: releasing,
        nodeId: `n_${releasing}`,
        reason: 'surplus',
        why: '',
      }),
    );
    story.running(1);
    story.waiting(2);
    story.create({ slot: 3 });
    const lost = story.create({ slot: 4 });
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    const wanted = (count: number) => new Map([['train', count]]);
    expect(said(story, buy(story, 5), { at: { wantedNodes: wanted(5) } })).toBe('surge');
    expect(said(story, buy(story, 5), { at: { wantedNodes: wanted(5) }, fleet: { surgeNodes: 1 } })).toBe(
      'passed',
    );
    const gate = gateOf(story, { at: { wantedNodes: wanted(6) } });
    expect(gate.judge(buy(story, 5)).passed).toBe(true);
    expect(gate.judge(buy(story, 6))).toMatchObject({ guard: 'surge' });
    // The releasing node stops counting when its paid time ends.
    story.nowMs += HOUR_MS;
    expect(said(story, buy(story, 5), { at: { wantedNodes: wanted(5) } })).toBe('passed');
  });

  test('`surge`: no more blocks go on past an end than are wanted then, those let through in the same tick counted.', () => {
    const story = createStory();
    const blocks = [0, 1, 2].map((slot) => reservedFor(story, slot));
    const gate = gateOf(story, { at: { wantedAt: () => 2 } });
    expect(blocks.map((node) => gate.judge(extend(story, node)).passed)).toEqual([true, true, false]);
    const alone = gateOf(story, { at: { wantedAt: () => 0 } });
    expect(alone.judge(extend(story, blocks[0] ?? 0))).toMatchObject({ guard: 'surge' });
  });

  test('`unowned`: a live stranger under our prefix blocks its fleet’s purchases, and counts as held where blocks are extended; other fleets go on.', () => {
    const story = createStory();
    const block = reservedFor(story, 0);
    story.tell({ kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-ab12-train-7-g1', fleet: 'train' });
    expect(said(story, buy(story, 1))).toBe('unowned');
    expect(said(story, extend(story, block), { at: { wantedAt: () => 1 } })).toBe('surge');
    expect(said(story, extend(story, block), { at: { wantedAt: () => 2 } })).toBe('passed');
    const infer = { fleet: { name: 'infer' }, at: { wantedNodes: new Map([['infer', 4]]) } };
    const scene = sceneOf(story, { fleet: { name: 'infer' } });
    const elsewhere = createOf(scene, {
      zone: 'hayesvalley',
      limit: price(1200),
      slot: 0,
      generation: 1,
      endAtMs: null,
      coverUntilMs: story.nowMs + HOUR_MS,
      why: '',
    });
    expect(said(story, elsewhere, infer)).toBe('passed');
  });

  test('`unowned`: what the ledger does not own is never released, raised, extended or deleted, whatever the plan says.', () => {
    const story = createStory();
    const node = story.waiting(0);
    const block = reservedFor(story, 1);
    const foreign = { ...story.node(node), nodeId: 'n_foreign', procurementId: 'p_foreign' };
    const gone = { ...story.node(node), seq: 999 };
    const scene = sceneOf(story);
    const actions = [
      releaseOf(foreign, 'surplus', ''),
      deleteOf(foreign, ''),
      releaseOf(gone, 'surplus', ''),
      {
        ...raise(story, node, 1240),
        change: { kind: 'raise', procurementId: 'p_foreign', limit: price(1240) } as const,
        spends: 'none' as const,
      },
      extendOf(
        scene,
        { ...story.node(block), nodeId: 'n_foreign' },
        { limit: price(1200), durationMs: HOUR_MS, why: '' },
      ),
    ];
    for (const action of actions) expect(said(story, action), action.intent.kind).toBe('unowned');
  });

  test('An extension is never sent for another end than the books hold, nor while one is open.', () => {
    const story = createStory();
    const block = reservedFor(story, 0);
    const again = extend(story, block);
    story.tell(again.intent);
    expect(said(story, again)).toBe('unowned');
    const other = createStory();
    const node = reservedFor(other, 0);
    const stale = extend(other, node);
    other.see(
      node,
      seenNode({
        nodeId: `n_${node}`,
        kind: 'reserved',
        procurementId: null,
        endAtMs: other.nowMs + 2 * HOUR_MS,
      }),
    );
    expect(said(other, stale)).toBe('unowned');
  });
});

describe('rates', () => {
  test('`rate`: creates and extensions within an hour stay within `purchases_per_hour`, raises within `raises_per_hour`, this tick included.', () => {
    const limits = { ...processPolicy().limits, purchasesPerHour: 3, raisesPerHour: 2 };
    const story = createStory();
    const bid = story.waiting(0);
    const block = reservedFor(story, 1);
    const gate = gateOf(story, { policy: { limits } });
    expect(gate.judge(extend(story, block)).passed).toBe(true);
    expect(gate.judge(buy(story, 2))).toMatchObject({ guard: 'rate' });
    story.raise(bid, 1400);
    expect(gateOf(story, { policy: { limits } }).judge(raise(story, bid, 1440)).passed).toBe(true);
    story.raise(bid, 1440);
    expect(said(story, raise(story, bid, 1480), { policy: { limits } })).toBe('rate');
    story.nowMs += HOUR_MS - 1;
    expect(said(story, raise(story, bid, 1480), { policy: { limits } })).toBe('rate');
    story.nowMs += 1;
    expect(said(story, raise(story, bid, 1480), { policy: { limits } })).toBe('passed');
  });

  test('A clock set back by some minutes opens no second allowance.', () => {
    const limits = { ...processPolicy().limits, purchasesPerHour: 1 };
    const story = createStory();
    story.waiting(0);
    story.nowMs -= 30 * SECOND_MS;
    expect(said(story, buy(story, 1), { policy: { limits } })).toBe('rate');
  });
});

describe('a plan that is wrong', () => {
  test('`contradiction`: an action that claims to spend nothing, or whose request differs from its intent, does not pass.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const lies = [
      buy(story, 1, 1200, { spends: 'none' }),
      { ...raise(story, bid, 1240), spends: 'none' as const },
      buy(story, 1, 1200, { limit: price(1000) }),
      { ...buy(story, 1), change: { ...buy(story, 1).change, name: 'other' } as Action['change'] },
      buy(story, 1, 1200, { coverUntilMs: null }),
      buy(story, 1, 1200, { fleet: 'not-configured' }),
    ];
    for (const action of lies) expect(said(story, action)).toBe('contradiction');
  });
});
