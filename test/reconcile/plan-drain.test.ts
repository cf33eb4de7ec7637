// A drain: what waits is withdrawn at once, what is held goes at the last act before its edge and not earlier, and blocks are
// not extended.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { sceneOf } from '../support/scene.ts';
import { createStory, price, teachEdges, type Story } from '../support/story.ts';

const plannedAt = (story: Story, span: number, hold: 'autoreserved' | 'reserved' = 'autoreserved') => {
  story.nowMs += span;
  const scene = sceneOf(story, { nodes: 2, withdraw: 'drain', fleet: { hold } });
  return planFleet(scene).proposals.flatMap((one) =>
    one.kind === 'action' && one.intent.kind === 'release_intended'
      ? [`release ${one.name} ${one.intent.reason}`]
      : one.kind === 'action'
        ? [`${one.change.kind} ${one.name}`]
        : [],
  );
};

describe('while draining', () => {
  test('a waiting bid is withdrawn at once and a held node is let go at the last act before its edge, though it is wanted', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    story.waiting(1);
    expect(plannedAt(story, 0)).toEqual(['release bk-ab12-train-1-g1 drain']);
    expect(plannedAt(story, HOUR_MS - 20 * MINUTE_MS)).toEqual(['release bk-ab12-train-1-g1 drain']);
    expect(plannedAt(story, 18 * MINUTE_MS)).toContain('release bk-ab12-train-0-g1 drain');
  });

  test('a block is neither extended nor bought', () => {
    const story = createStory();
    const end = story.nowMs + HOUR_MS;
    story.running(0, { endAtMs: end }, { hold: 'reserved', endAtMs: end, limit: price(1200) });
    expect(plannedAt(story, HOUR_MS - 20 * MINUTE_MS, 'reserved')).toEqual([]);
  });
});
