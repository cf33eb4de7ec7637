// What one tick tells the outside: plain values from which metrics, logs, `plan` and `status` are made. Totals come from
// the ledger's books and never fall; the rest describes this tick alone.
import type { AccountCategory, PaymentRuleSeen, SpendOwner } from './account.ts';
import type { ChangeKind, Outcome } from './change.ts';
import type { EntryKind, ReleaseReason, Seq } from './entry.ts';
import type { Cents, CentsPerNodeHour, CentSeconds } from './money.ts';
import type { HoldKind } from './node.ts';
import type { BasisPoints, BudgetPeriod, BudgetStage } from './policy.ts';
import type { DurationMs, UnixMs } from './time.ts';

/** The guards at the spending gate, by the name metrics use. */
export const GUARDS = [
  'budget',
  'ceiling',
  'hard_cap',
  'pause',
  'dry_run',
  'not_leader',
  'rate',
  'stale_look',
  'price_band',
  'surge',
  'unowned',
  'funds',
  'breaker',
  'clock_skew',
  'contradiction',
] as const;
export type Guard = (typeof GUARDS)[number];

/** What the bought hours are compared with: what they would have cost at the ceiling, at one and a half times the ask at their start, or as blocks. */
export const REFERENCES = ['ceiling', 'vendor_default', 'all_reserved'] as const;
export type Reference = (typeof REFERENCES)[number];

export const NODE_STATES = ['waiting', 'running', 'releasing', 'unhealthy', 'unknown'] as const;
export type NodeState = (typeof NODE_STATES)[number];

export const PURCHASE_OUTCOMES = [
  'filled',
  'refused_price',
  'refused_capacity',
  'refused_funds',
  'refused_request',
  'unknown',
] as const;
export type PurchaseOutcome = (typeof PURCHASE_OUTCOMES)[number];

/** One thing the plan wanted (or wanted not) to do, and what the guard said. */
export interface Decision {
  readonly fleet: string;
  /** `none`: nothing is done for a reason worth saying. */
  readonly action: ChangeKind | 'repost' | 'renew' | 'none';
  readonly zone: string | null;
  readonly name: string | null;
  readonly limit: CentsPerNodeHour | null;
  /** Null: passed. */
  readonly refusedBy: Guard | null;
  /** A short closed-set word for metrics: `shortfall`, `climb`, `edge`, `surplus` … */
  readonly reason: string;
  /** Words and numbers for a person at 3 a.m. */
  readonly why: string;
}

/** What became of a change that was sent. */
export interface Sent {
  readonly intent: Seq;
  readonly fleet: string;
  readonly name: string;
  readonly change: ChangeKind;
  readonly outcome: Outcome;
  readonly tookMs: DurationMs;
}

/** Integrals of one fleet in one zone with one kind of hold; all only grow. */
export interface ZoneTotals {
  readonly fleet: string;
  readonly zone: string;
  readonly hold: HoldKind;
  readonly gpu: string;
  readonly committed: CentSeconds;
  readonly accrued: CentSeconds;
  readonly settled: CentSeconds;
  /**
   * Time with a VM running, up to the last look that showed it. Null after a start until the first look: what was obtained
   * since the last entry is not known yet, and a counter may not fall.
   */
  readonly obtainedNodeSeconds: number | null;
  /** Time in settled orders. */
  readonly paidNodeSeconds: number;
}

export interface FleetTotals {
  readonly fleet: string;
  readonly targetNodeSeconds: number;
  readonly overrun: CentSeconds;
  readonly refunded: CentSeconds;
  readonly purchases: Readonly<Record<PurchaseOutcome, number>>;
  readonly releases: Readonly<Partial<Record<ReleaseReason, number>>>;
  readonly bidChanges: readonly {
    readonly direction: 'up' | 'down';
    readonly reason: string;
    readonly count: number;
  }[];
  readonly interruptions: readonly {
    readonly zone: string;
    readonly cause: 'outbid' | 'failed';
    readonly count: number;
  }[];
  readonly references: Readonly<Record<Reference, CentSeconds>>;
  /** Strategies that only watch: what they would have paid and got. */
  readonly shadows: readonly {
    readonly strategy: string;
    readonly cost: CentSeconds;
    readonly nodeSeconds: number;
  }[];
}

