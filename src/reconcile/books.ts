// The books: everything the daemon knows by its ledger alone. They are built by fold, entry by entry, and by nothing else;
// the same entries always make the same books. A tick reads them and never writes them.
import type { FillKind } from '../domain/account.ts';
import type { BudgetStageReached, EndProof, Seq } from '../domain/entry.ts';
import type { CentsPerNodeHour, CentSeconds } from '../domain/money.ts';
import type { HoldKind, NodeStatus, VmStatus } from '../domain/node.ts';
import type { BudgetPeriod, BudgetStage } from '../domain/policy.ts';
import type { Fill, PurchaseOutcome, Reference } from '../domain/report.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';
import type { Climb } from '../strategy/strategy.ts';
import { emptyAccount, type AccountBook } from './account-book.ts';
import { emptyLateness, type LatenessBook } from './lateness.ts';
import { emptyPayment, type PaymentBook } from './payment.ts';

/**
 * Where a node of ours stands. `asked`: sent or about to be, no answer. `unknown`: the answer was lost, late or
 * ambiguous. `waiting`: accepted, not filled. `running`: filled and not ended. `releasing`: released, alive to its end.
 * `refused`, `void`, `ended` are final (a void one may still turn up late).
 */
export type NodePhase =
  | 'asked'
  | 'unknown'
  | 'waiting'
  | 'running'
  | 'releasing'
  | 'refused'
  | 'void'
  | 'ended';

/** Bought time whose price is not yet known from the venue's records; within one UTC hour. */
export interface Block {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** What it costs at most, as counted in the budget. */
  readonly limit: CentsPerNodeHour;
  /** What it probably costs: what was accrued for it. */
  readonly estimate: CentsPerNodeHour;
  /** What the market asked when it was booked; null when nobody knew. */
  readonly ask: CentsPerNodeHour | null;
  /** How the price came about; null when the looks do not tell. */
  readonly fill: FillKind | null;
  readonly bookedAtMs: UnixMs;
}

/** An order of the venue as it was counted for a node, in cents. */
export interface OrderBook {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** The node's sum by the newest record. */
  readonly cost: number;
  /** The sum of the whole order, where it is split over several nodes. */
  readonly whole: number;
  /** The highest sum by any record. */
  readonly gross: number;
  /** What came back for it by refunds, or all of a sale. */
  readonly returned: number;
}

/** A raise or an extension whose effect has not been read back. */
export interface Pending {
  readonly intent: Seq;
  readonly limit: CentsPerNodeHour;
  readonly sinceMs: UnixMs;
  answer: 'asked' | 'unknown' | 'accepted';
}

export interface PendingExtension extends Pending {
  readonly endBeforeMs: UnixMs;
  readonly endAfterMs: UnixMs;
}

