// A ledger told entry by entry and folded as it is told: the short way for a test to books in a given state.
import type { CreateIntended, Entry, LedgerRecord, RaiseIntended, Seq } from '../../src/domain/entry.ts';
import { centsPerNodeHour, type CentsPerNodeHour } from '../../src/domain/money.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import { HOUR_MS, type UnixMs } from '../../src/domain/time.ts';
import { emptyBooks, type Books, type NodeBook } from '../../src/reconcile/books.ts';
import { fold } from '../../src/reconcile/fold.ts';
import { START_MS } from '../simulation/world.ts';

export const price = centsPerNodeHour;
const PRICE = price(1200);
export const ZONE = 'hayesvalley';
export const basis = { lookAtMs: START_MS, ask: null, askedAtMs: null } as const;

export const nameOfSlot = (slot: number, generation = 1, fleet = 'train'): string =>
  `bk-ab12-${fleet}-${slot}-g${generation}`;

/** A node as the venue shows it: running until the next full hour after the start of the story. */
export const seenNode = (change: Partial<SeenNode> = {}): SeenNode => ({
  nodeId: 'n_0',
  name: nameOfSlot(0),
  status: 'running',
  statusText: change.status ?? 'running',
  kind: 'autoreserved',
  zone: ZONE,
  gpu: 'h100',
  createdAtMs: START_MS,
  startAtMs: START_MS,
  endAtMs: START_MS + HOUR_MS,
  procurementId: 'p_0',
  limit: null,
  vm: { status: 'running', startAtMs: START_MS },
  ...change,
});

export interface Story {
  readonly books: Books;
  readonly records: LedgerRecord[];
  /** The time of writing of the next entries. */
  nowMs: UnixMs;
  readonly later: (span: number) => void;
  readonly tell: (entry: Entry) => Seq;
  readonly create: (change?: Partial<CreateIntended>) => Seq;
  readonly accept: (intent: Seq, node?: SeenNode | null) => void;
  readonly see: (node: Seq, seen: SeenNode, watched?: boolean) => void;
  /** A bid of slot `slot` that stands unfilled. */
  readonly waiting: (slot: number, change?: Partial<CreateIntended>) => Seq;
  /** A node of slot `slot` that runs, its procurement read: limit as asked, horizon 0. */
  readonly running: (slot: number, seen?: Partial<SeenNode>, change?: Partial<CreateIntended>) => Seq;
  readonly raise: (node: Seq, to: number, reason?: RaiseIntended['reason']) => Seq;
  readonly node: (seq: Seq) => NodeBook;
}

export const createStory = (): Story => {
  const books = emptyBooks();
  const records: LedgerRecord[] = [];
  const story: Story = {
    books,
    records,
    nowMs: START_MS,
    later: (span) => {
      story.nowMs += span;
    },
    tell: (entry) => {
      const record = { seq: records.length + 1, atMs: story.nowMs, entry };
      records.push(record);
      fold(books, record);
      return record.seq;
    },
    create: (change = {}) => {
      const { fleet = 'train', slot = 0, generation = 1 } = change;
      return story.tell({
        kind: 'create_intended',
        name: nameOfSlot(slot, generation, fleet),
        fleet,
        slot,
        generation,
        zone: ZONE,
        gpu: 'h100',
        hold: 'autoreserved',
        limit: PRICE,
        startAtMs: null,
        endAtMs: null,
        cloudInitHash: null,
        basis,
        why: 'a test',
        ...change,
      });
    },
    accept: (intent, node = null) => {
      const change = books.open.get(intent)?.kind;
      const kind = change === undefined || change === 'repost' ? 'create' : change;
      story.tell({ kind: 'change_accepted', intent, change: kind, node, limit: null, estimate: null });
    },
    see: (node, seen, watched = false) => {
      story.tell({ kind: 'node_seen', node, seen, estimate: null, watched });
    },
    waiting: (slot, change = {}) => {
      const seq = story.create({ slot, ...change });
      const name = story.node(seq).name;
      const limit = story.node(seq).limit;
      const shown = { nodeId: `n_${seq}`, name, procurementId: `p_${seq}`, limit };
      story.accept(seq, seenNode({ ...shown, status: 'pending', startAtMs: null, endAtMs: null, vm: null }));
      return seq;
    },
    running: (slot, seen = {}, change = {}) => {
      const seq = story.create({ slot, ...change });
      const { name, hold, zone } = story.node(seq);
      const procurementId = hold === 'reserved' ? null : `p_${seq}`;
      const shown = { nodeId: `n_${seq}`, name, zone, kind: hold, procurementId, startAtMs: story.nowMs };
      const vm = { status: 'running', startAtMs: story.nowMs } as const;
      story.accept(seq, seenNode({ ...shown, vm, createdAtMs: story.nowMs, ...seen }));
      if (procurementId !== null) {
        const limit = story.node(seq).limit;
        story.tell({ kind: 'procurement_seen', node: seq, procurementId, limit, horizonMs: 0 });
      }
      return seq;
    },
    raise: (node, to, reason = 'climb') => {
      const { procurementId, limit } = story.node(node);
      return story.tell({
        kind: 'raise_intended',
        node,
        procurementId: procurementId ?? '',
        from: limit,
        to: to as CentsPerNodeHour,
        reason,
        basis,
        why: 'a test',
      });
    },
    node: (seq) => {
      const node = books.nodes.get(seq) ?? books.closing.get(seq);
      if (node === undefined) throw new Error(`the books hold no node ${seq}`);
      return node;
    },
  };
  story.tell({ kind: 'ledger_opened', ledgerId: 'ab12', namePrefix: 'bk' });
  return story;
};

/** Two watched renewals at the very end of the hour: from now on a horizon of 0 is known to renew at the end. */
export const teachEdges = (story: Story): void => {
  story.books.edges.set(0, { jumps: 2, leadMs: 0 });
};