export interface BudgetReport {
  /** Fleet name, or `process`. */
  readonly budget: string;
  readonly period: BudgetPeriod;
  readonly limit: Cents;
  /** Settled where the venue's records are known, else bought time at its limit. */
  readonly spent: CentSeconds;
  /** Put aside for what is asked, waiting, unknown or about to renew. */
  readonly earmarked: CentSeconds;
  /** What will probably be spent by the end of the period; not bounded by the limit. */
  readonly forecast: CentSeconds;
  /** The most that an hour may cost for the rest to last, where this budget is paced; null where it is not, or all is bought. */
  readonly pace: CentsPerNodeHour | null;
  readonly periodEndMs: UnixMs;
  /** The staged actions of its settings, in their order. */
  readonly stages: readonly {
    readonly stage: BudgetStage;
    readonly share: BasisPoints;
    /** It holds to the end of the period. */
    readonly holds: boolean;
    /** Null: not reached in this period. */
    readonly reachedAtMs: UnixMs | null;
  }[];
}

/** The account's prepaid money and how long it lasts. */
export interface FundsReport {
  readonly available: Cents;
  readonly current: Cents;
  readonly readAtMs: UnixMs;
  /** What an hour takes: our nodes at their limits, or what the balance was seen to fall by where that is more. */
  readonly perHour: Cents;
  /** Null while nothing is spent. */
  readonly runwayMs: DurationMs | null;
  /** The runway is under the bound of the settings. */
  readonly low: boolean;
  readonly lowMs: DurationMs;
}

/** A stage of a budget at the moment it is reached: said once a period. */
export interface StageReport {
  /** Fleet name, or `process`. */
  readonly budget: string;
  /** Null: the budget of the process. */
  readonly fleet: string | null;
  readonly period: BudgetPeriod;
  readonly stage: BudgetStage;
  readonly share: BasisPoints;
  readonly limit: Cents;
  /** Spent and put aside, rounded up. */
  readonly used: Cents;
  readonly periodEndMs: UnixMs;
  readonly text: string;
}

export interface NodeReport {
  readonly name: string;
  readonly nodeId: string | null;
  readonly fleet: string;
  readonly zone: string;
  readonly hold: HoldKind;
  readonly state: NodeState;
  readonly limit: CentsPerNodeHour;
  readonly endAtMs: UnixMs | null;
}

export interface FleetReport {
  readonly fleet: string;
  readonly gpu: string;
  readonly hold: HoldKind;
  readonly strategy: string;
  readonly wantedGpus: number;
  readonly wantedNodes: number;
  readonly nextChangeMs: UnixMs | null;
  /** The target that a person set; null while the schedule says it. */
  readonly override: {
    readonly gpus: number;
    readonly untilMs: UnixMs;
    readonly by: string;
    readonly why: string;
  } | null;
  /** Usable now: running nodes, releasing ones included. */
  readonly runningNodes: number;
  readonly states: readonly {
    readonly zone: string;
    readonly hold: HoldKind;
    readonly state: NodeState;
    readonly nodes: number;
  }[];
  readonly unknownPurchases: number;
  readonly unownedNodes: number;
  /** 0 when the target is met. */
  readonly shortfallSinceMs: UnixMs;
  /** The highest limit in force on a standing bid or held node; null without one. */
  readonly limit: CentsPerNodeHour | null;
  readonly ceiling: CentsPerNodeHour;
  /** Steps of the current climb above its start. */
  readonly bidStep: number;
  /** Cents per hour at the limits in force, of nodes that are running. */
  readonly spendRate: Cents;
  /** Cents per hour that held autoreserved nodes would go on costing at most with nobody watching. */
  readonly unattendedRate: Cents;
  /** Worst-case money promised to hours that have not begun. */
  readonly promised: CentSeconds;
  readonly earliestEndMs: UnixMs | null;
  readonly jobs: readonly JobReport[];
}

/** Where a job with a deadline stands. */
export interface JobReport {
  readonly job: string;
  readonly mode: 'done' | 'over' | 'firm' | 'learnt' | 'worst_case';
  /** Useful node-milliseconds. */
  readonly needNodeMs: number;
  readonly doneNodeMs: number;
  readonly byMs: UnixMs;
  readonly wantedNodes: number;
  readonly workingNodes: number;
  /** Asks at or under which nodes are started and kept, cents per node-hour; null where the ask does not decide. */
  readonly startAtMost: number | null;
  readonly keepAtMost: number | null;
  /** Expected cost of the rest, cents; null while too little is recorded. */
  readonly forecastCents: number | null;
  readonly finishMs: UnixMs | null;
  /** Probability that the rest is bought here, without capacity from elsewhere; 0 to 1. */
  readonly insideProbability: number | null;
  /** Node-milliseconds that can no longer be done here before the deadline. */
  readonly missingNodeMs: number;
}

