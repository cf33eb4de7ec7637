// Money is whole numbers: nothing is lost when it is split, and every rounding goes the way that is safe.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CENT_SECONDS_PER_CENT,
  ceilLimit,
  cents,
  centSeconds,
  centsPerNodeHour,
  centsToCost,
  costOf,
  costToCentsUp,
  costToDollars,
  floorLimit,
  formatCents,
  formatGpuPrice,
  formatPrice,
  type CentSeconds,
} from '../../src/domain/money.ts';
import { HOUR_MS, SECOND_MS, secondsBetween, splitAt } from '../../src/domain/time.ts';

const aPrice = fc.integer({ min: 0, max: 1_000_000 });
const aSecond = fc.integer({ min: 0, max: 40 * 24 * 3600 });
const grains = fc.constantFrom(15 * 60_000, HOUR_MS, 24 * HOUR_MS);

describe('money', () => {
  test('Only whole numbers become money; anything else is a programmer’s fault and throws.', () => {
    for (const brand of [cents, centsPerNodeHour, centSeconds]) {
      for (const wrong of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        expect(() => brand(wrong)).toThrow(RangeError);
      }
      expect(brand(-3)).toBe(-3);
    }
  });

  test('The cost of a span split at any hours is the cost of the span, to the cent-second.', () => {
    fc.assert(
      fc.property(aPrice, aSecond, aSecond, grains, (cost, from, length, grain) => {
        const price = centsPerNodeHour(cost);
        const [fromMs, toMs] = [from * SECOND_MS, (from + length) * SECOND_MS];
        const parts = splitAt(fromMs, toMs, grain).map((piece) =>
          costOf(price, secondsBetween(piece.fromMs, piece.toMs)),
        );
        expect(parts.reduce((sum, one) => sum + one, 0)).toBe(costOf(price, length));
      }),
    );
  });

  test('An hour costs its price, and cost in cents is rounded up, by less than a cent.', () => {
    fc.assert(
      fc.property(aPrice, aSecond, (cost, seconds) => {
        const exact = costOf(centsPerNodeHour(cost), seconds);
        const shown = costToCentsUp(exact);
        expect(shown * CENT_SECONDS_PER_CENT).toBeGreaterThanOrEqual(exact);
        expect(shown * CENT_SECONDS_PER_CENT - exact).toBeLessThan(CENT_SECONDS_PER_CENT);
        expect(costToCentsUp(costOf(centsPerNodeHour(cost), 3600))).toBe(cost);
        expect(costToCentsUp(centsToCost(cents(cost)))).toBe(cost);
      }),
    );
    expect(costToCentsUp(1 as CentSeconds)).toBe(1);
    expect(costToDollars(360_000 as CentSeconds)).toBe(1);
  });

  test('A limit made from a ceiling is the largest multiple of 8 cents not above it, one made from an ask the smallest not below.', () => {
    fc.assert(
      fc.property(aPrice, (cost) => {
        const [down, up] = [floorLimit(cost), ceilLimit(cost)];
        expect(down % 8).toBe(0);
        expect(up % 8).toBe(0);
        expect(down).toBeLessThanOrEqual(cost);
        expect(cost - down).toBeLessThan(8);
        expect(up).toBeGreaterThanOrEqual(cost);
        expect(up - cost).toBeLessThan(8);
      }),
    );
  });
});

describe('money as people read it', () => {
  test('Dollars read back to the very cents, with the sign in front.', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (sum) => {
        const text = formatCents(sum);
        expect(text).toMatch(/^-?\$\d+\.\d\d$/);
        expect(Math.round(Number(text.replace('$', '')) * 100)).toBe(sum);
      }),
    );
    expect([formatCents(5), formatCents(-1234), formatCents(110)]).toEqual(['$0.05', '-$12.34', '$1.10']);
  });

  test('A GPU price is exact: eight of it are the node price, with two to five digits and no needless zero.', () => {
    fc.assert(
      fc.property(aPrice, (cost) => {
        const text = formatGpuPrice(centsPerNodeHour(cost));
        const [, digits = ''] = /^\$\d+\.(\d{2,5})\/gpu-hour$/.exec(text) ?? [];
        expect(digits.length).toBeGreaterThanOrEqual(2);
        if (digits.length > 2) expect(digits.endsWith('0')).toBe(false);
        const hundredThousandths =
          BigInt(text.replace(/[$.]|\/gpu-hour/g, '').padEnd(1)) * 10n ** BigInt(5 - digits.length);
        expect(hundredThousandths * 8n).toBe(BigInt(cost) * 1000n);
      }),
    );
    expect(formatGpuPrice(centsPerNodeHour(1600))).toBe('$2.00/gpu-hour');
    expect(formatGpuPrice(centsPerNodeHour(1097))).toBe('$1.37125/gpu-hour');
    expect(formatPrice(centsPerNodeHour(1604))).toBe('$16.04/node-hour ($2.005/gpu-hour)');
  });
});
