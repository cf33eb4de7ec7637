// One price history through the very tick that runs live: real books, real plan, every guard, on a virtual clock. At each look
// the ask moves and standing bids are hit, the tick acts on a quote of the stated age, and the venue renews. While a bid stands
// unfilled the daemon's own pace (30 s) would give it another turn before the ask moves: one such turn is played.
import type { LedgerRecord } from '../domain/entry.ts';
import { quoteKey, type AskSeries, type AskTrail, type MarketView, type Quote } from '../domain/market.ts';
import { cents, centsPerNodeHour, GPUS_PER_NODE } from '../domain/money.ts';
import type { BidPolicy, FleetPolicy, Policy } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import type { PaymentRule } from '../domain/simulated-market.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { openBooks } from '../daemon/open-books.ts';
import { tick, type TickDeps, type TickMemory } from '../daemon/tick.ts';
import { noSightings } from '../reconcile/close.ts';
import { periodOf } from '../schedule/periods.ts';
import { learnQuote, startTrail } from '../strategy/ask-trail.ts';
import { passingLedger } from './passing-ledger.ts';
import { BOOT_MS, type Game, type Tally } from './score.ts';
import { LOOK_MS, LOOKS_PER_HOUR, OUTSIDE_CENTS, scoredHours, type Series } from './series.ts';
import { createHistoryVenue, ZONE, type HistoryVenue } from './venue.ts';

export interface ReplayInput {
  readonly series: Series;
  readonly game: Game;
  readonly rule: PaymentRule;
  /** 0: the policy sees this look's ask; LOOK_MS: the one of the look before. */
  readonly quoteAgeMs: DurationMs;
  readonly nodes: number;
  readonly depthCents: number;
  readonly bid: BidPolicy;
  /** Bid policies that only watch beside it. */
  readonly shadows?: readonly BidPolicy[];
  /** A job with a deadline instead of a target that is always wanted. */
  readonly job?: JobWindow;
  readonly listen?: ReplayListener;
}

/** A job of one node or more that may work from one look to another, with the asks that were recorded. */
export interface JobWindow {
  readonly fromLook: number;
  /** The deadline. */
  readonly toLook: number;
  /** Useful time of each node. */
  readonly needMs: DurationMs;
  readonly history: AskSeries;
}

/** Told while it runs: for charts, and for tests that compare decisions. */
export interface ReplayListener {
  readonly onLook?: (
    look: number,
    venue: Pick<HistoryVenue, 'highestLimit' | 'heldNodes' | 'usefulNodes' | 'account'>,
  ) => void;
  /** True ends it before the series does. */
  readonly isOver?: () => boolean;
  readonly onReport?: (report: TickReport) => void;
  readonly onRecords?: (records: readonly LedgerRecord[]) => void;
}

export interface Replayed extends Tally {
  /** Looks played, warm-up included. */
  readonly looks: number;
}

const NO_LIMIT = 1_000_000;
const HEADROOM = 4;

/** A fleet of `nodes` with budgets that are judged at every step and bind at none. */
const fleetOf = ({ bid, shadows = [], nodes, game, job, series }: ReplayInput): FleetPolicy => {
  const hour = nodes * OUTSIDE_CENTS * HEADROOM;
  return {
    name: 'fleet',
    gpu: ZONE.gpu,
    zones: [ZONE.name],
    schedule: { timeZone: 'UTC', baseGpus: job === undefined ? nodes * GPUS_PER_NODE : 0, windows: [] },
    jobs:
      job === undefined
        ? []
        : [{ name: 'job', needMs: job.needMs * nodes, byMs: atLook(series, job.toLook), nodes }],
    hold: game === 'hold' ? 'autoreserved' : 'reserved',
    blockMs: HOUR_MS,
    bid,
    shadows,
    budget: { hour: cents(hour), day: cents(hour * 25), month: cents(hour * 32 * 25) },
    surgeNodes: 0,
    spread: 'one_zone',
    bootLimitMs: 20 * MINUTE_MS,
    replaceUnhealthy: false,
    extendLeadMs: 30 * MINUTE_MS,
    node: { imageId: null, cloudInit: null, cloudInitHash: null, forward443: false },
  };
};

const policyOf = (input: ReplayInput): Policy => ({
  mode: 'live',
  neverTouch: [],
  releaseLeadMs: 0,
  namePrefix: 'bk',
  repost: 'same_name',
  quarantineMs: 15 * MINUTE_MS,
  lookMaxAgeMs: MINUTE_MS,
  quoteFreshMs: 90 * SECOND_MS,
  quoteUsableMs: 10 * MINUTE_MS,
  priceBand: { low: 500, high: 30_000 },
  clockSkewMs: 2 * MINUTE_MS,
  lookGapMs: LOOK_MS,
  askEveryMs: null,
  limits: {
    ceiling: centsPerNodeHour(OUTSIDE_CENTS),
    nodes: input.nodes,
    purchasesPerHour: NO_LIMIT,
    raisesPerHour: NO_LIMIT,
    budget: { day: cents(input.nodes * OUTSIDE_CENTS * HEADROOM * 25) },
    timeZone: 'UTC',
  },
  fleets: [fleetOf(input)],
});

