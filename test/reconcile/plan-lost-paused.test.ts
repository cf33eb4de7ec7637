// What the plan does about answers that were lost, and while the daemon is paused.
import { describe, expect, test } from 'vitest';
import { processPolicy } from '../simulation/world.ts';
import { changes, notes, planned } from '../support/planned.ts';
import { basis, createStory, price } from '../support/story.ts';

describe('a name whose answer was lost', () => {
  const lost = () => {
    const story = createStory();
    const node = story.create();
    story.tell({
      kind: 'change_unknown',
      intent: node,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    return { story, node };
  };
  const gone = { lookups: new Map([['bk-ab12-train-0-g1', 'absent' as const]]) };

  test('is sent again at the same limit when a complete look does not show it, where the venue refuses a double.', () => {
    const { story, node } = lost();
    expect(changes(story, { look: gone })).toEqual(['repost train-0-g1 at 1200 (repost)']);
    expect(changes(story)).toEqual([]);
    expect(changes(story, { look: { ...gone, unreadable: 1 } })).toEqual([]);
    expect(changes(story, { look: gone, nodes: 0 })).toEqual([]);
    expect(changes(story, { look: gone, ask: 1700 })).toEqual([]);
    const repost = story.tell({
      kind: 'repost_intended',
      node,
      name: 'bk-ab12-train-0-g1',
      limit: price(1200),
      basis,
      why: '',
    });
    story.tell({
      kind: 'change_refused',
      intent: repost,
      change: 'create',
      code: 'name_taken',
      status: 400,
      message: '',
    });
    expect(changes(story, { look: gone })).toEqual([]);
  });

  test('is never sent again with `repost: never`.', () => {
    const { story } = lost();
    expect(changes(story, { look: gone, policy: { ...processPolicy(), repost: 'never' } })).toEqual([]);
  });
});

describe('while paused', () => {
  test('Waiting bids are withdrawn, nothing is asked for, and held nodes go on renewing.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1);
    story.create({ slot: 2 });
    expect(planned(story, { nodes: 5, withdraw: 'paused' })).toEqual([
      'release train-1-g1 (paused)',
      'renew train-0-g1 at 1200',
    ]);
    expect(notes(story, { nodes: 5, withdraw: 'paused' })).toEqual(['paused']);
    expect(changes(story, { nodes: 5, withdraw: 'stop' })).toEqual(['release train-1-g1 (stop)']);
  });
});
