// The daemon: opens the books and puts tick, quote poller, settlement and loop together over whatever ports it is given.
// It knows no adapter; what it learns goes out as values.
import type { PeriodOf } from '../domain/calendar.ts';
import type { SettingsReloaded } from '../domain/entry.ts';
import type { SettlementNews } from '../domain/look.ts';
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { History, Overview } from '../domain/overview.ts';
import type { FleetPolicy, Policy, Schedule } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Random } from '../ports/random.ts';
import type { Venue } from '../ports/venue.ts';
import { isAlive, nodesOf, type Books } from '../reconcile/books.ts';
import { noSightings } from '../reconcile/close.ts';
import { overridden } from '../reconcile/override.ts';
import type { FleetDesire } from '../reconcile/scene.ts';
import { periodOf } from '../schedule/periods.ts';
import { desiredAt, wantedGpus, wantedNodeMs } from '../schedule/target.ts';
import { askInside, type InsideResult } from './ask-inside.ts';
import { createBoundedRun } from './bounded-run.ts';
import { createFundsWatch } from './funds-watch.ts';
import { createLoop, type LoopHealth, type LoopPace } from './loop.ts';
import { createMarketWatch, type MarketSeen, type MarketWatch, type RememberedAsks } from './market-watch.ts';
import { openBooks } from './open-books.ts';
import { entriesFor, isConfirmed, type Request, type Who } from './requests.ts';
import { createWatcher } from './overview.ts';
import { createSettlement } from './settlement.ts';
import { createSnapshotKeeper } from './snapshots.ts';
import { tick, type TickDeps, type TickMemory } from './tick.ts';

export interface Pace {
  /** node-cron text with seconds, UTC, real time. */
  readonly cron: string;
  readonly gapMs: DurationMs;
  readonly heartbeatMs: DurationMs;
}

/** What a running daemon can take over from changed settings. */
export interface Reloadable {
  readonly policy: Policy;
  readonly pace: Pace;
  /** Real time. */
  readonly deadlines: { readonly tickMs: DurationMs; readonly changeMs: DurationMs };
  readonly changesAtOnce: number;
}

export interface DaemonDeps extends Reloadable {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly ledger: Ledger;
  readonly venue: Venue;
  readonly lease: Lease;
  readonly random: Random;
  /** Money that lasts less than this is warned of. */
  readonly lowRunwayMs: DurationMs;
  /** Entries older than this fold into a snapshot; on the clock port. */
  readonly snapshotAfterMs: DurationMs;
  readonly start: { readonly version: string; readonly settingsHash: string };
  readonly onReport: (report: TickReport) => void;
  readonly onFault: (error: unknown) => void;
  readonly onProblem: (what: string, message: string) => void;
  /** Who keeps what is seen of the market; nobody does without. */
  readonly seen?: MarketSeen;
  /** Asks that were recorded before this start. */
  readonly remembered?: RememberedAsks;
}

/** `reason` is in words whenever one of the two is false. */
export interface DaemonHealth {
  /** The watchdog of the loop is content. */
  readonly alive: boolean;
  /** A tick has ended and this process leads. */
  readonly ready: boolean;
  readonly reason: string | null;
}

export interface Daemon {
  readonly start: () => void;
  readonly lastReport: () => TickReport | null;
  /** What the status page shows; null before the first report. Made when asked. */
  readonly overview: () => Overview | null;
  readonly history: () => History | null;
  readonly health: () => DaemonHealth;
  /** Writes what somebody asks for and waits until a tick has confirmed it. */
  readonly ask: (request: Request, who: Who) => Promise<InsideResult>;
  /** Writes that changed settings are in force and takes them over before the next tick begins. */
  readonly reload: (
    settings: Reloadable,
    entry: Pick<SettingsReloaded, 'settingsHash' | 'changes'>,
    who: Who,
  ) => Promise<InsideResult>;
  /** The books as the last tick left them: read only. */
  readonly books: () => Books;
  /** Nodes of a fleet that may cost money. */
  readonly livingNodes: (fleet: string) => number;
  /** Resolves with words for who asked it, when the ledger asks the daemon to exit. */
  readonly stopAsked: Promise<string>;
  /** Ends within 10 s; gives the last report. With `withdraw` waiting bids are taken back first. */
  readonly stop: (options: { withdraw: boolean }) => Promise<TickReport | null>;
}

export type CreatedDaemon =
  | { readonly ok: true; readonly daemon: Daemon }
  | { readonly ok: false; readonly message: string };

/** What is wanted of a fleet at `atMs`, from its schedule alone. */
export const desireOf = (fleet: Pick<FleetPolicy, 'schedule'>, atMs: UnixMs): FleetDesire => {
  const schedule: Schedule = fleet.schedule;
  const { gpus, nextChangeMs } = desiredAt(schedule, atMs);
  const nodesAt = (when: UnixMs): number => wantedGpus(schedule, when) / GPUS_PER_NODE;
  const nodeMsBetween = (fromMs: UnixMs, toMs: UnixMs): number => wantedNodeMs(schedule, fromMs, toMs);
  return { gpus, nodes: gpus / GPUS_PER_NODE, nextChangeMs, nodesAt, nodeMsBetween };
};

const calendar: PeriodOf = periodOf;
/** Real time. */
const CONFIRMED_WITHIN_MS = 30_000;

/** Reports further apart than so many assured looks leave the time between them unknown. */
const SILENT_LOOKS = 5;

