// The course of one replay for charts: at some hundreds of instants the ask, the highest limit that stood, the nodes held, what
// was spent so far (missing hours at the outside price) and what the clairvoyant would have spent by then.
import type { BidPolicy } from '../domain/policy.ts';
import { HOUR_MS, type UnixMs } from '../domain/time.ts';
import { runStrategy, type Case, type Row } from './benchmark.ts';
import { optimumOf } from './clairvoyant.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS, type Series } from './series.ts';

export interface TracePoint {
  readonly atMs: UnixMs;
  /** Cents; null when nothing was for sale. */
  readonly ask: number | null;
  /** Cents; null when no bid stood and no node was held. */
  readonly limit: number | null;
  readonly held: number;
  /** Cents since counting began; 0 during the warm-up. */
  readonly spent: number;
  readonly optimum: number;
}

export interface Trace {
  readonly row: Row;
  readonly series: Series;
  readonly nodes: number;
  readonly points: readonly TracePoint[];
}

const POINTS_AT_MOST = 480;

/** The series up to a look, so that the clairvoyant knows no more than what had happened by then. */
const until = (series: Series, look: number): Series => ({ ...series, asks: series.asks.slice(0, look + 1) });

export const traceOf = async (at: Case, bid: BidPolicy): Promise<Trace> => {
  const { series, nodes } = at;
  const hours = (series.asks.length - 1) / LOOKS_PER_HOUR;
  const everyLooks = Math.max(1, Math.ceil(hours / POINTS_AT_MOST)) * LOOKS_PER_HOUR;
  const points: TracePoint[] = [];
  const row = await runStrategy(at, bid, {
    onLook: (look, venue) => {
      if (look % everyLooks !== 0) return;
      const ask = series.asks[look] ?? NOTHING;
      const atMs = series.startMs + look * LOOK_MS;
      const begun = look > series.scoredFrom;
      const { paidCents, usefulMs } = venue.account();
      const held = venue.heldNodes();
      // Sampled on the hour after its renewals, so the account holds one bought hour more for each node that is held.
      const accounted = (nodes * (look - series.scoredFrom)) / LOOKS_PER_HOUR + held;
      points.push({
        atMs,
        ask: ask === NOTHING ? null : ask,
        limit: venue.highestLimit(),
        held,
        spent: begun ? paidCents + OUTSIDE_CENTS * (accounted - usefulMs / HOUR_MS) : 0,
        optimum: begun ? optimumOf({ ...at, series: until(series, look) }) : 0,
      });
    },
  });
  return { row, series, nodes, points };
};
