// The settings as values: what the pure core needs to know of a fleet and of the process. Only the settings room makes
// them; everything here has been checked (a ceiling under the hard cap, steps of at least 8 cents, and so on).
import type { Cents, CentsPerNodeHour } from './money.ts';
import type { HoldKind } from './node.ts';
import type { DurationMs, UnixMs } from './time.ts';

/** A share in basis points (1/10,000), so that `2%` is exact. */
export type BasisPoints = number;

/** One scheduled window: from each match of `from` (cron text, 5 fields, in the fleet's zone) for `forMs` elapsed time. */
export interface ScheduleWindow {
  readonly from: string;
  readonly forMs: DurationMs;
  readonly gpus: number;
  /** Nodes are wanted this much earlier than the window begins, so that they are up in time. */
  readonly leadMs: DurationMs;
}

export interface Schedule {
  readonly timeZone: string;
  readonly baseGpus: number;
  readonly windows: readonly ScheduleWindow[];
}

/** A budget: whole cents for each period that is limited; a missing period is not limited. */
export interface Budget {
  readonly hour?: Cents;
  readonly day?: Cents;
  readonly week?: Cents;
  readonly month?: Cents;
}

export type BudgetPeriod = keyof Budget;
export const BUDGET_PERIODS: readonly BudgetPeriod[] = ['hour', 'day', 'week', 'month'];

/** Staged actions, in the order in which they are taken; each holds until its period ends, with those before it. */
export const BUDGET_STAGES = ['notify', 'stop_raising', 'stop_buying', 'let_end', 'release'] as const;
export type BudgetStage = (typeof BUDGET_STAGES)[number];
/** The share of a day's, week's or month's budget at which each action is taken; a missing one is never taken. Never falls from stage to stage. */
export type BudgetStages = Readonly<Partial<Record<BudgetStage, BasisPoints>>>;

export interface LadderPolicy {
  readonly strategy: 'ladder';
  /** Anchor at the quote plus this share; null: the climb always starts at `startElse`. */
  readonly quotePlus: BasisPoints | null;
  /** Where a climb starts without a quote, a multiple of 8 not above the ceiling. */
  readonly startElse: CentsPerNodeHour;
  /** How long a quote is waited for before `startElse` is used. */
  readonly elseAfterMs: DurationMs;
  readonly step: CentsPerNodeHour;
  readonly everyMs: DurationMs;
  /** The user's ceiling as written; limits derived from it are rounded down to 8 cents. */
  readonly ceiling: CentsPerNodeHour;
}

/** What the ladder needs, for when there are no quotes, and what being without a node is worth. */
export interface FollowPolicy extends Omit<LadderPolicy, 'strategy'> {
  readonly strategy: 'follow';
  /** What losing a running node costs, as time at the ceiling. */
  readonly interruptionMs: DurationMs;
}

export type BidPolicy = LadderPolicy | FollowPolicy;

export interface NodePolicy {
  readonly imageId: string | null;
  /** Base64, as the venue takes it. Never logged and never in the ledger. */
  readonly cloudInit: string | null;
  /** SHA-256 of the cloud-init body, hex; what the ledger keeps. */
  readonly cloudInitHash: string | null;
  readonly forward443: boolean;
}

/** A job with a deadline: so much useful time of nodes until an instant, whenever it is cheap. */
export interface JobPolicy {
  readonly name: string;
  /** Useful node-milliseconds. */
  readonly needMs: number;
  readonly byMs: UnixMs;
  /** The most nodes it uses at once. */
  readonly nodes: number;
}

export interface FleetPolicy {
  readonly name: string;
  readonly gpu: string;
  readonly zones: readonly string[] | 'any';
  readonly schedule: Schedule;
  /** Jobs that want nodes on top of the schedule's. */
  readonly jobs: readonly JobPolicy[];
  readonly hold: HoldKind;
  /** Reserved only: length of a bought block, a multiple of an hour. */
  readonly blockMs: DurationMs;
  readonly bid: BidPolicy;
  /** Bid policies that only watch: their cost is counted and nothing is bought. */
  readonly shadows: readonly BidPolicy[];
  readonly budget: Budget;
  /** Absent: the budget is a hard stop and nothing else. */
  readonly budgetStages?: BudgetStages;
  /** The period over whose wanted hours the rest of the budget is spread; absent: none. */
  readonly pacing?: BudgetPeriod;
  readonly surgeNodes: number;
  readonly spread: 'one_zone' | 'free';
  readonly bootLimitMs: DurationMs;
  readonly replaceUnhealthy: boolean;
  readonly extendLeadMs: DurationMs;
  readonly node: NodePolicy;
}

export interface ProcessLimits {
  readonly ceiling: CentsPerNodeHour | null;
  readonly nodes: number | null;
  readonly purchasesPerHour: number;
  readonly raisesPerHour: number;
  readonly budget: Budget;
  readonly budgetStages?: BudgetStages;
  readonly pacing?: BudgetPeriod;
  /** The zone in which the process budget's periods begin. */
  readonly timeZone: string;
}

/** Everything the pure core reads of the settings. Durations are in the clock port's time; those named `real` are not. */
export interface Policy {
  readonly mode: 'live' | 'dry_run';
  readonly namePrefix: string;
  readonly repost: 'never' | 'same_name';
  readonly quarantineMs: DurationMs;
  readonly lookMaxAgeMs: DurationMs;
  readonly quoteFreshMs: DurationMs;
  readonly quoteUsableMs: DurationMs;
  /** A price outside these shares of the ceiling cannot be explained, so nothing is bought at it. */
  readonly priceBand: { readonly low: BasisPoints; readonly high: BasisPoints };
  /** The most that our clock and the venue's Date may differ before nothing is bought. */
  readonly clockSkewMs: DurationMs;
  /** The longest time to the next look that can be assured: two turns of the pace plus what a turn may take. */
  readonly lookGapMs: DurationMs;
  /** Each zone's price is asked for at least this often; null: only as far as purchases need it. */
  readonly askEveryMs: DurationMs | null;
  readonly limits: ProcessLimits;
  /** A node is let go this long before the edge of its paid time at the latest, so that whoever drains it has that long. */
  readonly releaseLeadMs: DurationMs;
  /** Names or ids of nodes about which no request is ever sent and which nobody can hand over. */
  readonly neverTouch: readonly string[];
  readonly fleets: readonly FleetPolicy[];
}

/** What is wanted of one fleet at an instant, and when that changes next. */
export interface Desired {
  readonly fleet: string;
  readonly gpus: number;
  readonly nodes: number;
  readonly nextChangeMs: UnixMs | null;
}
