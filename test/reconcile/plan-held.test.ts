// What is held: hours are let through before the venue can buy them, limits follow the ask before each edge, and a falling
// target lets go of waiting bids first and of held nodes at the last act only.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { changes, planned } from '../support/planned.ts';
import { sceneOf, type SceneOptions } from '../support/scene.ts';
import { createStory, price, seenNode, teachEdges, type Story } from '../support/story.ts';

/** Nodes that run to the next full hour, whose edge is known to be that hour. */
const holding = (limits: readonly number[]) => {
  const story = createStory();
  teachEdges(story);
  const nodes = limits.map((limit, slot) => story.running(slot, {}, { limit: price(limit) }));
  return { story, nodes, endMs: story.nowMs + HOUR_MS };
};

const renewals = (story: Story, options: SceneOptions = {}) =>
  planFleet(sceneOf(story, options)).proposals.flatMap((one) => (one.kind === 'renewal' ? [one] : []));

describe('the next hour', () => {
  test('is let through at the last act before a known edge, and not before.', () => {
    const { story, endMs } = holding([1200]);
    story.nowMs = endMs - 3 * MINUTE_MS - 1;
    expect(renewals(story)).toEqual([]);
    story.nowMs += 1;
    expect(renewals(story)).toMatchObject([{ untilMs: endMs + HOUR_MS, limit: 1200 }]);
  });

  test('is let through when this one starts, until it is known when the venue buys.', () => {
    const story = createStory();
    const node = story.running(0);
    expect(renewals(story)).toMatchObject([{ node, untilMs: story.nowMs + 2 * HOUR_MS }]);
  });

  test('that is let through already is not let through again.', () => {
    const { story, nodes, endMs } = holding([1200]);
    story.nowMs = endMs - MINUTE_MS;
    story.tell({ kind: 'renewals_authorised', untilMs: endMs + HOUR_MS, nodes });
    expect(renewals(story)).toEqual([]);
  });

  test('of a long look gap is let through that much earlier.', () => {
    const { story, endMs } = holding([1200]);
    const policy = { lookGapMs: 10 * MINUTE_MS };
    story.nowMs = endMs - 10 * MINUTE_MS;
    expect(renewals(story, { policy })).toHaveLength(1);
    expect(renewals(story)).toHaveLength(0);
  });
});

describe('a held limit', () => {
  test('is set to the anchor 12, 7 and 3 minutes before the edge, up or down, once each.', () => {
    const { story, nodes, endMs } = holding([1200]);
    const at = (before: number, ask: number) => {
      story.nowMs = endMs - before * MINUTE_MS;
      return changes(story, { ask });
    };
    expect(at(13, 1000)).toEqual([]);
    expect(at(12, 1000)).toEqual(['raise train-0-g1 at 1016 (edge)']);
    story.accept(story.raise(nodes[0] ?? 0, 1016, 'edge'));
    expect(at(11, 1300)).toEqual([]);
    expect(at(7, 1300)).toEqual(['raise train-0-g1 at 1320 (edge)']);
    story.accept(story.raise(nodes[0] ?? 0, 1320, 'edge'));
    expect(at(4, 1400)).toEqual([]);
    expect(at(3, 1400)).toEqual(['raise train-0-g1 at 1424 (edge)']);
  });

  test('is capped at the ceiling when the ask is above it, and left alone without a usable quote or where it cannot be raised.', () => {
    const { story, endMs } = holding([1200]);
    story.nowMs = endMs - 7 * MINUTE_MS;
    expect(changes(story, { ask: 9000, policy: { priceBand: { low: 500, high: 99_999 } } })).toEqual([
      'raise train-0-g1 at 1600 (edge)',
    ]);
    expect(changes(story, { ask: null })).toEqual([]);
    story.books.raisingRefusedAtMs = story.nowMs;
    expect(changes(story, { ask: 1300 })).toEqual([]);
  });

  test('may fall but not rise during a pause.', () => {
    const { story, endMs } = holding([1200]);
    story.nowMs = endMs - 7 * MINUTE_MS;
    expect(changes(story, { ask: 1300, withdraw: 'paused' })).toEqual([]);
    expect(changes(story, { ask: 1000, withdraw: 'paused' })).toEqual(['raise train-0-g1 at 1016 (edge)']);
  });

  test('An act is due at a known instant: the plan says when to wake for the next one.', () => {
    const { story, endMs } = holding([1200]);
    for (const before of [12, 7, 3]) {
      expect(planFleet(sceneOf(story)).wakes).toContain(endMs - before * MINUTE_MS);
      story.nowMs = endMs - before * MINUTE_MS;
    }
  });
});

