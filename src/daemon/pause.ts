// Pause and resume from outside the daemon: an entry in the ledger, which the daemon acknowledges before anybody may rely
// on it. Without a running daemon the asker acknowledges by itself, because then nobody can spend.
import type { Entry } from '../domain/entry.ts';
import type { DurationMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import { emptyBooks, type Books } from '../reconcile/books.ts';
import { catchUp } from './tick.ts';

export interface StopDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly sleep: (realMs: DurationMs) => Promise<void>;
  readonly by: string;
  readonly why: string;
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
  | { readonly kind: 'failed'; readonly message: string };

const LOOK_EVERY_MS = 100;
const WRITE_ATTEMPTS = 20;

/** Asks for a pause and waits until it is acknowledged. */
export const pause = async (deps: StopDeps): Promise<StopResult> => {
  const { by, why } = deps;
  const asked = await change(deps, (books) =>
    books.pause === null
      ? [
          { kind: 'pause_requested', by, why },
          ...(deps.alone ? [{ kind: 'pause_acknowledged' } as const] : []),
        ]
      : books.pause.acknowledged || !deps.alone
        ? []
        : [{ kind: 'pause_acknowledged' }],
  );
  if (asked.kind === 'failed' || isAcknowledged(asked.books)) return asked;
  const until = deps.clock.monotonic() + deps.waitMs;
  while (deps.clock.monotonic() < until) {
    await deps.sleep(LOOK_EVERY_MS);
    const problem = await catchUp(deps.ledger, asked.books);
    if (problem !== null) return { kind: 'failed', message: problem };
    if (isAcknowledged(asked.books)) return { kind: 'acknowledged', books: asked.books };
  }
  return { kind: 'unconfirmed', books: asked.books };
};

const isAcknowledged = (books: Books): boolean => books.pause?.acknowledged === true;

/** Ends a pause, resets every breaker and lets a contradiction pass that a person has looked at. */
export const resume = (deps: StopDeps): Promise<StopResult> => {
  const { by, why } = deps;
  return change(deps, (books) =>
    books.pause === null &&
    books.breaker === null &&
    books.contradiction === null &&
    books.funds.refusals === 0
      ? []
      : [{ kind: 'resume_requested', by, why }],
  );
};

/** Writes what `decide` says about the books as they are; decides anew when the daemon was faster. */
const change = async (deps: StopDeps, decide: (books: Books) => readonly Entry[]): Promise<StopResult> => {
  const books = emptyBooks();
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt += 1) {
    const problem = await catchUp(deps.ledger, books);
    if (problem !== null) return { kind: 'failed', message: problem };
    const entries = decide(books);
    if (entries.length === 0) return { kind: 'unchanged', books };
    const atMs = deps.fastClock ? books.lastAtMs : deps.clock.now();
    const result = await deps.ledger.append(entries, atMs, books.seq);
    if (result.kind === 'failed') return { kind: 'failed', message: `${result.code}: ${result.message}` };
    if (result.kind === 'moved') continue;
    const behind = await catchUp(deps.ledger, books);
    return behind === null ? { kind: 'acknowledged', books } : { kind: 'failed', message: behind };
  }
  return { kind: 'failed', message: 'the daemon kept writing to the ledger; try again' };
};
