// The tally of one tick: what the books hold and what was let through since, so that every proposal is judged against all
// that passed before it. It is made when the gate is, and forgotten with it.
import type { Seq } from '../domain/entry.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { HOUR_MS, secondsBetween, splitAt, type UnixMs } from '../domain/time.ts';
import type { Proposal } from './action.ts';
import { BUCKET_MS, countsAt, isAlive, spentBetween, type Books, type NodeBook } from './books.ts';
import { earmarksOf, type Earmark } from './earmarks.ts';

/** Spent and earmarked of one budget's period. */
interface Total {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Null: every fleet. */
  readonly fleet: string | null;
  sum: number;
}

export interface Tally {
  readonly books: Books;
  readonly nowMs: UnixMs;
  /** Nodes alive now, by fleet, with the creates let through. */
  readonly alive: Map<string, number>;
  /** Time that creates and extensions let through in this tick will have paid for. */
  readonly covered: { readonly fleet: string; readonly node: Seq | null; readonly untilMs: UnixMs }[];
  /** Names of creates, and nodes extended, let through in this tick: neither twice. */
  readonly once: Set<string | Seq>;
  /** Limits and ends of authorised time that were let through in this tick, by node. */
  readonly limits: Map<Seq, CentsPerNodeHour>;
  readonly untilMs: Map<Seq, UnixMs>;
  /** Of the last hour, with those let through in this tick. */
  purchases: number;
  raises: number;
  readonly byProcurement: ReadonlyMap<string, readonly NodeBook[]>;
  readonly earmarked: Map<string, Map<number, number>>;
  readonly totals: Map<string, Total>;
}

export const startTally = (books: Books, nowMs: UnixMs): Tally => {
  let byProcurement: Tally['byProcurement'] | null = null;
  const tally: Tally = {
    books,
    nowMs,
    alive: new Map(),
    covered: [],
    once: new Set(),
    limits: new Map(),
    untilMs: new Map(),
    purchases: ofLastHour(books.purchaseTimes, nowMs),
    raises: ofLastHour(books.raiseTimes, nowMs),
    // Most ticks change no limit and never ask.
    get byProcurement() {
      byProcurement ??= sharingNodes(books);
      return byProcurement;
    },
    earmarked: new Map(),
    totals: new Map(),
  };
  for (const node of books.nodes.values()) {
    if (countsAt(node, nowMs)) tally.alive.set(node.fleet, (tally.alive.get(node.fleet) ?? 0) + 1);
    for (const earmark of earmarksOf(node, nowMs)) putAside(tally, node.fleet, earmark);
  }
  return tally;
};

/** A clock set back shows times of the last hour as times to come: they count as well. */
const ofLastHour = (times: readonly UnixMs[], nowMs: UnixMs): number =>
  times.filter((one) => Math.abs(nowMs - one) < HOUR_MS).length;

/** Living nodes by the procurement that carries them. */
const sharingNodes = (books: Books): Tally['byProcurement'] => {
  const byProcurement = new Map<string, NodeBook[]>();
  for (const node of books.nodes.values()) {
    if (node.procurementId === null || !isAlive(node)) continue;
    const sharing = byProcurement.get(node.procurementId);
    if (sharing === undefined) byProcurement.set(node.procurementId, [node]);
    else sharing.push(node);
  }
  return byProcurement;
};

const putAside = (tally: Tally, fleet: string, earmark: Earmark): void => {
  const buckets = tally.earmarked.get(fleet) ?? new Map<number, number>();
  if (!tally.earmarked.has(fleet)) tally.earmarked.set(fleet, buckets);
  for (const piece of splitAt(earmark.fromMs, earmark.toMs, BUCKET_MS)) {
    const index = Math.floor(piece.fromMs / BUCKET_MS);
    const cost = earmark.limit * secondsBetween(piece.fromMs, piece.toMs);
    buckets.set(index, (buckets.get(index) ?? 0) + cost);
  }
};

/** Cent-seconds put aside for a fleet (null: all) in [fromMs, toMs), on quarter hours. */
export const earmarkedBetween = (
  tally: Tally,
  fleet: string | null,
  fromMs: UnixMs,
  toMs: UnixMs,
): number => {
  let sum = 0;
  for (const [name, buckets] of tally.earmarked) {
    if (fleet !== null && name !== fleet) continue;
    for (const [index, cost] of buckets) {
      if (index * BUCKET_MS >= fromMs && index * BUCKET_MS < toMs) sum += cost;
    }
  }
  return sum;
};

/** Cent-seconds spent, earmarked and let through for a fleet (null: all) in a budget's period; `key` names the two. */
export const totalOf = (
  tally: Tally,
  key: string,
  fleet: string | null,
  fromMs: UnixMs,
  toMs: UnixMs,
): number => {
  const known = tally.totals.get(key);
  if (known !== undefined) return known.sum;
  const { books } = tally;
  let sum = earmarkedBetween(tally, fleet, fromMs, toMs);
  for (const name of fleet === null ? books.spent.keys() : [fleet]) {
    sum += spentBetween(books, name, fromMs, toMs);
  }
  tally.totals.set(key, { fromMs, toMs, fleet, sum });
  return sum;
};

/** Counts a proposal that passed, with what it adds. */
export const count = (tally: Tally, proposal: Proposal, adds: readonly Earmark[]): void => {
  for (const add of adds) addMoney(tally, proposal.fleet, add);
  if (proposal.kind === 'renewal') {
    tally.untilMs.set(proposal.node, Math.max(proposal.untilMs, tally.untilMs.get(proposal.node) ?? 0));
    return;
  }
  const { intent, fleet } = proposal;
  if (intent.kind === 'create_intended') {
    tally.alive.set(fleet, (tally.alive.get(fleet) ?? 0) + 1);
    tally.once.add(intent.name);
    tally.covered.push({ fleet, node: null, untilMs: intent.endAtMs ?? Number.MAX_SAFE_INTEGER });
  }
  if (intent.kind === 'extend_intended') {
    tally.once.add(intent.node);
    tally.covered.push({ fleet, node: intent.node, untilMs: intent.endAfterMs });
  }
  if (intent.kind === 'raise_intended') {
    for (const node of tally.byProcurement.get(intent.procurementId) ?? []) {
      if (intent.to > (tally.limits.get(node.seq) ?? 0)) tally.limits.set(node.seq, intent.to);
    }
  }
  if (proposal.spends === 'purchase') tally.purchases += 1;
  if (proposal.spends === 'raise') tally.raises += 1;
};

const addMoney = (tally: Tally, fleet: string, add: Earmark): void => {
  putAside(tally, fleet, add);
  for (const total of tally.totals.values()) {
    if (total.fleet !== null && total.fleet !== fleet) continue;
    const fromMs = Math.max(add.fromMs, total.fromMs);
    const toMs = Math.min(add.toMs, total.toMs);
    if (toMs > fromMs) total.sum += add.limit * secondsBetween(fromMs, toMs);
  }
};
