// Promise 7: nodes that are not ours by ledger are noticed and never touched, and our generations begin above theirs.
import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../src/domain/time.ts';
import { freeSlots } from '../../src/reconcile/make-action.ts';
import { openEyes } from '../support/looking.ts';
import { sceneOf } from '../support/scene.ts';
import { createStory, nameOfSlot, seenNode } from '../support/story.ts';

describe('strangers', () => {
  test('A live node with our prefix that the ledger does not own is noted once, with its fleet, and forgotten when it ended.', () => {
    const story = createStory();
    const eyes = openEyes(story);
    const stranger = seenNode({ nodeId: 'n_x', name: 'bk-zz99-train-0-g4' });
    expect(eyes.look([stranger, seenNode({ nodeId: 'n_y', name: 'somebody-else' })])).toEqual([
      { kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-zz99-train-0-g4', fleet: 'train' },
    ]);
    expect(eyes.look([stranger])).toEqual([]);
    expect(eyes.look([])).toEqual([]);
    expect(story.books.unowned.size).toBe(1);
    eyes.look([{ ...stranger, status: 'terminated' }]);
    expect(story.books.unowned.size).toBe(0);
  });

  test('A name with our prefix that cannot be read is noted without a fleet.', () => {
    const eyes = openEyes(createStory());
    expect(eyes.look([seenNode({ name: 'bk-by-hand' })])).toEqual([
      { kind: 'unowned_seen', nodeId: 'n_0', name: 'bk-by-hand', fleet: null },
    ]);
  });

  test('A second node under the name of one intent is a stranger’s: one intent, one node.', () => {
    const story = createStory();
    const node = story.create();
    const eyes = openEyes(story);
    eyes.look([seenNode(), seenNode({ nodeId: 'n_double' })]);
    expect(story.node(node).nodeId).toBe('n_0');
    expect([...story.books.unowned.keys()]).toEqual(['n_double']);
  });

  test('A node made more than five minutes before the intent of its name is a stranger’s.', () => {
    const story = createStory();
    const node = story.create();
    openEyes(story).look([seenNode({ createdAtMs: story.nowMs - HOUR_MS })]);
    expect(story.node(node).nodeId).toBeNull();
    expect(story.books.unowned.size).toBe(1);
  });

  test('Generations begin above the highest ever seen under our ledger’s names, alive or ended; other ledgers’ names raise none.', () => {
    const story = createStory();
    const eyes = openEyes(story);
    eyes.look([
      seenNode({ nodeId: 'n_1', name: nameOfSlot(0, 7), status: 'terminated' }),
      seenNode({ nodeId: 'n_2', name: nameOfSlot(0, 9), status: 'deleted' }),
      seenNode({ nodeId: 'n_3', name: 'bk-zz99-train-0-g40', status: 'deleted' }),
    ]);
    expect(freeSlots(sceneOf(story), 2)).toEqual([
      { slot: 0, generation: 10 },
      { slot: 1, generation: 1 },
    ]);
    expect(eyes.look([seenNode({ nodeId: 'n_2', name: nameOfSlot(0, 9), status: 'deleted' })])).toEqual([]);
  });

  test('An old listing that shows a node alive again after it was seen to end makes no stranger of it.', () => {
    const story = createStory();
    const node = story.running(0);
    const eyes = openEyes(story);
    const shown = seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}` });
    eyes.look([{ ...shown, status: 'terminated' }]);
    expect(eyes.look([shown])).toEqual([]);
    expect(story.books.unowned.size).toBe(0);
  });

  test('A quiet world gives no entries: the same sight twice says nothing new.', () => {
    const story = createStory();
    const node = story.running(0);
    const eyes = openEyes(story);
    const shown = seenNode({
      nodeId: `n_${node}`,
      procurementId: `p_${node}`,
      limit: story.node(node).limit,
    });
    for (let look = 0; look < 10; look += 1) expect(eyes.look([shown])).toEqual([]);
  });
});
