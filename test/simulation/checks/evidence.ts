// The evidence of a run, put in order for the checkers: entries decoded from the bytes that were synced (chain and all), what
// each request did at the market, every node's true life, and the settings at each moment. Nothing of the daemon's memory.
import type { CreateIntended, Entry, LedgerRecord, Seq } from '../../../src/domain/entry.ts';
import type { FleetPolicy, Policy } from '../../../src/domain/policy.ts';
import type { NodeRecord } from '../../../src/market/records.ts';
import type { BillRow, RequestRow } from '../../../src/market/state.ts';
import { decodeLine } from '../byte-disk.ts';
import type { RunResult } from '../run.ts';
import type { Configured, Restored, Ticked, TraceEvent, Violation, WireChange } from '../trace.ts';

/** An entry with its place in the order of everything, and whether it still stood at the end. */
export interface PlacedEntry {
  readonly order: number;
  readonly atMs: number;
  readonly by: 'daemon' | 'operator';
  readonly record: LedgerRecord;
  readonly entry: Entry;
  /** Which ledger: 0, and one more after every restored copy. */
  readonly era: number;
}

/** A request of the daemon or by hand, and what the market made of it. */
export interface PlacedChange extends WireChange {
  /** Null: it never arrived. */
  readonly row: RequestRow | null;
}

export interface TrueNode extends NodeRecord {
  /** The order of the request that made it, and whether it was done late. */
  readonly madeBy: {
    readonly order: number;
    readonly by: 'daemon' | 'operator';
    readonly late: boolean;
  } | null;
}

export type Step =
  | { readonly kind: 'entry'; readonly order: number; readonly atMs: number; readonly placed: PlacedEntry }
  | { readonly kind: 'change'; readonly order: number; readonly atMs: number; readonly change: PlacedChange }
  | Restored
  | Ticked
  | Configured;

export interface Evidence {
  readonly run: RunResult;
  /** Everything in order. */
  readonly steps: readonly Step[];
  readonly entries: readonly PlacedEntry[];
  readonly changes: readonly PlacedChange[];
  readonly nodes: readonly TrueNode[];
  readonly nodesById: ReadonlyMap<string, TrueNode>;
  readonly nodesByName: ReadonlyMap<string, readonly TrueNode[]>;
  readonly billsByNode: ReadonlyMap<string, readonly BillRow[]>;
  readonly policies: readonly Configured[];
  readonly happened: ReadonlySet<string>;
  /** Why the bytes could not be decoded; null when they could. */
  readonly broken: string | null;
}

export interface Check {
  readonly promise: string;
  readonly judge: (evidence: Evidence) => Iterable<Violation>;
}

const policyAt = ({ policies }: Evidence, order: number): Policy => {
  let found = policies[0];
  for (const one of policies) if (one.order <= order) found = one;
  if (found === undefined) throw new Error('a run without settings');
  return found.policy;
};

/** The settings that were in force at some instant of [fromOrder, toOrder]. */
export const policiesBetween = (
  evidence: Evidence,
  fromOrder: number,
  toOrder: number,
): readonly Policy[] => [
  policyAt(evidence, fromOrder),
  ...evidence.policies
    .filter(({ order }) => order > fromOrder && order <= toOrder)
    .map(({ policy }) => policy),
];

export const fleetIn = (policy: Policy, name: string): FleetPolicy | undefined =>
  policy.fleets.find((fleet) => fleet.name === name);

const decodeAll = (run: RunResult): { entries: PlacedEntry[]; broken: string | null } => {
  const restores = run.world.trace.filter((event): event is Restored => event.kind === 'restored');
  const entries: PlacedEntry[] = [];
  try {
    for (const { order, atMs, by, headBefore, text } of run.world.synced) {
      const era = restores.filter((one) => one.order < order).length;
      for (const record of decodeLine(headBefore, text)) {
        entries.push({ order, atMs, by, record, entry: record.entry, era });
      }
    }
    return { entries, broken: null };
  } catch (error) {
    return { entries, broken: error instanceof Error ? error.message : String(error) };
  }
};

/** The market's rows are in the order of arrival; those done late stand between them and are told by their rule. */
const matchRows = (run: RunResult): { changes: PlacedChange[]; late: Map<string, WireChange> } => {
  const late = new Map<string, WireChange>();
  const rows: RequestRow[] = [];
  const open = new Map<string, number[]>();
  for (const row of run.records.requests) {
    const isLate = row.fault !== null && LATE_RULE.test(row.fault);
    const key = `${row.fault}|${row.path}|${row.names.join()}`;
    if (isLate && row.status !== 0) {
      const asked = run.world.wire[open.get(key)?.shift() ?? -1];
      if (asked?.method === 'POST') for (const id of row.nodes) late.set(id, asked);
      continue;
    }
    if (isLate) open.set(key, [...(open.get(key) ?? []), rows.length]);
    rows.push(row);
  }
  const changes = run.world.trace
    .filter((event): event is WireChange => event.kind === 'change')
    .map((change): PlacedChange => ({
      ...change,
      row: change.place === null ? null : (rows[change.place] ?? null),
    }));
  return { changes, late };
};

