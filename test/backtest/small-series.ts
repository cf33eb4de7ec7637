// Short price series for tests: a day of warm-up that nobody minds, and what counts after it.
import { LOOKS_PER_HOUR, OUTSIDE_CENTS, type Series } from '../../src/backtest/series.ts';

const START_MS = 1_767_225_600_000; // 2026-01-01T00:00:00Z

/** `hours` of asks, one for each look, that count from the first; one hour of `before` goes ahead as warm-up. */
export const seriesFrom = (asks: readonly number[], before = OUTSIDE_CENTS + 1): Series => ({
  name: 'small',
  family: 'test',
  synthetic: true,
  startMs: START_MS,
  asks: [...Array.from({ length: LOOKS_PER_HOUR }, () => before), ...asks, asks.at(-1) ?? 1],
  scoredFrom: LOOKS_PER_HOUR,
});

/** The same ask for whole hours, one for each number. */
export const hourly = (asks: readonly number[]): readonly number[] =>
  asks.flatMap((ask) => Array.from({ length: LOOKS_PER_HOUR }, () => ask));
