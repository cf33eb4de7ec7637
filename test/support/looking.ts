// Looks held against a story's books, one after another, each closing entry told as the tick would.
import type { Entry } from '../../src/domain/entry.ts';
import type { Look } from '../../src/domain/look.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { close, noSightings, type CloseRules, type Sightings } from '../../src/reconcile/close.ts';
import { lookOf } from './scene.ts';
import type { Story } from './story.ts';

export interface Eyes {
  readonly sightings: Sightings;
  /** One look now; what it proves is told and given back. */
  readonly look: (nodes: readonly SeenNode[], change?: Partial<Look>) => readonly Entry[];
}

export const openEyes = (story: Story, rules: Partial<CloseRules> = {}): Eyes => {
  const sightings = noSightings();
  return {
    sightings,
    look: (nodes, change = {}) => {
      const entries = close(story.books, lookOf(story.nowMs, nodes, change), sightings, {
        nowMs: story.nowMs,
        namePrefix: 'bk',
        quarantineMs: 15 * MINUTE_MS,
        lookGapMs: 2 * MINUTE_MS,
        estimate: () => null,
        ...rules,
      });
      for (const entry of entries) story.tell(entry);
      return entries;
    },
  };
};

export const absent = (...names: readonly string[]): Partial<Look> => ({
  lookups: new Map(names.map((name) => [name, 'absent'])),
});
