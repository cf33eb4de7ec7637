// What the rest of a job costs from here, by exact backward induction over hours × (a node or none) × bins of the ask × useful
// time still needed: the threshold policy of a finite-horizon optimal stopping problem on a Markov chain (Puterman, Markov
// Decision Processes, 1994, ch. 4). Beside the expected cost it carries what people ask next: how likely the job ends without
// an hour from outside, and when it ends.
//
// An hour of a node costs the ask and is useful for all of it, or for all but its boot when the node starts in it. An hour without
// one costs nothing while enough slack is left; then useful time is bought outside, at the ceiling and without a boot.
import { HOUR_MS, MINUTE_MS, type DurationMs } from '../domain/time.ts';
import type { PriceChain } from './price-chain.ts';

/** What a start wastes: paid and not yet useful. */
export const BOOT_MS: DurationMs = 10 * MINUTE_MS;
/** Slack under which time is bought at any price: a boot, and half an hour to notice that it failed. */
export const RESERVE_MS: DurationMs = 30 * MINUTE_MS + BOOT_MS;

/** Columns of useful time, and the finest of them. */
const MOST_STEPS = 216;
const FINEST_MS: DurationMs = 10 * MINUTE_MS;

/** Expectations of the rest of a job, of one node. */
export interface Outlook {
  /** Cents, outside time included. */
  readonly cents: number;
  /** Probability that nothing has to be bought outside. */
  readonly inside: number;
  /** Hours until the last useful one. */
  readonly hours: number;
}

/** Row-major over (held × bin, column); one each hour that is left, at its first instant. */
interface Layer {
  readonly cents: Float64Array;
  readonly inside: Float32Array;
  readonly hours: Float32Array;
}

export interface PaceTable {
  readonly chain: PriceChain;
  readonly stepMs: DurationMs;
  /** layers[h]: with h whole hours left. */
  readonly layers: readonly Layer[];
}

/** Far dearer than any job, so that what misses the deadline is never chosen. */
const MISSED_CENTS = 1e12;

export interface TableInput {
  readonly chain: PriceChain;
  /** Whole hours. */
  readonly hours: number;
  /** The most useful time that will be asked about. */
  readonly needMs: DurationMs;
  /** What an hour outside costs, cents. */
  readonly ceiling: number;
}

export const makeTable = ({ chain, hours, needMs, ceiling }: TableInput): PaceTable => {
  const stepMs = Math.max(FINEST_MS, Math.ceil(needMs / MOST_STEPS));
  const columns = Math.ceil(needMs / stepMs) + 1;
  const layers = [lastLayer(2 * chain.means.length, columns)];
  for (let left = 1; left <= hours; left += 1) {
    const after = layers[left - 1];
    if (after !== undefined) layers.push(layerBefore({ chain, stepMs, columns, left, ceiling }, after));
  }
  return { chain, stepMs, layers };
};

const lastLayer = (states: number, columns: number): Layer => {
  const cells = states * columns;
  const layer = emptyLayer(cells);
  for (let cell = 0; cell < cells; cell += 1) {
    const done = cell % columns === 0;
    layer.cents[cell] = done ? 0 : MISSED_CENTS;
    layer.inside[cell] = done ? 1 : 0;
  }
  return layer;
};

const emptyLayer = (cells: number): Layer => ({
  cents: new Float64Array(cells),
  inside: new Float32Array(cells),
  hours: new Float32Array(cells),
});

interface Grid {
  readonly chain: PriceChain;
  readonly stepMs: DurationMs;
  readonly columns: number;
  /** Whole hours left at the start of the hour. */
  readonly left: number;
  readonly ceiling: number;
}

