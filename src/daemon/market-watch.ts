// Market watch: learns zones and asks beside the tick, which never waits for it. Of each question (a zone and instance type,
// for bids or for blocks) one call is in flight and at most one a minute is made, and what fails leaves the last answer standing with its age.
import { quoteKey, type MarketView, type Quote, type Zone } from '../domain/market.ts';
import { MINUTE_MS, SECOND_MS, type UnixMs } from '../domain/time.ts';
import type { HoldKind } from '../domain/node.ts';
import type { Clock } from '../ports/clock.ts';
import type { Venue } from '../ports/venue.ts';
import type { QuoteWant } from '../reconcile/quote-wants.ts';
import { keepAsk, startSeries } from '../strategy/ask-series.ts';
import { learnQuote, startTrail } from '../strategy/ask-trail.ts';

const QUOTE_EVERY_MS = MINUTE_MS;
const ZONES_EVERY_MS = 10 * MINUTE_MS;
/** Real time: even on a fast clock the venue is not asked for its zones more often, nor after a failure. */
const ZONES_REST_MS = 5 * SECOND_MS;

export interface MarketWatch {
  readonly view: () => MarketView;
  /** Starts what is due of `wants`; returns at once. */
  readonly poll: (wants: readonly QuoteWant[]) => void;
  /** Resolves when no call is in flight. */
  readonly idle: () => Promise<void>;
}

export interface MarketWatchDeps {
  readonly clock: Clock;
  readonly venue: Pick<Venue, 'quote' | 'zones'>;
  /** Told once for each run of failures. */
  readonly onProblem: (what: string, message: string) => void;
  /** Asks that were recorded before this start, by `quoteKey`, in the order of time. */
  readonly remembered?: RememberedAsks;
  /** Told everything that is learned; neither throws nor waits. */
  readonly seen?: MarketSeen;
}

export type RememberedAsks = ReadonlyMap<string, readonly Pick<Quote, 'ask' | 'askedAtMs'>[]>;

/** Who keeps what is seen of the market. */
export interface MarketSeen {
  readonly onQuote: (quote: Quote, hold: HoldKind) => void;
  readonly onZones: (zones: readonly Zone[], atMs: UnixMs) => void;
}

export const createMarketWatch = (deps: MarketWatchDeps): MarketWatch => {
  const quotes = new Map<string, Quote>();
  const trails = new Map<string, ReturnType<typeof startTrail>>();
  const series = new Map<string, ReturnType<typeof startSeries>>();
  const askedAtMs = new Map<string, UnixMs>();
  const flying = new Map<string, Promise<void>>();
  const failing = new Set<string>();
  let zones: readonly Zone[] = [];
  let zonesAt: { clockMs: UnixMs; realMs: number } | null = null;

  const seriesOf = (key: string): ReturnType<typeof startSeries> => {
    const known = series.get(key) ?? startSeries();
    series.set(key, known);
    return known;
  };
  for (const [key, asks] of deps.remembered ?? []) for (const one of asks) keepAsk(seriesOf(key), one);

  const fly = (key: string, call: () => Promise<string | null>): void => {
    const flight = call()
      .then((problem) => {
        if (problem === null) failing.delete(key);
        else if (!failing.has(key)) {
          failing.add(key);
          deps.onProblem(key, problem);
        }
      })
      .finally(() => flying.delete(key));
    flying.set(key, flight);
  };

  const learnZones = (): void => {
    const clockMs = deps.clock.now();
    const realMs = deps.clock.monotonic();
    const young =
      zonesAt !== null && Math.abs(clockMs - zonesAt.clockMs) < ZONES_EVERY_MS && zones.length > 0;
    if (flying.has('zones') || young || (zonesAt !== null && realMs - zonesAt.realMs < ZONES_REST_MS)) return;
    zonesAt = { clockMs, realMs };
    fly('zones', async () => {
      const reading = await deps.venue.zones();
      if (!reading.ok) return reading.message;
      zones = reading.value;
      deps.seen?.onZones(zones, clockMs);
      return null;
    });
  };

  const ask = (want: QuoteWant): void => {
    const { zone, hold, nodes, durationMs } = want;
    const key = `quote of ${zone.instanceType} in ${quoteKey(zone.name, hold)}`;
    const last = askedAtMs.get(key);
    if (flying.has(key) || (last !== undefined && Math.abs(deps.clock.now() - last) < QUOTE_EVERY_MS)) return;
    askedAtMs.set(key, deps.clock.now());
    fly(key, async () => {
      const reading = await deps.venue.quote({ zone, nodes, durationMs, startAtMs: null });
      if (!reading.ok) return reading.message;
      quotes.set(quoteKey(zone.name, hold), reading.value);
      deps.seen?.onQuote(reading.value, hold);
      const trail = trails.get(quoteKey(zone.name, hold)) ?? startTrail();
      trails.set(quoteKey(zone.name, hold), trail);
      learnQuote(trail, reading.value);
      keepAsk(seriesOf(quoteKey(zone.name, hold)), reading.value);
      return null;
    });
  };

  return {
    view: () => ({ zones, quotes: new Map(quotes), trails, series }),
    poll: (wants) => {
      learnZones();
      const most = new Map<string, QuoteWant>();
      for (const want of wants) {
        const key = quoteKey(want.zone.name, want.hold);
        const known = most.get(key);
        if (known === undefined || want.nodes > known.nodes) most.set(key, want);
      }
      for (const want of most.values()) ask(want);
    },
    idle: async () => {
      await Promise.allSettled(flying.values());
    },
  };
};
