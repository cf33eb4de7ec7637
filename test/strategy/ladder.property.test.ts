// The ladder as DESIGN §9 states it: where a climb starts, how it rises, when it starts anew, and when no bid stands.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { centsPerNodeHour, floorLimit, type CentsPerNodeHour } from '../../src/domain/money.ts';
import type { LadderPolicy } from '../../src/domain/policy.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { anchorOf, ladder, nextLevel } from '../../src/strategy/ladder.ts';
import { strategyOf } from '../../src/strategy/registry.ts';
import type { BidInput } from '../../src/strategy/strategy.ts';
import { quoteOf } from '../support/scene.ts';

const NOW = 1_767_225_600_000;
const price = centsPerNodeHour;

const policyOf = (change: Partial<LadderPolicy> = {}): LadderPolicy => ({
  strategy: 'ladder',
  quotePlus: 200,
  startElse: price(800),
  elseAfterMs: 2 * MINUTE_MS,
  step: price(40),
  everyMs: 5 * MINUTE_MS,
  ceiling: price(1600),
  ...change,
});

const inputOf = (change: Partial<BidInput> = {}): BidInput => ({
  nowMs: NOW,
  policy: policyOf(),
  shortfallNodes: 1,
  quote: null,
  quoteFreshMs: 90 * SECOND_MS,
  climb: null,
  unfilledSinceMs: null,
  shortfallSinceMs: NOW,
  trail: null,
  offeredAtMs: null,
  boughtMs: 60 * MINUTE_MS,
  ...change,
});

const climbAt = (level: number, movedAtMs = NOW, askedAtMs: number | null = null): BidInput['climb'] => ({
  level: price(level),
  movedAtMs,
  askedAtMs,
});

const levelOf = (input: BidInput): CentsPerNodeHour | null => {
  const decision = ladder.bid(input);
  return decision.kind === 'bid' ? decision.level : null;
};

const asks = fc.integer({ min: 1, max: 4000 });
const ceilings = fc.integer({ min: 8, max: 4000 });

describe('the anchor', () => {
  test('It is the smallest multiple of 8 cents at or above the ask, or the largest at or under 1.02 × ask where that is higher, never above the ceiling.', () => {
    fc.assert(
      fc.property(asks, ceilings, (ask, ceiling) => {
        const top = Math.floor(ceiling / 8) * 8;
        const candidates = Array.from({ length: 1000 }, (_, index) => index * 8);
        const reachable = candidates.find((one) => one >= ask) ?? 0;
        const stretched = candidates.findLast((one) => one * 100 <= ask * 102) ?? 0;
        expect(anchorOf(price(ask), 200, price(ceiling))).toBe(Math.min(Math.max(reachable, stretched), top));
      }),
    );
  });

  test('With $12.00 asked the climb starts at $12.24, with $1.01 at $1.04: “+2 %” is never floored below the ask.', () => {
    expect(anchorOf(price(1200), 200, price(1600))).toBe(1224);
    expect(anchorOf(price(101), 200, price(1600))).toBe(104);
    expect(anchorOf(price(1599), 200, price(1607))).toBe(1600);
  });
});