describe('a falling target', () => {
  test('withdraws waiting bids at once, the dearest first, and leaves held nodes to the last act.', () => {
    const { story } = holding([1200, 1200]);
    story.waiting(2, { limit: price(1000) });
    story.waiting(3, { limit: price(1400) });
    expect(changes(story, { nodes: 3 })).toContain('release train-3-g1 (surplus)');
    expect(changes(story, { nodes: 3 })).not.toContain('release train-2-g1 (surplus)');
    expect(changes(story, { nodes: 1 })).toEqual([
      'release train-3-g1 (surplus)',
      'release train-2-g1 (surplus)',
    ]);
  });

  test('releases, at the last act before the edge, the nodes whose next hour costs most, as many as are too many at their end.', () => {
    const { story, endMs } = holding([1000, 1400, 1200]);
    story.nowMs = endMs - 3 * MINUTE_MS - 1;
    expect(changes(story, { nodes: 1, ask: null })).toEqual([]);
    story.nowMs += 1;
    expect(changes(story, { nodes: 1, ask: null })).toEqual([
      'release train-1-g1 (surplus)',
      'release train-2-g1 (surplus)',
    ]);
  });

  test('A target that falls only after the end releases nobody; one that rises again by then neither.', () => {
    const { story, endMs } = holding([1000, 1400]);
    story.nowMs = endMs - 2 * MINUTE_MS;
    const fallsLater = { nodes: 2, nodesAt: (at: number) => (at > endMs ? 0 : 2), ask: null };
    expect(changes(story, fallsLater)).toEqual([]);
    const rises = { nodes: 0, nodesAt: (at: number) => (at >= endMs ? 2 : 0), ask: null };
    expect(changes(story, rises)).toEqual([]);
  });

  test('A released node is not asked to renew, raise or release again.', () => {
    const { story, nodes, endMs } = holding([1200]);
    const node = nodes[0] ?? 0;
    story.accept(
      story.tell({ kind: 'release_intended', node, nodeId: `n_${node}`, reason: 'surplus', why: '' }),
    );
    story.nowMs = endMs - 2 * MINUTE_MS;
    expect(planned(story, { nodes: 0 })).toEqual([]);
  });

  test('Waiting reserved nodes are never released: the venue has no such thing.', () => {
    const story = createStory();
    const node = story.create({ hold: 'reserved', endAtMs: story.nowMs + HOUR_MS });
    story.accept(
      node,
      seenNode({
        nodeId: 'n_r',
        kind: 'reserved',
        status: 'pending',
        endAtMs: null,
        vm: null,
        procurementId: null,
      }),
    );
    expect(changes(story, { nodes: 0, fleet: { hold: 'reserved' } })).toEqual([]);
  });
});

describe('goods', () => {
  test('Another GPU type or zone than was asked is released at once and replaced, without a surplus of good ones.', () => {
    const story = createStory();
    story.running(0, { gpu: 'h200' });
    expect(changes(story, { nodes: 1, ask: null })).toEqual(['release train-0-g1 (wrong_goods)']);
  });

  test('A VM that failed, or did not run within the boot limit, is replaced when the settings say so.', () => {
    const story = createStory();
    story.running(0, { vm: { status: 'node_failure', startAtMs: null } });
    story.running(1, { vm: { status: 'pending', startAtMs: null } });
    story.running(2);
    expect(changes(story, { nodes: 3 })).toEqual(['release train-0-g1 (unhealthy)']);
    story.later(20 * MINUTE_MS);
    expect(changes(story, { nodes: 3 })).toEqual(['release train-0-g1 (unhealthy)']);
    story.later(1);
    expect(changes(story, { nodes: 3 })).toEqual([
      'release train-0-g1 (unhealthy)',
      'release train-1-g1 (unhealthy)',
    ]);
    expect(changes(story, { nodes: 3, fleet: { replaceUnhealthy: false } })).toEqual([]);
  });
});

describe('what was withdrawn', () => {
  test('A withdrawn bid that was never filled is deleted so that its slot comes free; one that filled meanwhile runs to its end.', () => {
    const story = createStory();
    const [bid, filled] = [story.waiting(0), story.waiting(1)];
    for (const node of [bid, filled])
      story.accept(
        story.tell({ kind: 'release_intended', node, nodeId: `n_${node}`, reason: 'surplus', why: '' }),
      );
    story.see(filled, seenNode({ nodeId: `n_${filled}`, procurementId: `p_${filled}`, status: 'released' }));
    expect(changes(story, { nodes: 0 })).toEqual(['delete train-0-g1 (cleanup)']);
    const remove = story.tell({ kind: 'delete_intended', node: bid, nodeId: `n_${bid}`, why: '' });
    story.tell({
      kind: 'change_refused',
      intent: remove,
      change: 'delete',
      code: 'request',
      status: 400,
      message: '',
    });
    expect(changes(story, { nodes: 0 })).toEqual([]);
    story.later(2 * MINUTE_MS);
    expect(changes(story, { nodes: 0 })).toEqual(['delete train-0-g1 (cleanup)']);
    expect(story.node(filled).bookedToMs).toBeGreaterThan(story.nowMs);
  });
});