const LATE_RULE = /^late_/;

const group = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> => {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const known = groups.get(keyOf(item));
    if (known === undefined) groups.set(keyOf(item), [item]);
    else known.push(item);
  }
  return groups;
};

export const gather = (run: RunResult): Evidence => {
  const { entries, broken } = decodeAll(run);
  const { changes, late } = matchRows(run);
  const makers = new Map<string, TrueNode['madeBy']>();
  for (const { row, order, by, method } of changes) {
    if (method === 'POST') for (const id of row?.nodes ?? []) makers.set(id, { order, by, late: false });
  }
  for (const [id, { order, by }] of late) makers.set(id, { order, by, late: true });
  const nodes = run.records.nodes.map((node): TrueNode => ({
    ...node,
    madeBy: makers.get(node.nodeId) ?? null,
  }));
  const others = run.world.trace.filter((event): event is Restored | Ticked | Configured => isOther(event));
  const steps: Step[] = [
    ...entries.map((placed): Step => ({ kind: 'entry', order: placed.order, atMs: placed.atMs, placed })),
    ...changes.map((change): Step => ({ kind: 'change', order: change.order, atMs: change.atMs, change })),
    ...others,
  ];
  steps.sort((a, b) => a.order - b.order);
  return {
    run,
    steps,
    entries,
    changes,
    nodes,
    nodesById: new Map(nodes.map((node) => [node.nodeId, node])),
    nodesByName: group(nodes, (node) => node.name),
    billsByNode: group(run.records.bills, (bill) => bill.nodeId),
    policies: others.filter((event): event is Configured => event.kind === 'configured'),
    happened: new Set(run.world.counts.keys()),
    broken,
  };
};

const isOther = (event: TraceEvent): boolean =>
  event.kind === 'restored' || event.kind === 'ticked' || event.kind === 'configured';

/** Create intents by number, as one ledger holds them at a moment; restored copies forget what came after. */
export class OwnLedger {
  readonly intents = new Map<
    Seq,
    {
      readonly entry: CreateIntended;
      readonly order: number;
      readonly atMs: number;
      nodeId: string | null;
      state: IntentState;
      closedOrder: number | null;
      closedSeq: number;
      foundSeq: number;
    }
  >();
  readonly #byIntent = new Map<Seq, Seq>();

  /** Follows one step; call in order. */
  follow(step: Step): void {
    if (step.kind === 'restored') this.#forget(step.kept);
    if (step.kind === 'entry') this.#apply(step.placed);
  }

  byName(name: string): readonly Seq[] {
    return [...this.intents].filter(([, one]) => one.entry.name === name).map(([seq]) => seq);
  }

  #forget(kept: number): void {
    for (const [seq, intent] of this.intents) {
      if (seq > kept) this.intents.delete(seq);
      if (intent.foundSeq > kept) intent.nodeId = null;
      if (intent.closedSeq <= kept) continue;
      intent.state = intent.nodeId === null ? 'open' : 'found';
      intent.closedOrder = null;
    }
  }

  #apply({ entry, record, order, atMs }: PlacedEntry): void {
    if (entry.kind === 'create_intended') {
      this.intents.set(record.seq, {
        entry,
        order,
        atMs,
        nodeId: null,
        state: 'open',
        closedOrder: null,
        closedSeq: 0,
        foundSeq: 0,
      });
      this.#byIntent.set(record.seq, record.seq);
    } else if (entry.kind === 'change_refused' && entry.change === 'create' && entry.code !== 'name_taken') {
      this.#close(entry.intent, 'refused', order, record.seq);
    } else if (entry.kind === 'intent_voided' && this.intents.has(entry.intent)) {
      this.#close(entry.intent, 'void', order, record.seq);
    } else if (entry.kind === 'node_seen') {
      this.#found(entry.node, entry.seen.nodeId, record.seq);
    } else if (entry.kind === 'change_accepted' && entry.change === 'create' && entry.node !== null) {
      this.#found(entry.intent, entry.node.nodeId, record.seq);
    } else if (entry.kind === 'node_ended') {
      this.#close(entry.node, 'ended', order, record.seq);
    }
  }

  #found(seq: Seq, nodeId: string, by: Seq): void {
    const intent = this.intents.get(seq);
    if (intent === undefined) return;
    if (intent.nodeId === null) intent.foundSeq = by;
    intent.nodeId = nodeId;
    if (intent.state !== 'ended') intent.state = 'found';
  }

  #close(seq: Seq, state: IntentState, order: number, by: Seq): void {
    const intent = this.intents.get(seq);
    if (intent === undefined) return;
    intent.state = state;
    intent.closedOrder = order;
    intent.closedSeq = by;
  }
}

export type IntentState = 'open' | 'found' | 'refused' | 'void' | 'ended';
