// Everything the market knows, as rows. The rooms beside this file change it in place; nobody outside sees it. All of it is
// plain data or maps of plain data, so that a snapshot is a copy. Memory is bounded: ended nodes, bills, requests and past
// asks are kept up to a number, the newest ones.
import type { AskPoint, SimulatedMarketSettings, SimulatedZone } from '../domain/simulated-market.ts';
import type { HoldKind } from '../domain/node.ts';
import type { UnixMs } from '../domain/time.ts';
import type { AskMemory } from './ask.ts';
import type { ActiveRule } from './faults.ts';
import { openStream, opaqueDigits, type Stream } from './random.ts';
import type { Switches } from './world.ts';
import type { Timeline } from './timeline.ts';

/** How much of the past is kept. */
export interface MarketBounds {
  /** Ended nodes that `GET /v1/nodes/{id}` still finds. */
  readonly endedNodes: number;
  /** Orders, contracts and transactions. */
  readonly bills: number;
  /** Changing requests in the records. */
  readonly requests: number;
  /** Changes of the ask in the records, a zone. */
  readonly asks: number;
  /** How long an ended node stays in the listing. */
  readonly listedAfterEndMs: number;
}

export const DEFAULT_BOUNDS: MarketBounds = {
  endedNodes: 100_000,
  bills: 100_000,
  requests: 100_000,
  asks: 20_000,
  listedAfterEndMs: 24 * 3_600_000,
};

export type NodeWord =
  | 'pending'
  | 'awaitingcapacity'
  | 'running'
  | 'released'
  | 'terminated'
  | 'deleted'
  | 'failed';
export type VmWord = 'Pending' | 'Running' | 'Destroyed' | 'NodeFailure';

export interface VmRow {
  readonly id: string;
  readonly createdMs: UnixMs;
  updatedMs: UnixMs;
  startMs: UnixMs | null;
  endMs: UnixMs | null;
  status: VmWord;
  imageId: string | null;
}

/** Faults a node was born with. */
export interface Defects {
  readonly overpricedByBasisPoints?: number;
  readonly vmFailureAfterMs?: number;
  /** Null: never boots. */
  readonly bootMs?: number | null;
}

export interface NodeRow {
  readonly id: string;
  readonly name: string;
  /** Order of making. */
  readonly seq: number;
  readonly kind: HoldKind;
  /** Where it is bought; `shownZone` and `shownGpu` differ from the truth only by a fault. */
  readonly zone: string;
  readonly shownZone: string;
  readonly shownGpu: string;
  readonly procurementId: string | null;
  readonly defects: Defects;
  readonly createdMs: UnixMs;
  updatedMs: UnixMs;
  status: NodeWord;
  /** Cents per node-hour in force. */
  limit: number;
  startMs: UnixMs | null;
  /** End of bought time. */
  endMs: UnixMs | null;
  endedMs: UnixMs | null;
  deletedMs: UnixMs | null;
  /** Since when the bid stands unfilled; decides who is hit first among equal limits. */
  standingSince: number;
  /** Its next hour is still to be bought at its edge. */
  renews: boolean;
  hiddenUntilMs: UnixMs;
  imageId: string | null;
  readonly vms: VmRow[];
  /** Rendered JSON, null when it must be rendered again. Never in a snapshot. */
  wire: string | null;
}

export interface ProcurementRow {
  readonly id: string;
  readonly seq: number;
  readonly zone: string;
  readonly createdMs: UnixMs;
  /** Cents per GPU-hour. */
  buyLimit: number;
  sellLimit: number;
  status: 'active' | 'disabled';
  desired: number;
  horizonMs: number;
  lastMessage: 'running' | 'insufficient_balance';
  readonly anyZone: boolean;
  /** Ids of all nodes it ever had that are still known. */
  readonly nodes: string[];
}

/** One bought block: one contract, one filled order and one transaction on the wire. */
export interface BillRow {
  readonly seq: number;
  readonly contractId: string;
  readonly orderId: string;
  readonly procurementId: string | null;
  readonly nodeId: string;
  readonly nodeName: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly atMs: UnixMs;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Cents per node-hour in force when bought. */
  readonly limit: number;
  /** The zone's ask when bought, before our own depth. */
  readonly ask: number;
  /** Whole cents paid; a person's hand may correct it later. */
  cost: number;
  readonly why: BillReason;
}

/** `hit`: a standing bid was filled. `cross`: a new request or raise. */
export type BillReason = 'hit' | 'cross' | 'renewal' | 'reservation' | 'extension';

export interface TransactionRow {
  readonly seq: number;
  readonly atMs: UnixMs;
  /** Cents; negative when money left. */
  amount: number;
  readonly balance: number;
  readonly type: 'buy_order' | 'sell_order' | 'refund' | 'credit_grant' | 'manual_payment';
  /** What was bought, or what the money came back for. */
  readonly bill: BillRow | null;
  readonly sale: SaleRow | null;
}

