// What every engine of the ledger offers beyond the port: its stored rows, unjudged, for verification and export, and an
// end. The daemon sees only the port.
import type { Seq } from '../domain/entry.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { EncodedRecord } from './encoding.ts';

export interface StoredLedger extends Ledger {
  /** The rows above `after` as they are stored, in order, unverified. Throws LedgerError when the disk cannot be read. */
  readonly rows: (after: Seq) => Iterable<readonly EncodedRecord[]>;
  /** What the engine itself finds wrong with its storage, in words; empty when it is sound. */
  readonly checkStorage: () => readonly string[];
  /** Frees the file. May be called twice. */
  readonly close: () => void;
}
