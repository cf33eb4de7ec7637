// What the ledger holds: facts in the past tense, never changed and never removed. The number of an intent's entry is the
// intent's identity; the number of a create intent is also the identity of the node it may have made (`node` below).
// Every amount a later reader needs is in the entry itself, so that the same entries always fold to the same books.
import type { SeenTransaction } from './account.ts';
import type { ChangeKind, RefusalCode, UnknownCause } from './change.ts';
import type { Cents, CentsPerNodeHour } from './money.ts';
import type { HoldKind, SeenNode } from './node.ts';
import type { BasisPoints, BidPolicy, BudgetPeriod, BudgetStage } from './policy.ts';
import type { DurationMs, UnixMs } from './time.ts';

/** The number of an entry: 1, 2, 3 … without gaps. */
export type Seq = number;

/** The look and the quote a decision was based on. */
export interface Basis {
  readonly lookAtMs: UnixMs;
  readonly ask: CentsPerNodeHour | null;
  readonly askedAtMs: UnixMs | null;
}

export interface LedgerOpened {
  readonly kind: 'ledger_opened';
  /** Four characters that make this ledger's node names its own. */
  readonly ledgerId: string;
  readonly namePrefix: string;
}

export interface DaemonStarted {
  readonly kind: 'daemon_started';
  readonly version: string;
  readonly mode: 'live' | 'dry_run';
  /** SHA-256 of the effective settings without secrets, hex. */
  readonly settingsHash: string;
}

/** A running daemon took changed settings over. */
export interface SettingsReloaded {
  readonly kind: 'settings_reloaded';
  /** SHA-256 of the effective settings that are in force from here on, hex. */
  readonly settingsHash: string;
  /** One changed key a line, old and new value; nothing secret. */
  readonly changes: readonly string[];
  readonly by: string;
  readonly why: string;
}

/** Wanted and running nodes of a fleet changed; their integrals over time are exact between two of these. */
export interface CoverageChanged {
  readonly kind: 'coverage_changed';
  readonly fleet: string;
  readonly wantedNodes: number;
  readonly runningNodes: number;
  /** Usable nodes that work for each job; missing where none does. */
  readonly jobs?: Readonly<Record<string, number>>;
}

/** The level of a fleet's climb in a zone moved. */
export interface ClimbMoved {
  readonly kind: 'climb_moved';
  readonly fleet: string;
  readonly zone: string;
  readonly level: CentsPerNodeHour;
  readonly reason: 'started' | 'stepped' | 'reanchored';
  readonly ask: CentsPerNodeHour | null;
  /** When the quote behind it was asked for; null without a quote. */
  readonly askedAtMs: UnixMs | null;
}

/** From here on bought time is compared with these prices. */
export interface ReferencesChanged {
  readonly kind: 'references_changed';
  readonly fleet: string;
  readonly ceiling: CentsPerNodeHour;
  /** The cheapest ask of a reserved block in the fleet's zones; null while none was quoted. */
  readonly block: CentsPerNodeHour | null;
}

/** A strategy that only watches would have bought this; nothing was sent. */
export interface ShadowBought {
  readonly kind: 'shadow_bought';
  readonly fleet: string;
  readonly strategy: BidPolicy['strategy'];
  readonly zone: string;
  readonly nodes: number;
  /** How many of them are starts, each of which wastes its boot; the others go on running. */
  readonly starts: number;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly limit: CentsPerNodeHour;
  /** Null: not known then. */
  readonly ask: CentsPerNodeHour | null;
  /** What an hour of it is counted at. */
  readonly price: CentsPerNodeHour;
}

export interface CreateIntended {
  readonly kind: 'create_intended';
  readonly name: string;
  readonly fleet: string;
  readonly slot: number;
  readonly generation: number;
  readonly zone: string;
  readonly gpu: string;
  readonly hold: HoldKind;
  readonly limit: CentsPerNodeHour;
  readonly startAtMs: UnixMs | null;
  readonly endAtMs: UnixMs | null;
  readonly cloudInitHash: string | null;
  readonly basis: Basis;
  readonly why: string;
}

/** The same name is sent again because an answer was lost; only where the venue refuses a double. */
export interface RepostIntended {
  readonly kind: 'repost_intended';
  readonly node: Seq;
  readonly name: string;
  readonly limit: CentsPerNodeHour;
  readonly basis: Basis;
  readonly why: string;
}

export interface RaiseIntended {
  readonly kind: 'raise_intended';
  readonly node: Seq;
  readonly procurementId: string;
  readonly from: CentsPerNodeHour;
  readonly to: CentsPerNodeHour;
  readonly reason: 'climb' | 'reanchor' | 'edge' | 'park';
  readonly basis: Basis;
  readonly why: string;
}

export interface ExtendIntended {
  readonly kind: 'extend_intended';
  readonly node: Seq;
  readonly nodeId: string;
  readonly endBeforeMs: UnixMs;
  readonly endAfterMs: UnixMs;
  readonly limit: CentsPerNodeHour;
  readonly basis: Basis;
  readonly why: string;
}