/** The rest of a bought block, sold: an order of its own in the block's contract. */
export interface SaleRow {
  readonly seq: number;
  readonly orderId: string;
  /** The block's own. */
  readonly contractId: string;
  readonly atMs: UnixMs;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Whole cents that came back. */
  readonly proceeds: number;
}

/** A request that asked for a change, and what became of it. */
export interface RequestRow {
  readonly atMs: UnixMs;
  readonly method: string;
  readonly path: string;
  /** Names asked for in a create. */
  readonly names: readonly string[];
  /** Cents per node-hour in the request (a procurement's × 8); null when it carried none. */
  readonly limit: number | null;
  /** What the market decided; 0 when the request never reached it. */
  readonly status: number;
  /** How the transport was told to answer. */
  readonly answered: 'response' | 'drip' | 'drop' | 'hang';
  readonly fault: string | null;
  /** Nodes it made or changed. */
  readonly nodes: readonly string[];
}

export interface ZoneRow {
  readonly zone: SimulatedZone;
  capacity: number;
  /** Ask before our own depth; null: nothing for sale. */
  ask: number | null;
  /** Set by hand; undefined: the source's. */
  override: number | null | undefined;
  readonly memory: AskMemory;
  /** Nodes sold, by hour number (instant / 1 h). */
  readonly sold: Map<number, number>;
  /** Held nodes whose bought time ends at the start of an hour and may be renewed, by hour number. */
  readonly renewing: Map<number, number>;
  readonly waiting: Set<NodeRow>;
  readonly asks: AskPoint[];
}

/** A listing as it was. */
export interface PastList {
  readonly atMs: UnixMs;
  readonly entries: ReadonlyMap<string, string> | Map<string, string>;
}

export interface MarketState {
  settings: SimulatedMarketSettings;
  /** What was switched while it ran; already part of `settings`. */
  switched: Switches;
  readonly bounds: MarketBounds;
  readonly startMs: UnixMs;
  nowMs: UnixMs;
  nextStepMs: UnixMs;
  /** Counts rows and events; every number is used once. */
  counter: number;
  /** Changes whenever a node's rendering may change. */
  version: number;
  balance: number;
  readonly zones: Map<string, ZoneRow>;
  readonly nodes: Map<string, NodeRow>;
  /** Known nodes by name, oldest first. */
  readonly names: Map<string, string[]>;
  /** What the listing shows, oldest first. */
  readonly listed: Map<string, NodeRow>;
  /** Ended nodes, oldest end first. */
  readonly ended: string[];
  readonly procurements: Map<string, ProcurementRow>;
  readonly bills: BillRow[];
  readonly billsByContract: Map<string, BillRow>;
  readonly sales: SaleRow[];
  readonly transactions: TransactionRow[];
  readonly requests: RequestRow[];
  readonly timeline: Timeline;
  readonly rules: ActiveRule[];
  /** Chance of world events and partial lists. */
  readonly chance: Stream;
  readonly pastLists: PastList[];
  pastListVersion: number;
}

/** A number that was never used before. */
export const nextNumber = (market: MarketState): number => {
  market.counter += 1;
  return market.counter;
};

/** `n_…`, `vm_…`, `proc_…`: opaque, unique, the same for the same seed and history. */
export const newId = (market: MarketState, prefix: string, number: number): string =>
  `${prefix}_${opaqueDigits(market.settings.seed, number)}`;

/** Forgets the oldest rows of a list that has grown to twice its bound; says which. */
export const trim = <Row>(rows: Row[], bound: number): readonly Row[] =>
  rows.length >= 2 * bound + 16 ? rows.splice(0, rows.length - bound) : [];

export const newZone = (settings: SimulatedMarketSettings, zone: SimulatedZone): ZoneRow => ({
  zone,
  capacity: zone.capacityNodes,
  ask: null,
  override: undefined,
  memory: { deviation: 0, index: -1, stream: openStream(settings.seed, `ask ${zone.name}`) },
  sold: new Map(),
  renewing: new Map(),
  waiting: new Set(),
  asks: [],
});

/** An empty market; the ask has not moved yet and no money was granted. */
export const newState = (
  settings: SimulatedMarketSettings,
  bounds: MarketBounds,
  startMs: UnixMs,
): MarketState => ({
  settings,
  switched: {},
  bounds,
  startMs,
  nowMs: startMs,
  nextStepMs: startMs,
  counter: 0,
  version: 0,
  balance: 0,
  zones: new Map(settings.zones.map((zone) => [zone.name, newZone(settings, zone)])),
  nodes: new Map(),
  names: new Map(),
  listed: new Map(),
  ended: [],
  procurements: new Map(),
  bills: [],
  billsByContract: new Map(),
  sales: [],
  transactions: [],
  requests: [],
  timeline: [],
  rules: [],
  chance: openStream(settings.seed, 'world'),
  pastLists: [],
  pastListVersion: -1,
});
