// One tick at a desk: the real tick over a ledger in memory and a venue that is a handful of values. The venue obeys at
// once unless a test says otherwise, and keeps what it was sent together with what the ledger durably held at that moment.
import type { Change, Outcome } from '../../src/domain/change.ts';
import type { Entry, LedgerRecord } from '../../src/domain/entry.ts';
import type { Look } from '../../src/domain/look.ts';
import type { MarketView } from '../../src/domain/market.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { TickReport } from '../../src/domain/report.ts';
import { HOUR_MS, type UnixMs } from '../../src/domain/time.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { tick, type TickDeps, type TickMemory, type TickOptions } from '../../src/daemon/tick.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import type { AppendResult, Ledger } from '../../src/ports/ledger.ts';
import type { Reading, Venue } from '../../src/ports/venue.ts';
import { noSightings } from '../../src/reconcile/close.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { processPolicy, START_MS } from '../simulation/world.ts';
import { lookOf, marketOf, quoteOf } from './scene.ts';
import { seenNode } from './story.ts';

export interface Arrival {
  readonly change: Change;
  /** What the ledger held durably when the change reached the venue. */
  readonly durable: readonly LedgerRecord[];
}

export interface Desk {
  nowMs: UnixMs;
  monotonicMs: number;
  leaseHeld: boolean;
  policy: Policy;
  wanted: number;
  ask: number | null;
  readonly memory: TickMemory;
  /** Nodes at the venue by id. */
  readonly nodes: Map<string, SeenNode>;
  readonly arrived: Arrival[];
  looks: number;
  /** Replaces what the venue answers to a change; undefined: as usual. */
  answer: (change: Change) => Promise<Outcome | undefined>;
  /** Replaces what a look gives; undefined: as usual. */
  sight: () => Reading<Look> | undefined;
  /** Stands before every append of the daemon; a result given here is the ledger's answer. */
  beforeAppend: (entries: readonly Entry[]) => Promise<AppendResult | undefined>;
  afterAppend: (entries: readonly Entry[]) => Promise<void>;
  /** Appended by somebody else. */
  readonly other: (entry: Entry) => Promise<void>;
  readonly records: () => Promise<readonly LedgerRecord[]>;
  readonly kinds: () => Promise<readonly string[]>;
  readonly tick: (options?: TickOptions) => Promise<TickReport>;
  /** The kinds of change that reached the venue, and the names or ids they were about. */
  readonly sent: () => readonly string[];
}

const aboutOf = (change: Change): string => {
  if (change.kind === 'create') return change.name;
  return change.kind === 'raise' ? change.procurementId : change.nodeId;
};

export const openDesk = async (change: Partial<Policy> = {}): Promise<Desk> => {
  const ledger = memoryLedger();
  const random = { next: () => 0 };
  const readAll = async (): Promise<readonly LedgerRecord[]> => {
    const all: LedgerRecord[] = [];
    for await (const batch of ledger.read(0)) all.push(...batch);
    return all;
  };
  const hooked: Ledger = {
    ...ledger,
    append: async (entries, atMs, head) => {
      const result = (await desk.beforeAppend(entries)) ?? (await ledger.append(entries, atMs, head));
      await desk.afterAppend(entries);
      return result;
    },
  };
  const obey = (sent: Change): Outcome => {
    if (sent.kind === 'create') {
      const number = desk.nodes.size;
      const endAtMs = (Math.floor(desk.nowMs / HOUR_MS) + 1) * HOUR_MS;
      const start = { createdAtMs: desk.nowMs, startAtMs: desk.nowMs, endAtMs, limit: sent.limit };
      const vm = { status: 'running', startAtMs: desk.nowMs } as const;
      const node = seenNode({
        nodeId: `n_${number}`,
        procurementId: `p_${number}`,
        name: sent.name,
        vm,
        ...start,
      });
      desk.nodes.set(node.nodeId, node);
      return { kind: 'accepted', node, procurement: null };
    }
    if (sent.kind === 'release') {
      const node = {
        ...(desk.nodes.get(sent.nodeId) ?? seenNode()),
        status: 'released',
        statusText: 'released',
      } as const;
      desk.nodes.set(sent.nodeId, node);
      return { kind: 'accepted', node, procurement: null };
    }
    return { kind: 'accepted', node: null, procurement: null };
  };
  const view = (): MarketView => marketOf(desk.ask === null ? [] : [quoteOf(desk.ask, desk.nowMs)]);
  const venue: Pick<Venue, 'look' | 'send'> = {
    look: async ({ nodes: asked }) => {
      desk.looks += 1;
      const found = desk.sight();
      if (found !== undefined) return found;
      const nodes = [...desk.nodes.values()];
      const lookups = new Map(
        asked.map((one) => [
          one,
          nodes.find((node) => node.name === one || node.nodeId === one) ?? ('absent' as const),
        ]),
      );
      return { ok: true, value: lookOf(desk.nowMs, nodes, { lookups }) };
    },
    send: async (sent) => {
      desk.arrived.push({ change: sent, durable: await readAll() });
      return (await desk.answer(sent)) ?? obey(sent);
    },
  };
  const deps = (): TickDeps => ({
    clock: { now: () => desk.nowMs, monotonic: () => desk.monotonicMs },
    ledger: hooked,
    venue: venue as Venue,
    lease: { held: () => desk.leaseHeld },
    policy: desk.policy,
    periodOf,
    desire: () => ({
      gpus: desk.wanted * 8,
      nodes: desk.wanted,
      nextChangeMs: null,
      nodesAt: () => desk.wanted,
    }),
    market: view,
    bounded: (run) => run(),
    deadlines: { tickMs: 90_000, changeMs: 60_000 },
    changesAtOnce: 2,
  });
  const start = { version: 'test', mode: 'live', settingsHash: '' } as const;
  const clock = { now: () => START_MS, monotonic: () => 0 };
  const opened = await openBooks({ clock, ledger, random, namePrefix: 'bk', start });
  if (!opened.ok) throw new Error(opened.message);
  const desk: Desk = {
    nowMs: START_MS,
    monotonicMs: 0,
    leaseHeld: true,
    policy: processPolicy(change),
    wanted: 2,
    ask: 1000,
    memory: { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] },
    nodes: new Map(),
    arrived: [],
    looks: 0,
    answer: async () => undefined,
    sight: () => undefined,
    beforeAppend: async () => undefined,
    afterAppend: async () => undefined,
    other: async (entry) => {
      await ledger.append([entry], desk.nowMs, ledger.head());
    },
    records: readAll,
    kinds: async () => (await readAll()).map((record) => record.entry.kind),
    tick: (options) => tick(deps(), desk.memory, options),
    sent: () => desk.arrived.map(({ change: one }) => `${one.kind} ${aboutOf(one).replace('bk-aaaa-', '')}`),
  };
  return desk;
};

/** The durable intent behind a change that reached the venue; null when there was none. */
export const intentBehind = ({ change, durable }: Arrival): LedgerRecord | null =>
  durable.findLast(({ entry }) => {
    if (change.kind === 'create') return entry.kind === 'create_intended' && entry.name === change.name;
    if (change.kind === 'raise')
      return entry.kind === 'raise_intended' && entry.procurementId === change.procurementId;
    return entry.kind === `${change.kind}_intended` && 'nodeId' in entry && entry.nodeId === change.nodeId;
  }) ?? null;
