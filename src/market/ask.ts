// Where a zone's ask comes from (step 1 of DESIGN §10). Three sources: a synthetic price, a path counted from the market's
// first instant, a history in absolute time. A source only says what the ask is at a step; our own purchases move it
// elsewhere (capacity.ts). Nothing is for sale before the first point of a path or a history.
import type { AskSource } from '../domain/simulated-market.ts';
import { DAY_MS, HOUR_MS } from '../domain/time.ts';
import { drawNormal, drawUnit, type Stream } from './random.ts';

/** What a source remembers between steps; plain data. */
export interface AskMemory {
  /** Synthetic: deviation of the log price from its day rhythm. */
  deviation: number;
  /** Path and history: index of the point in force, -1 before the first. */
  index: number;
  readonly stream: Stream;
}

/** A deviation halves in about four hours. */
const REVERSION_PER_HOUR = 1 / 6;
/** About one jump a day. */
const JUMPS_PER_HOUR = 1 / 24;
/** The share of the deviation's variance that jumps make. */
const JUMP_SHARE = 0.25;
/** Busiest at 18:00 UTC, 12 % above the mean; quietest at 06:00. */
const DAY_AMPLITUDE = 0.12;
const DAY_PEAK_MS = 18 * HOUR_MS;

type Synthetic = Extract<AskSource, { kind: 'synthetic' }>;

/**
 * One step of an Ornstein-Uhlenbeck process in the log price, with jumps that decay at the same rate. Its stationary
 * standard deviation is `volatility`: the diffusion has (1 - JUMP_SHARE) of the variance; jumps of variance s² at rate λ
 * have λ·s²/(2θ) (Campbell's theorem), which fixes s. Takes the same number of draws at every step.
 */
const moveSynthetic = (source: Synthetic, memory: AskMemory, atMs: number, stepMs: number): number => {
  const sigma = source.volatility / 10_000;
  const hours = stepMs / HOUR_MS;
  const decay = Math.exp(-REVERSION_PER_HOUR * hours);
  const diffusion = sigma * Math.sqrt((1 - JUMP_SHARE) * (1 - decay * decay)) * drawNormal(memory.stream);
  const jumps = drawUnit(memory.stream) < 1 - Math.exp(-JUMPS_PER_HOUR * hours);
  const jumpScale = sigma * Math.sqrt((JUMP_SHARE * 2 * REVERSION_PER_HOUR) / JUMPS_PER_HOUR);
  const jump = jumpScale * drawNormal(memory.stream);
  memory.deviation = memory.deviation * decay + diffusion + (jumps ? jump : 0);
  const rhythm = DAY_AMPLITUDE * Math.cos((2 * Math.PI * (atMs - DAY_PEAK_MS)) / DAY_MS);
  const price = Math.round(source.mean * Math.exp(memory.deviation + rhythm));
  return Math.min(source.high, Math.max(source.low, price));
};

/** The ask from `atMs` on, whole cents per node-hour; null when nothing is for sale. `originMs`: the market's first instant. */
export const moveAsk = (
  source: AskSource,
  memory: AskMemory,
  atMs: number,
  originMs: number,
  stepMs: number,
): number | null => {
  if (source.kind === 'synthetic') return moveSynthetic(source, memory, atMs, stepMs);
  const count = source.points.length;
  const timeOf = (index: number): number => {
    if (index >= count) return Number.POSITIVE_INFINITY;
    if (source.kind === 'path') return originMs + (source.points[index]?.afterMs ?? 0);
    return source.points[index]?.atMs ?? 0;
  };
  if (memory.index < 0) memory.index = firstAfter(count, timeOf, atMs) - 1;
  while (timeOf(memory.index + 1) <= atMs) memory.index += 1;
  return source.points[memory.index]?.ask ?? null;
};

/** The first index whose time is after `atMs`, by halving: a market may start years into a history. */
const firstAfter = (count: number, timeOf: (index: number) => number, atMs: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(middle) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
