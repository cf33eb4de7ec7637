// The whole market as one JSON-able value, and back. A restored market behaves as the first would have gone on, draw for
// draw. Settings are not part of it, except for what was switched while it ran: the restorer brings its own.
import { MarketError } from './market-error.ts';
import type { SimulatedMarketSettings } from '../domain/simulated-market.ts';
import {
  newState,
  newZone,
  type BillRow,
  type MarketBounds,
  type MarketState,
  type NodeRow,
  type ZoneRow,
} from './state.ts';
import type { Switches } from './world.ts';

/** Opaque outside this file, but plain JSON: `JSON.parse(JSON.stringify(snapshot))` restores the same market. */
export interface MarketSnapshot {
  readonly version: 1;
  readonly nowMs: number;
  readonly startMs: number;
  readonly state: object;
}

type PlainZone = Omit<ZoneRow, 'zone' | 'sold' | 'renewing' | 'waiting' | 'override' | 'capacity'> & {
  readonly name: string;
  /** Null unless it was set by hand. */
  readonly capacity: number | null;
  readonly override: { readonly ask: number | null } | null;
  readonly sold: readonly (readonly [number, number])[];
  readonly renewing: readonly (readonly [number, number])[];
  readonly waiting: readonly string[];
};

type Lists = Pick<MarketState, 'ended' | 'bills' | 'requests' | 'timeline' | 'rules' | 'pastListVersion'>;
type Numbers = Pick<MarketState, 'nextStepMs' | 'counter' | 'version' | 'balance' | 'chance'>;

interface PlainState extends Lists, Numbers {
  readonly switched: Switches;
  readonly zones: readonly PlainZone[];
  readonly nodes: readonly NodeRow[];
  readonly listed: readonly string[];
  readonly procurements: readonly (readonly [string, unknown])[];
  /** A transaction's bill by its number, because bills are shared rows. */
  readonly transactions: readonly (Omit<MarketState['transactions'][number], 'bill' | 'sale'> & {
    bill: number | null;
    /** Missing in snapshots from before there were sales. */
    sale?: number | null;
  })[];
  readonly sales?: MarketState['sales'];
  readonly pastLists: readonly {
    readonly atMs: number;
    readonly entries: readonly (readonly [string, string])[];
  }[];
}

const plainZone = (row: ZoneRow): PlainZone => ({
  name: row.zone.name,
  capacity: row.capacity === row.zone.capacityNodes ? null : row.capacity,
  ask: row.ask,
  override: row.override === undefined ? null : { ask: row.override },
  memory: row.memory,
  sold: [...row.sold],
  renewing: [...row.renewing],
  waiting: [...row.waiting].map((node) => node.id),
  asks: row.asks,
});

/** A deep copy of the market as plain values. */
export const snapshotOf = (market: MarketState): MarketSnapshot => {
  const state: PlainState = {
    switched: market.switched,
    nextStepMs: market.nextStepMs,
    counter: market.counter,
    version: market.version,
    balance: market.balance,
    chance: market.chance,
    zones: [...market.zones.values()].map(plainZone),
    nodes: [...market.nodes.values()].map((node) => ({ ...node, wire: null })),
    listed: [...market.listed.keys()],
    ended: market.ended,
    procurements: [...market.procurements],
    bills: market.bills,
    transactions: market.transactions.map((row) => ({
      ...row,
      bill: row.bill?.seq ?? null,
      sale: row.sale?.seq ?? null,
    })),
    sales: market.sales,
    requests: market.requests,
    timeline: market.timeline,
    rules: market.rules,
    pastLists: market.pastLists.map((past) => ({ atMs: past.atMs, entries: [...past.entries] })),
    pastListVersion: market.pastListVersion,
  };
  return structuredClone({ version: 1, nowMs: market.nowMs, startMs: market.startMs, state });
};

/** Rebuilds the market; throws E_MARKET_SNAPSHOT when the value is not a snapshot. */
export const stateFrom = (
  settings: SimulatedMarketSettings,
  bounds: MarketBounds,
  snapshot: MarketSnapshot,
): MarketState => {
  if (snapshot.version !== 1)
    throw new MarketError('E_MARKET_SNAPSHOT', 'this is not a snapshot of version 1');
  const plain = structuredClone(snapshot.state) as PlainState;
  const fresh = newState({ ...settings, ...plain.switched }, bounds, snapshot.startMs);
  const nodes = new Map(plain.nodes.map((node) => [node.id, node]));
  const bills = new Map(plain.bills.map((bill) => [bill.seq, bill]));
  return {
    ...fresh,
    switched: plain.switched,
    nowMs: snapshot.nowMs,
    nextStepMs: plain.nextStepMs,
    counter: plain.counter,
    version: plain.version,
    balance: plain.balance,
    chance: plain.chance,
    zones: zonesFrom(fresh.settings, plain.zones, nodes),
    nodes,
    names: namesFrom(plain.nodes),
    listed: new Map(plain.listed.flatMap((id) => entryOf(nodes, id))),
    ended: plain.ended,
    procurements: new Map(plain.procurements) as MarketState['procurements'],
    bills: plain.bills,
    billsByContract: new Map(plain.bills.map((bill) => [bill.contractId, bill])),
    transactions: plain.transactions.map((row) => ({
      ...row,
      bill: billOf(bills, row.bill),
      sale: plain.sales?.find((sale) => sale.seq === row.sale) ?? null,
    })),
    sales: plain.sales ?? [],
    requests: plain.requests,
    timeline: plain.timeline,
    rules: plain.rules,
    pastLists: plain.pastLists.map((past) => ({ atMs: past.atMs, entries: new Map(past.entries) })),
    pastListVersion: plain.pastListVersion,
  };
};

const billOf = (bills: ReadonlyMap<number, BillRow>, seq: number | null): BillRow | null =>
  seq === null ? null : (bills.get(seq) ?? null);

const entryOf = (nodes: ReadonlyMap<string, NodeRow>, id: string): [string, NodeRow][] => {
  const node = nodes.get(id);
  return node === undefined ? [] : [[id, node]];
};

const namesFrom = (nodes: readonly NodeRow[]): Map<string, string[]> => {
  const names = new Map<string, string[]>();
  for (const node of nodes) {
    const ids = names.get(node.name);
    if (ids === undefined) names.set(node.name, [node.id]);
    else ids.push(node.id);
  }
  return names;
};

/** Zones of the settings take over what they remember by name; zones with nodes that left the settings are an error. */
const zonesFrom = (
  settings: SimulatedMarketSettings,
  plain: readonly PlainZone[],
  nodes: ReadonlyMap<string, NodeRow>,
): MarketState['zones'] => {
  const remembered = new Map(plain.map((zone) => [zone.name, zone]));
  const zones = new Map(settings.zones.map((zone) => [zone.name, newZone(settings, zone)]));
  for (const [name, row] of zones) {
    const past = remembered.get(name);
    if (past === undefined) continue;
    const { capacity, ask, override, memory, asks, sold, renewing, waiting } = past;
    zones.set(name, {
      ...row,
      capacity: capacity ?? row.capacity,
      ask,
      override: override === null ? undefined : override.ask,
      memory,
      asks,
      sold: new Map(sold),
      renewing: new Map(renewing),
      waiting: new Set(waiting.flatMap((id) => nodes.get(id) ?? [])),
    });
  }
  for (const node of nodes.values()) {
    if (!zones.has(node.zone))
      throw new MarketError('E_MARKET_SNAPSHOT', `zone ${node.zone} has nodes but is not in the settings`);
  }
  return zones;
};
