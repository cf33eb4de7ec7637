// Requests inside the daemon (signals, stop files, the admin API): the same entries as from outside, appended on the books
// as the tick last left them. Only the tick folds; so a request waits until it has, and until what asks for it is confirmed.
import type { DurationMs } from '../domain/time.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Books } from '../reconcile/books.ts';
import type { RequestErrorCode, Wish } from './requests.ts';

export interface InsideDeps {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly ledger: Pick<Ledger, 'append' | 'head'>;
  /** The tick's own books: read here, never written. */
  readonly books: Books;
  /** How long a request is waited for, real time. */
  readonly waitMs: DurationMs;
}

export type InsideResult =
  /** Written and folded by a tick. */
  | { readonly kind: 'done' }
  /** Nothing had to change. */
  | { readonly kind: 'unchanged' }
  /** Written, but no tick has confirmed it yet. */
  | { readonly kind: 'unconfirmed' }
  /** It cannot be done as asked. */
  | { readonly kind: 'refused'; readonly code: RequestErrorCode | 'E_STOP_FILE'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

const LOOK_EVERY_MS = 20;

/** Writes what `decide` makes of the books and waits until `confirmed` by a tick. */
export const askInside = async (
  deps: InsideDeps,
  decide: (books: Books) => Wish,
  confirmed: (books: Books) => boolean = () => true,
  /** Called at once when it is written, before any other tick begins. */
  onWritten: () => void = () => undefined,
): Promise<InsideResult> => {
  const { clock, timer, ledger, books } = deps;
  const until = clock.monotonic() + deps.waitMs;
  let written: number | null = null;
  for (;;) {
    if (written === null) {
      const result = await tryOnce(deps, decide);
      if (result.kind === 'failed' || result.kind === 'refused') return result;
      if (result.kind === 'unchanged' && confirmed(books)) return { kind: 'unchanged' };
      if (result.kind === 'written') onWritten();
      if (result.kind !== 'moved') written = result.head;
    }
    if (written !== null && books.seq >= written && confirmed(books)) return { kind: 'done' };
    if (clock.monotonic() >= until) {
      return written === null
        ? { kind: 'failed', message: `the ledger kept moving (entry ${ledger.head()}); nothing was written` }
        : { kind: 'unconfirmed' };
    }
    await timer.sleep(LOOK_EVERY_MS);
  }
};

type Attempt =
  | Extract<InsideResult, { kind: 'refused' }>
  | { readonly kind: 'written' | 'unchanged'; readonly head: number }
  | { readonly kind: 'moved' }
  | { readonly kind: 'failed'; readonly message: string };

const tryOnce = async (
  { clock, ledger, books }: InsideDeps,
  decide: (books: Books) => Wish,
): Promise<Attempt> => {
  try {
    // The tick is about to fold what somebody wrote: what is decided on older books could not be written.
    if (ledger.head() !== books.seq) return { kind: 'moved' };
    const head = books.seq;
    const wish = decide(books);
    if (!wish.ok) return { kind: 'refused', code: wish.code, message: wish.message };
    const { entries } = wish;
    if (entries.length === 0) return { kind: 'unchanged', head };
    const result = await ledger.append(entries, clock.now(), head);
    if (result.kind === 'failed') return { kind: 'failed', message: `${result.code}: ${result.message}` };
    return result.kind === 'moved' ? result : { kind: 'written', head: head + entries.length };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
};
