// Follow: what is offered, when nothing stands, and what the trail of an ask teaches.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AskTrail } from '../../src/domain/market.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { FollowPolicy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { learnQuote, riseRisk, startTrail, WIDTHS } from '../../src/strategy/ask-trail.ts';
import { follow } from '../../src/strategy/follow.ts';
import { ladder } from '../../src/strategy/ladder.ts';
import { strategyOf } from '../../src/strategy/registry.ts';
import type { BidInput } from '../../src/strategy/strategy.ts';
import { quoteOf } from '../support/scene.ts';

const NOW = 1_767_225_600_000 + 30 * MINUTE_MS;
const CEILING = centsPerNodeHour(2000);

const policy: FollowPolicy = {
  strategy: 'follow',
  quotePlus: 200,
  startElse: centsPerNodeHour(1000),
  elseAfterMs: 2 * MINUTE_MS,
  step: centsPerNodeHour(96),
  everyMs: 5 * MINUTE_MS,
  ceiling: CEILING,
  interruptionMs: HOUR_MS,
};

const inputOf = (change: Partial<BidInput> = {}): BidInput => ({
  nowMs: NOW,
  policy,
  shortfallNodes: 1,
  quote: quoteOf(800, NOW),
  trail: null,
  quoteFreshMs: 90 * SECOND_MS,
  climb: null,
  unfilledSinceMs: null,
  offeredAtMs: null,
  boughtMs: 30 * MINUTE_MS,
  shortfallSinceMs: NOW,
  ...change,
});

const levelOf = (input: BidInput): number | null => {
  const decision = follow.bid(input);
  return decision.kind === 'bid' ? decision.level : null;
};

const held = (ask: number, ageMs: number, trail: AskTrail | null = null): number | null =>
  follow.hold({ nowMs: NOW, policy, quote: quoteOf(ask, NOW - ageMs), trail, neededAtMs: NOW });

const trailOf = (asks: readonly (number | null)[], everyMs = 5 * MINUTE_MS): AskTrail => {
  const trail = startTrail();
  asks.forEach((ask, index) => learnQuote(trail, quoteOf(ask, NOW - (asks.length - 1 - index) * everyMs)));
  return trail;
};

const anAsk = fc.integer({ min: 100, max: 2600 });
const anAge = fc.integer({ min: 0, max: 10 * MINUTE_MS });
const aTrail = fc.array(fc.oneof(anAsk, fc.constant(null)), { maxLength: 40 }).map((asks) => trailOf(asks));

describe('what is offered', () => {
  test('A limit is a multiple of 8 cents, reaches the ask, and is never above the ceiling.', () => {
    fc.assert(
      fc.property(anAsk, anAge, aTrail, (ask, age, trail) => {
        const level = levelOf(inputOf({ quote: quoteOf(ask, NOW - age), trail }));
        const limit = held(ask, age, trail) ?? 0;
        for (const one of level === null ? [limit] : [limit, level]) {
          expect(one % 8).toBe(0);
          expect(one).toBeLessThanOrEqual(CEILING);
          expect(one).toBeGreaterThanOrEqual(Math.min(ask, CEILING));
        }
      }),
    );
  });

  test('With a quote of this instant it is the smallest limit that reaches the ask, whatever the market did before.', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1500 }), aTrail, (ask, trail) => {
        expect(held(ask, 0, trail)).toBe(Math.ceil(ask / 8) * 8);
      }),
    );
  });

  test('It widens with the age of the quote and never narrows.', () => {
    fc.assert(
      fc.property(anAsk, anAge, anAge, aTrail, (ask, a, b, trail) => {
        const [young, old] = [held(ask, Math.min(a, b), trail), held(ask, Math.max(a, b), trail)];
        expect(old ?? 0).toBeGreaterThanOrEqual(young ?? 0);
      }),
    );
    expect(held(800, 5 * MINUTE_MS)).toBeGreaterThan(800);
  });

  test('It widens with the time to the edge as it does with age.', () => {
    const quote = quoteOf(800, NOW);
    const at = (neededAtMs: number): number | null =>
      follow.hold({ nowMs: NOW, policy, quote, trail: null, neededAtMs });
    expect(at(NOW)).toBe(800);
    expect(at(NOW + 12 * MINUTE_MS)).toBeGreaterThan(at(NOW + 3 * MINUTE_MS) ?? 0);
    expect(at(NOW + 12 * MINUTE_MS)).toBe(held(800, 12 * MINUTE_MS));
  });

  test('A market that was watched and did not rise is followed closely; one that jumps is given room.', () => {
    const calm = trailOf(Array.from({ length: 600 }, () => 800));
    const wild = trailOf(Array.from({ length: 600 }, (_, index) => (index % 6 === 0 ? 1100 : 800)));
    expect(held(800, 5 * MINUTE_MS, calm)).toBe(800);
    expect(held(800, 5 * MINUTE_MS, wild)).toBeGreaterThanOrEqual(1100);
  });

  test('Who says that an interruption costs more is bid for more safely.', () => {
    const trail = trailOf(Array.from({ length: 300 }, (_, index) => (index % 40 === 0 ? 1000 : 800)));
    const at = (interruptionMs: number): number =>
      follow.hold({
        nowMs: NOW,
        policy: { ...policy, interruptionMs },
        quote: quoteOf(800, NOW - 5 * MINUTE_MS),
        trail,
        neededAtMs: NOW,
      }) ?? 0;
    expect(at(4 * HOUR_MS)).toBeGreaterThan(at(MINUTE_MS));
  });
});

