// The same entries always fold to the same books (promise 9), counters never fall, and no cent is lost between the worst
// case, the estimate and what the venue's orders say.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyBooks, isAlive, type Books } from '../../src/reconcile/books.ts';
import { fold, foldAll } from '../../src/reconcile/fold.ts';
import { isWaiting } from '../../src/domain/node.ts';
import { secondsBetween } from '../../src/domain/time.ts';
import { step, type Choice } from '../support/random-life.ts';
import { createStory, type Story } from '../support/story.ts';

const choices = fc.array(fc.tuple(fc.nat({ max: 10_000 }), fc.nat({ max: 1_000_000 })), {
  minLength: 30,
  maxLength: 150,
});

const live = (steps: readonly Choice[], after: (story: Story) => void = () => undefined): Story => {
  const story = createStory();
  for (const one of steps) {
    step(story, one);
    after(story);
  }
  return story;
};

/** Every number that metrics show as a counter. */
const counters = (books: Books): Map<string, number> => {
  const all = new Map<string, number>();
  for (const [key, sums] of books.sums) {
    for (const name of ['committed', 'accrued', 'settled', 'obtainedMs', 'paidSeconds'] as const)
      all.set(`${key}/${name}`, sums[name]);
  }
  for (const [key, fleet] of books.fleets) {
    for (const name of ['overrun', 'refunded', 'targetNodeMs'] as const)
      all.set(`${key}/${name}`, fleet[name]);
    for (const [name, count] of Object.entries(fleet.purchases)) all.set(`${key}/purchases/${name}`, count);
    for (const map of ['releases', 'bidChanges', 'interruptions'] as const) {
      for (const [name, count] of fleet[map]) all.set(`${key}/${map}/${name}`, count);
    }
  }
  return all;
};

describe('fold', () => {
  test('A valid ledger, however it went, contradicts itself nowhere.', () => {
    fc.assert(
      fc.property(choices, (steps) => {
        expect(live(steps).books.contradiction).toBeNull();
      }),
    );
  });

  test('Books kept entry by entry are the books folded from scratch, and those of any prefix followed by the rest.', () => {
    fc.assert(
      fc.property(choices, fc.double({ min: 0, max: 1, noNaN: true }), (steps, share) => {
        const { books, records } = live(steps);
        expect(foldAll(emptyBooks(), records)).toEqual(books);
        const cut = Math.floor(records.length * share);
        const prefix = foldAll(emptyBooks(), records.slice(0, cut));
        for (const record of records.slice(cut)) fold(prefix, record);
        expect(prefix).toEqual(books);
      }),
    );
  });

  test('No counter ever falls, whatever orders are corrected, taken back or come late.', () => {
    fc.assert(
      fc.property(choices, (steps) => {
        let before = new Map<string, number>();
        live(steps, ({ books }) => {
          const now = counters(books);
          for (const [key, value] of before) expect(now.get(key)).toBeGreaterThanOrEqual(value);
          before = now;
        });
      }),
      { numRuns: 50 },
    );
  });

  test('What the budgets count is settled orders less refunds, plus bought time that is not settled at its limit, exactly.', () => {
    fc.assert(
      fc.property(choices, (steps) => {
        const { books } = live(steps);
        for (const fleet of books.fleets.keys()) {
          let expected = 0;
          for (const sums of books.sums.values()) if (sums.fleet === fleet) expected += sums.settled;
          expected -= books.fleets.get(fleet)?.refunded ?? 0;
          for (const node of [...books.nodes.values(), ...books.closing.values()]) {
            if (node.fleet !== fleet) continue;
            for (const block of node.blocks)
              expected += block.limit * secondsBetween(block.fromMs, block.toMs);
          }
          const buckets = [...(books.spent.get(fleet)?.values() ?? [])];
          expect(buckets.reduce((sum, one) => sum + one, 0)).toBe(expected);
        }
      }),
    );
  });

  test('What was committed is never less than what is accrued, and no hour is booked twice for a node that was not evicted.', () => {
    fc.assert(
      fc.property(choices, (steps) => {
        const { books, records } = live(steps);
        for (const sums of books.sums.values()) expect(sums.committed).toBeGreaterThanOrEqual(sums.accrued);
        const evicted = new Set<number>();
        for (const { entry } of records) {
          if (entry.kind === 'node_seen' && isWaiting(entry.seen.status)) evicted.add(entry.node);
        }
        for (const node of books.nodes.values()) {
          if (evicted.has(node.seq)) continue;
          node.blocks.reduce((end, block) => {
            expect(block.fromMs).toBeGreaterThanOrEqual(end);
            return block.toMs;
          }, 0);
        }
      }),
    );
  });

  test('A slot counts exactly the nodes that live in it, so that it is offered again only when none does.', () => {
    fc.assert(
      fc.property(choices, (steps) => {
        live(steps, ({ books }) => {
          for (const [name, fleet] of books.fleets) {
            for (const [slot, { living, reusable }] of fleet.slots) {
              const alive = [...books.nodes.values()].filter(
                (node) => node.fleet === name && node.slot === slot && isAlive(node),
              );
              expect(living).toBe(alive.length);
              if (reusable) expect(living).toBe(0);
            }
          }
        });
      }),
      { numRuns: 50 },
    );
  });
});
