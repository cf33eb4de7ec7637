// The guard over counts and rates, over what the ledger does not own, and over plans that are wrong.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.ts';
import type { Action } from '../../src/reconcile/action.ts';
import { createOf, deleteOf, extendOf, releaseOf } from '../../src/reconcile/make-action.ts';
import { processPolicy } from '../simulation/world.ts';
import { buy, extend, gateOf, raise, reservedFor, said } from '../support/gate.ts';
import { sceneOf } from '../support/scene.ts';
import { createStory, price, seenNode } from '../support/story.ts';

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
    for (const action of actions) expect(said(story, action)).toBe('unowned');
  });

  test('One tick asks for a name once and extends a node once, whatever the plan repeats.', () => {
    const story = createStory();
    const block = reservedFor(story, 0);
    const gate = gateOf(story);
    expect([extend(story, block), extend(story, block)].map((one) => gate.judge(one).passed)).toEqual([
      true,
      false,
    ]);
    expect([buy(story, 1), buy(story, 1)].map((one) => gate.judge(one).passed)).toEqual([true, false]);
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