/** The market as the quote poller would show it: one zone, its newest quote and what the quotes taught. */
interface Watched extends MarketView {
  readonly quotes: Map<string, Quote>;
  readonly trails: Map<string, AskTrail>;
  readonly series: Map<string, AskSeries>;
}

const atLook = ({ startMs }: Series, look: number): UnixMs => startMs + look * LOOK_MS;

export const replay = async (input: ReplayInput): Promise<Replayed> => {
  const { series, listen, job } = input;
  const scoredTo = series.scoredFrom + scoredHours(series) * LOOKS_PER_HOUR;
  const firstLook = job?.fromLook ?? 0;
  const lastLook = job?.toLook ?? scoredTo;
  const window = {
    fromMs: atLook(series, job?.fromLook ?? series.scoredFrom),
    // What a job still holds at its deadline is paid for all the same.
    toMs: atLook(series, job === undefined ? scoredTo : lastLook + LOOKS_PER_HOUR),
  };
  const terms = { rule: input.rule, depthCents: input.depthCents, bootMs: BOOT_MS } as const;
  const venue = createHistoryVenue({ ...terms, eviction: 'awaitingcapacity' }, window);
  const time = { nowMs: atLook(series, firstLook) };
  const clock = { now: () => time.nowMs, monotonic: () => 0 };
  const ledger = passingLedger((records) => listen?.onRecords?.(records));
  const policy = policyOf(input);
  const start = { version: 'backtest', mode: policy.mode, settingsHash: 'backtest' };
  const opened = await openBooks({ clock, ledger, random: { next: () => 0 }, namePrefix: 'bk', start });
  if (!opened.ok) throw new Error(opened.message);
  const memory: TickMemory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
  const market: Watched = { zones: [ZONE], quotes: new Map(), trails: new Map(), series: new Map() };
  const deps = depsOf({ clock, ledger, venue, policy, market, nodes: job === undefined ? input.nodes : 0 });
  const turn = async (): Promise<void> => {
    const report = await tick(deps, memory);
    if (report.contradiction !== null)
      throw new Error(`the books contradict themselves: ${report.contradiction}`);
    listen?.onReport?.(report);
  };
  const watch = watcher(input, venue, market);
  let looks = 0;
  for (let look = firstLook; look < lastLook; look += 1) {
    time.nowMs = atLook(series, look);
    venue.open(time.nowMs, series.asks[look] ?? 0);
    watch(look, time.nowMs);
    await turn();
    venue.close();
    if (venue.hasStanding()) {
      time.nowMs += SECOND_MS;
      venue.moveTo(time.nowMs);
      await turn();
    }
    looks += 1;
    listen?.onLook?.(look, venue);
    if (listen?.isOver?.() === true) break;
  }
  const { paidCents, usefulMs, starts, interruptions } = venue.account();
  return { paidCents, usefulHours: usefulMs / HOUR_MS, starts, interruptions, looks };
};

const watcher = (
  { series, game, quoteAgeMs, job }: ReplayInput,
  venue: HistoryVenue,
  market: Watched,
): ((look: number, nowMs: UnixMs) => void) => {
  const key = quoteKey(ZONE.name, game === 'hold' ? 'autoreserved' : 'reserved');
  const trail = startTrail();
  market.trails.set(key, trail);
  if (job !== undefined) market.series.set(key, job.history);
  const behind = quoteAgeMs / LOOK_MS;
  return (look, nowMs) => {
    const ask = series.asks[look - behind];
    if (ask === undefined) return;
    const quote = venue.quoteOf(ask, nowMs - quoteAgeMs);
    market.quotes.set(key, quote);
    learnQuote(trail, quote);
  };
};

interface Ports extends Pick<TickDeps, 'clock' | 'ledger' | 'policy'> {
  readonly venue: HistoryVenue;
  readonly market: MarketView;
  readonly nodes: number;
}

const depsOf = ({ clock, ledger, venue, policy, market, nodes }: Ports): TickDeps => {
  const unread = async () =>
    ({ ok: false, code: 'connection', status: null, message: 'not part of a backtest' }) as const;
  const desire = { gpus: nodes * GPUS_PER_NODE, nodes, nextChangeMs: null, nodesAt: () => nodes };
  return {
    clock,
    ledger,
    venue: {
      look: venue.look,
      send: venue.send,
      zones: unread,
      quote: unread,
      transactions: unread,
      settlements: unread,
      balance: unread,
    },
    lease: { held: () => true },
    policy,
    periodOf,
    desire: () => desire,
    market: () => market,
    bounded: (run) => run(),
    deadlines: { tickMs: 90 * SECOND_MS, changeMs: MINUTE_MS },
    changesAtOnce: 1,
  };
};
