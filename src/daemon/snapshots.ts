// Snapshots of the books: what entries older than a stated age fold to is kept beside them, so that a start folds only what
// came since. A snapshot is read by the very program that made it: its form is a hash over the code that folds, and with
// another form, or with bytes that are damaged, everything is folded from the first entry as if there were none.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as pause } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { MINUTE_MS, type DurationMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import { emptyBooks, type Books } from '../reconcile/books.ts';
import { fold } from '../reconcile/fold.ts';

/** The rooms whose code turns entries into books. */
const FOLDING_ROOMS = ['../domain/', '../reconcile/'];

/** Changes with every change of the code that folds, and with the runtime that writes the bytes. */
const formOf = (): string => {
  const sum = createHash('sha256').update(process.versions.v8);
  for (const room of FOLDING_ROOMS) {
    const folder = new URL(room, import.meta.url);
    for (const name of readdirSync(folder).toSorted())
      sum.update(name).update(readFileSync(new URL(name, folder)));
  }
  return sum.digest('hex');
};

let form: string | null = null;
const currentForm = (): string => (form ??= formOf());

interface Kept {
  readonly form: string;
  readonly books: Books;
}

const bytesOf = (books: Books): Uint8Array => serialize({ form: currentForm(), books } satisfies Kept);

/** The books that a snapshot holds; null when there is none that this program made. */
export const booksKept = ({ snapshots }: Pick<Ledger, 'snapshots'>): Books | null => {
  const found = snapshots?.snapshot();
  if (found?.kind !== 'kept') return null;
  try {
    const kept = deserialize(found.state) as Kept;
    return kept.form === currentForm() && kept.books.seq === found.seq ? kept.books : null;
  } catch {
    // Bytes of another runtime.
    return null;
  }
};

/** The books as of the newest snapshot, or empty ones: what a fold begins with. */
export const booksToBegin = (ledger: Pick<Ledger, 'snapshots'>): Books => booksKept(ledger) ?? emptyBooks();

/** True when two books hold the same, in the same order. */
export const areSameBooks = (one: Books, other: Books): boolean => textOf(one) === textOf(other);

const textOf = (books: Books): string =>
  JSON.stringify(books, (_, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );

/** Fewer entries than this are folded in no time, so a snapshot is not renewed for them. */
const WORTH_IT = 10_000;
/** Real time between two attempts. */
const EVERY_MS: DurationMs = 60 * MINUTE_MS;

export interface SnapshotKeeper {
  /** Starts a round when one is due; returns at once. */
  readonly poll: () => void;
  readonly idle: () => Promise<void>;
}

export interface SnapshotKeeperDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** Entries older than this go into the snapshot. */
  readonly olderMs: DurationMs;
  readonly onProblem: (what: string, message: string) => void;
  /** Default 10,000. */
  readonly worthIt?: number;
}

/** Renews the snapshot beside the tick, a thousand entries at a time. */
export const createSnapshotKeeper = (deps: SnapshotKeeperDeps): SnapshotKeeper => {
  const { clock, ledger } = deps;
  let flight: Promise<void> | null = null;
  let lastMs: DurationMs | null = null;

  const round = async (): Promise<void> => {
    const problem = await renew(ledger, clock.now() - deps.olderMs, deps.worthIt ?? WORTH_IT).catch(
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (problem !== null) deps.onProblem('snapshot', problem);
  };

  return {
    poll: () => {
      if (flight !== null || (lastMs !== null && clock.monotonic() - lastMs < EVERY_MS)) return;
      lastMs = clock.monotonic();
      flight = round().finally(() => {
        flight = null;
      });
    },
    idle: async () => {
      await flight;
    },
  };
};

/** Folds on from the last snapshot to the newest entry before `untilMs`; words for what went wrong. */
const renew = async (ledger: Ledger, untilMs: number, worthIt: number): Promise<string | null> => {
  const { snapshots } = ledger;
  if (snapshots === undefined) return null;
  const target = snapshots.writtenBefore(untilMs);
  const books = booksToBegin(ledger);
  if (target - books.seq < worthIt) return null;
  for await (const batch of ledger.read(books.seq)) {
    for (const record of batch) if (record.seq <= target) fold(books, record);
    if (books.seq >= target) break;
    await pause();
  }
  return snapshots.keepSnapshot({ seq: books.seq, state: bytesOf(books) });
};