const layerBefore = (grid: Grid, after: Layer): Layer => {
  const { chain, stepMs, columns, left, ceiling } = grid;
  const bins = chain.means.length;
  const layer = emptyLayer(2 * bins * columns);
  const ahead = expected(grid, after);
  for (let held = 0; held < 2; held += 1) {
    for (let bin = 0; bin < bins; bin += 1) {
      const row = (held * bins + bin) * columns;
      const price = chain.means[bin] ?? ceiling;
      layer.inside[row] = 1;
      for (let column = 1; column < columns; column += 1) {
        const needMs = column * stepMs;
        const slackMs = left * HOUR_MS - needMs;
        const idle = idleTime(HOUR_MS, slackMs, needMs);
        const boot = held === 1 ? 0 : BOOT_MS;
        const extra = Math.min(needMs, bootOutside(boot, slackMs));
        const useful = Math.min(needMs - extra, HOUR_MS - boot);
        const none = at(ahead, bin, columns, (needMs - idle) / stepMs);
        const one = at(ahead, bins + bin, columns, (needMs - extra - useful) / stepMs);
        const idleCents = none.cents + (idle * ceiling) / HOUR_MS;
        const heldCents = price < ceiling ? one.cents + price + (extra * ceiling) / HOUR_MS : Infinity;
        const cell = row + column;
        const holds = heldCents < idleCents;
        layer.cents[cell] = holds ? heldCents : idleCents;
        layer.inside[cell] = (holds ? extra : idle) > 0 ? 0 : holds ? one.inside : none.inside;
        const finishes = holds && extra + useful >= needMs;
        layer.hours[cell] = finishes ? (boot + needMs) / HOUR_MS : 1 + (holds ? one.hours : none.hours);
      }
    }
  }
  return layer;
};

/** Useful time that must be bought outside during `spanMs` without a node, so that the reserve is kept. */
export const idleTime = (spanMs: DurationMs, slackMs: DurationMs, needMs: DurationMs): DurationMs =>
  Math.min(needMs, spanMs, Math.max(0, spanMs + RESERVE_MS - slackMs));

/** The same during a boot. */
export const bootOutside = (bootMs: DurationMs, slackMs: DurationMs): DurationMs =>
  Math.min(bootMs, Math.max(0, bootMs + RESERVE_MS - slackMs));

/** Each state's outlook an hour on, before the ask has moved. */
const expected = ({ chain, columns }: Grid, after: Layer): Layer => {
  const bins = chain.means.length;
  const ahead = emptyLayer(2 * bins * columns);
  for (let held = 0; held < 2; held += 1) {
    for (let bin = 0; bin < bins; bin += 1) {
      const row = (held * bins + bin) * columns;
      for (const [to, probability] of (chain.next[bin] ?? []).entries()) {
        if (probability === 0) continue;
        const from = (held * bins + to) * columns;
        for (let column = 0; column < columns; column += 1) {
          add(ahead.cents, row + column, probability * (after.cents[from + column] ?? 0));
          add(ahead.inside, row + column, probability * (after.inside[from + column] ?? 0));
          add(ahead.hours, row + column, probability * (after.hours[from + column] ?? 0));
        }
      }
    }
  }
  return ahead;
};

const add = (values: Float64Array | Float32Array, cell: number, amount: number): void => {
  values[cell] = (values[cell] ?? 0) + amount;
};

/** Between two columns of useful time, in proportion. */
const at = (layer: Layer, state: number, columns: number, column: number): Outlook => {
  const within = Math.min(Math.max(0, column), columns - 1);
  const low = Math.floor(within);
  const high = Math.min(columns - 1, low + 1);
  const share = within - low;
  const mix = (values: Float64Array | Float32Array): number =>
    (values[state * columns + low] ?? 0) * (1 - share) + (values[state * columns + high] ?? 0) * share;
  return { cents: mix(layer.cents), inside: mix(layer.inside), hours: mix(layer.hours) };
};

/**
 * The outlook at the next full hour, `restMs` from now, when the ask is in `bin` now: within the hour the chain has moved in
 * proportion.
 */
export const outlookAt = (
  { chain, stepMs, layers }: PaceTable,
  from: { hours: number; held: boolean; bin: number; restMs: DurationMs; needMs: DurationMs },
): Outlook => {
  const layer = layers[Math.min(Math.max(0, from.hours), layers.length - 1)];
  const bins = chain.means.length;
  const columns = (layer?.cents.length ?? 0) / (2 * bins);
  const sum = { cents: 0, inside: 0, hours: 0 };
  if (layer === undefined) return sum;
  const moved = Math.min(1, from.restMs / HOUR_MS);
  for (let to = 0; to < bins; to += 1) {
    const probability = (chain.next[from.bin]?.[to] ?? 0) * moved + (to === from.bin ? 1 - moved : 0);
    if (probability === 0) continue;
    const one = at(layer, (from.held ? bins : 0) + to, columns, from.needMs / stepMs);
    sum.cents += probability * one.cents;
    sum.inside += probability * one.inside;
    sum.hours += probability * one.hours;
  }
  return sum;
};
