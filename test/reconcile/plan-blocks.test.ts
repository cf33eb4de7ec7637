// Reserved blocks: the end of the first one, extensions one block at a time, and what a refusal for price does.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteKey } from '../../src/domain/market.ts';
import type { FleetPolicy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { firstBlockEnd } from '../../src/reconcile/plan-blocks.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { learnQuote, startTrail } from '../../src/strategy/ask-trail.ts';
import { fleetPolicy, START_MS } from '../simulation/world.ts';
import { changes, notes } from '../support/planned.ts';
import { marketOf, quoteOf, sceneOf, type SceneOptions } from '../support/scene.ts';
import { basis, createStory, price, type Story } from '../support/story.ts';

const reserved: Partial<FleetPolicy> = { hold: 'reserved' };
const options = (change: SceneOptions = {}): SceneOptions => ({
  ...change,
  fleet: { ...reserved, ...change.fleet },
});

const blocks = (count: number) => {
  const story = createStory();
  const endMs = story.nowMs + HOUR_MS;
  const nodes = Array.from({ length: count }, (_, slot) =>
    story.running(slot, { endAtMs: endMs }, { hold: 'reserved', endAtMs: endMs, limit: price(1016) }),
  );
  return { story, nodes, endMs };
};

const refuseExtension = (story: Story, node: number, endMs: number, limit = 1016): void => {
  const intent = story.tell({
    kind: 'extend_intended',
    node,
    nodeId: `n_${node}`,
    endBeforeMs: endMs,
    endAfterMs: endMs + HOUR_MS,
    limit: price(limit),
    basis,
    why: '',
  });
  story.tell({ kind: 'change_refused', intent, change: 'extend', code: 'price', status: 400, message: '' });
};

const climbTo = (story: Story, level: number): void => {
  story.tell({
    kind: 'climb_moved',
    fleet: 'train',
    zone: 'hayesvalley',
    level: price(level),
    reason: 'started',
    ask: price(1000),
    askedAtMs: story.nowMs,
  });
};

describe('the first block', () => {
  test('ends at the next hour with at least 30 minutes left, plus the block less its first hour.', () => {
    const at = (minute: number, second: number, hours: number) =>
      (firstBlockEnd(START_MS + minute * MINUTE_MS + second * 1000, hours * HOUR_MS) - START_MS) / HOUR_MS;
    expect([at(0, 0, 1), at(30, 0, 1), at(30, 1, 1), at(59, 59, 1), at(10, 0, 4), at(45, 0, 4)]).toEqual([
      1, 1, 2, 2, 4, 5,
    ]);
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), fc.integer({ min: 1, max: 24 }), (offset, hours) => {
        const now = START_MS + offset;
        const end = firstBlockEnd(now, hours * HOUR_MS);
        expect(end % HOUR_MS).toBe(0);
        const first = end - (hours - 1) * HOUR_MS - now;
        expect(first).toBeGreaterThanOrEqual(30 * MINUTE_MS);
        expect(first).toBeLessThan(90 * MINUTE_MS);
      }),
    );
  });

  test('is bought from now at the anchor, for each missing node.', () => {
    const story = createStory();
    story.later(40 * MINUTE_MS);
    const bought = planFleet(sceneOf(story, options({ nodes: 2 }))).proposals;
    expect(bought).toMatchObject([
      {
        name: 'bk-ab12-train-0-g1',
        limit: 1016,
        change: { startAtMs: null, endAtMs: START_MS + 2 * HOUR_MS },
      },
      {
        name: 'bk-ab12-train-1-g1',
        limit: 1016,
        change: { startAtMs: null, endAtMs: START_MS + 2 * HOUR_MS },
      },
    ]);
  });
});

