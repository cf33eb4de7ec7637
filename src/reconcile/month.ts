// One month of a ledger, fleet by fleet and day by day in each fleet's own zone. Time wanted and obtained, overrun,
// purchases and interruptions are differences of folded totals between the bounds of days; money lies on the hours it pays
// for, split by seconds, whenever it was settled. The ledger is folded once; nothing is guessed, and what the venue has not
// billed yet is kept apart as open.
import type { PeriodOf } from '../domain/calendar.ts';
import type { LedgerRecord, Seq } from '../domain/entry.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { PURCHASE_OUTCOMES, type PurchaseOutcome } from '../domain/report.ts';
import { DAY_MS, secondsBetween, type UnixMs } from '../domain/time.ts';
import { foldWatched, type Booking, type Payment } from './bookings.ts';
import { emptyBooks, nodesOf, type Books, type NodeBook } from './books.ts';
import { usableMs } from './fold-node.ts';
import { referencePrices, type ReferencePrices } from './references.ts';

/** Sums over a span of one fleet: node-milliseconds, node-seconds and cent-seconds. */
export interface Figures {
  wantedMs: number;
  obtainedMs: number;
  boughtSeconds: number;
  /** Bought time at its limit: the most it can cost. */
  committed: number;
  /** Bought time at the estimate made when it was booked. */
  accrued: number;
  /** Gross, by the venue's orders. */
  settled: number;
  /** Taken back from orders later. */
  refunded: number;
  /** Bought time that no order has paid for yet, with its estimate. */
  openSeconds: number;
  openAccrued: number;
  /** Bought time that lies after the newest entry: not used yet, and not unused. */
  aheadSeconds: number;
  /** Renewals the venue made beyond what was let through, when they were noticed. */
  overrun: number;
  outbid: number;
  failed: number;
  /** What the bought time would have cost at the ceiling, at the vendor's default, as blocks; cent-seconds. */
  atCeiling: number;
  atVendorDefault: number;
  atAllReserved: number;
  purchases: Record<PurchaseOutcome, number>;
}

export interface MonthDay {
  readonly startMs: UnixMs;
  readonly endMs: UnixMs;
  readonly figures: Figures;
}

export interface MonthOfFleet {
  readonly fleet: string;
  readonly timeZone: string;
  readonly startMs: UnixMs;
  readonly endMs: UnixMs;
  readonly days: readonly MonthDay[];
  readonly total: Figures;
  /** Bought time and its cost by zone and kind of hold: `hayesvalley, autoreserved`. */
  readonly places: ReadonlyMap<string, Figures>;
}

export interface MonthOptions {
  /** Fleets by name with their zones; others the ledger knows are kept in UTC. */
  readonly timeZones: ReadonlyMap<string, string>;
  /** An instant within the month on any clock: its 15th, noon, UTC. */
  readonly withinMs: UnixMs;
  readonly periodOf: PeriodOf;
}

export interface MonthReport {
  readonly fleets: readonly MonthOfFleet[];
  readonly ledgerId: string | null;
  /** The newest entry: what came later is not in here. */
  readonly asOfMs: UnixMs;
  readonly contradiction: string | null;
}

export interface MonthAccount {
  readonly add: (record: LedgerRecord) => void;
  readonly finish: () => MonthReport;
}

export const emptyFigures = (): Figures => ({
  wantedMs: 0,
  obtainedMs: 0,
  boughtSeconds: 0,
  committed: 0,
  accrued: 0,
  settled: 0,
  refunded: 0,
  openSeconds: 0,
  openAccrued: 0,
  aheadSeconds: 0,
  overrun: 0,
  outbid: 0,
  failed: 0,
  atCeiling: 0,
  atVendorDefault: 0,
  atAllReserved: 0,
  purchases: Object.fromEntries(PURCHASE_OUTCOMES.map((one) => [one, 0])) as Record<PurchaseOutcome, number>,
});

/** Adds `other` × `sign` to `figures`. */
export const addFigures = (figures: Figures, other: Figures, sign: 1 | -1 = 1): Figures => {
  for (const key of Object.keys(figures) as (keyof Figures)[]) {
    if (key !== 'purchases') figures[key] += sign * other[key];
  }
  for (const outcome of PURCHASE_OUTCOMES) figures.purchases[outcome] += sign * other.purchases[outcome];
  return figures;
};

