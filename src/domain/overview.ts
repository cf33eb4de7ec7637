// What the status page and `status --watch` show: the last report without what grows with the number of nodes, and a day
// back and a day ahead as steps. Plain values; what is not known is null or missing, never guessed.
import type { CentsPerNodeHour, CentSeconds } from './money.ts';
import type { Decision, FleetTotals, Guard, TickReport } from './report.ts';
import type { DurationMs, UnixMs } from './time.ts';

/** Money of a fleet, or of the process, in the calendar day and month of its budget's zone: settled where known, else at its limit. */
export interface SpendingReport {
  /** Fleet name, or `process`. */
  readonly budget: string;
  readonly today: CentSeconds;
  readonly month: CentSeconds;
  readonly todayEndsMs: UnixMs;
  readonly monthEndsMs: UnixMs;
}

/** `did`: sent or, in a dry run, what would be. `held_back`: a guard refused. `note`: nothing is done, for a reason. */
export type SaidKind = 'did' | 'held_back' | 'note' | 'refused' | 'unknown';

/** Equal decisions about several nodes, told once; one that stands from tick to tick is one line with a later `untilMs`. */
export interface Said {
  readonly kind: SaidKind;
  readonly fromMs: UnixMs;
  readonly untilMs: UnixMs;
  readonly fleet: string;
  readonly action: Decision['action'];
  readonly zone: string | null;
  readonly nodes: number;
  /** The node's name where it is about one. */
  readonly name: string | null;
  readonly limit: CentsPerNodeHour | null;
  readonly guard: Guard | null;
  readonly reason: string;
  readonly why: string;
}

/** Alarms with one code and one fleet, told once: `text` is the newest one's. */
export interface AlarmGroup {
  readonly code: string;
  readonly fleet: string | null;
  readonly text: string;
  readonly count: number;
}

export interface Overview extends Omit<
  TickReport,
  'nodes' | 'totals' | 'fleetTotals' | 'decisions' | 'sent' | 'entries' | 'alarms'
> {
  /** Number of the report in this run of the daemon: 1, 2, 3 … */
  readonly tick: number;
  readonly nodes: number;
  readonly alarms: readonly AlarmGroup[];
  readonly spending: readonly SpendingReport[];
  readonly totals: readonly FleetSums[];
  /** The newest decisions of all fleets, newest first, and at least the newest one of each fleet. */
  readonly said: readonly Said[];
}

/** Sums since the ledger began. */
export interface FleetSums {
  readonly fleet: string;
  readonly committed: CentSeconds;
  readonly accrued: CentSeconds;
  readonly settled: CentSeconds;
  /** Null until the venue was seen. */
  readonly obtainedGpuHours: number | null;
  /** What the same hours would have cost otherwise; null while nothing is known of the fleet. */
  readonly references: FleetTotals['references'] | null;
}

/** Steps of one fleet: from `atMs[i]` on, the other values at `i` hold until the next. Null is not known. */
export interface FleetPast {
  readonly atMs: readonly UnixMs[];
  readonly wantedGpus: readonly (number | null)[];
  readonly heldGpus: readonly (number | null)[];
  /** The highest limit in force; null also where nothing stands. */
  readonly limit: readonly (CentsPerNodeHour | null)[];
  readonly ceiling: readonly (CentsPerNodeHour | null)[];
}

/** From `atMs` on, `gpus`. */
export interface GpuStep {
  readonly atMs: UnixMs;
  readonly gpus: number;
}

export interface FleetHistory {
  readonly fleet: string;
  readonly zones: readonly string[] | 'any';
  readonly past: FleetPast;
  /** What the schedule wants from now on, by step. */
  readonly wantedAhead: readonly GpuStep[];
  /** GPUs whose time is bought, from now on, by step: what stays if nothing more is bought. */
  readonly paidAhead: readonly GpuStep[];
}

export interface AskHistory {
  readonly zone: string;
  readonly atMs: readonly UnixMs[];
  /** Null: nothing was for sale. */
  readonly ask: readonly (CentsPerNodeHour | null)[];
}

/** Time nobody looked at the venue: what was held then is not known. */
export interface Blind {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly why: 'not_running' | 'no_look' | 'silent';
}

export interface History {
  readonly fromMs: UnixMs;
  readonly nowMs: UnixMs;
  readonly toMs: UnixMs;
  /** Values within one slot of this length are one step: the last of them. */
  readonly slotMs: DurationMs;
  readonly fleets: readonly FleetHistory[];
  readonly asks: readonly AskHistory[];
  readonly blind: readonly Blind[];
}
