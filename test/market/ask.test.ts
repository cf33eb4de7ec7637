import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AskSource } from '../../src/domain/simulated-market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { moveAsk, type AskMemory } from '../../src/market/ask.ts';
import { httpDate, isoText, parseIso } from '../../src/market/instants.ts';
import { opaqueDigits, openStream } from '../../src/market/random.ts';
import { path, START } from './world.ts';

const memory = (seed = 1): AskMemory => ({ deviation: 0, index: -1, stream: openStream(seed, 'ask') });

const series = (source: AskSource, steps: number, seed = 1): readonly (number | null)[] => {
  const state = memory(seed);
  return Array.from({ length: steps }, (_, step) =>
    moveAsk(source, state, START + step * 5 * MINUTE_MS, START, 5 * MINUTE_MS),
  );
};

describe('a synthetic ask', () => {
  const source = {
    kind: 'synthetic',
    mean: 1600,
    volatility: 2500,
    low: 800,
    high: 4000,
  } as unknown as AskSource;
  const year = series(source, 105_120) as readonly number[];

  it('stays within its bounds and touches neither all the time', () => {
    expect(Math.min(...year.slice(0, 50_000))).toBeGreaterThanOrEqual(800);
    expect(Math.max(...year.slice(0, 50_000))).toBeLessThanOrEqual(4000);
    expect(new Set(year).size).toBeGreaterThan(500);
  });

  it('returns to its mean and spreads as its volatility says', () => {
    const wide = { ...source, low: 1, high: 1_000_000 } as unknown as AskSource;
    const logs = (series(wide, 105_120) as readonly number[]).map((ask) => Math.log(ask / 1600));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length;
    // The day rhythm adds the variance of a cosine, 0.12² / 2.
    const deviation = Math.sqrt(variance - 0.12 ** 2 / 2);
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(deviation).toBeGreaterThan(0.22);
    expect(deviation).toBeLessThan(0.28);
  });

  it('is higher at 18:00 than at 06:00 UTC over a year', () => {
    const at = (hour: number): number => {
      const chosen = year.filter((_, step) => (START + step * 5 * MINUTE_MS) % DAY_MS === hour * HOUR_MS);
      return chosen.reduce((sum, ask) => sum + ask, 0) / chosen.length;
    };
    expect(at(18)).toBeGreaterThan(at(6) * 1.1);
  });

  it('depends on its seed and on nothing else', () => {
    expect(series(source, 100)).toEqual(year.slice(0, 100));
    expect(series(source, 100, 2)).not.toEqual(year.slice(0, 100));
  });
});

describe('a path and a history', () => {
  it('hold each point until the next, and sell nothing before the first', () => {
    expect(series(path([5, 1000], [12, null], [20, 900]), 6)).toEqual([null, 1000, 1000, null, 900, 900]);
    const points = [
      { atMs: START - DAY_MS, ask: 700 },
      { atMs: START + 7 * MINUTE_MS, ask: 800 },
    ];
    expect(series({ kind: 'history', points } as unknown as AskSource, 4)).toEqual([700, 700, 800, 800]);
  });

  it('give at any instant the last point that is not later, however long the steps are', () => {
    const instants = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 3000 }), fc.nat(9000), (times, stepMs, begin) => {
        const points = times.sort((a, b) => a - b).map((atMs, index) => ({ atMs, ask: index + 1 }));
        const state = memory();
        for (let at = begin; at < 11_000; at += stepMs) {
          const ask = moveAsk({ kind: 'history', points } as unknown as AskSource, state, at, 0, stepMs);
          expect(ask).toBe(points.findLast((point) => point.atMs <= at)?.ask ?? null);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('what the wire calls things', () => {
  it('writes and reads instants as the platform does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (at) => {
        expect(isoText(at)).toBe(new Date(at).toISOString());
        expect(httpDate(at)).toBe(new Date(at).toUTCString());
        expect(parseIso(isoText(at))).toBe(at);
      }),
    );
    expect(parseIso('2026-11-23T06:30:00-08:00')).toBe(Date.parse('2026-11-23T06:30:00-08:00'));
    for (const wrong of ['', 'NOW', '2026-02-30T00:00:00Z', '2026-11-23', '2026-11-23T25:00:00Z']) {
      expect(parseIso(wrong)).toBeNull();
    }
  });

  it('never gives one id twice', () => {
    const ids = new Set(Array.from({ length: 200_000 }, (_, counter) => opaqueDigits(7, counter)));
    expect(ids.size).toBe(200_000);
  });
});
