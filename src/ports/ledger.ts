// The append-only journal. Appending is all or nothing, durable when it returns, and conditional on the head the caller
// folded up to: whoever decided on old books cannot write.
import type { Entry, LedgerRecord, Seq } from '../domain/entry.ts';
import type { UnixMs } from '../domain/time.ts';

export type AppendResult =
  | { readonly kind: 'appended'; readonly records: readonly LedgerRecord[] }
  /** Another writer appended since `expectedHead`: read on, fold, decide anew. Nothing was written. */
  | { readonly kind: 'moved' }
  /** Disk full, read-only, corrupt … Nothing was written. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface Ledger {
  /** Appends in order with numbers `expectedHead` + 1 …, synced to disk before it resolves. Never rejects. */
  readonly append: (entries: readonly Entry[], atMs: UnixMs, expectedHead: Seq) => Promise<AppendResult>;
  /** Every record with a number above `after`, in order. Rejects (E_LEDGER_*) when it cannot be read or is corrupt. */
  readonly read: (after: Seq) => AsyncIterable<readonly LedgerRecord[]>;
  /** The number of the newest entry as the disk has it now; cheap enough to ask before every request that may spend. */
  readonly head: () => Seq;
}
