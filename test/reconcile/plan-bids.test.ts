// Bids: how a shortfall is asked for, how standing bids follow the climb, and when none may stand.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { marketOf, quoteOf, sceneOf, type SceneOptions } from '../support/scene.ts';
import { changes, notes } from '../support/planned.ts';
import { createStory, price, type Story } from '../support/story.ts';

describe('a shortfall', () => {
  test('is desired less held, waiting, in flight and unknown, and is asked for in the lowest free slots at the anchor.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1, { limit: price(1016) });
    story.create({ slot: 2 });
    const lost = story.create({ slot: 4 });
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    expect(changes(story, { nodes: 6 })).toEqual(['create train-3-g1 at 1016', 'create train-5-g1 at 1016']);
    expect(changes(story, { nodes: 4 })).toEqual([]);
  });

  test('waits for the end of releasing nodes, unless the fleet may surge.', () => {
    const story = createStory();
    const node = story.running(0);
    story.accept(
      story.tell({ kind: 'release_intended', node, nodeId: `n_${node}`, reason: 'surplus', why: '' }),
    );
    expect(changes(story, { nodes: 1 })).toEqual([]);
    expect(notes(story, { nodes: 1 })).toContain('releasing');
    expect(changes(story, { nodes: 1, fleet: { surgeNodes: 1 } })).toEqual(['create train-1-g1 at 1016']);
    story.nowMs += HOUR_MS;
    expect(changes(story, { nodes: 1 })).toContain('create train-1-g1 at 1016');
  });

  test('writes the climb’s start beside it, and nothing when the level did not move.', () => {
    const story = createStory();
    const climbs = () => planFleet(sceneOf(story)).climbs;
    expect(climbs()).toMatchObject([{ level: 1016, reason: 'started', ask: 1000 }]);
    for (const climb of climbs()) story.tell(climb);
    expect(climbs()).toEqual([]);
  });

  test('is not asked for without a zone that sells the GPU, and while a first quote is waited for.', () => {
    const story = createStory();
    expect(notes(story, { market: marketOf([], []) })).toEqual(['no_zone']);
    expect(notes(story, { ask: null })).toEqual(['wait']);
    expect(changes(story, { ask: null })).toEqual([]);
  });

  test('whose offer was refused for its price is not repeated at that level before `every` has passed; then the ladder is a step higher.', () => {
    const story = createStory();
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: price(1016),
      reason: 'started',
      ask: price(1000),
      askedAtMs: story.nowMs,
    });
    story.tell({
      kind: 'change_refused',
      intent: story.create({ limit: price(1016) }),
      change: 'create',
      code: 'price',
      status: 400,
      message: '',
    });
    expect(changes(story)).toEqual([]);
    expect(notes(story)).toContain('refused');
    story.later(5 * MINUTE_MS);
    expect(changes(story, { ask: null })).toEqual(['create train-0-g1 at 1056']);
  });
});

describe('zones', () => {
  const [a, b] = ['alamo', 'bernal'] as const;
  const market = (story: Story, askA: number, askB: number) =>
    marketOf([quoteOf(askA, story.nowMs, a), quoteOf(askB, story.nowMs, b)], [a, b]);
  const zonesOf = (story: Story, askA: number, askB: number, options: SceneOptions = {}) =>
    planFleet(
      sceneOf(story, {
        market: market(story, askA, askB),
        ...options,
        fleet: { zones: 'any', ...options.fleet },
      }),
    )
      .proposals.filter((one) => one.kind === 'action' && one.change.kind === 'create')
      .map((one) => one.zone);

  test('The cheapest zone is tried first; one above the ceiling is passed over.', () => {
    expect(zonesOf(createStory(), 1000, 1100)).toEqual([a]);
    expect(zonesOf(createStory(), 1200, 1100)).toEqual([b]);
    expect(zonesOf(createStory(), 5000, 1100)).toEqual([b]);
    expect(zonesOf(createStory(), 2000, 2000)).toEqual([]);
    expect(zonesOf(createStory(), 1000, 1100, { fleet: { zones: [b] } })).toEqual([b]);
  });

  test('With `spread: one_zone` a fleet that has nodes somewhere stays there; with `free` it follows the price.', () => {
    const story = createStory();
    story.running(0, {}, { zone: b });
    expect(zonesOf(story, 1000, 1100, { nodes: 2 })).toEqual([b]);
    expect(zonesOf(story, 1000, 1700, { nodes: 2 })).toEqual([]);
    expect(zonesOf(story, 1000, 1100, { nodes: 2, fleet: { spread: 'free' } })).toEqual([a]);
  });

  test('A zone that sells another GPU type is never asked.', () => {
    const story = createStory();
    const other = {
      ...marketOf([quoteOf(1000, story.nowMs)]),
      zones: [{ name: 'hayesvalley', region: '', instanceType: 'h200ki', gpu: 'h200' }],
    };
    expect(changes(story, { market: other })).toEqual([]);
  });
});

