// A start that would not earn its boot is put off by every strategy alike; nothing else is ever put off.
import { describe, expect, test } from 'vitest';
import { SHIPPED } from '../../src/backtest/policies.ts';
import type { Quote } from '../../src/domain/market.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { learnQuote, startTrail } from '../../src/strategy/ask-trail.ts';
import { strategyOf } from '../../src/strategy/registry.ts';
import type { BidInput } from '../../src/strategy/strategy.ts';

const NOW = 10 * HOUR_MS;

const quoteAt = (ask: number, askedAtMs: number): Quote => ({
  zone: 'z',
  gpu: 'h100',
  ask: centsPerNodeHour(ask),
  noQuoteReason: null,
  quantity: 1,
  askedAtMs,
  answeredAtMs: askedAtMs,
});

/** The ceiling is $20; it was passed so long ago. */
const decided = (
  name: 'follow' | 'ladder',
  ask: number,
  aboveAgoMs: number,
  change: Partial<BidInput> = {},
) => {
  const trail = startTrail();
  learnQuote(trail, quoteAt(2400, NOW - aboveAgoMs));
  learnQuote(trail, quoteAt(ask, NOW));
  const policy = SHIPPED[name];
  return strategyOf(policy).bid({
    nowMs: NOW,
    policy,
    shortfallNodes: 1,
    quote: quoteAt(ask, NOW),
    trail,
    quoteFreshMs: 90 * SECOND_MS,
    climb: null,
    unfilledSinceMs: null,
    offeredAtMs: null,
    boughtMs: HOUR_MS,
    shortfallSinceMs: NOW,
    ...change,
  });
};

describe.each(['follow', 'ladder'] as const)('a start of %s', (name) => {
  test('near the ceiling, soon after the ask was above it, waits for the next quote and says why.', () => {
    const decision = decided(name, 1900, 30 * MINUTE_MS);
    expect(decision).toMatchObject({ kind: 'stand_down' });
    expect(decision.why).toContain('would not earn its boot');
  });

  test('is made when it is cheap enough to earn its boot, when the hour is over, and on an old quote.', () => {
    expect(decided(name, 1800, 30 * MINUTE_MS)).toMatchObject({ kind: 'bid' });
    expect(decided(name, 1900, 61 * MINUTE_MS)).toMatchObject({ kind: 'bid' });
    const old = { quote: quoteAt(1900, NOW - 5 * MINUTE_MS) };
    expect(decided(name, 1900, 30 * MINUTE_MS, old)).toMatchObject({ kind: 'bid' });
  });

  test('Where nobody watched nothing is put off.', () => {
    expect(decided(name, 1900, 30 * MINUTE_MS, { trail: null })).toMatchObject({ kind: 'bid' });
  });
});

test('A bid that stands already is not withdrawn for it.', () => {
  const climb = { level: centsPerNodeHour(1904), movedAtMs: NOW - MINUTE_MS, askedAtMs: NOW - MINUTE_MS };
  expect(decided('ladder', 1900, 30 * MINUTE_MS, { climb, unfilledSinceMs: NOW - MINUTE_MS })).toMatchObject({
    kind: 'bid',
  });
});
