// The ledger held against the venue, read only: every live node with our prefix is owned by this ledger, and every node that
// the ledger holds alive is shown. Books that a running daemon moved on meanwhile are used where they excuse a difference.
import type { Look } from '../../domain/look.ts';
import { hasPrefix } from '../../domain/names.ts';
import { isEnded, type SeenNode } from '../../domain/node.ts';
import { formatInstant } from '../../domain/time.ts';
import type { Finding } from '../../reconcile/audit.ts';
import { isAlive, type Books, type NodeBook } from '../../reconcile/books.ts';

/** Ids of the nodes that the ledger holds alive; the look that is judged should ask for them one by one. */
export const idsToAsk = (books: Books): readonly string[] =>
  [...books.nodes.values()]
    .filter((node) => isAlive(node) && node.nodeId !== null)
    .map((node) => node.nodeId ?? '');

export interface VenueCheckInput {
  readonly look: Look;
  /** Nodes that were alive by ledger before the look was asked for. */
  readonly before: readonly string[];
  /** The books after the look. */
  readonly books: Books;
  readonly namePrefix: string;
}

export interface VenueCheck {
  readonly findings: readonly Finding[];
  /** Live nodes with our prefix. */
  readonly shown: number;
  readonly owned: number;
}

export const checkVenue = ({ look, before, books, namePrefix }: VenueCheckInput): VenueCheck => {
  const findings: Finding[] = [];
  const find = (severity: Finding['severity'], code: string, text: string): void => {
    findings.push({ severity, code, seq: null, text });
  };
  const shown = new Map<string, SeenNode>();
  for (const seen of look.nodes) shown.set(seen.nodeId, seen);
  for (const seen of look.lookups.values()) if (seen !== 'absent') shown.set(seen.nodeId, seen);
  if (look.unreadable > 0)
    find('note', 'unreadable', `${look.unreadable} nodes of the venue's list could not be read`);

  let live = 0;
  let owned = 0;
  for (const seen of shown.values()) {
    if (isEnded(seen.status) || !hasPrefix(seen.name, namePrefix) || books.disowned.has(seen.nodeId))
      continue;
    live += 1;
    const node = ownerOf(books, seen);
    if (node === null) find('problem', 'unowned', strangerText(books, seen));
    else owned += 1;
  }
  for (const id of before) {
    const node = books.nodes.get(books.byId.get(id) ?? 0);
    if (node === undefined || !isAlive(node)) continue;
    const seen = shown.get(id);
    if (seen === undefined) {
      const absent =
        look.lookups.get(id) === 'absent' ? 'the venue answers 404 for it' : 'the venue does not show it';
      find('problem', 'not_shown', `${node.name} (${id}) is ${node.phase} by ledger, but ${absent}`);
    } else if (isEnded(seen.status)) {
      find(
        'note',
        'ended',
        `${node.name} (${id}) is ${node.phase} by ledger and ${seen.status} at the venue; the next tick notes it`,
      );
    }
  }
  return { findings, shown: live, owned };
};

/** By its id, or by its name an intent that has no node yet. */
const ownerOf = (books: Books, seen: SeenNode): NodeBook | null => {
  const known = books.byId.get(seen.nodeId);
  if (known !== undefined) return books.nodes.get(known) ?? null;
  const open = (books.byName.get(seen.name) ?? []).map((seq) => books.nodes.get(seq));
  return open.find((node) => node !== undefined && node.nodeId === null) ?? null;
};

const strangerText = (books: Books, seen: SeenNode): string => {
  const what = `${seen.name} (${seen.nodeId}) is ${seen.status} at the venue`;
  const end = seen.endAtMs === null ? '' : `, bought to ${formatInstant(seen.endAtMs)}`;
  const gone = [...books.closing.values()].find((node) => node.nodeId === seen.nodeId);
  if (gone !== undefined) return `${what}${end}, but ended by ledger`;
  const noted = books.unowned.has(seen.nodeId) ? '; the ledger knows of it and buys nothing beside it' : '';
  return `${what}${end}, and this ledger does not own it${noted}`;
};