describe('an extension', () => {
  test('is decided `extend_lead` before the end, one block at a time, as many as are wanted at that end.', () => {
    const { story, endMs } = blocks(3);
    const wanted = options({ nodes: 3, nodesAt: () => 2 });
    story.nowMs = endMs - 30 * MINUTE_MS - 1;
    expect(changes(story, wanted)).toEqual([]);
    story.nowMs += 1;
    expect(changes(story, wanted)).toEqual([
      'extend train-0-g1 at 1016 (extend)',
      'extend train-1-g1 at 1016 (extend)',
    ]);
    const [first] = planFleet(
      sceneOf(story, options({ nodes: 3, fleet: { blockMs: 4 * HOUR_MS } })),
    ).proposals;
    expect(first).toMatchObject({ intent: { endBeforeMs: endMs, endAfterMs: endMs + 4 * HOUR_MS } });
  });

  test('waits after a jump of the ask, as long as a lost answer could still be cleared up before the end; then it is made.', () => {
    const { story, endMs } = blocks(1);
    const trail = startTrail();
    const asks = [1000, 1010, 990, 1000, 1010, 1000, 1400];
    story.nowMs = endMs - 28 * MINUTE_MS;
    for (const [index, ask] of asks.entries())
      learnQuote(trail, quoteOf(ask, story.nowMs - (asks.length - 1 - index) * 2 * MINUTE_MS));
    const scene = () =>
      options({
        market: {
          ...marketOf([quoteOf(1400, story.nowMs)]),
          trails: new Map([[quoteKey('hayesvalley', 'reserved'), trail]]),
        },
      });
    expect(changes(story, scene())).toEqual([]);
    expect(notes(story, scene())).toContain('wait');
    // The quarantine is 15 minutes, and five more clear it up.
    story.nowMs = endMs - 20 * MINUTE_MS;
    expect(changes(story, scene())).toEqual(['extend train-0-g1 at 1424 (extend)']);
  });

  test('is not sent again while its answer is open, and unknown purchases that could cover the hour count.', () => {
    const { story, nodes, endMs } = blocks(2);
    story.nowMs = endMs - 20 * MINUTE_MS;
    const node = nodes[0] ?? 0;
    story.tell({
      kind: 'extend_intended',
      node,
      nodeId: `n_${node}`,
      endBeforeMs: endMs,
      endAfterMs: endMs + HOUR_MS,
      limit: price(1016),
      basis,
      why: '',
    });
    expect(changes(story, options({ nodes: 2 }))).toEqual(['extend train-1-g1 at 1016 (extend)']);
    const lost = story.create({ slot: 7, hold: 'reserved', endAtMs: endMs + HOUR_MS });
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    expect(changes(story, options({ nodes: 2 }))).toEqual([]);
  });

  test('refused for its price is not repeated at that level before `every`, and goes on with the ladder; a fresh quote under the level may be tried at once.', () => {
    const { story, nodes, endMs } = blocks(1);
    story.nowMs = endMs - 25 * MINUTE_MS;
    climbTo(story, 1016);
    refuseExtension(story, nodes[0] ?? 0, endMs);
    story.later(MINUTE_MS);
    expect(changes(story, options({ ask: null }))).toEqual([]);
    expect(changes(story, options({ ask: 1000 }))).toEqual(['extend train-0-g1 at 1016 (extend)']);
    story.later(4 * MINUTE_MS);
    expect(changes(story, options({ ask: null }))).toEqual(['extend train-0-g1 at 1056 (extend)']);
  });

  test('has its last attempt three minutes before the end, whatever was refused before, also when the tick comes a little late; then it lapses.', () => {
    const { story, nodes, endMs } = blocks(1);
    const fleet = { bid: { ...fleetPolicy().bid, everyMs: HOUR_MS } };
    story.nowMs = endMs - 10 * MINUTE_MS;
    climbTo(story, 1016);
    refuseExtension(story, nodes[0] ?? 0, endMs);
    const at = (before: number) => {
      story.nowMs = endMs - before;
      return changes(story, options({ ask: null, fleet }));
    };
    expect(planFleet(sceneOf(story, options())).wakes).toContain(endMs - 3 * MINUTE_MS);
    expect(at(3 * MINUTE_MS + 1)).toEqual([]);
    expect(at(3 * MINUTE_MS)).toEqual(['extend train-0-g1 at 1016 (extend)']);
    expect(at(3 * MINUTE_MS - 20_000)).toEqual(['extend train-0-g1 at 1016 (extend)']);
    refuseExtension(story, nodes[0] ?? 0, endMs);
    expect(at(3 * MINUTE_MS - 40_000)).toEqual([]);
    expect(at(2 * MINUTE_MS - 1)).toEqual([]);
  });

  test('is not made while the ask is above the ceiling, for wrong goods, or during a pause.', () => {
    const { story, endMs } = blocks(1);
    story.nowMs = endMs - 10 * MINUTE_MS;
    expect(changes(story, options({ ask: 1700 }))).toEqual([]);
    expect(changes(story, options({ withdraw: 'paused' }))).toEqual([]);
    const other = createStory();
    other.running(0, { endAtMs: endMs, gpu: 'h200' }, { hold: 'reserved', endAtMs: endMs });
    other.nowMs = endMs - 10 * MINUTE_MS;
    expect(changes(other, options()).filter((one) => one.startsWith('extend'))).toEqual([]);
  });
});

describe('a block refused for its price', () => {
  test('says so, and the shortfall waits for the ladder instead of asking the same again.', () => {
    const story = createStory();
    climbTo(story, 1016);
    const intent = story.create({ hold: 'reserved', endAtMs: START_MS + HOUR_MS, limit: price(1016) });
    story.tell({
      kind: 'change_refused',
      intent,
      change: 'create',
      code: 'capacity',
      status: 400,
      message: '',
    });
    story.later(MINUTE_MS);
    expect(changes(story, options({ ask: null }))).toEqual([]);
    expect(notes(story, options({ ask: null }))).toEqual(['refused']);
    story.later(4 * MINUTE_MS);
    expect(changes(story, options({ ask: null }))).toEqual(['create train-0-g1 at 1056']);
  });

  test('A lost block is posted again under its name, but not for a window that is nearly over.', () => {
    const story = createStory();
    const endAtMs = START_MS + HOUR_MS;
    const node = story.create({ hold: 'reserved', endAtMs, limit: price(1016) });
    story.tell({
      kind: 'change_unknown',
      intent: node,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    const look = { lookups: new Map([['bk-ab12-train-0-g1', 'absent' as const]]) };
    expect(changes(story, options({ look }))).toEqual(['repost train-0-g1 at 1016 (repost)']);
    story.nowMs = endAtMs - 3 * MINUTE_MS;
    expect(changes(story, options({ look }))).toEqual([]);
  });
});