describe('a climb', () => {
  test('Unfilled it rises by whole steps, one each `every`, the last one clipped at the ceiling, and never falls.', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }).map((eights) => eights * 8),
        fc.integer({ min: 8, max: 300 }),
        fc.integer({ min: 8, max: 3000 }),
        (start, step, ceiling) => {
          const policy = policyOf({
            startElse: price(start),
            step: price(step),
            ceiling: price(ceiling),
            quotePlus: null,
          });
          const top = floorLimit(ceiling);
          let climb: BidInput['climb'] = null;
          let at = NOW;
          for (let look = 0; look < 60; look += 1) {
            const unfilledSinceMs = climb === null ? null : NOW;
            const decision = ladder.bid(inputOf({ policy, climb, nowMs: at, unfilledSinceMs }));
            if (decision.kind !== 'bid') throw new Error('a ladder without a quote bids');
            expect(decision.level % 8).toBe(0);
            expect(decision.level).toBeLessThanOrEqual(top);
            if (climb !== null && decision.level !== climb.level) {
              expect(decision.move).toBe('stepped');
              expect(at - climb.movedAtMs).toBeGreaterThanOrEqual(policy.everyMs);
              const rise = decision.level - climb.level;
              expect(rise === floorLimit(step) || decision.level === top).toBe(true);
              expect(rise).toBeGreaterThan(0);
              expect(rise).toBeLessThanOrEqual(step);
            }
            if (climb?.level !== decision.level) climb = climbAt(decision.level, at);
            at += MINUTE_MS;
          }
          if (step * 10 > ceiling) expect(climb?.level).toBe(top);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('It takes a step exactly when `every` has passed since it moved or since the bid stood again, whichever came later.', () => {
    const at = (nowMs: number, unfilledSinceMs: number): CentsPerNodeHour | null =>
      levelOf(inputOf({ nowMs, unfilledSinceMs, climb: climbAt(1000) }));
    expect(at(NOW + 5 * MINUTE_MS - 1, NOW)).toBe(1000);
    expect(at(NOW + 5 * MINUTE_MS, NOW)).toBe(1040);
    expect(at(NOW + 5 * MINUTE_MS, NOW + MINUTE_MS)).toBe(1000);
    expect(at(NOW + 6 * MINUTE_MS, NOW + MINUTE_MS)).toBe(1040);
  });

  test('The last step is clipped at the ceiling rounded down to 8 cents, and there it stays.', () => {
    const policy = policyOf({ ceiling: price(1607) });
    expect(nextLevel(price(1592), policy)).toBe(1600);
    expect(nextLevel(price(1600), policy)).toBe(1600);
    const late = inputOf({ policy, nowMs: NOW + 60 * MINUTE_MS, unfilledSinceMs: NOW, climb: climbAt(1600) });
    expect(ladder.bid(late)).toMatchObject({ kind: 'bid', level: 1600, move: null });
    expect(ladder.nextMoveMs(late)).toBeNull();
  });

  test('A ceiling that was lowered pulls the level down at once.', () => {
    const policy = policyOf({ ceiling: price(1005) });
    expect(levelOf(inputOf({ policy, unfilledSinceMs: NOW, climb: climbAt(1200) }))).toBe(1000);
    expect(levelOf(inputOf({ policy, climb: climbAt(1200) }))).toBe(1000);
  });
});

describe('a new climb', () => {
  const standing = (level: number, ask: number, askedAtMs = NOW, known: number | null = NOW - MINUTE_MS) =>
    ladder.bid(
      inputOf({ unfilledSinceMs: NOW, climb: climbAt(level, NOW, known), quote: quoteOf(ask, askedAtMs) }),
    );

  test('It starts when a fresh quote puts the anchor above the level, or more than 4 % below it; in between nothing moves.', () => {
    expect(standing(1000, 1200)).toMatchObject({ level: 1224, move: 'reanchored' });
    expect(standing(1000, 941)).toMatchObject({ level: 952, move: 'reanchored' });
    // 960 is exactly 4 % below 1000: not more.
    expect(standing(1000, 957)).toMatchObject({ level: 1000, move: null });
    expect(standing(1000, 1000)).toMatchObject({ level: 1016, move: 'reanchored' });
    expect(standing(1016, 1000)).toMatchObject({ level: 1016, move: null });
  });

  test('A quote that is not fresh, or that the climb knows already, starts none.', () => {
    const old = NOW - 91 * SECOND_MS;
    expect(standing(1000, 1200, old, null)).toMatchObject({ level: 1000, move: null });
    expect(standing(1000, 1200, old + SECOND_MS, null)).toMatchObject({ level: 1224, move: 'reanchored' });
    expect(standing(1000, 1200, NOW, NOW)).toMatchObject({ level: 1000, move: null });
  });

  test('Re-anchored or started, the level is always the anchor of the quote.', () => {
    fc.assert(
      fc.property(asks, fc.integer({ min: 1, max: 200 }), fc.boolean(), (ask, eights, unfilled) => {
        const input = inputOf({
          climb: climbAt(eights * 8, NOW, null),
          unfilledSinceMs: unfilled ? NOW : null,
          quote: quoteOf(ask, NOW),
        });
        const decision = ladder.bid(input);
        const anchor = anchorOf(price(ask), 200, price(1600));
        if (ask > 1600) expect(decision.kind).toBe('stand_down');
        else if (decision.kind === 'bid' && decision.move !== null) expect(decision.level).toBe(anchor);
        else {
          expect(decision).toMatchObject({ kind: 'bid', level: eights * 8 });
          expect(anchor).toBeLessThanOrEqual(eights * 8);
          expect(anchor * 100).toBeGreaterThanOrEqual(eights * 8 * 96);
        }
      }),
    );
  });

  test('A climb that rested begins at the anchor of the newest usable quote, also below its old level.', () => {
    const decision = ladder.bid(inputOf({ climb: climbAt(1400), quote: quoteOf(1000, NOW - 5 * MINUTE_MS) }));
    expect(decision).toMatchObject({ kind: 'bid', level: 1016, move: 'started' });
  });
});

