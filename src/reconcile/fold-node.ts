// The evidence side of fold: what a look showed of a node of ours, turned into phase, bought time and usable time.
import type { FillKind } from '../domain/account.ts';
import type { EndProof, NodeSeen, ProcurementSeen } from '../domain/entry.ts';
import { isWaiting, type SeenNode } from '../domain/node.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { HOUR_MS, MINUTE_MS, hourFloor, type UnixMs } from '../domain/time.ts';
import { climbKey, isAlive, limitInForce, type Books, type NodeBook } from './books.ts';
import { noteReplacing } from './fold-climb.ts';
import { enterSlot } from './fold-slots.ts';
import { bookTime, fillKind, fleetBook, sumsOf } from './fold-money.ts';
import { noteLateness } from './lateness.ts';
import { likelyPrice } from './payment.ts';

type Sight = Pick<NodeSeen, 'seen' | 'estimate' | 'watched'>;

/** Applies one sight of a node. */
export const seeNode = (books: Books, node: NodeBook, sight: Sight, atMs: UnixMs): void => {
  const { seen } = sight;
  const before = { phase: node.phase, status: node.status, filledAtMs: node.filledAtMs };
  bind(books, node, seen);
  movePhase(books, node, seen, atMs);
  if (sight.watched && before.phase === 'running' && before.status === 'running')
    learnEdge(books, node, seen, atMs);
  if (before.filledAtMs === null && node.filledAtMs !== null) noteFill(books, node, sight, atMs);
  buyTime(books, node, sight, before, atMs);
  countUsable(books, node, seen, atMs);
  if (before.phase === 'running' && node.phase === 'waiting') loseTime(node, atMs);
  node.endAtMs = endShown(node, seen);
  node.status = seen.status;
  if (node.extension !== null && (node.endAtMs ?? 0) >= node.extension.endAfterMs) {
    books.open.delete(node.extension.intent);
    node.extension = null;
  }
};

/** The end that a sight tells of. Bought time is never taken back: an earlier end is shown by a listing that is behind. */
export const endShown = (node: NodeBook, { endAtMs }: Pick<SeenNode, 'endAtMs'>): UnixMs | null =>
  endAtMs === null ? node.endAtMs : Math.max(endAtMs, node.bookedToMs);

const bind = (books: Books, node: NodeBook, seen: SeenNode): void => {
  if (node.nodeId !== null && node.nodeId !== seen.nodeId) {
    books.contradiction ??= `${node.name} was ${node.nodeId} and is now shown as ${seen.nodeId}`;
    return;
  }
  node.nodeId = seen.nodeId;
  books.byId.set(seen.nodeId, node.seq);
  books.open.delete(node.seq);
  if (seen.procurementId !== null) node.procurementId = seen.procurementId;
  if (seen.startAtMs !== null) node.startAtMs = seen.startAtMs;
  const otherZone = seen.zone !== null && seen.zone !== node.zone;
  const otherGpu = seen.gpu !== '' && seen.gpu !== node.gpu;
  node.wrongGoods = otherZone || otherGpu;
  const unread = node.limitReadAtMs === null;
  if (unread && seen.limit !== null && seen.limit > limitInForce(node)) node.limit = seen.limit;
};

const movePhase = (books: Books, node: NodeBook, seen: SeenNode, atMs: UnixMs): void => {
  if (!isAlive(node)) enterSlot(books, node);
  const lettingGo = node.release === 'accepted' || seen.status === 'released';
  if (seen.status === 'released') node.release = 'accepted';
  const filled = seen.status === 'running' || (node.hold === 'reserved' && seen.endAtMs !== null);
  const wasRunning = node.phase === 'running';
  if (lettingGo) {
    node.phase = 'releasing';
  } else if (filled) {
    node.phase = 'running';
  } else if (isWaiting(seen.status) || !isAlive(node) || node.phase === 'asked' || node.phase === 'unknown') {
    node.phase = 'waiting';
  }
  if (node.phase === 'waiting' || filled) noteReplacing(books, node, false);
  if (node.phase === 'waiting') {
    node.waitingSinceMs ??= atMs;
    if (wasRunning) interrupt(books, node, 'outbid');
  } else {
    node.waitingSinceMs = null;
  }
  if (node.phase !== 'running') node.runningSinceMs = null;
  else node.runningSinceMs ??= atMs;
  if (filled && !node.wrongGoods && node.filledAtMs === null) {
    node.filledAtMs = atMs;
    fleetBook(books, node.fleet).purchases.filled += 1;
    books.refusedPrice.delete(climbKey(node.fleet, node.zone));
  }
};

