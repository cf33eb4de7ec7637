// Settlement: reads what really moved beside the tick and hands it over; the tick writes it. A round reads the account's
// transactions from a while before the newest that the ledger knows, now and then from days before, because records come
// late and change; then the orders behind purchases of ours whose price is not known, and behind buy orders of which nobody
// knows whose they are. Asking again for what brought nothing new slows down; a failure is tried again at the next round.
import type { SettlementNews } from '../domain/look.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Venue } from '../ports/venue.ts';
import type { Books } from '../reconcile/books.ts';
import { openOrders, settlementWants, type OpenOrder } from '../reconcile/settle.ts';

const EVERY_MS = 5 * MINUTE_MS;
/** Real time: even on a fast clock the venue's records are not read more often. */
const REST_MS: DurationMs = 2 * SECOND_MS;
/** Records may appear this much behind newer ones; more is caught by the deep reading. */
const LATE_MS = HOUR_MS;
const DEEP_MS = 2 * DAY_MS;
const DEEP_EVERY_MS = 6 * HOUR_MS;
/** What no contract of ours holds by then is not ours: then it is looked for a second time, and for good. */
const OWNER_KNOWN_MS = HOUR_MS;
/** Orders that were asked for in vain are asked for again after twice the time, up to this. */
const ORDERS_AT_LEAST_EVERY_MS = HOUR_MS;

export interface Settlement {
  /** Starts a round when one is due; returns at once. */
  readonly poll: (books: Books) => void;
  readonly idle: () => Promise<void>;
}

export interface SettlementDeps {
  readonly clock: Clock;
  readonly venue: Pick<Venue, 'settlements' | 'transactions'>;
  readonly deliver: (news: readonly SettlementNews[]) => void;
  readonly onProblem: (what: string, message: string) => void;
}

interface Instant {
  readonly clockMs: UnixMs;
  readonly realMs: number;
}

/** A reading of transactions that stopped early and goes on at `from`. */
interface Unfinished {
  readonly afterMs: UnixMs;
  readonly from: string;
}

type Fresh = readonly OpenOrder[];

export const createSettlement = (deps: SettlementDeps): Settlement => {
  let flight: Promise<void> | null = null;
  let last: Instant | null = null;
  let deepAtMs: UnixMs | null = null;
  let unfinished: Unfinished | null = null;
  /** Orders of unknown owner that were looked for once. */
  let lookedFor: ReadonlySet<string> = new Set();
  let asked: { readonly about: string; readonly atMs: UnixMs; readonly waitMs: DurationMs } | null = null;
  const failing = new Set<string>();

  const judge = (what: string, problem: string | null): void => {
    if (problem !== null && !failing.has(what)) deps.onProblem(what, problem);
    if (problem === null) failing.delete(what);
    else failing.add(what);
  };

  /** Orders among the rows that were read. */
  const readTransactions = async ({ account }: Books): Promise<Fresh> => {
    const nowMs = deps.clock.now();
    const deep = deepAtMs === null || Math.abs(nowMs - deepAtMs) >= DEEP_EVERY_MS;
    const newestMs = account.readToMs ?? account.openedAtMs;
    const afterMs = Math.max(
      account.openedAtMs - LATE_MS,
      newestMs - (deep && account.readToMs !== null ? DEEP_MS : LATE_MS),
    );
    const request = unfinished ?? { afterMs, from: null };
    const reading = await deps.venue.transactions(request);
    judge('transactions', reading.ok ? null : reading.message);
    if (!reading.ok) {
      unfinished = null;
      return [];
    }
    const { rows, next } = reading.value;
    if (deep && next === null) deepAtMs = nowMs;
    unfinished = next === null ? null : { afterMs: request.afterMs, from: next };
    const whole = request.from === null && next === null;
    if (rows.length > 0)
      deps.deliver([{ kind: 'transactions', rows, completeFromMs: whole ? request.afterMs : null }]);
    return rows.flatMap(({ category, orderId, atMs }) =>
      (category === 'buy_order' || category === 'sell_order') && orderId !== null
        ? [{ orderId, atMs, sells: category === 'sell_order' }]
        : [],
    );
  };

  const readOrders = async (books: Books, fresh: Fresh): Promise<void> => {
    const askedAtMs = deps.clock.now();
    const open = openOrders(books, fresh);
    const due = open.filter(
      ({ orderId, atMs }) => !lookedFor.has(orderId) || askedAtMs - atMs > OWNER_KNOWN_MS,
    );
    const request = settlementWants(books, due);
    if (request === null) {
      asked = null;
      return judge('settlement', null);
    }
    const sought = due.map(({ orderId }) => orderId);
    const about = JSON.stringify([request.procurementIds, request.reserved, sought]);
    const again = asked !== null && asked.about === about;
    if (asked !== null && again && Math.abs(askedAtMs - asked.atMs) < asked.waitMs) return;
    const reading = await deps.venue.settlements(request);
    judge('settlement', reading.ok ? null : reading.message);
    if (!reading.ok) return;
    const waitMs = again && asked !== null ? Math.min(2 * asked.waitMs, ORDERS_AT_LEAST_EVERY_MS) : EVERY_MS;
    asked = { about, atMs: askedAtMs, waitMs };
    lookedFor = new Set(open.map(({ orderId }) => orderId));
    deps.deliver([{ kind: 'orders', orders: reading.value, askedAtMs, sought }]);
  };

  return {
    poll: (books) => {
      const now = { clockMs: deps.clock.now(), realMs: deps.clock.monotonic() };
      const wait = unfinished === null ? EVERY_MS : 0;
      const early =
        last !== null && (Math.abs(now.clockMs - last.clockMs) < wait || now.realMs - last.realMs < REST_MS);
      if (flight !== null || early) return;
      last = now;
      flight = readTransactions(books)
        .then((fresh) => readOrders(books, fresh))
        .finally(() => {
          flight = null;
        });
    },
    idle: async () => {
      await flight;
    },
  };
};