describe('without a quote', () => {
  test('The first climb waits `after` for one, then starts at `else`.', () => {
    expect(ladder.bid(inputOf())).toMatchObject({ kind: 'wait', untilMs: NOW + 2 * MINUTE_MS });
    expect(ladder.nextMoveMs(inputOf())).toBe(NOW + 2 * MINUTE_MS);
    const late = inputOf({ nowMs: NOW + 2 * MINUTE_MS });
    expect(ladder.bid(late)).toMatchObject({ kind: 'bid', level: 800, move: 'started' });
    expect(levelOf(inputOf({ quote: quoteOf(null, NOW) }))).toBeNull();
  });

  test('The level is kept, also after a loss and however much time passes: there is no blind decay.', () => {
    const years = inputOf({ climb: climbAt(1400, NOW - 10 ** 10), nowMs: NOW });
    expect(ladder.bid(years)).toMatchObject({ kind: 'bid', level: 1400, move: null });
  });

  test('A fixed start needs no quote and does not follow one: each new climb begins there.', () => {
    const policy = policyOf({ quotePlus: null });
    expect(levelOf(inputOf({ policy, quote: quoteOf(1200, NOW) }))).toBe(800);
    expect(levelOf(inputOf({ policy, climb: climbAt(1400) }))).toBe(800);
    expect(
      levelOf(inputOf({ policy, climb: climbAt(1400), unfilledSinceMs: NOW, quote: quoteOf(1500, NOW) })),
    ).toBe(1400);
  });
});

describe('above the ceiling', () => {
  test('While the ask is above what the ceiling can express no bid stands, whatever the climb says.', () => {
    const policy = policyOf({ ceiling: price(1607) });
    for (const climb of [null, climbAt(1600)]) {
      expect(
        ladder.bid(inputOf({ policy, climb, unfilledSinceMs: NOW, quote: quoteOf(1601, NOW) })).kind,
      ).toBe('stand_down');
      expect(
        ladder.bid(inputOf({ policy, climb, unfilledSinceMs: NOW, quote: quoteOf(1600, NOW) })).kind,
      ).toBe('bid');
    }
  });
});

describe('a held node', () => {
  test('Before an edge its limit is the anchor, up or down; without a quote it is left alone.', () => {
    const policy = policyOf();
    const held = { nowMs: NOW, neededAtMs: NOW + 3 * MINUTE_MS, trail: null };
    expect(ladder.hold({ ...held, policy, quote: quoteOf(1000, NOW) })).toBe(1016);
    expect(ladder.hold({ ...held, policy, quote: quoteOf(3000, NOW) })).toBe(1600);
    expect(ladder.hold({ ...held, policy, quote: null })).toBeNull();
    expect(ladder.hold({ ...held, policy: policyOf({ quotePlus: null }), quote: quoteOf(1000, NOW) })).toBe(
      1016,
    );
    expect(strategyOf(policy)).toBe(ladder);
  });
});
