// The ask per node-hour from a quote: exact, rounded up, from what was really offered; absurd offers teach nothing.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Zone } from '../../../src/domain/market.ts';
import { askOf } from '../../../src/venue/sfcompute/decode.ts';
import { NOW_MS, memoryBench, response } from './bench.ts';

const HOUR = 3_600_000;
const zone: Zone = { name: 'hayesvalley', region: 'r', instanceType: 'h100v', gpu: 'h100' };
const ask = { zone, nodes: 2, durationMs: HOUR, startAtMs: null };

const offer = (over: Record<string, unknown> = {}): unknown => ({
  quote: {
    price: 3200,
    quantity: 2,
    start_at: '2026-11-23T14:00:00Z',
    end_at: '2026-11-23T15:00:00Z',
    instance_type: 'h100v',
    zone: 'hayesvalley',
    ...over,
  },
  no_quote_reason: null,
});

const quote = (body: unknown) => memoryBench(() => response(200, body)).venue.quote(ask);

describe('the ask', () => {
  const positive = (max: number) => fc.integer({ min: 1, max });

  test('is the smallest whole price that pays for the whole offer', () => {
    fc.assert(
      fc.property(positive(1e9), positive(1024), positive(90 * 24 * HOUR), (price, nodes, windowMs) => {
        const result = askOf(price, nodes, windowMs);
        if (result === null) throw new Error('absurd');
        const paid = (cents: number): bigint => BigInt(cents) * BigInt(nodes) * BigInt(windowMs);
        expect(paid(result) >= BigInt(price) * BigInt(HOUR)).toBe(true);
        expect(paid(result - 1) < BigInt(price) * BigInt(HOUR)).toBe(true);
      }),
    );
  });

  test('gives a price back exactly when the offer was made from it', () => {
    fc.assert(
      fc.property(positive(1e6), positive(1024), positive(2000), (price, nodes, hours) => {
        expect(askOf(price * nodes * hours, nodes, hours * HOUR)).toBe(price);
      }),
    );
  });

  test('never falls when the total rises, and never rises with more goods for the same total', () => {
    fc.assert(
      fc.property(
        positive(1e9),
        positive(1e9),
        positive(1000),
        positive(1e9),
        (price, more, nodes, windowMs) => {
          const base = askOf(price, nodes, windowMs) ?? 0;
          expect(askOf(price + more, nodes, windowMs) ?? Infinity).toBeGreaterThanOrEqual(base);
          expect(askOf(price, nodes + 1, windowMs) ?? 0).toBeLessThanOrEqual(base);
        },
      ),
    );
  });

  test('does not exist for nothing sold, no time, nothing to pay, fractions, or sums beyond reckoning', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, -1, 1.5, NaN, Infinity, 2 ** 60), fc.nat(2), (bad, where) => {
        const values: [number, number, number] = [1600, 1, HOUR];
        values[where] = bad;
        expect(askOf(...values)).toBeNull();
      }),
    );
    expect(askOf(Number.MAX_SAFE_INTEGER, 1, 1)).toBeNull();
  });
});

describe('a quote', () => {
  test('is reckoned from the quantity and the window that came back, not from those asked for', async () => {
    expect(await quote(offer())).toMatchObject({
      ok: true,
      value: { ask: 1600, quantity: 2, zone: 'hayesvalley', gpu: 'h100' },
    });
    expect(await quote(offer({ quantity: 1 }))).toMatchObject({ value: { ask: 3200, quantity: 1 } });
    expect(await quote(offer({ end_at: '2026-11-23T15:30:00Z' }))).toMatchObject({ value: { ask: 1067 } });
  });

  test('that begins NOW begins with the minute after the asking', async () => {
    // Asked at 14:10:20, so 14:11 to 15:00 are 49 minutes: 3200 × 60 / (2 × 49) = 1959.18…
    expect(await quote(offer({ start_at: 'NOW' }))).toMatchObject({
      value: { ask: 1960, askedAtMs: NOW_MS },
    });
  });

  test('that the venue declines is no ask, with its reason', async () => {
    expect(await quote({ quote: null, no_quote_reason: 'no_availability' })).toMatchObject({
      ok: true,
      value: { ask: null, noQuoteReason: 'no_availability', quantity: 0 },
    });
    expect(await quote({ quote: null })).toMatchObject({
      ok: true,
      value: { ask: null, noQuoteReason: null },
    });
  });

  test.each([
    ['quantity 0', { quantity: 0 }],
    ['a negative quantity', { quantity: -1 }],
    ['a negative price', { price: -5 }],
    ['nothing to pay', { price: 0 }],
    ['a price with a fraction', { price: 16.5 }],
    ['a price that is no number', { price: 'NaN' }],
    ['no price', { price: null }],
    ['an empty window', { end_at: '2026-11-23T14:00:00Z' }],
    ['a window backwards', { end_at: '2026-11-23T13:00:00Z' }],
    ['a window nobody can read', { start_at: 'soon' }],
    [
      'a price beyond reckoning',
      { price: Number.MAX_SAFE_INTEGER, quantity: 1, end_at: '2026-11-23T14:00:01Z' },
    ],
    ['another zone', { zone: 'richmond' }],
    ['another GPU type', { instance_type: 'h200ki' }],
  ])('with %s is garbled and teaches nothing', async (_name, over) => {
    expect(await quote(offer(over))).toMatchObject({ ok: false, code: 'garbled' });
  });

  test('answer without any quote field is garbled', async () => {
    for (const body of [{}, [], null, { no_quote_reason: 'no_availability' }, { quote: 5 }]) {
      expect(await quote(body)).toMatchObject({ ok: false, code: 'garbled' });
    }
  });

  test('may say nothing of zone and instance type', async () => {
    expect(await quote(offer({ zone: null, instance_type: null }))).toMatchObject({
      ok: true,
      value: { ask: 1600 },
    });
  });
});