describe('when nothing stands', () => {
  test('An offer that was not taken does not stand, and the next quote is offered anew.', () => {
    const climb = { level: centsPerNodeHour(800), movedAtMs: NOW, askedAtMs: NOW };
    const after = { nowMs: NOW + SECOND_MS, climb, unfilledSinceMs: NOW };
    expect(follow.bid(inputOf({ ...after, offeredAtMs: NOW })).kind).toBe('stand_down');
    expect(follow.bid(inputOf({ ...after, offeredAtMs: null })).kind).toBe('wait');
    const news = quoteOf(900, NOW + MINUTE_MS);
    const next = inputOf({ ...after, nowMs: NOW + MINUTE_MS, quote: news, offeredAtMs: NOW });
    expect(follow.bid(next)).toMatchObject({ kind: 'bid', level: 904, move: 'reanchored' });
  });

  test('A market that refuses what it quoted is offered a step more each `every`, up to the ceiling.', () => {
    const at = (refusedForMs: number): number | null =>
      levelOf(inputOf({ unfilledSinceMs: NOW - refusedForMs }));
    expect([0, 4, 5, 11].map((minutes) => at(minutes * MINUTE_MS))).toEqual([800, 800, 896, 992]);
    expect(at(24 * HOUR_MS)).toBe(CEILING);
  });

  test('With a quote it asks for no turn of its own, so that an offer which a guard refuses does not make the daemon spin.', () => {
    expect(follow.nextMoveMs(inputOf())).toBeNull();
    expect(follow.nextMoveMs(inputOf({ quote: quoteOf(2400, NOW) }))).toBeNull();
  });

  test('Above the ceiling, or with nothing for sale, no bid stands; a held node may renew up to the ceiling.', () => {
    expect(follow.bid(inputOf({ quote: quoteOf(2008, NOW) })).kind).toBe('stand_down');
    expect(follow.bid(inputOf({ quote: quoteOf(null, NOW) })).kind).toBe('stand_down');
    expect(held(2400, 0)).toBe(CEILING);
  });

  test('Near the ceiling a start is put off only within the hour after an ask above it, and only on a fresh quote.', () => {
    const quote = quoteOf(1950, NOW);
    const fell = trailOf([2400, 1950, 1950]);
    const past = trailOf([2400, ...Array.from({ length: 13 }, () => 1950)]);
    expect(follow.bid(inputOf({ quote, trail: fell })).kind).toBe('stand_down');
    expect(follow.bid(inputOf({ quote, trail: past })).kind).toBe('bid');
    expect(follow.bid(inputOf({ quote, trail: null })).kind).toBe('bid');
    expect(follow.bid(inputOf({ quote: quoteOf(1000, NOW), trail: fell })).kind).toBe('bid');
    expect(follow.bid(inputOf({ quote: quoteOf(1950, NOW - 5 * MINUTE_MS), trail: fell })).kind).toBe('bid');
  });
});

describe('without quotes', () => {
  test('It is the ladder, step for step; a held node is left alone.', () => {
    const climb = { level: centsPerNodeHour(1000), movedAtMs: NOW - 6 * MINUTE_MS, askedAtMs: null };
    const inputs = [
      inputOf({ quote: null }),
      inputOf({ quote: null, shortfallSinceMs: NOW - HOUR_MS }),
      inputOf({ quote: null, climb, unfilledSinceMs: NOW - 6 * MINUTE_MS, offeredAtMs: NOW - 6 * MINUTE_MS }),
    ];
    for (const input of inputs) {
      expect(follow.bid(input)).toEqual(ladder.bid(input));
      expect(follow.nextMoveMs(input)).toEqual(ladder.nextMoveMs(input));
    }
    expect(follow.hold({ nowMs: NOW, policy, quote: null, trail: null, neededAtMs: NOW })).toBeNull();
    expect(strategyOf(policy)).toBe(follow);
  });
});

describe('the trail of an ask', () => {
  const riskOf = (trail: AskTrail, width: number): number =>
    riseRisk(trail, WIDTHS.indexOf(width), NOW, NOW + 5 * MINUTE_MS);

  test('A rise counts at every width it passes and at none beyond.', () => {
    const trail = trailOf(Array.from({ length: 400 }, (_, index) => (index % 10 === 0 ? 880 : 800)));
    expect(riskOf(trail, 400)).toBeCloseTo(0.1, 1);
    expect(riskOf(trail, 1000)).toBeLessThan(0.01);
  });

  test('Quotes far apart, repeated or out of order say nothing about the time between them.', () => {
    const apart = trailOf([800, 1600], HOUR_MS);
    expect(apart.watchedMs).toBe(0);
    const trail = startTrail();
    for (const atMs of [NOW, NOW, NOW - MINUTE_MS]) learnQuote(trail, quoteOf(800, atMs));
    expect(trail).toMatchObject({ watchedMs: 0, recent: [{ ask: 800, askedAtMs: NOW }] });
  });

  test('It keeps an hour of asks and forgets old rises, however long it is watched.', () => {
    const early = trailOf([
      ...Array.from({ length: 50 }, (_, index) => (index % 2) * 800 + 800),
      ...Array.from({ length: 3000 }, () => 800),
    ]);
    expect(early.recent.length).toBeLessThanOrEqual(13);
    expect(riskOf(early, 1000)).toBeLessThan(0.001);
  });

  test('A risk is a share between 0 and 1 and is 0 for no time at all.', () => {
    fc.assert(
      fc.property(
        aTrail,
        fc.nat({ max: WIDTHS.length - 1 }),
        fc.nat({ max: 48 * HOUR_MS }),
        (trail, index, span) => {
          const risk = riseRisk(trail, index, NOW, NOW + span);
          expect(risk).toBeGreaterThanOrEqual(0);
          expect(risk).toBeLessThanOrEqual(1);
          expect(riseRisk(trail, index, NOW, NOW)).toBe(0);
        },
      ),
    );
  });
});
