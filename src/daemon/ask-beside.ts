// Requests from outside the daemon: an entry in the ledger, which the daemon acknowledges before anybody may rely on it.
// Without a running daemon the asker acknowledges by itself, because then nobody can spend.
import type { Policy } from '../domain/policy.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Books } from '../reconcile/books.ts';
import {
  entriesFor,
  isConfirmed,
  type Request,
  type RequestErrorCode,
  type Who,
  type Wish,
} from './requests.ts';
import { booksToBegin } from './snapshots.ts';
import { catchUp } from './tick.ts';

export interface StopDeps extends Who {
  readonly policy: Policy;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly sleep: (realMs: DurationMs) => Promise<void>;
  /** The daemon's clock runs fast: entries are dated with the ledger's newest instant. */
  readonly fastClock: boolean;
  /** True when no daemon runs on this ledger: the caller holds its lease. */
  readonly alone: boolean;
  /** How long the daemon's acknowledgement is waited for, real time. */
  readonly waitMs: DurationMs;
}

export type StopResult =
  | { readonly kind: 'acknowledged'; readonly books: Books }
  /** Written, but no daemon has confirmed it yet. */
  | { readonly kind: 'unconfirmed'; readonly books: Books }
  | { readonly kind: 'unchanged'; readonly books: Books }
  /** It cannot be done as asked. */
  | { readonly kind: 'refused'; readonly code: RequestErrorCode | 'E_STOP_FILE'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

const LOOK_EVERY_MS = 100;
const WRITE_ATTEMPTS = 20;

/** Writes a request to the ledger and waits until it is confirmed. */
export const request = async (deps: StopDeps, asked: Request): Promise<StopResult> => {
  const written = await change(deps, (books) => {
    const { by, why, policy } = deps;
    const wish = entriesFor(asked, { books, policy, nowMs: timeOf(deps, books) }, { by, why });
    if (!wish.ok) return wish;
    // A stop concerns a daemon that runs; an acknowledgement is the asker's where none does.
    if (deps.alone && asked.kind === 'stop') return { ok: true, entries: [] };
    const halts = asked.kind === 'pause' || asked.kind === 'drain';
    const unheard = halts && deps.alone && books.pause?.acknowledged !== true;
    return unheard ? { ok: true, entries: [...wish.entries, { kind: 'pause_acknowledged' }] } : wish;
  });
  if (written.kind === 'failed' || written.kind === 'refused' || isConfirmed(asked, written.books))
    return written;
  const until = deps.clock.monotonic() + deps.waitMs;
  while (deps.clock.monotonic() < until) {
    await deps.sleep(LOOK_EVERY_MS);
    const problem = await catchUp(deps.ledger, written.books);
    if (problem !== null) return { kind: 'failed', message: problem };
    if (isConfirmed(asked, written.books)) return { kind: 'acknowledged', books: written.books };
  }
  return { kind: 'unconfirmed', books: written.books };
};

const timeOf = ({ fastClock, clock }: StopDeps, books: Books): UnixMs =>
  fastClock ? books.lastAtMs : clock.now();

/** Writes what `decide` says about the books as they are; decides anew when the daemon was faster. */
const change = async (deps: StopDeps, decide: (books: Books) => Wish): Promise<StopResult> => {
  const books = booksToBegin(deps.ledger);
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt += 1) {
    const problem = await catchUp(deps.ledger, books);
    if (problem !== null) return { kind: 'failed', message: problem };
    const wish = decide(books);
    if (!wish.ok) return { kind: 'refused', code: wish.code, message: wish.message };
    const { entries } = wish;
    if (entries.length === 0) return { kind: 'unchanged', books };
    const result = await deps.ledger.append(entries, timeOf(deps, books), books.seq);
    if (result.kind === 'failed') return { kind: 'failed', message: `${result.code}: ${result.message}` };
    if (result.kind === 'moved') continue;
    const behind = await catchUp(deps.ledger, books);
    return behind === null ? { kind: 'acknowledged', books } : { kind: 'failed', message: behind };
  }
  return { kind: 'failed', message: 'the daemon kept writing to the ledger; try again' };
};
