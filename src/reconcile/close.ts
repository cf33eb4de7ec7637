// Close: a look held against the books gives the entries that close what was open. It believes only what is shown: a node
// missing from a listing proves nothing, except where DESIGN §3 says after what time and how many looks it does.
import type { EndProof, Entry, Seq } from '../domain/entry.ts';
import type { Look, LookRequest } from '../domain/look.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { formatNodeName, hasPrefix, parseNodeName } from '../domain/names.ts';
import { isEnded, type HoldKind, type SeenNode } from '../domain/node.ts';
import { MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { isAlive, type Books, type NodeBook } from './books.ts';
import { endShown, RAISE_LATE_MS } from './fold-node.ts';

/** What is remembered between looks and may be lost at a crash: it then takes two more looks. */
export interface Sightings {
  /** When the last look was asked; null before the first. */
  lookedAtMs: UnixMs | null;
  /** Looks in a row, past the quarantine, that did not show the node of an open intent (or its moved end). */
  readonly missed: Map<Seq, number>;
  /** Nodes the last look did not list, to be looked up one by one. */
  missing: Seq[];
  /** When a procurement was last read, by node. */
  readonly readAtMs: Map<Seq, UnixMs>;
}

export const noSightings = (): Sightings => ({
  lookedAtMs: null,
  missed: new Map(),
  missing: [],
  readAtMs: new Map(),
});

export interface CloseRules {
  readonly nowMs: UnixMs;
  readonly namePrefix: string;
  readonly quarantineMs: DurationMs;
  /** A look this soon after the one before saw every change as it came. */
  readonly lookGapMs: DurationMs;
  /** Best estimate of what an hour in a zone costs now; null: nobody knows, the limit is taken. */
  readonly estimate: (zone: string, hold: HoldKind) => CentsPerNodeHour | null;
}

const LOOKUPS_AT_MOST = 32;
const READS_AT_MOST = 64;
const READ_AGAIN_MS = 5 * MINUTE_MS;
/** A node that was made this long before its intent is somebody else's. */
const OLDER_THAN_INTENT_MS = 5 * MINUTE_MS;
/** How long after its end a reservation that is not shown running is over, on our clock and on the venue's. */
const RESERVATION_GRACE_MS = 2 * MINUTE_MS;
const LOOKS_TO_VOID = 2;

/** What the next look should answer beside the listing. */
export const lookRequest = (books: Books, sightings: Sightings, nowMs: UnixMs): LookRequest => {
  const nodes: string[] = [];
  const procurements: string[] = [];
  for (const node of books.nodes.values()) {
    if (nodes.length < LOOKUPS_AT_MOST && node.nodeId === null && isAlive(node)) nodes.push(node.name);
    if (procurements.length < READS_AT_MOST && wantsRead(node, sightings, nowMs)) {
      procurements.push(node.procurementId ?? '');
    }
  }
  for (const seq of sightings.missing) {
    const node = books.nodes.get(seq);
    if (nodes.length >= LOOKUPS_AT_MOST) break;
    if (node?.nodeId != null) nodes.push(node.nodeId);
  }
  return { nodes, procurements };
};

const wantsRead = (node: NodeBook, sightings: Sightings, nowMs: UnixMs): boolean => {
  if (node.procurementId === null || node.hold !== 'autoreserved' || !isAlive(node)) return false;
  const readAt = sightings.readAtMs.get(node.seq) ?? null;
  const stale = readAt === null || nowMs - readAt >= READ_AGAIN_MS;
  if (node.raises.length > 0) return stale || node.raises.some((raise) => raise.sinceMs >= readAt);
  return stale && (node.limitReadAtMs === null || node.horizonMs === null);
};

/** Evidence -> closing entries. Changes `sightings` only. */
export const close = (books: Books, look: Look, sightings: Sightings, rules: CloseRules): Entry[] => {
  const entries: Entry[] = [];
  const shown = new Map<Seq, SeenNode>();
  const watched = sightings.lookedAtMs !== null && look.askedAtMs - sightings.lookedAtMs <= rules.lookGapMs;
  const generations = new Map<string, number>();
  for (const seen of allSeen(look)) {
    const node = ownerOf(books, seen, shown);
    if (node === null) {
      closeStranger(books, seen, rules.namePrefix, generations, entries);
    } else if (!shown.has(node.seq)) {
      shown.set(node.seq, seen);
      closeSeen(node, seen, { entries, watched, estimate: rules.estimate });
    }
  }
  sightings.missing = [];
  for (const node of books.nodes.values()) {
    const seen = shown.get(node.seq);
    if (seen !== undefined) sightings.missed.delete(node.seq);
    const ended =
      seen === undefined ? closeMissing(node, look, sightings, rules, entries) : isEnded(seen.status);
    // Nothing more is said of a node that this look proves to have ended: the entry before is the last about it.
    if (ended) continue;
    closeExtension(books, node, seen, look, sightings, rules, entries);
    if (closeReservation(node, seen, look, rules, entries)) continue;
    closeProcurement(node, look, sightings, rules.nowMs, entries);
  }
  sightings.lookedAtMs = look.askedAtMs;
  forgetGone(books, sightings);
  return entries;
};

function* allSeen(look: Look): Generator<SeenNode> {
  yield* look.nodes;
  for (const one of look.lookups.values()) if (one !== 'absent') yield one;
}

/**
 * Whose a shown node is: by its id; else by its name, an intent of ours that has no node yet (an open one first, then a
 * void one whose answer came late). A node made before its intent, or a second node of one intent, is a stranger's.
 */
const ownerOf = (books: Books, seen: SeenNode, shown: ReadonlyMap<Seq, SeenNode>): NodeBook | null => {
  const known = books.byId.get(seen.nodeId);
  if (known !== undefined) return books.nodes.get(known) ?? null;
  const mine = (books.byName.get(seen.name) ?? [])
    .map((seq) => books.nodes.get(seq))
    .filter((node): node is NodeBook => node !== undefined && node.nodeId === null)
    .filter((node) => shown.get(node.seq) === undefined || shown.get(node.seq)?.nodeId === seen.nodeId)
    .filter(
      (node) => seen.createdAtMs === null || seen.createdAtMs >= node.intendedAtMs - OLDER_THAN_INTENT_MS,
    );
  // The listing goes on showing what has ended: a node of ours that did is not another one of its name.
  if (mine.length === 0 || isPast(books, seen.nodeId)) return null;
  return mine.find(isAlive) ?? mine.at(-1) ?? null;
};

/** True for the id of a node of ours that is proved to have ended. */
const isPast = (books: Books, nodeId: string): boolean =>
  [...books.closing.values()].some((node) => node.nodeId === nodeId);

const closeStranger = (
  books: Books,
  seen: SeenNode,
  prefix: string,
  generations: Map<string, number>,
  entries: Entry[],
): void => {
  if (!hasPrefix(seen.name, prefix)) return;
  const name = parseNodeName(seen.name);
  if (name !== null && name.ledgerId === books.ledgerId) {
    const key = `${name.fleet}/${name.slot}`;
    const known = Math.max(
      generations.get(key) ?? 0,
      books.fleets.get(name.fleet)?.slots.get(name.slot)?.generation ?? 0,
    );
    if (name.generation > known) {
      generations.set(key, name.generation);
      const { fleet, slot, generation } = name;
      entries.push({ kind: 'generation_seen', fleet, slot, generation });
    }
  }
  if (books.disowned.has(seen.nodeId)) return;
  const known = books.unowned.has(seen.nodeId);
  if (isEnded(seen.status)) {
    if (known) entries.push({ kind: 'unowned_ended', nodeId: seen.nodeId, proof: seen.status as EndProof });
    return;
  }
  const noted = entries.some((entry) => entry.kind === 'unowned_seen' && entry.nodeId === seen.nodeId);
  if (known || noted || wasSeenToEnd(books, seen.nodeId)) return;
  entries.push({ kind: 'unowned_seen', nodeId: seen.nodeId, name: seen.name, fleet: name?.fleet ?? null });
};

/** An old listing may show a node alive that was seen to end: on its own id that is final. */
const wasSeenToEnd = (books: Books, nodeId: string): boolean =>
  [...books.closing.values()].some(
    (node) => node.nodeId === nodeId && node.status !== null && isEnded(node.status),
  );

const closeSeen = (
  node: NodeBook,
  seen: SeenNode,
  sight: { entries: Entry[]; watched: boolean; estimate: CloseRules['estimate'] },
): void => {
  if (differs(node, seen)) {
    const { watched } = sight;
    const estimate = sight.estimate(node.zone, node.hold);
    sight.entries.push({ kind: 'node_seen', node: node.seq, seen, estimate, watched });
  }
  if (isEnded(seen.status)) {
    sight.entries.push({ kind: 'node_ended', node: node.seq, proof: seen.status as EndProof });
  }
};

/** True when a sight says something that the books do not hold yet. */
const differs = (node: NodeBook, seen: SeenNode): boolean => {
  if (node.nodeId === null || node.status !== seen.status) return true;
  if (endShown(node, seen) !== node.endAtMs) return true;
  if (seen.procurementId !== null && seen.procurementId !== node.procurementId) return true;
  const vm = seen.vm?.status ?? (seen.status === 'running' && !node.wrongGoods ? 'running' : null);
  if (vm !== node.vm) return true;
  return (
    node.limitReadAtMs === null && seen.limit !== null && seen.limit > node.limit && node.raises.length === 0
  );
};

/** A node of ours that this look does not show; true when that proves its end. */
const closeMissing = (
  node: NodeBook,
  look: Look,
  sightings: Sightings,
  rules: CloseRules,
  entries: Entry[],
): boolean => {
  if (!isAlive(node)) return false;
  if (node.nodeId !== null) {
    sightings.missing.push(node.seq);
    if (node.deletion === 'accepted' && look.lookups.get(node.nodeId) === 'absent') {
      entries.push({ kind: 'node_ended', node: node.seq, proof: 'deleted_by_us' });
      return true;
    }
    return false;
  }
  const lost = node.phase === 'asked' || node.phase === 'unknown';
  // What the name shows, if anything, is proved not to be this intent's: it was not among the nodes shown as ours.
  const proves = look.unreadable === 0 && look.lookups.has(node.name);
  if (!lost || !proves || look.askedAtMs < quarantineEnd(node, rules)) return false;
  const looks = (sightings.missed.get(node.seq) ?? 0) + 1;
  sightings.missed.set(node.seq, looks);
  if (looks < LOOKS_TO_VOID) return false;
  const absent = node.saidAbsent ? 'acknowledged_absent' : 'absent_after_quarantine';
  const proof = node.nameRefused ? 'name_refused_never_found' : absent;
  entries.push({ kind: 'intent_voided', intent: node.seq, proof });
  return false;
};

/** A person's word that it was never made waives the quarantine, not the looks. */
const quarantineEnd = (node: NodeBook, { quarantineMs }: CloseRules): UnixMs =>
  node.saidAbsent ? 0 : node.unknownSinceMs + quarantineMs;

/** A reservation whose end, with any extension that may have been bought, has passed on both clocks; true when it is over. */
const closeReservation = (
  node: NodeBook,
  seen: SeenNode | undefined,
  look: Look,
  { nowMs }: CloseRules,
  entries: Entry[],
): boolean => {
  if (node.hold !== 'reserved' || node.nodeId === null || !isAlive(node)) return false;
  const shownEnd = seen === undefined ? node.endAtMs : endShown(node, seen);
  const hidden = seen === undefined && look.unreadable > 0;
  if (shownEnd === null || seen?.status === 'running' || hidden) return false;
  const over = Math.max(shownEnd, node.extension?.endAfterMs ?? 0) + RESERVATION_GRACE_MS;
  if (nowMs <= over || look.venueDateMs === null || look.venueDateMs <= over) return false;
  entries.push({ kind: 'node_ended', node: node.seq, proof: 'reservation_over' });
  return true;
};

const closeExtension = (
  books: Books,
  node: NodeBook,
  seen: SeenNode | undefined,
  look: Look,
  sightings: Sightings,
  rules: CloseRules,
  entries: Entry[],
): void => {
  const extension = node.extension;
  if (extension === null || seen === undefined || !books.open.has(extension.intent)) return;
  const moved = seen.endAtMs !== null && seen.endAtMs > extension.endBeforeMs;
  if (moved || look.askedAtMs < extension.sinceMs + rules.quarantineMs) return;
  const looks = (sightings.missed.get(extension.intent) ?? 0) + 1;
  sightings.missed.set(extension.intent, looks);
  if (looks >= LOOKS_TO_VOID) {
    entries.push({ kind: 'intent_voided', intent: extension.intent, proof: 'end_unmoved_after_quarantine' });
  }
};

const closeProcurement = (
  node: NodeBook,
  look: Look,
  sightings: Sightings,
  nowMs: UnixMs,
  entries: Entry[],
): void => {
  if (node.procurementId === null) return;
  const read = look.procurements.get(node.procurementId);
  if (read === undefined || read === 'absent') return;
  sightings.readAtMs.set(node.seq, nowMs);
  const { procurementId, limit, horizonMs } = read;
  const confirms = node.raises.some(
    (raise) =>
      (raise.answer === 'accepted' && raise.limit === limit) || nowMs - raise.sinceMs >= RAISE_LATE_MS,
  );
  const news = limit !== null && (node.limitReadAtMs === null || limit !== node.limit || confirms);
  if (news || (horizonMs !== null && horizonMs !== node.horizonMs)) {
    entries.push({ kind: 'procurement_seen', node: node.seq, procurementId, limit, horizonMs });
  }
};

const forgetGone = (books: Books, sightings: Sightings): void => {
  for (const seq of sightings.readAtMs.keys()) if (!books.nodes.has(seq)) sightings.readAtMs.delete(seq);
  for (const seq of sightings.missed.keys()) {
    if (!books.nodes.has(seq) && !books.open.has(seq)) sightings.missed.delete(seq);
  }
};

/** The name of a node of ours. */
export const nameOf = (
  books: Books,
  prefix: string,
  fleet: string,
  slot: number,
  generation: number,
): string => formatNodeName({ prefix, ledgerId: books.ledgerId ?? '0000', fleet, slot, generation });