export type ReleaseReason =
  | 'surplus'
  | 'paused'
  | 'above_ceiling'
  | 'budget'
  | 'replace'
  | 'wrong_goods'
  | 'unhealthy'
  | 'stop'
  | 'drain';

export interface ReleaseIntended {
  readonly kind: 'release_intended';
  readonly node: Seq;
  readonly nodeId: string;
  readonly reason: ReleaseReason;
  readonly why: string;
}

export interface DeleteIntended {
  readonly kind: 'delete_intended';
  readonly node: Seq;
  readonly nodeId: string;
  readonly why: string;
}

export interface ChangeAccepted {
  readonly kind: 'change_accepted';
  readonly intent: Seq;
  readonly change: ChangeKind;
  readonly node: SeenNode | null;
  /** A limit read back in the answer. */
  readonly limit: CentsPerNodeHour | null;
  /** Best estimate of the price of time that the answer shows as bought. */
  readonly estimate: CentsPerNodeHour | null;
}

export interface ChangeRefused {
  readonly kind: 'change_refused';
  readonly intent: Seq;
  readonly change: ChangeKind;
  readonly code: RefusalCode;
  readonly status: number | null;
  readonly message: string;
}

export interface ChangeUnknown {
  readonly kind: 'change_unknown';
  readonly intent: Seq;
  readonly change: ChangeKind;
  readonly cause: UnknownCause;
  readonly status: number | null;
  readonly message: string;
}

/** A look showed a node of ours differently than before. */
export interface NodeSeen {
  readonly kind: 'node_seen';
  readonly node: Seq;
  readonly seen: SeenNode;
  readonly estimate: CentsPerNodeHour | null;
  /** True when the look before this one was recent, so that a moved `end_at` tells when the venue renews. */
  readonly watched: boolean;
}

/** A procurement of ours was read: the limit in force and how far ahead the venue buys. */
export interface ProcurementSeen {
  readonly kind: 'procurement_seen';
  readonly node: Seq;
  readonly procurementId: string;
  readonly limit: CentsPerNodeHour | null;
  readonly horizonMs: DurationMs | null;
}

/** An intent whose answer was lost is proved to have had no effect. */
export interface IntentVoided {
  readonly kind: 'intent_voided';
  readonly intent: Seq;
  readonly proof:
    | 'absent_after_quarantine'
    | 'name_refused_never_found'
    | 'end_unmoved_after_quarantine'
    /** A person says that the venue never made it, and two looks do not show it. */
    | 'acknowledged_absent';
}

/** The complete list of proofs that a node has ended (DESIGN, promise 6). */
export type EndProof = 'terminated' | 'deleted' | 'failed' | 'deleted_by_us' | 'reservation_over';

export interface NodeEnded {
  readonly kind: 'node_ended';
  readonly node: Seq;
  readonly proof: EndProof;
}

/** The next hour of these nodes was looked at, found affordable and wanted, and let through. */
export interface RenewalsAuthorised {
  readonly kind: 'renewals_authorised';
  readonly untilMs: UnixMs;
  readonly nodes: readonly Seq[];
}

/** One executed buy order of the venue. A later record of the same order replaces the sum of the earlier one. */
export interface OrderSettled {
  readonly kind: 'order_settled';
  readonly orderId: string;
  readonly node: Seq;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly cost: Cents;
}

/**
 * One executed buy order for several nodes at once, split by the node-seconds that each had of it. The shares and the rest
 * add up to `cost`; the rest is what nodes took that are not ours. A later record of the same order replaces the earlier.
 */
export interface OrderSplit {
  readonly kind: 'order_split';
  readonly orderId: string;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly cost: Cents;
  readonly shares: readonly { readonly node: Seq; readonly cost: Cents }[];
  readonly rest: Cents;
}

/**
 * Money that came back for a node: `refund` of a buy order of its, or a `sale` of bought time (then `orderId` is the sell
 * order). `amount` is all that came back on that order so far: a later record replaces the earlier one.
 */
export interface MoneyReturned {
  readonly kind: 'money_returned';
  readonly orderId: string;
  readonly node: Seq;
  readonly why: 'refund' | 'sale';
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly amount: Cents;
}

/**
 * Transactions of the account, whoever caused them, that are new or changed since they were last read, and cursors of
 * those that the venue no longer shows. A row replaces the earlier one of its cursor.
 */
export interface TransactionsSeen {
  readonly kind: 'transactions_seen';
  readonly rows: readonly SeenTransaction[];
  readonly gone: readonly string[];
}

/** Buy orders of the account that are proved not to be ours, or that cannot be told apart. */
export interface OrdersAttributed {
  readonly kind: 'orders_attributed';
  readonly owner: 'others' | 'unattributed';
  readonly orderIds: readonly string[];
}

/** A live node with our prefix that this ledger does not own. */
export interface UnownedSeen {
  readonly kind: 'unowned_seen';
  readonly nodeId: string;
  readonly name: string;
  readonly fleet: string | null;
}