export interface NodeBook {
  /** Number of the create intent: the node's identity in the ledger. */
  readonly seq: Seq;
  readonly name: string;
  readonly fleet: string;
  readonly slot: number;
  readonly generation: number;
  readonly zone: string;
  readonly gpu: string;
  readonly hold: HoldKind;
  readonly intendedAtMs: UnixMs;
  /** The ask when it was first asked for, else at the first booked time for which one was known; null before. */
  startAsk: CentsPerNodeHour | null;
  /** Reserved only: the window that was asked for. */
  readonly askedStartMs: UnixMs | null;
  readonly askedEndMs: UnixMs | null;
  phase: NodePhase;
  /** When the answer became unknown, or the last re-post did; the quarantine counts from here. */
  unknownSinceMs: UnixMs;
  /** A person says that it was never made: its quarantine is waived. */
  saidAbsent: boolean;
  /** A post of this name was refused as taken, while the node itself was never found. */
  nameRefused: boolean;
  nodeId: string | null;
  procurementId: string | null;
  status: NodeStatus | null;
  vm: VmStatus | null;
  /** True when the venue delivered another zone or GPU type than was asked. */
  wrongGoods: boolean;
  startAtMs: UnixMs | null;
  endAtMs: UnixMs | null;
  /** The limit last read back, else the one asked for. */
  limit: CentsPerNodeHour;
  /** When the procurement was last read; null before. */
  limitReadAtMs: UnixMs | null;
  /** Bought time was booked up to here; 0 before the first fill. */
  bookedToMs: UnixMs;
  raises: Pending[];
  extension: PendingExtension | null;
  /** The venue accepted (or may have accepted) our release. */
  release: 'none' | 'asked' | 'accepted' | 'refused';
  deletion: 'none' | 'asked' | 'accepted' | 'refused';
  /** When the last release or delete was sent. */
  lettingGoAtMs: UnixMs | null;
  horizonMs: DurationMs | null;
  /** Bought or earmarked time up to here was let through by the guard. */
  authorisedUntilMs: UnixMs;
  /** Since when it stands unfilled; null when it does not. */
  waitingSinceMs: UnixMs | null;
  /** Since when it is filled; null before. */
  filledAtMs: UnixMs | null;
  /** Since when it runs without a break, for the boot limit; null while it does not. */
  runningSinceMs: UnixMs | null;
  /** When a limit was last sent for it. */
  limitSetAtMs: UnixMs;
  /** Since when a VM was seen running; null when none is. */
  usableSinceMs: UnixMs | null;
  blocks: Block[];
  /** Orders of the venue that were counted, by id. */
  orders: Map<string, OrderBook>;
  /** Orders that end here or before were counted and are forgotten: they are never counted again. */
  ordersForgottenToMs: UnixMs;
  /** Time that orders paid for before any look showed it: a look that comes later books it no second time. */
  ahead: { readonly fromMs: UnixMs; readonly toMs: UnixMs }[];
  /** Bought time to here was lost by an eviction that a look showed; 0 when none was. */
  lostToMs: UnixMs;
  endedAtMs: UnixMs | null;
  proof: EndProof | null;
}

/** Sums of one fleet, zone, hold and GPU type; all only grow. */
export interface ZoneSums {
  readonly fleet: string;
  readonly zone: string;
  readonly hold: HoldKind;
  readonly gpu: string;
  committed: number;
  accrued: number;
  /** Accrued too much: held against what accrues next, because a counter may not fall. Accrued − held is the best estimate. */
  heldBack: number;
  settled: number;
  obtainedMs: number;
  paidSeconds: number;
}

export interface SlotBook {
  /** The highest generation that was used or seen. */
  generation: number;
  /** The name of this generation never existed at the venue, so it may be sent again. */
  reusable: boolean;
  /** Nodes in it that were asked for and are not refused, void or ended; more than one only when a void one turned up. */
  living: number;
}

export interface FleetBook {
  readonly fleet: string;
  readonly slots: Map<number, SlotBook>;
  /** Its share of `Books.nodes`, in the same order. */
  readonly nodes: Map<Seq, NodeBook>;
  wantedNodes: number;
  runningNodes: number;
  /** By job: useful node-milliseconds up to `coverageAtMs`, and the nodes that work for it since. */
  readonly jobs: Map<string, { doneMs: number; nodes: number }>;
  /** Useful node-milliseconds of the fleet at `coverageAtMs`; kept only where there are jobs. */
  obtainedAtCoverageMs: number;
  coverageAtMs: UnixMs | null;
  /** Since when running < wanted; 0 when met. */
  shortfallSinceMs: UnixMs;
  /** Node-milliseconds of target up to `coverageAtMs`. */
  targetNodeMs: number;
  overrun: number;
  /** Orders the venue took back or lowered. */
  refunded: number;
  purchases: Record<PurchaseOutcome, number>;
  releases: Map<string, number>;
  bidChanges: Map<string, number>;
  interruptions: Map<string, number>;
  /** The prices that bought time is compared with, and when they were written; null before the first. */
  references: {
    readonly ceiling: CentsPerNodeHour;
    readonly block: CentsPerNodeHour | null;
    readonly atMs: UnixMs;
  } | null;
  /** Cent-seconds that the bought hours would have cost. */
  referenceCost: Record<Reference, number>;
  /** Strategies that only watch, by name. */
  shadows: Map<string, ShadowBook>;
}

