// The evidence of fills: each stretch of time that was bought, with the limit in force, the ask known then, the time it took, and what
// the venue's orders say was paid for it. Folded from the ledger, so that it tells by which rule the venue charges and how fast it fills.
import type { LedgerRecord, Seq } from '../domain/entry.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { HoldKind } from '../domain/node.ts';
import { secondsBetween, type DurationMs, type UnixMs } from '../domain/time.ts';
import { foldWatched, type Booking, type Payment } from './bookings.ts';
import { emptyBooks, type NodeBook } from './books.ts';

export interface Fill {
  /** When the look or answer that showed it was written. */
  readonly atMs: UnixMs;
  readonly fleet: string;
  readonly zone: string;
  readonly gpu: string;
  readonly hold: HoldKind;
  readonly node: string;
  readonly what: 'fill' | 'renewal' | 'extension';
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly limit: CentsPerNodeHour;
  /** Null when no usable quote was known. */
  readonly ask: CentsPerNodeHour | null;
  /** From the asking (or from losing the node before) to the fill; null for a renewal, which nobody asks for. */
  readonly tookMs: DurationMs | null;
  /** Cents per node-hour by the venue's orders, not rounded; null while none is known. */
  readonly paid: number | null;
}

interface OpenFill extends Omit<Fill, 'paid'> {
  /** Cent-seconds of orders, and the seconds they are for. */
  cost: number;
  seconds: number;
}

export interface FillAccount {
  readonly add: (record: LedgerRecord) => void;
  /** In the order of the ledger. */
  readonly finish: () => readonly Fill[];
}

export const createFills = (): FillAccount => {
  const books = emptyBooks();
  const fills: OpenFill[] = [];
  const byNode = new Map<Seq, OpenFill[]>();
  /** Orders that were counted, by node. */
  const orders = new Set<string>();

  const settle = (orderId: string, { node, fromMs, toMs, paid, back }: Payment): void => {
    const key = `${node.seq}/${orderId}`;
    const whole = Math.max(1, secondsBetween(fromMs, toMs));
    for (const fill of byNode.get(node.seq) ?? []) {
      const from = Math.max(fill.fromMs, fromMs);
      const to = Math.min(fill.toMs, toMs);
      if (to <= from) continue;
      const seconds = secondsBetween(from, to);
      fill.cost += ((paid - back) * seconds) / whole;
      if (!orders.has(key)) fill.seconds += seconds;
    }
    orders.add(key);
  };

  const add = (record: LedgerRecord): void => {
    const { entry } = record;
    const node = nodeSeen(books.nodes, record);
    const before = node === undefined ? null : { ...node };
    const { bookings, payments } = foldWatched(books, record);
    if ('orderId' in entry) {
      // What only an order tells of has neither a limit nor an ask that somebody saw.
      for (const payment of payments) settle(entry.orderId, payment);
      return;
    }
    const [booking] = bookings;
    if (booking === undefined) return;
    const fill = fillOf(record, booking, before);
    const others = byNode.get(booking.node.seq);
    fills.push(fill);
    if (others === undefined) byNode.set(booking.node.seq, [fill]);
    else others.push(fill);
  };

  const finish = (): readonly Fill[] =>
    fills.map(({ cost, seconds, ...fill }) => ({ ...fill, paid: seconds === 0 ? null : cost / seconds }));

  return { add, finish };
};

const nodeSeen = (nodes: ReadonlyMap<Seq, NodeBook>, { entry }: LedgerRecord): NodeBook | undefined =>
  entry.kind === 'node_seen' ? nodes.get(entry.node) : undefined;

const fillOf = (
  { atMs, entry }: LedgerRecord,
  { node, blocks }: Booking,
  before: NodeBook | null,
): OpenFill => {
  const wasHeld = before !== null && before.bookedToMs > 0 && before.phase === 'running';
  const what = !wasHeld ? 'fill' : node.hold === 'reserved' ? 'extension' : 'renewal';
  const askedAtMs =
    what === 'extension' ? before?.extension?.sinceMs : (before?.waitingSinceMs ?? node.intendedAtMs);
  const { fleet, zone, gpu, hold, name, limit } = node;
  return {
    atMs,
    fleet,
    zone,
    gpu,
    hold,
    node: name,
    what,
    fromMs: blocks[0]?.fromMs ?? atMs,
    toMs: blocks.at(-1)?.toMs ?? atMs,
    limit: blocks[0]?.limit ?? limit,
    ask: entry.kind === 'node_seen' || entry.kind === 'change_accepted' ? entry.estimate : null,
    tookMs: what === 'renewal' || askedAtMs === undefined ? null : Math.max(0, atMs - askedAtMs),
    cost: 0,
    seconds: 0,
  };
};