interface FleetAccount {
  readonly fleet: string;
  readonly timeZone: string;
  readonly days: readonly MonthDay[];
  readonly startMs: UnixMs;
  readonly endMs: UnixMs;
  readonly places: Map<string, Figures>;
  /** The totals at the last bound of a day that was passed, and how many were. */
  last: Figures;
  passed: number;
}

type BoughtTime = Booking['blocks'][number];

interface OpenTime {
  readonly node: NodeBook;
  blocks: { readonly block: BoughtTime; readonly estimate: CentsPerNodeHour }[];
}

export const createMonth = (options: MonthOptions): MonthAccount => {
  const books = emptyBooks();
  const accounts = new Map<string, FleetAccount>();
  const open = new Map<Seq, OpenTime>();
  for (const fleet of options.timeZones.keys()) accounts.set(fleet, accountOf(fleet, options));

  const account = (fleet: string): FleetAccount => {
    const known = accounts.get(fleet) ?? accountOf(fleet, options);
    accounts.set(fleet, known);
    return known;
  };

  const add = (record: LedgerRecord): void => {
    for (const one of accounts.values()) passBounds(books, one, record.atMs);
    const { bookings, payments } = foldWatched(books, record);
    for (const fleet of books.fleets.keys()) account(fleet);
    for (const { node, blocks, estimate } of bookings) {
      const prices = referencePrices(books.fleets.get(node.fleet) ?? { references: null }, node, estimate);
      for (const block of blocks) book(account(node.fleet), node, block, { estimate, prices });
      const times = open.get(node.seq) ?? { node, blocks: [] };
      times.blocks.push(...blocks.map((block) => ({ block, estimate })));
      open.set(node.seq, times);
    }
    for (const payment of payments) {
      pay(account(payment.node.fleet), payment, payment.paid, 'settled');
      pay(account(payment.node.fleet), payment, payment.back, 'refunded');
      closePaid(open, payment.node);
    }
  };

  const finish = (): MonthReport => {
    for (const { node, blocks } of open.values()) {
      for (const { block, estimate } of blocks) {
        each(account(node.fleet), node, block.fromMs, block.toMs, (figures, seconds) => {
          figures.openSeconds += seconds;
          figures.openAccrued += estimate * seconds;
        });
      }
    }
    for (const node of books.nodes.values()) {
      each(account(node.fleet), node, books.lastAtMs, node.bookedToMs, (figures, seconds) => {
        figures.aheadSeconds += seconds;
      });
    }
    return {
      fleets: [...accounts.values()].map((one) => finished(books, one)),
      ledgerId: books.ledgerId,
      asOfMs: books.lastAtMs,
      contradiction: books.contradiction,
    };
  };

  return { add, finish };
};

const accountOf = (fleet: string, { timeZones, withinMs, periodOf }: MonthOptions): FleetAccount => {
  const timeZone = timeZones.get(fleet) ?? 'UTC';
  const { startMs, endMs } = periodOf('month', timeZone, withinMs);
  const days: MonthDay[] = [];
  for (let at = startMs; at < endMs; at = days.at(-1)?.endMs ?? endMs) {
    const day = periodOf('day', timeZone, at);
    days.push({ startMs: day.startMs, endMs: day.endMs, figures: emptyFigures() });
  }
  return { fleet, timeZone, days, startMs, endMs, places: new Map(), last: emptyFigures(), passed: 0 };
};

/** The bounds of an account in order: the start of every day and the end of the last. */
const boundOf = ({ days, endMs }: FleetAccount, index: number): UnixMs => days[index]?.startMs ?? endMs;

const passBounds = (books: Books, account: FleetAccount, atMs: UnixMs): void => {
  while (account.passed <= account.days.length && boundOf(account, account.passed) <= atMs) {
    passTo(books, account, boundOf(account, account.passed));
    account.passed += 1;
  }
};

/** Gives the day that ends at `atMs` (or is cut there) what the totals grew by since its start. */
const passTo = (books: Books, account: FleetAccount, atMs: UnixMs): void => {
  const totals = totalsAt(books, account.fleet, atMs);
  const day = account.days[account.passed - 1];
  if (day !== undefined) addFigures(addFigures(day.figures, totals), account.last, -1);
  account.last = totals;
};