/** What a strategy that only watches would have bought. */
export interface ShadowBook {
  /** Cent-seconds. */
  cost: number;
  /** Useful node-seconds, counted when their time is bought. */
  nodeSeconds: number;
  /** What of it runs, by zone and end; what ended may stay a while. */
  held: readonly {
    readonly zone: string;
    readonly nodes: number;
    readonly endAtMs: UnixMs;
    readonly limit: CentsPerNodeHour;
  }[];
}

/** Steps of the climb above its start, beside where it stands. */
export interface ClimbBook extends Climb {
  readonly steps: number;
  /** A bid was withdrawn to be made again at another level, and the new one does not stand yet: the climb goes on. */
  readonly replacing: boolean;
}

export interface RefusedPrice {
  readonly sinceMs: UnixMs;
  readonly atMs: UnixMs;
  readonly limit: CentsPerNodeHour;
}

export interface OpenIntent {
  readonly seq: Seq;
  readonly kind: 'create' | 'repost' | 'raise' | 'extend' | 'release' | 'delete';
  readonly node: Seq;
  readonly sinceMs: UnixMs;
}

/** Another target than the schedule's, up to an instant. */
export interface OverrideBook {
  readonly gpus: number;
  readonly untilMs: UnixMs;
  readonly by: string;
  readonly why: string;
}

/** A pause since `atMs`; with `drain` nodes are also let go as their paid time ends. */
export interface PauseBook {
  readonly by: string;
  readonly why: string;
  readonly atMs: UnixMs;
  readonly drain: boolean;
  acknowledged: boolean;
}

/** A stage of a budget, and the settings and the period it was reached under. */
export type ReachedStage = BudgetStageReached & { readonly atMs: UnixMs };

export interface Books {
  seq: Seq;
  lastAtMs: UnixMs;
  ledgerId: string | null;
  /** Nodes that are not finally ended, and void ones that may still turn up. */
  readonly nodes: Map<Seq, NodeBook>;
  readonly byId: Map<string, Seq>;
  /** Newest last. */
  readonly byName: Map<string, Seq[]>;
  /** Ended nodes whose last orders may still be settled. */
  readonly closing: Map<Seq, NodeBook>;
  readonly open: Map<Seq, OpenIntent>;
  readonly fleets: Map<string, FleetBook>;
  readonly climbs: Map<string, ClimbBook>;
  /** Reserved purchases that are refused for price or capacity since the last one that was not, by climb key. */
  readonly refusedPrice: Map<string, RefusedPrice>;
  readonly sums: Map<string, ZoneSums>;
  /** Cent-seconds of each quarter of an hour (index = ms / 900,000) by fleet. */
  readonly spent: Map<string, Map<number, number>>;
  /** The same by whole UTC days (index = ms / 86,400,000), so that a month is not added up quarter by quarter. */
  readonly spentDays: Map<string, Map<number, number>>;
  readonly account: AccountBook;
  readonly payment: PaymentBook;
  readonly lateness: LatenessBook;
  /** Fills so far, and the last of them. */
  readonly fills: { count: number; last: Fill[] };
  readonly unowned: Map<string, { readonly name: string; readonly fleet: string | null }>;
  /** Nodes that a person said are not ours, by id. */
  readonly disowned: Set<string>;
  /** Targets that a person set, by fleet. */
  readonly overrides: Map<string, OverrideBook>;
  /** Times of the last hour's purchases and raises. */
  readonly purchaseTimes: UnixMs[];
  readonly raiseTimes: UnixMs[];
  /** How far before the end the venue was seen to renew, by the horizon it stated (ms, -1 when unread). */
  readonly edges: Map<number, { jumps: number; leadMs: DurationMs }>;
  pause: PauseBook | null;
  /** The daemon was asked to leave everything and exit, and has not started since. */
  stop: { readonly by: string; readonly why: string } | null;
  breaker: string | null;
  /** Refusals for lack of funds in a row, and when the last one came. */
  funds: { refusals: number; atMs: UnixMs };
  /** When a raise in place was refused with 403; remembered for a day. */
  raisingRefusedAtMs: UnixMs | null;
  contradiction: string | null;
  /** The newest time each stage of a budget was reached, by `stageKey`. */
  readonly stages: Map<string, ReachedStage>;
}

