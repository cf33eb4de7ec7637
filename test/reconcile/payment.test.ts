// Which payment rule the fills show, what a fill is thought to cost, how late things come, and how an order is split.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SECOND_MS } from '../../src/domain/time.ts';
import { splitCents } from '../../src/reconcile/fold-money.ts';
import { emptyLateness, latenessOf, noteLateness } from '../../src/reconcile/lateness.ts';
import { emptyPayment, learnPayment, likelyPrice, paymentRule } from '../../src/reconcile/payment.ts';
import { price } from '../support/story.ts';

const fill = (kind: 'stood' | 'taken', pays: 'ask' | 'limit') => ({
  kind,
  ask: price(1000),
  limit: price(1200),
  seconds: 3600,
  cost: pays === 'ask' ? 1000 : 1200,
});
const learned = (stood: 'ask' | 'limit', taken: 'ask' | 'limit') => {
  const book = emptyPayment();
  for (let times = 0; times < 3; times += 1) {
    learnPayment(book, fill('stood', stood));
    learnPayment(book, fill('taken', taken));
  }
  return book;
};

describe('the payment rule', () => {
  test('is learned from three fills of a kind: the ask everywhere, the limit everywhere, or the limit where a bid stood.', () => {
    expect(paymentRule(emptyPayment())).toBe('unsure');
    expect(paymentRule(learned('ask', 'ask'))).toBe('clear');
    expect(paymentRule(learned('limit', 'limit'))).toBe('bid');
    expect(paymentRule(learned('limit', 'ask'))).toBe('maker');
    expect(paymentRule(learned('ask', 'limit'))).toBe('unsure');
  });

  test('A fill whose limit is the ask teaches nothing; a venue that changes its rule is noticed.', () => {
    const book = emptyPayment();
    for (let times = 0; times < 9; times += 1)
      learnPayment(book, { ...fill('taken', 'limit'), ask: price(1199) });
    expect(paymentRule(book)).toBe('unsure');
    const changing = learned('limit', 'limit');
    for (let times = 0; times < 60; times += 1) {
      learnPayment(changing, fill('stood', 'ask'));
      learnPayment(changing, fill('taken', 'ask'));
    }
    expect(paymentRule(changing)).toBe('clear');
  });

  test('is what accrues: the ask, or the limit where such fills paid it; never above the limit, and the limit without an ask.', () => {
    const maker = learned('limit', 'ask');
    const asked = { ask: price(1000), limit: price(1200) };
    expect(likelyPrice(maker, { ...asked, kind: 'stood' })).toBe(1200);
    expect(likelyPrice(maker, { ...asked, kind: 'taken' })).toBe(1000);
    expect(likelyPrice(maker, { ...asked, kind: null })).toBe(1000);
    expect(likelyPrice(maker, { ask: price(1300), limit: price(1200), kind: 'taken' })).toBe(1200);
    expect(likelyPrice(maker, { ask: null, limit: price(1200), kind: 'taken' })).toBe(1200);
  });
});

describe('lateness', () => {
  test('says within what half and nine of ten came, never more than the latest.', () => {
    const { answers } = emptyLateness();
    expect(latenessOf(answers)).toBeNull();
    for (let times = 0; times < 9; times += 1) noteLateness(answers, 2 * SECOND_MS);
    noteLateness(answers, 40 * SECOND_MS);
    expect(latenessOf(answers)).toEqual({ count: 10, halfMs: 5000, ninetyMs: 5000, mostMs: 40_000 });
    noteLateness(answers, 41 * SECOND_MS);
    expect(latenessOf(answers)).toMatchObject({ ninetyMs: 41_000, mostMs: 41_000 });
  });
});

describe('an order of several nodes', () => {
  test('is split by seconds, each share rounded down and the remainder to the first: the shares add up and none is below its part.', () => {
    expect(splitCents(1000, [1800, 3600, 3600])).toEqual([200, 400, 400]);
    expect(splitCents(1001, [1, 1, 1])).toEqual([335, 333, 333]);
    expect(splitCents(7, [0, 0])).toEqual([7, 0]);
    const weights = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), weights, (cost, given) => {
        const shares = splitCents(cost, given);
        const whole = given.reduce((sum, one) => sum + one, 0);
        expect(shares.reduce((sum, one) => sum + one, 0)).toBe(cost);
        for (const [index, share] of shares.entries()) {
          const exact = (BigInt(cost) * BigInt(given[index] ?? 0)) / BigInt(Math.max(1, whole));
          if (index > 0) expect(share).toBe(whole === 0 ? 0 : Number(exact));
          else expect(share).toBeGreaterThanOrEqual(Number(exact));
        }
      }),
    );
  });
});
