// Opening: the ledger is folded once at start; a new one gets its identity, four characters that make its node names its
// own. Every start is an entry, so that the ledger tells when nobody was looking.
import type { Entry, LedgerRecord } from '../domain/entry.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Random } from '../ports/random.ts';
import type { Books } from '../reconcile/books.ts';
import { booksToBegin } from './snapshots.ts';
import { catchUp } from './tick.ts';

const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

export interface OpenBooksDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly namePrefix: string;
  /** What the start is noted with; null for a reader, which writes nothing. */
  readonly start: {
    readonly version: string;
    readonly mode: 'live' | 'dry_run';
    readonly settingsHash: string;
  } | null;
  /** Sees each record before it is folded. */
  readonly beforeEach?: (books: Books, record: LedgerRecord) => void;
}

export type OpenedBooks =
  | { readonly ok: true; readonly books: Books }
  | { readonly ok: false; readonly message: string };

export const openBooks = async (deps: OpenBooksDeps): Promise<OpenedBooks> => {
  const books = booksToBegin(deps.ledger);
  const problem = await catchUp(deps.ledger, books, deps.beforeEach);
  if (problem !== null) return { ok: false, message: problem };
  if (deps.start === null) return { ok: true, books };
  const entries: Entry[] = [];
  if (books.ledgerId === null) {
    const ledgerId = Array.from(
      { length: 4 },
      () => ALPHABET[Math.floor(deps.random.next() * ALPHABET.length)],
    ).join('');
    entries.push({ kind: 'ledger_opened', ledgerId, namePrefix: deps.namePrefix });
  }
  entries.push({ kind: 'daemon_started', ...deps.start });
  const result = await deps.ledger.append(entries, deps.clock.now(), books.seq);
  if (result.kind === 'moved') return openBooks(deps);
  if (result.kind === 'failed') return { ok: false, message: `${result.code}: ${result.message}` };
  const behind = await catchUp(deps.ledger, books, deps.beforeEach);
  return behind === null ? { ok: true, books } : { ok: false, message: behind };
};