describe('a standing bid', () => {
  const climbing = () => {
    const story = createStory();
    const node = story.waiting(0, { limit: price(1016) });
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: price(1016),
      reason: 'started',
      ask: price(1000),
      askedAtMs: story.nowMs,
    });
    return { story, node };
  };

  test('is raised in place by one step each `every`, and left alone in between.', () => {
    const { story } = climbing();
    story.later(5 * MINUTE_MS - 1);
    expect(changes(story, { ask: null })).toEqual([]);
    story.later(1);
    expect(changes(story, { ask: null })).toEqual(['raise train-0-g1 at 1056 (climb)']);
  });

  test('is set to the anchor of a fresh quote, up or down.', () => {
    const { story } = climbing();
    story.later(MINUTE_MS);
    expect(changes(story, { ask: 1200 })).toEqual(['raise train-0-g1 at 1224 (reanchor)']);
    expect(changes(story, { ask: 800 })).toEqual(['raise train-0-g1 at 816 (reanchor)']);
  });

  test('whose raise was accepted is not raised again while it waits to be read back; one whose answer was lost is.', () => {
    const { story, node } = climbing();
    story.later(MINUTE_MS);
    const raise = story.raise(node, 1224);
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: price(1224),
      reason: 'reanchored',
      ask: price(1200),
      askedAtMs: story.nowMs,
    });
    expect(changes(story, { ask: 1200 })).toEqual(['raise train-0-g1 at 1224 (reanchor)']);
    story.accept(raise);
    expect(changes(story, { ask: 1200 })).toEqual([]);
  });

  test('is not raised again and again after a lost answer that turned out fine, nor after an older one that was overtaken.', () => {
    const { story, node } = climbing();
    const lose = (intent: number): void => {
      story.tell({
        kind: 'change_unknown',
        intent,
        change: 'raise',
        cause: 'timeout',
        status: null,
        message: '',
      });
    };
    const read = (limit: number): void => {
      story.tell({
        kind: 'procurement_seen',
        node,
        procurementId: `p_${node}`,
        limit: price(limit),
        horizonMs: 0,
      });
    };
    lose(story.raise(node, 1224));
    story.later(MINUTE_MS);
    read(1224);
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: price(1224),
      reason: 'reanchored',
      ask: price(1200),
      askedAtMs: story.nowMs,
    });
    expect(changes(story, { ask: null })).toEqual([]);
    story.accept(story.raise(node, 1016));
    story.later(MINUTE_MS);
    read(1016);
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: price(1016),
      reason: 'reanchored',
      ask: price(1000),
      askedAtMs: story.nowMs,
    });
    expect(changes(story, { ask: null })).toEqual([]);
  });

  test('is replaced for a day where the account may not raise: released, and asked for anew only once it is gone.', () => {
    const { story, node } = climbing();
    const raise = story.raise(node, 1056);
    story.tell({
      kind: 'change_refused',
      intent: raise,
      change: 'raise',
      code: 'forbidden',
      status: 403,
      message: '',
    });
    story.later(MINUTE_MS);
    expect(changes(story, { ask: 1200 })).toEqual(['release train-0-g1 (replace)']);
    story.accept(
      story.tell({ kind: 'release_intended', node, nodeId: `n_${node}`, reason: 'replace', why: '' }),
    );
    expect(changes(story, { ask: 1200 })).toEqual(['delete train-0-g1 (cleanup)']);
    story.tell({ kind: 'node_ended', node, proof: 'deleted' });
    expect(changes(story, { ask: 1200 })).toEqual(['create train-0-g2 at 1224']);
    story.waiting(1, { limit: price(1016) });
    story.nowMs += 24 * HOUR_MS;
    expect(changes(story, { ask: 1200 })).toEqual(['raise train-1-g1 at 1224 (reanchor)']);
  });

  test('is parked at 8 cents while the ask is above the ceiling, or withdrawn where it cannot be raised in place; back under it follows the anchor.', () => {
    const { story, node } = climbing();
    story.later(MINUTE_MS);
    expect(changes(story, { ask: 1700 })).toEqual(['raise train-0-g1 at 8 (park)']);
    story.accept(story.raise(node, 8, 'park'));
    story.tell({ kind: 'procurement_seen', node, procurementId: `p_${node}`, limit: price(8), horizonMs: 0 });
    expect(changes(story, { ask: 1700 })).toEqual([]);
    expect(changes(story, { ask: 1400 })).toEqual(['raise train-0-g1 at 1424 (reanchor)']);
    story.books.raisingRefusedAtMs = story.nowMs;
    const other = climbing();
    other.story.books.raisingRefusedAtMs = other.story.nowMs;
    expect(changes(other.story, { ask: 1700 })).toEqual(['release train-0-g1 (above_ceiling)']);
  });

  test('whose release was refused is looked at for two minutes, then follows the climb again.', () => {
    const { story, node } = climbing();
    const release = story.tell({
      kind: 'release_intended',
      node,
      nodeId: `n_${node}`,
      reason: 'replace',
      why: '',
    });
    story.tell({
      kind: 'change_refused',
      intent: release,
      change: 'release',
      code: 'request',
      status: 400,
      message: '',
    });
    story.later(2 * MINUTE_MS - 1);
    expect(changes(story, { ask: 1200 })).toEqual([]);
    story.later(1);
    expect(changes(story, { ask: 1200 })).toEqual(['raise train-0-g1 at 1224 (reanchor)']);
  });

  test('whose release was lost is released again: releasing is repeatable.', () => {
    const { story, node } = climbing();
    const release = story.tell({
      kind: 'release_intended',
      node,
      nodeId: `n_${node}`,
      reason: 'replace',
      why: '',
    });
    story.tell({
      kind: 'change_unknown',
      intent: release,
      change: 'release',
      cause: 'timeout',
      status: null,
      message: '',
    });
    expect(changes(story)).toEqual(['release train-0-g1 (replace)']);
  });
});