export interface UnownedEnded {
  readonly kind: 'unowned_ended';
  readonly nodeId: string;
  readonly proof: EndProof;
}

/** A generation above the one the ledger knows was seen at the venue: ours begin above it. */
export interface GenerationSeen {
  readonly kind: 'generation_seen';
  readonly fleet: string;
  readonly slot: number;
  readonly generation: number;
}

export interface PauseRequested {
  readonly kind: 'pause_requested';
  readonly by: string;
  readonly why: string;
}

/** From here on no request that can add spend leaves. */
export interface PauseAcknowledged {
  readonly kind: 'pause_acknowledged';
}

/** A pause in which nodes are also let go as their paid time ends. It is acknowledged as a pause is. */
export interface DrainRequested {
  readonly kind: 'drain_requested';
  readonly by: string;
  readonly why: string;
}

/** The daemon leaves everything as it is and exits; the next start ends this. */
export interface StopRequested {
  readonly kind: 'stop_requested';
  readonly by: string;
  readonly why: string;
}

/** A person has looked: ends a pause, resets the breaker, and lets a contradiction pass. */
export interface ResumeRequested {
  readonly kind: 'resume_requested';
  readonly by: string;
  readonly why: string;
}

/** A person wants another number of GPUs of a fleet than its schedule does, up to an instant. A later one replaces it. */
export interface TargetOverridden {
  readonly kind: 'target_overridden';
  readonly fleet: string;
  readonly gpus: number;
  readonly untilMs: UnixMs;
  readonly by: string;
  readonly why: string;
}

export interface TargetOverrideEnded {
  readonly kind: 'target_override_ended';
  readonly fleet: string;
  readonly by: string;
  readonly why: string;
}

/** A person has looked at the venue: the purchase whose answer was lost was never made. Its quarantine is waived. */
export interface UnknownAcknowledged {
  readonly kind: 'unknown_acknowledged';
  readonly node: Seq;
  readonly by: string;
  readonly why: string;
}

/** A person hands a node over that this ledger did not buy. Time that was bought before is not this ledger's. */
export interface NodeAdopted {
  readonly kind: 'node_adopted';
  readonly fleet: string;
  readonly slot: number;
  readonly generation: number;
  readonly zone: string;
  readonly gpu: string;
  readonly hold: HoldKind;
  readonly limit: CentsPerNodeHour;
  readonly horizonMs: DurationMs | null;
  readonly seen: SeenNode;
  readonly by: string;
  readonly why: string;
}

/** A person takes a node away (`node`), or says of a stranger with our prefix that it is not ours and in nobody's way (null). */
export interface NodeDisowned {
  readonly kind: 'node_disowned';
  readonly node: Seq | null;
  readonly nodeId: string;
  readonly name: string;
  readonly by: string;
  readonly why: string;
}

/** A 403 that concerns the account: nothing is bought until a person resumes. */
export interface BreakerOpened {
  readonly kind: 'breaker_opened';
  readonly cause: string;
}

/** What is spent and put aside of a budget reached the share at which an action is taken; it holds until `periodEndMs`. */
export interface BudgetStageReached {
  readonly kind: 'budget_stage_reached';
  /** Null: the budget of the process. */
  readonly fleet: string | null;
  readonly period: BudgetPeriod;
  readonly stage: BudgetStage;
  readonly periodStartMs: UnixMs;
  readonly periodEndMs: UnixMs;
  /** The settings it was reached under: under others it is reached anew. */
  readonly limit: Cents;
  readonly share: BasisPoints;
  /** Spent and put aside, rounded up. */
  readonly used: Cents;
}

export type Entry =
  | LedgerOpened
  | DaemonStarted
  | SettingsReloaded
  | CoverageChanged
  | ClimbMoved
  | ReferencesChanged
  | ShadowBought
  | CreateIntended
  | RepostIntended
  | RaiseIntended
  | ExtendIntended
  | ReleaseIntended
  | DeleteIntended
  | ChangeAccepted
  | ChangeRefused
  | ChangeUnknown
  | NodeSeen
  | ProcurementSeen
  | IntentVoided
  | NodeEnded
  | RenewalsAuthorised
  | OrderSettled
  | OrderSplit
  | MoneyReturned
  | TransactionsSeen
  | OrdersAttributed
  | UnownedSeen
  | UnownedEnded
  | GenerationSeen
  | PauseRequested
  | PauseAcknowledged
  | DrainRequested
  | StopRequested
  | ResumeRequested
  | BreakerOpened
  | BudgetStageReached
  | TargetOverridden
  | TargetOverrideEnded
  | UnknownAcknowledged
  | NodeAdopted
  | NodeDisowned;

export type EntryKind = Entry['kind'];

/** An entry as the ledger keeps it. `atMs` is the clock port's time of writing. */
export interface LedgerRecord {
  readonly seq: Seq;
  readonly atMs: UnixMs;
  readonly entry: Entry;
}
