// A listing that is behind shows the past as the present. Bought time is never believed to have shrunk: else a block that was
// just extended would be extended at every tick, and a node that runs to its paid end would lose its place before it is over.
import { expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { changes } from '../support/planned.ts';
import { openEyes } from '../support/looking.ts';
import { createStory, seenNode } from '../support/story.ts';

test('A block that was extended is not extended again when an old listing shows its former end', () => {
  const story = createStory();
  const endAtMs = story.nowMs + HOUR_MS;
  const node = story.running(0, { endAtMs }, { hold: 'reserved', endAtMs });
  const shown = seenNode({ nodeId: `n_${node}`, kind: 'reserved', procurementId: null, endAtMs });
  const eyes = openEyes(story);
  story.later(35 * MINUTE_MS);
  const plan = () => changes(story, { fleet: { hold: 'reserved' } });
  expect(plan()).toHaveLength(1);
  story.see(node, { ...shown, endAtMs: endAtMs + HOUR_MS });
  expect(plan()).toEqual([]);
  expect(eyes.look([shown])).toEqual([]);
  expect(plan()).toEqual([]);
  expect(story.node(node).endAtMs).toBe(endAtMs + HOUR_MS);
});

test('A releasing node keeps its place to its paid end when an old listing shows an earlier one', () => {
  const story = createStory();
  const endAtMs = story.nowMs + HOUR_MS;
  const node = story.running(0, { endAtMs });
  const shown = seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}`, endAtMs });
  story.see(node, { ...shown, endAtMs: endAtMs + HOUR_MS });
  const name = { node, nodeId: `n_${node}` };
  const intent = story.tell({ kind: 'release_intended', ...name, reason: 'surplus', why: '' });
  story.accept(intent, { ...shown, status: 'released', endAtMs: endAtMs + HOUR_MS });
  story.nowMs = endAtMs + 10 * MINUTE_MS;
  openEyes(story).look([shown]);
  expect(changes(story)).toEqual([]);
  story.nowMs = endAtMs + HOUR_MS;
  expect(changes(story)).toEqual(['create train-1-g1 at 1016']);
});
