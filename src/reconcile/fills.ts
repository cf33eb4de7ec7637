// The evidence of fills: each stretch of time that was bought, with the limit in force, the ask known then, the time it took, and what
// the venue's orders say was paid for it. Folded from the ledger, so that it tells by which rule the venue charges and how fast it fills.
import type { LedgerRecord, OrderSettled, Seq } from '../domain/entry.ts';
import { CENT_SECONDS_PER_CENT, type CentsPerNodeHour } from '../domain/money.ts';
import type { HoldKind } from '../domain/node.ts';
import { secondsBetween, type DurationMs, type UnixMs } from '../domain/time.ts';
import { foldWatched, type Booking } from './bookings.ts';
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
  const orders = new Map<string, number>();

  const settle = (order: OrderSettled): void => {
    const before = orders.get(order.orderId);
    orders.set(order.orderId, order.cost);
    const whole = Math.max(1, secondsBetween(order.fromMs, order.toMs));
    for (const fill of byNode.get(order.node) ?? []) {
      const from = Math.max(fill.fromMs, order.fromMs);
      const to = Math.min(fill.toMs, order.toMs);
      if (to <= from) continue;
      const seconds = secondsBetween(from, to);
      fill.cost += ((order.cost - (before ?? 0)) * CENT_SECONDS_PER_CENT * seconds) / whole;
      if (before === undefined) fill.seconds += seconds;
    }
  };

  const add = (record: LedgerRecord): void => {
    const { entry } = record;
    const node = nodeSeen(books.nodes, record);
    const before = node === undefined ? null : { ...node };
    const [booking] = foldWatched(books, record).bookings;
    if (entry.kind === 'order_settled') settle(entry);
    // What only an order tells of has neither a limit nor an ask that somebody saw.
    if (booking === undefined || entry.kind === 'order_settled' || entry.kind === 'order_split') return;
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
