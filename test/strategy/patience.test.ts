// When an extension is put off: only for asks that were seen, only while a chance is left, and never for a steady one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Quote } from '../../src/domain/market.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { learnQuote, startTrail } from '../../src/strategy/ask-trail.ts';
import { isWorthWaiting } from '../../src/strategy/patience.ts';

const EVERY = 5 * MINUTE_MS;
const CEILING = centsPerNodeHour(2000);

const quoteAt = (ask: number | null, atMs: number): Quote => ({
  zone: 'z',
  gpu: 'h100',
  ask: ask === null ? null : centsPerNodeHour(ask),
  noQuoteReason: null,
  quantity: 1,
  askedAtMs: atMs,
  answeredAtMs: atMs,
});

/** What is decided at the last of these asks, five minutes apart, with so many chances left. */
const waits = (asks: readonly (number | null)[], chances: number, ageMs = 0): boolean => {
  const trail = startTrail();
  for (const [index, ask] of asks.entries()) learnQuote(trail, quoteAt(ask, index * EVERY));
  const askedAtMs = (asks.length - 1) * EVERY;
  const nowMs = askedAtMs + ageMs;
  const quote = quoteAt(asks.at(-1) ?? null, askedAtMs);
  return isWorthWaiting({ nowMs, lastMs: nowMs + chances * EVERY, quote, ceiling: CEILING, trail });
};

describe('a lower ask', () => {
  test('is waited for after a jump above what the hour was like, and taken when it comes.', () => {
    const hour = [1000, 1010, 990, 1005, 1000, 1010, 1000, 1400];
    expect(waits(hour, 4)).toBe(true);
    expect(waits([...hour, 985], 4)).toBe(false);
  });

  test('is not waited for when the ask is steady, when little is known, or when no chance is left.', () => {
    expect(waits([1000, 1000, 1000, 1000, 1000, 1000, 1000], 5)).toBe(false);
    expect(waits([1000, 1010, 1400], 5)).toBe(false);
    expect(waits([1000, 1010, 990, 1005, 1000, 1010, 1400], 0)).toBe(false);
    expect(
      isWorthWaiting({ nowMs: 0, lastMs: EVERY, quote: quoteAt(1400, 0), ceiling: CEILING, trail: null }),
    ).toBe(false);
  });

  test('of an old quote needs as much more time: the chance that it would take is kept in reserve.', () => {
    const hour = [1000, 1010, 990, 1005, 1000, 1010, 1000, 1400];
    expect(waits(hour, 1)).toBe(true);
    expect(waits(hour, 1, EVERY)).toBe(false);
    expect(waits(hour, 2, EVERY)).toBe(true);
  });

  test('is not gambled for where the hour was often above the ceiling or empty: what is affordable is taken.', () => {
    expect(waits([2400, 2400, null, 1900, null, 2300, 1950], 2)).toBe(false);
  });

  test('The lowest ask of the hour is always taken, and more chances never make one more willing to take.', () => {
    const asks = fc.array(fc.oneof(fc.integer({ min: 200, max: 2600 }), fc.constant(null)), {
      minLength: 6,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        asks,
        fc.integer({ min: 200, max: 2000 }),
        fc.integer({ min: 0, max: 10 }),
        (past, ask, chances) => {
          const hour = [...past, ask];
          if (waits(hour, chances)) {
            expect(ask).toBeGreaterThan(Math.min(...past.map((one) => one ?? Number.POSITIVE_INFINITY)));
            expect(waits(hour, chances + 1)).toBe(true);
          }
        },
      ),
    );
  });
});