/** Real time for one try at deciding: two of them, and the look before, end before the last change could leave. */
const decideWithin = ({ tickMs, changeMs }: DaemonDeps['deadlines']): DurationMs =>
  Math.max(MIN_DECIDE_MS, Math.floor((tickMs - changeMs) / 3));
const MIN_DECIDE_MS: DurationMs = 200;

/** The ports of one tick, from those of the daemon. */
export const tickDeps = (
  deps: Omit<
    DaemonDeps,
    | 'random'
    | 'timer'
    | 'pace'
    | 'start'
    | 'snapshotAfterMs'
    | 'lowRunwayMs'
    | 'onReport'
    | 'onFault'
    | 'onProblem'
  >,
  watch: MarketWatch,
): TickDeps => ({
  clock: deps.clock,
  ledger: deps.ledger,
  venue: deps.venue,
  lease: deps.lease,
  policy: deps.policy,
  periodOf: calendar,
  desire: desireOf,
  market: watch.view,
  bounded: createBoundedRun(decideWithin(deps.deadlines)),
  deadlines: deps.deadlines,
  changesAtOnce: deps.changesAtOnce,
});

const paceOf = ({ pace, deadlines }: Reloadable): LoopPace => ({
  pace: pace.cron,
  paceGapMs: pace.gapMs,
  tickDeadlineMs: deadlines.tickMs,
});

const healthOf = (loop: LoopHealth, leads: boolean, reported: boolean): DaemonHealth => {
  if (!loop.ok) return { alive: false, ready: false, reason: loop.why };
  if (!leads) return { alive: true, ready: false, reason: 'another process holds the lease of this store' };
  if (!reported) return { alive: true, ready: false, reason: 'the first tick has not ended yet' };
  return { alive: true, ready: true, reason: null };
};

export const createDaemon = async (deps: DaemonDeps): Promise<CreatedDaemon> => {
  const { clock, ledger, random, venue, policy } = deps;
  const start = { ...deps.start, mode: policy.mode };
  let inForce = policy;
  const watcher = createWatcher({
    get policy() {
      return inForce;
    },
    periodOf: calendar,
    desire: (fleet, atMs) => overridden(desireOf(fleet, atMs), memory.books.overrides.get(fleet.name), atMs),
    settingsHash: start.settingsHash,
    startMs: clock.now(),
    silenceMs: SILENT_LOOKS * policy.lookGapMs,
  });
  const { namePrefix } = policy;
  const opened = await openBooks({ clock, ledger, random, namePrefix, start, beforeEach: watcher.remember });
  if (!opened.ok) return opened;
  watcher.remembered(opened.books);
  const memory: TickMemory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
  let stopping = false;
  const onProblem: DaemonDeps['onProblem'] = (what, message) => {
    if (!stopping) deps.onProblem(what, message);
  };
  const marketWatch = createMarketWatch({
    clock,
    venue,
    onProblem,
    ...(deps.seen === undefined ? {} : { seen: deps.seen }),
    ...(deps.remembered === undefined ? {} : { remembered: deps.remembered }),
  });
  const settlement = createSettlement({
    clock,
    venue,
    onProblem,
    deliver: (news: readonly SettlementNews[]) => {
      memory.settled = [...memory.settled, ...news];
    },
  });
  const funds = createFundsWatch({ clock, venue, lowMs: deps.lowRunwayMs, onProblem });
  const snapshots = createSnapshotKeeper({ clock, ledger, olderMs: deps.snapshotAfterMs, onProblem });
  let last: TickReport | null = null;
  const asked = Promise.withResolvers<string>();
  const { timer } = deps;
  const inside = { clock, timer, ledger, books: memory.books, waitMs: CONFIRMED_WITHIN_MS };
  const portsOf = (now: DaemonDeps): TickDeps => ({ ...tickDeps(now, marketWatch), funds: funds.report });
  let ports = portsOf(deps);
  const loop = createLoop({
    clock,
    ledger,
    memory,
    marketWatch,
    settlement,
    snapshots,
    funds,
    tick: (options) => tick(ports, memory, options),
    onReport: (report) => {
      last = report;
      const { stop } = memory.books;
      if (stop !== null) asked.resolve(`${stop.by} asks to stop (${stop.why})`);
      watcher.see(report);
      deps.onReport(report);
    },
    onFault: deps.onFault,
    ...paceOf(deps),
    heartbeatMs: deps.pace.heartbeatMs,
  });
  return {
    ok: true,
    daemon: {
      start: loop.start,
      ask: (request, who) =>
        askInside(
          inside,
          (books) => entriesFor(request, { books, policy: ports.policy, nowMs: clock.now() }, who),
          (books) => isConfirmed(request, books),
        ),
      reload: (settings, entry, { by, why }) =>
        askInside(
          inside,
          () => ({ ok: true, entries: [{ kind: 'settings_reloaded', ...entry, by, why }] }),
          undefined,
          () => {
            ports = portsOf({ ...deps, ...settings });
            inForce = settings.policy;
            loop.repace(paceOf(settings));
          },
        ),
      books: () => memory.books,
      livingNodes: (fleet) => [...nodesOf(memory.books, fleet)].filter(isAlive).length,
      stopAsked: asked.promise,
      lastReport: () => last,
      overview: () => watcher.overview(memory.books),
      history: watcher.history,
      health: () => healthOf(loop.health(), deps.lease.held(), last !== null),
      stop: async (options) => {
        stopping = true;
        return (await loop.stop(options)) ?? last;
      },
    },
  };
};
