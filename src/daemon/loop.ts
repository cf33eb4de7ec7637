// The loop: node-cron paces the ticks in UTC (its clock-change trap does not exist there), never two at once; a monotonic
// watchdog ticks when the pace was lost, wakes for edges and for what others wrote to the ledger, and tells when a tick
// hangs. A falling leader or a failing venue stops nothing: the next tick looks again.
import { schedule, type ScheduledTask } from 'node-cron';
import type { TickReport } from '../domain/report.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { FundsWatch } from './funds-watch.ts';
import type { MarketWatch } from './market-watch.ts';
import type { Settlement } from './settlement.ts';
import type { SnapshotKeeper } from './snapshots.ts';
import type { TickMemory, TickOptions } from './tick.ts';

export interface LoopPace {
  /** node-cron text with seconds, UTC, real time. */
  readonly pace: string;
  /** Real time. */
  readonly paceGapMs: DurationMs;
  readonly tickDeadlineMs: DurationMs;
}

export interface LoopDeps extends LoopPace {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'head'>;
  readonly memory: TickMemory;
  readonly marketWatch: MarketWatch;
  readonly settlement: Settlement;
  readonly snapshots: Pick<SnapshotKeeper, 'poll'>;
  readonly funds: Pick<FundsWatch, 'poll'>;
  readonly tick: (options?: TickOptions) => Promise<TickReport>;
  readonly onReport: (report: TickReport) => void;
  /** A tick rejected: a programmer's fault. From then on nothing is bought, and looking goes on. */
  readonly onFault: (error: unknown) => void;
  /** Real time. */
  readonly heartbeatMs: DurationMs;
}

/** A tick may be late by this share of its pace before the watchdog steps in. */
const PATIENCE = 2;
/** Real time the first tick waits for the venue's zones. */
const FIRST_ZONES_WITHIN_MS = 1000;
/** Real time that stopping may take in all. */
const STOP_WITHIN_MS = 8000;

export type LoopHealth = { readonly ok: true } | { readonly ok: false; readonly why: string };

export interface Loop {
  readonly start: () => void;
  readonly health: () => LoopHealth;
  /** Another pace from now on; a running tick ends as it is. */
  readonly repace: (pace: LoopPace) => void;
  /** Ends the pace and waits for the running tick; with `withdraw` one last tick takes back waiting bids. */
  readonly stop: (options: { withdraw: boolean }) => Promise<TickReport | null>;
}

export const createLoop = (deps: LoopDeps): Loop => {
  const { clock } = deps;
  let running: { readonly sinceMs: DurationMs; readonly done: Promise<void> } | null = null;
  let lastEndedMs = clock.monotonic();
  let wakeAtMs: UnixMs | null = null;
  let lastWakeMs: UnixMs | null = null;
  let stopping = false;
  let faulty: string | null = null;
  let pace: LoopPace = deps;
  let task: ScheduledTask | null = null;
  let heart: NodeJS.Timeout | null = null;

  const turn = async (options: TickOptions): Promise<TickReport | null> => {
    try {
      const report = await deps.tick(options);
      wakeAtMs = report.wakeAtMs;
      deps.onReport(report);
      deps.marketWatch.poll(deps.memory.quoteWants);
      return report;
    } catch (error) {
      faulty = error instanceof Error ? error.message : String(error);
      deps.memory.books.contradiction ??= `a tick failed for a fault of the program: ${faulty}`;
      deps.onFault(error);
      return null;
    }
  };

  const run = (options: TickOptions = {}): Promise<TickReport | null> => {
    const turned = turn(options);
    const done = turned.then(() => {
      running = null;
      lastEndedMs = clock.monotonic();
    });
    running = { sinceMs: clock.monotonic(), done };
    return turned;
  };

  /** The first tick knows the zones, unless the venue is slow to tell them. */
  const firstRun = async (): Promise<void> => {
    deps.marketWatch.poll([]);
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, FIRST_ZONES_WITHIN_MS).unref();
    });
    await Promise.race([deps.marketWatch.idle(), late]);
    if (mayRun()) await run();
  };

  const mayRun = (): boolean => running === null && !stopping;

  const beat = (): void => {
    if (!mayRun()) return;
    deps.marketWatch.poll(deps.memory.quoteWants);
    deps.settlement.poll(deps.memory.books);
    deps.snapshots.poll();
    deps.funds.poll();
    if (isDue()) void run();
  };

  const isDue = (): boolean => {
    if (clock.monotonic() - lastEndedMs > PATIENCE * pace.paceGapMs) return true;
    if (wakeAtMs !== null && clock.now() >= wakeAtMs && wakeAtMs !== lastWakeMs) {
      lastWakeMs = wakeAtMs;
      return true;
    }
    try {
      return deps.ledger.head() !== deps.memory.books.seq;
    } catch {
      return false;
    }
  };

  const paced = (): ScheduledTask =>
    schedule(
      pace.pace,
      () => {
        if (mayRun()) void run();
      },
      { timezone: 'UTC', noOverlap: false },
    );

  return {
    start: () => {
      task = paced();
      heart = setInterval(beat, deps.heartbeatMs);
      void firstRun();
    },
    health: () => {
      if (faulty !== null) return { ok: false, why: `a tick failed for a fault of the program: ${faulty}` };
      const now = clock.monotonic();
      if (running !== null && now - running.sinceMs > PATIENCE * pace.tickDeadlineMs) {
        return { ok: false, why: 'a tick outlived its deadline' };
      }
      const quiet = PATIENCE * (pace.paceGapMs + pace.tickDeadlineMs);
      return running === null && now - lastEndedMs > quiet
        ? { ok: false, why: 'ticks have stopped' }
        : { ok: true };
    },
    repace: (next) => {
      const changed = next.pace !== pace.pace;
      pace = next;
      if (task === null || stopping || !changed) return;
      void task.stop();
      task = paced();
    },
    stop: async ({ withdraw }) => {
      stopping = true;
      await task?.stop();
      if (heart !== null) clearInterval(heart);
      const until = new Promise<'late'>((resolve) => {
        setTimeout(() => resolve('late'), STOP_WITHIN_MS).unref();
      });
      const ended = running === null ? 'ended' : await Promise.race([running.done, until]);
      if (ended === 'late' || !withdraw) return null;
      const last = await Promise.race([run({ stopping: true }), until]);
      return last === 'late' ? null : last;
    },
  };
};
