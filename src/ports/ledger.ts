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

/** What the entries up to `seq` fold to, as bytes that only their maker reads. */
export interface Snapshot {
  readonly seq: Seq;
  readonly state: Uint8Array;
}

export type FoundSnapshot =
  | { readonly kind: 'none' }
  /** Its bytes are the ones that were kept, and entry `seq` is the one they were kept at. */
  | ({ readonly kind: 'kept' } & Snapshot)
  /** Changed since, or of another chain: of no use, and no harm. */
  | { readonly kind: 'damaged'; readonly detail: string };

/** A ledger that keeps what its older entries fold to, so that a start need not read them all. */
export interface SnapshotStore {
  readonly snapshot: () => FoundSnapshot;
  /** Keeps it in place of the one before, all or nothing. Words for what went wrong; null when it is kept. Never throws. */
  readonly keepSnapshot: (snapshot: Snapshot) => string | null;
  /** An entry such that it and those before were, by and large, written before `atMs`; 0 when none was. */
  readonly writtenBefore: (atMs: UnixMs) => Seq;
}

export interface Ledger {
  /** Appends in order with numbers `expectedHead` + 1 …, synced to disk before it resolves. Never rejects. */
  readonly append: (entries: readonly Entry[], atMs: UnixMs, expectedHead: Seq) => Promise<AppendResult>;
  /** Every record with a number above `after`, in order. Rejects (E_LEDGER_*) when it cannot be read or is corrupt. */
  readonly read: (after: Seq) => AsyncIterable<readonly LedgerRecord[]>;
  /** The number of the newest entry as the disk has it now; cheap enough to ask before every request that may spend. */
  readonly head: () => Seq;
  /** Absent where a ledger is short-lived. */
  readonly snapshots?: SnapshotStore;
}