/** The folded totals of a fleet as they stood at an instant. */
const totalsAt = (books: Books, name: string, atMs: UnixMs): Figures => {
  const totals = emptyFigures();
  const fleet = books.fleets.get(name);
  if (fleet === undefined) return totals;
  const since = fleet.coverageAtMs === null ? 0 : Math.max(0, atMs - fleet.coverageAtMs);
  totals.wantedMs = fleet.targetNodeMs + fleet.wantedNodes * since;
  for (const sums of books.sums.values()) if (sums.fleet === name) totals.obtainedMs += sums.obtainedMs;
  for (const node of nodesOf(books, name)) totals.obtainedMs += usableMs(node, atMs);
  totals.overrun = fleet.overrun;
  for (const [key, count] of fleet.interruptions)
    totals[key.endsWith('/failed') ? 'failed' : 'outbid'] += count;
  for (const outcome of PURCHASE_OUTCOMES) totals.purchases[outcome] = fleet.purchases[outcome];
  return totals;
};

/** Hands each day that [fromMs, toMs) touches, and the node's place, the seconds within it. */
const each = (
  account: FleetAccount,
  node: NodeBook,
  fromMs: UnixMs,
  toMs: UnixMs,
  use: (figures: Figures, seconds: number, fromMs: UnixMs, toMs: UnixMs) => void,
): void => {
  // Days are at most 25 hours long and, but for the clock changes, 24: the search begins a little before.
  let index = Math.max(0, Math.floor((fromMs - account.startMs) / DAY_MS) - 1);
  for (let day = account.days[index]; day !== undefined && day.startMs < toMs; day = account.days[++index]) {
    const from = Math.max(fromMs, day.startMs);
    const to = Math.min(toMs, day.endMs);
    if (to <= from) continue;
    use(day.figures, secondsBetween(from, to), from, to);
    use(placeOf(account, node), secondsBetween(from, to), from, to);
  }
};

const placeOf = ({ places }: FleetAccount, { zone, hold }: NodeBook): Figures => {
  const key = `${zone}, ${hold}`;
  const known = places.get(key) ?? emptyFigures();
  places.set(key, known);
  return known;
};

const book = (
  account: FleetAccount,
  node: NodeBook,
  block: BoughtTime,
  { estimate, prices }: { readonly estimate: CentsPerNodeHour; readonly prices: ReferencePrices },
): void =>
  each(account, node, block.fromMs, block.toMs, (figures, seconds) => {
    figures.boughtSeconds += seconds;
    figures.committed += block.limit * seconds;
    figures.accrued += estimate * seconds;
    figures.atCeiling += prices.ceiling * seconds;
    figures.atVendorDefault += prices.vendor_default * seconds;
    figures.atAllReserved += prices.all_reserved * seconds;
  });

/** Lays a sum on the hours it pays for; the parts add up to the whole. */
const pay = (
  account: FleetAccount,
  { node, fromMs: orderFromMs, toMs: orderToMs }: Payment,
  sum: number,
  into: 'settled' | 'refunded',
): void => {
  if (sum === 0) return;
  const whole = Math.max(1, secondsBetween(orderFromMs, orderToMs));
  // sum × seconds / whole, rounded down, exact also where the product leaves the safe integers.
  const quotient = Math.trunc(sum / whole);
  const upTo = (atMs: UnixMs): number => {
    const seconds = secondsBetween(orderFromMs, atMs);
    return quotient * seconds + Math.floor(((sum - quotient * whole) * seconds) / whole);
  };
  each(account, node, orderFromMs, orderToMs, (figures, _seconds, fromMs, toMs) => {
    figures[into] += upTo(toMs) - upTo(fromMs);
  });
};

/** What an order paid for is no longer among the node's blocks. */
const closePaid = (open: Map<Seq, OpenTime>, node: NodeBook): void => {
  const times = open.get(node.seq);
  if (times === undefined) return;
  const left = new Set<BoughtTime>(node.blocks);
  times.blocks = times.blocks.filter(({ block }) => left.has(block));
  if (times.blocks.length === 0) open.delete(node.seq);
};

const finished = (books: Books, account: FleetAccount): MonthOfFleet => {
  passBounds(books, account, books.lastAtMs);
  if (account.passed > 0 && account.passed <= account.days.length) passTo(books, account, books.lastAtMs);
  const { fleet, timeZone, startMs, endMs, days, places } = account;
  const total = days.reduce((sum, day) => addFigures(sum, day.figures), emptyFigures());
  return { fleet, timeZone, startMs, endMs, days, places, total };
};