const FILLS_KEPT = 64;

const noteFill = (books: Books, node: NodeBook, { seen, estimate }: Sight, atMs: UnixMs): void => {
  const { fleet, hold } = node;
  const afterMs = Math.max(0, atMs - node.intendedAtMs);
  const fill = { kind: fillOf(node, seen), ask: estimate, limit: limitInForce(node) };
  const price = likelyPrice(books.payment, fill);
  noteLateness(books.lateness.fills, afterMs);
  books.fills.count += 1;
  books.fills.last.push({ fleet, hold, atMs, afterMs, price });
  if (books.fills.last.length > FILLS_KEPT) books.fills.last.shift();
};

const interrupt = (books: Books, node: NodeBook, cause: 'outbid' | 'failed'): void => {
  const { interruptions } = fleetBook(books, node.fleet);
  const key = `${node.zone}/${cause}`;
  interruptions.set(key, (interruptions.get(key) ?? 0) + 1);
};

/** The venue may buy this much earlier than its horizon says. */
const LEAD_SLACK_MS = 2 * HOUR_MS;

/** A watched `end_at` that moved tells how long before the end the venue buys the next hour. */
const learnEdge = (books: Books, node: NodeBook, seen: SeenNode, atMs: UnixMs): void => {
  if (node.hold !== 'autoreserved' || node.endAtMs === null) return;
  // A listing that was stale and is fresh again moves the end as well, but buys nothing.
  if ((seen.endAtMs ?? 0) <= Math.max(node.endAtMs, node.bookedToMs)) return;
  // A lead that no horizon explains was measured with a clock that stood wrong, and would let years be bought.
  const leadMs = node.endAtMs - atMs;
  if (leadMs > (node.horizonMs ?? 0) + LEAD_SLACK_MS) return;
  const key = node.horizonMs ?? -1;
  const edge = books.edges.get(key) ?? { jumps: 0, leadMs: 0 };
  edge.jumps += 1;
  edge.leadMs = Math.max(edge.leadMs, leadMs);
  books.edges.set(key, edge);
};

const buyTime = (
  books: Books,
  node: NodeBook,
  { seen, estimate }: Sight,
  before: { phase: NodeBook['phase'] },
  atMs: UnixMs,
): void => {
  const end = seen.endAtMs;
  const pays = node.hold === 'reserved' || !isWaiting(seen.status);
  if (end === null || !pays || end <= node.bookedToMs) return;
  const limit =
    node.extension === null ? limitInForce(node) : higher(limitInForce(node), node.extension.limit);
  const unbroken = node.bookedToMs > 0 && (before.phase === 'running' || before.phase === 'releasing');
  const fromMs = unbroken ? brokenAt(node, seen) : startOf(node, seen, atMs);
  if (fromMs < end) {
    const fill = unbroken ? 'taken' : fillOf(node, seen);
    bookTime(books, node, { fromMs, toMs: end, limit, ask: estimate, fill, bookedAtMs: atMs });
  } else if (node.lostToMs === 0) return;
  node.bookedToMs = Math.max(node.bookedToMs, end);
  node.lostToMs = 0;
};

/** An eviction was seen: what was bought beyond this instant is lost, and may be bought a second time. */
const loseTime = (node: NodeBook, atMs: UnixMs): void => {
  node.lostToMs = node.bookedToMs;
  node.bookedToMs = Math.min(node.bookedToMs, atMs);
};

/** How a first fill, or one after an eviction, came about; null without the venue's word of when. */
const fillOf = (node: NodeBook, { startAtMs }: SeenNode): FillKind | null =>
  startAtMs === null ? null : fillKind(node, startAtMs);

const higher = (a: CentsPerNodeHour, b: CentsPerNodeHour): CentsPerNodeHour => (a > b ? a : b);

/** Where newly bought time begins after time that was booked: at its end, or at a later fill or VM start seen with it. */
const brokenAt = (node: NodeBook, seen: SeenNode): UnixMs =>
  earliest([seen.startAtMs, seen.vm?.startAtMs], node.bookedToMs + 1) ?? node.bookedToMs;