export const emptyBooks = (): Books => ({
  seq: 0,
  lastAtMs: 0,
  ledgerId: null,
  nodes: new Map(),
  byId: new Map(),
  byName: new Map(),
  closing: new Map(),
  open: new Map(),
  fleets: new Map(),
  climbs: new Map(),
  refusedPrice: new Map(),
  sums: new Map(),
  spent: new Map(),
  spentDays: new Map(),
  account: emptyAccount(),
  payment: emptyPayment(),
  lateness: emptyLateness(),
  fills: { count: 0, last: [] },
  unowned: new Map(),
  disowned: new Set(),
  overrides: new Map(),
  purchaseTimes: [],
  raiseTimes: [],
  edges: new Map(),
  pause: null,
  stop: null,
  breaker: null,
  funds: { refusals: 0, atMs: 0 },
  raisingRefusedAtMs: null,
  contradiction: null,
  stages: new Map(),
});

export const stageKey = (fleet: string | null, period: BudgetPeriod, stage: BudgetStage): string =>
  `${fleet ?? ''}/${period}/${stage}`;

/** The nodes of a fleet among `books.nodes`, oldest intent first. */
export const nodesOf = (books: Books, fleet: string): Iterable<NodeBook> =>
  books.fleets.get(fleet)?.nodes.values() ?? [];

export const climbKey = (fleet: string, zone: string): string => `${fleet}/${zone}`;

/** Alive: it may cost money now or later. */
export const isAlive = (node: NodeBook): boolean =>
  node.phase !== 'refused' && node.phase !== 'void' && node.phase !== 'ended';

/** Alive at `atMs`: a releasing node, or a reserved one, stops counting for the time after its end. */
export const countsAt = (node: NodeBook, atMs: UnixMs): boolean => {
  if (!isAlive(node)) return false;
  if (node.phase === 'releasing') return node.endAtMs === null || node.endAtMs > atMs;
  return true;
};

/** Filled, not ended, and not on its way out. */
export const isHeld = (node: NodeBook): boolean => node.phase === 'running';

/** The most that an hour of this node may cost as far as we know: the higher of what is read back and what is pending. */
export const limitInForce = (node: NodeBook): CentsPerNodeHour =>
  node.raises.length === 0
    ? node.limit
    : node.raises.reduce((most, raise) => (raise.limit > most ? raise.limit : most), node.limit);

/**
 * The limit that stands at the venue as far as we know: the newest one asked for since it was last read, else what was read.
 * `sure` is false while an answer is missing.
 */
export const believedLimit = (
  node: NodeBook,
): { readonly limit: CentsPerNodeHour; readonly sure: boolean } => {
  const newest = node.raises.at(-1);
  const unread =
    newest !== undefined && (node.limitReadAtMs === null || newest.sinceMs >= node.limitReadAtMs);
  return unread
    ? { limit: newest.limit, sure: newest.answer === 'accepted' }
    : { limit: node.limit, sure: true };
};

export const BUCKET_MS = 15 * 60 * 1000;
const BUCKETS_PER_DAY = 96;

/** Cent-seconds spent by a fleet in [fromMs, toMs); both on a quarter of an hour. */
export const spentBetween = (books: Books, fleet: string, fromMs: UnixMs, toMs: UnixMs): CentSeconds => {
  const quarters = books.spent.get(fleet);
  if (quarters === undefined) return 0 as CentSeconds;
  const days = books.spentDays.get(fleet);
  const last = Math.ceil(toMs / BUCKET_MS);
  let sum = 0;
  let index = Math.floor(fromMs / BUCKET_MS);
  while (index < last) {
    const wholeDay = index % BUCKETS_PER_DAY === 0 && index + BUCKETS_PER_DAY <= last;
    sum += (wholeDay ? days?.get(index / BUCKETS_PER_DAY) : quarters.get(index)) ?? 0;
    index += wholeDay ? BUCKETS_PER_DAY : 1;
  }
  return sum as CentSeconds;
};