export interface MarketReport {
  readonly zone: string;
  readonly gpu: string;
  readonly ask: CentsPerNodeHour | null;
  /** Median of the asks of the last hour of quotes, quotes without one left out; null when there was none. */
  readonly median: CentsPerNodeHour | null;
  readonly askedAtMs: UnixMs;
}

/** How late something comes. */
export interface Lateness {
  readonly count: number;
  /** Half, and nine of ten, came within this: upper bounds of fixed steps, never above the latest of all. */
  readonly halfMs: DurationMs;
  readonly ninetyMs: DurationMs;
  readonly mostMs: DurationMs;
}

export interface Fill {
  readonly fleet: string;
  readonly hold: HoldKind;
  readonly atMs: UnixMs;
  /** Since the first ask. */
  readonly afterMs: DurationMs;
  /** As it was accrued. */
  readonly price: CentsPerNodeHour;
}

/** The account by the venue's transactions since the ledger began, whoever caused them. */
export interface AccountReport {
  /** The time of the newest transaction. */
  readonly readToMs: UnixMs;
  /** Gross, in the direction that is usual for the category; these only grow, and so does `takenBack`. */
  readonly billed: Readonly<Record<AccountCategory, Cents>>;
  /** What changed and vanished records took off the sums above. */
  readonly takenBack: Cents;
  /** Net cost of buy orders by whose they are. */
  readonly spend: Readonly<Record<SpendOwner, Cents>>;
  /** Accrued by all fleets minus what is ours of the spend. */
  readonly drift: CentSeconds;
}

export interface MoneyReport {
  readonly rule: PaymentRuleSeen;
  /** Answers to changes, fills after the first ask, records of what was bought; null before the first. */
  readonly lateness: Readonly<Record<'answers' | 'fills' | 'records', Lateness | null>>;
  /** Accrued minus settled. */
  readonly drift: readonly { readonly fleet: string; readonly cost: CentSeconds }[];
  /** Null before the first transaction was read. */
  readonly account: AccountReport | null;
  /** Fills since the ledger began, and the last of them, oldest first. */
  readonly fills: { readonly count: number; readonly last: readonly Fill[] };
}

/** How a tick ended. */
export type TickEnd =
  | 'done'
  /** The venue could not be listed: nothing was bought on old knowledge. */
  | 'no_look'
  /** Another writer appended to the ledger; the next tick decides anew. */
  | 'moved'
  /** The ledger could not be written. */
  | 'ledger_failed'
  /** This process does not hold the lease. */
  | 'not_leader'
  | 'deadline';

export interface TickReport {
  readonly atMs: UnixMs;
  readonly end: TickEnd;
  /** Words for the end when it is not `done`. */
  readonly problem: string | null;
  readonly mode: 'live' | 'dry_run';
  readonly paused: boolean;
  /** Who stopped what adds spend, why and since when; null while nobody did. With `drain` nodes are also let go. */
  readonly pause: {
    readonly by: string;
    readonly why: string;
    readonly atMs: UnixMs;
    readonly drain: boolean;
    readonly acknowledged: boolean;
  } | null;
  /** Why the breaker is open; null when it is closed. */
  readonly breaker: string | null;
  /** Books that contradict themselves; null when they do not. */
  readonly contradiction: string | null;
  readonly fleets: readonly FleetReport[];
  readonly nodes: readonly NodeReport[];
  readonly totals: readonly ZoneTotals[];
  readonly fleetTotals: readonly FleetTotals[];
  readonly budgets: readonly BudgetReport[];
  /** Stages of budgets that were reached in this very tick, in their order: each is said once a period. */
  readonly stagesReached: readonly StageReport[];
  /** Null until the balance was read, and when the reading is too old. */
  readonly funds: FundsReport | null;
  readonly money: MoneyReport;
  readonly market: readonly MarketReport[];
  readonly decisions: readonly Decision[];
  readonly sent: readonly Sent[];
  /** Live nodes with our prefix that the ledger does not own, of whatever fleet. */
  readonly unownedNodes: number;
  /** Entries written in this tick, by kind. */
  readonly entries: Readonly<Partial<Record<EntryKind, number>>>;
  /** Alarms a person should read: wrong goods, overrun, unknown purchases, unowned nodes … */
  readonly alarms: readonly { readonly code: string; readonly fleet: string | null; readonly text: string }[];
  /** Real milliseconds by stage. */
  readonly stages: Readonly<Record<'observe' | 'decide' | 'act' | 'persist', DurationMs>>;
  /** The next instant at which something has to be looked at (an edge, a schedule change); null when nothing is known. */
  readonly wakeAtMs: UnixMs | null;
}