/**
 * Where the time of a fresh fill begins, by the venue's own words: the fill, which is paid for, comes before the VM runs.
 * Without them from the start of this hour, as a worst case.
 */
const startOf = (node: NodeBook, seen: SeenNode, atMs: UnixMs): UnixMs => {
  const floor = Math.max(node.bookedToMs, node.intendedAtMs - MINUTE_MS);
  const asked = node.hold === 'reserved' ? node.askedStartMs : null;
  const known = earliest([seen.startAtMs, seen.vm?.startAtMs, asked], floor);
  if (known !== null) return known;
  // Nothing says that it was filled anew since the eviction: an old listing looks like that. What was paid is not booked
  // again; if it was bought again all the same, the venue's order will say so.
  if (node.lostToMs > floor) return node.lostToMs;
  return node.hold === 'reserved' ? floor : Math.max(floor, hourFloor(atMs));
};

/** The earliest of some instants that is not before `floor`; null when none is. */
const earliest = (instants: readonly (UnixMs | null | undefined)[], floor: UnixMs): UnixMs | null => {
  const fitting = instants.filter((one): one is UnixMs => one != null && one >= floor);
  return fitting.length === 0 ? null : Math.min(...fitting);
};

const countUsable = (books: Books, node: NodeBook, seen: SeenNode, atMs: UnixMs): void => {
  const alive = seen.status === 'running' || seen.status === 'released' || seen.status === 'unknown';
  const usable =
    alive &&
    !node.wrongGoods &&
    (seen.vm === null ? seen.status === 'running' : seen.vm.status === 'running');
  const vmFailed = seen.vm?.status === 'node_failure' || seen.vm?.status === 'destroyed';
  if (vmFailed && node.vm === 'running' && node.phase === 'running') interrupt(books, node, 'failed');
  node.vm = seen.vm?.status ?? (usable ? 'running' : null);
  if (usable) node.usableSinceMs ??= atMs;
  else stopUsable(books, node, atMs);
};

/** Ends a stretch of usable time at `atMs`, or where the bought time ended before. */
const stopUsable = (books: Books, node: NodeBook, atMs: UnixMs): void => {
  if (node.usableSinceMs === null) return;
  sumsOf(books, node).obtainedMs += usableMs(node, atMs);
  node.usableSinceMs = null;
};

/** Usable milliseconds of the running stretch up to `atMs`; never beyond the bought time. */
export const usableMs = (node: NodeBook, atMs: UnixMs): number => {
  if (node.usableSinceMs === null) return 0;
  const until = node.bookedToMs > 0 ? Math.min(atMs, node.bookedToMs) : atMs;
  return Math.max(0, until - node.usableSinceMs);
};

/** How long a raise whose answer was lost may still come into force. */
export const RAISE_LATE_MS = HOUR_MS;

/**
 * A procurement was read back: its limit is in force. That settles the accepted raise that asked for it and every accepted
 * one before; one whose answer was lost may still come late and is counted until then.
 */
export const readProcurement = (
  node: NodeBook,
  read: Pick<ProcurementSeen, 'procurementId' | 'limit' | 'horizonMs'>,
  atMs: UnixMs,
): void => {
  if (read.procurementId !== '') node.procurementId = read.procurementId;
  if (read.horizonMs !== null) node.horizonMs = read.horizonMs;
  if (read.limit === null) return;
  node.limit = read.limit;
  node.limitReadAtMs = atMs;
  const accepted = node.raises.filter((raise) => raise.answer === 'accepted');
  const settled = accepted.findLast((raise) => raise.limit === read.limit)?.intent ?? 0;
  node.raises = node.raises.filter(
    (raise) =>
      (raise.answer !== 'accepted' || raise.intent > settled) && atMs - raise.sinceMs < RAISE_LATE_MS,
  );
};

/** The node is proved to have ended. */
export const endNode = (books: Books, node: NodeBook, proof: EndProof, atMs: UnixMs): void => {
  const lost = node.phase === 'running' && node.hold === 'autoreserved';
  if (lost) interrupt(books, node, proof === 'failed' ? 'failed' : 'outbid');
  stopUsable(books, node, atMs);
  node.phase = 'ended';
  node.proof = proof;
  node.endedAtMs = atMs;
};
