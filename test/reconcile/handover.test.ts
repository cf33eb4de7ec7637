// Handing nodes over and taking them away: what fits a fleet, what the books hold of it, and that strangers stay strangers.
import { describe, expect, test } from 'vitest';
import type { SeenNode } from '../../src/domain/node.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { handOver } from '../../src/reconcile/handover.ts';
import { createGate } from '../../src/reconcile/guard.ts';
import { releaseOf } from '../../src/reconcile/make-action.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { overridden } from '../../src/reconcile/override.ts';
import { settleOrders } from '../../src/reconcile/settle.ts';
import { fleetPolicy, processPolicy, START_MS } from '../simulation/world.ts';
import { circumstances, sceneOf } from '../support/scene.ts';
import { createStory, price, seenNode, teachEdges, type Story } from '../support/story.ts';

const byHand = (change: Partial<SeenNode> = {}): SeenNode =>
  seenNode({ nodeId: 'n_77', name: 'made-by-hand', procurementId: 'p_77', limit: price(1200), ...change });

const adopt = (story: Story, seen: SeenNode = byHand()) => {
  const made = handOver(story.books, processPolicy(), fleetPolicy(), { seen, procurement: null });
  if (!made.ok) throw new Error(made.why);
  return story.tell({ ...made.entry, by: 'anna', why: 'made by hand' });
};

describe('a node is not handed over', () => {
  test.each<[string, Partial<SeenNode>, RegExp]>([
    [
      'that was let go',
      { status: 'released', statusText: 'released' },
      /is released: only a node that runs or waits/,
    ],
    ['of another GPU type', { gpu: 'b300' }, /has b300 GPUs, fleet train wants h100/],
    ['that is held otherwise', { kind: 'reserved' }, /is reserved, fleet train holds autoreserved nodes/],
    ['of a kind nobody knows', { kind: 'unknown' }, /does not say how it is held/],
    ['whose limit nobody knows', { limit: null }, /does not show its limit/],
    ['in another zone', { zone: 'elsewhere' }, /is in elsewhere, where fleet train does not buy/],
  ])('%s', (_, change, why) => {
    const { books } = createStory();
    const fleet = fleetPolicy({ zones: ['hayesvalley'] });
    const made = handOver(books, processPolicy(), fleet, { seen: byHand(change), procurement: null });
    expect(made).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  test('that is ours already, or stands in never_touch by name or id', () => {
    const story = createStory();
    adopt(story);
    const again = (policy = processPolicy()) =>
      handOver(createStory().books, policy, fleetPolicy(), { seen: byHand(), procurement: null }).ok;
    expect(
      handOver(story.books, processPolicy(), fleetPolicy(), { seen: byHand(), procurement: null }),
    ).toEqual({
      ok: false,
      why: expect.stringMatching(/is a node of this ledger already/),
    });
    expect([
      again(),
      again(processPolicy({ neverTouch: ['n_77'] })),
      again(processPolicy({ neverTouch: ['made-by-hand'] })),
    ]).toEqual([true, false, false]);
  });
});

describe('a node that was handed over', () => {
  test('is held from then on, takes the lowest free slot and costs nothing for what was bought before', () => {
    const story = createStory();
    story.running(0);
    const node = adopt(story);
    expect(story.node(node)).toMatchObject({
      phase: 'running',
      fleet: 'train',
      slot: 1,
      bookedToMs: START_MS + HOUR_MS,
    });
    expect(story.books.contradiction).toBeNull();
    const [mine] = [...story.books.sums.values()];
    const before = mine?.committed;
    story.see(node, byHand({ endAtMs: START_MS + 2 * HOUR_MS }));
    expect((mine?.committed ?? 0) - (before ?? 0)).toBe(1200 * 3600);
  });

  test('is charged with no order of the time before, and with those after it', () => {
    const story = createStory();
    const node = adopt(story);
    story.see(node, byHand({ endAtMs: START_MS + 2 * HOUR_MS }));
    const order = (hour: number) => ({
      orderId: `o_${hour}`,
      contractId: 'c',
      procurementId: 'p_77',
      zone: 'hayesvalley',
      nodes: 1,
      side: 'buy' as const,
      fromMs: START_MS + hour * HOUR_MS,
      toMs: START_MS + (hour + 1) * HOUR_MS,
      cost: 1000 as never,
    });
    expect(settleOrders(story.books, [order(-1), order(0), order(1)]).map(({ orderId }) => orderId)).toEqual([
      'o_1',
    ]);
  });

  test('is let go like any other, unless it stands in never_touch', () => {
    const story = createStory();
    const node = adopt(story);
    const release = releaseOf(story.node(node), 'surplus', 'a test');
    const judge = (neverTouch: readonly string[]) =>
      createGate(circumstances(story.books, story.nowMs, { policy: processPolicy({ neverTouch }) })).judge(
        release,
      );
    expect(judge([])).toEqual({ passed: true });
    expect(judge(['made-by-hand'])).toMatchObject({ passed: false, guard: 'unowned' });
    expect(judge(['n_77'])).toMatchObject({ passed: false, guard: 'unowned' });
  });

  test('that is taken away is nobody’s concern: its slot is free and nothing speaks of it', () => {
    const story = createStory();
    const node = adopt(story);
    story.tell({
      kind: 'node_disowned',
      node,
      nodeId: 'n_77',
      name: 'made-by-hand',
      by: 'anna',
      why: 'back',
    });
    expect(story.books.nodes.size).toBe(0);
    expect(story.books.fleets.get('train')?.slots.get(0)?.living).toBe(0);
    expect(story.books.disowned.has('n_77')).toBe(true);
    adopt(story);
    expect(story.books.disowned.size).toBe(0);
    expect(story.books.contradiction).toBeNull();
  });
});

test('with a lead for hooks a node that is not wanted any more is let go that long before its edge', () => {
  const story = createStory();
  teachEdges(story);
  story.running(0);
  const releases = (releaseLeadMs: number): number =>
    planFleet(sceneOf(story, { nodes: 0, policy: { releaseLeadMs } })).proposals.filter(
      (one) => one.kind === 'action' && one.intent.kind === 'release_intended',
    ).length;
  story.nowMs = START_MS + HOUR_MS - 9 * MINUTE_MS;
  expect([releases(0), releases(10 * MINUTE_MS)]).toEqual([0, 1]);
  story.nowMs = START_MS + HOUR_MS - 11 * MINUTE_MS;
  expect(releases(10 * MINUTE_MS)).toBe(0);
});

test('a target for a while stands before the schedule up to its instant, in nodes and in node-time', () => {
  const nowMs = START_MS;
  const schedule = {
    gpus: 8,
    nodes: 1,
    nextChangeMs: null,
    nodesAt: () => 1,
    nodeMsBetween: (fromMs: number, toMs: number) => toMs - fromMs,
  };
  const set = { gpus: 24, untilMs: nowMs + HOUR_MS, by: 'anna', why: 'x' };
  const both = overridden(schedule, set, nowMs);
  expect(both).toMatchObject({ gpus: 24, nodes: 3, nextChangeMs: set.untilMs });
  expect([both.nodesAt(set.untilMs - 1), both.nodesAt(set.untilMs)]).toEqual([3, 1]);
  expect(both.nodeMsBetween?.(nowMs, nowMs + 2 * HOUR_MS)).toBe(4 * HOUR_MS);
  expect(overridden(schedule, set, set.untilMs)).toBe(schedule);
  expect(overridden(schedule, undefined, nowMs)).toBe(schedule);
});
