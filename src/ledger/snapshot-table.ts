// Where snapshots are kept: one row in a table of its own beside the entries, which are never changed or removed. It is a
// cache, so a file without the table is as good as one with it, and an older version of the program just leaves it alone.
// The row is bound to the chain: it carries the hash of the entry it was made at, and a hash over that and its own bytes.
import { createHash } from 'node:crypto';
import type { Seq } from '../domain/entry.ts';
import type { UnixMs } from '../domain/time.ts';
import type { FoundSnapshot, Snapshot, SnapshotStore } from '../ports/ledger.ts';
import type { ChainHead } from './encoding.ts';
import { asLedgerError, type Database, type Row } from './sqlite.ts';

const CREATE = `CREATE TABLE IF NOT EXISTS snapshot (
  seq INTEGER PRIMARY KEY,
  entry_hash TEXT NOT NULL,
  state BLOB NOT NULL,
  digest TEXT NOT NULL
) STRICT`;

/** Binds the bytes to the entry that they were made at. */
const digestOf = (seq: Seq, entryHash: string, state: Uint8Array): string =>
  createHash('sha256').update(`${seq}\n${entryHash}\n`).update(state).digest('hex');

const exists = (database: Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'snapshot'").get() !==
  undefined;

const judge = (row: Row, linkAt: (seq: Seq) => ChainHead): FoundSnapshot => {
  const { seq, entry_hash: entryHash, state, digest } = row;
  if (typeof seq !== 'number' || typeof entryHash !== 'string' || !(state instanceof Uint8Array))
    return { kind: 'damaged', detail: 'the snapshot has columns of the wrong type' };
  if (digestOf(seq, entryHash, state) !== digest)
    return { kind: 'damaged', detail: `the snapshot at entry ${seq} does not match its hash` };
  if (linkAt(seq).hash !== entryHash)
    return { kind: 'damaged', detail: `the snapshot at entry ${seq} belongs to another chain` };
  return { kind: 'kept', seq, state };
};

/** The snapshots of an open ledger; `linkAt` throws where an entry is missing. */
export const snapshotTable = (
  database: Database,
  table: { readonly newest: () => Seq; readonly linkAt: (seq: Seq) => ChainHead },
): SnapshotStore => ({
  snapshot: () => {
    try {
      if (!exists(database)) return { kind: 'none' };
      const row = database
        .prepare('SELECT seq, entry_hash, state, digest FROM snapshot ORDER BY seq DESC LIMIT 1')
        .get();
      return row === undefined ? { kind: 'none' } : judge(row, table.linkAt);
    } catch (error) {
      return { kind: 'damaged', detail: asLedgerError(error, 'cannot read the snapshot').detail };
    }
  },
  keepSnapshot: (snapshot) => {
    try {
      keep(database, snapshot, table.linkAt(snapshot.seq).hash);
      return null;
    } catch (error) {
      return asLedgerError(error, 'cannot keep a snapshot').message;
    }
  },
  writtenBefore: (atMs) => {
    const writtenAt = database.prepare('SELECT at_ms FROM entry WHERE seq = ?');
    return lastBefore(table.newest(), atMs, (seq) => Number(writtenAt.get(seq)?.['at_ms'] ?? Infinity));
  },
});

const keep = (database: Database, { seq, state }: Snapshot, entryHash: string): void => {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(CREATE);
    database.exec('DELETE FROM snapshot');
    database
      .prepare('INSERT INTO snapshot VALUES (?, ?, ?, ?)')
      .run(seq, entryHash, state, digestOf(seq, entryHash, state));
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction()) database.exec('ROLLBACK');
    throw error;
  }
};

/** Halves the numbers; where a clock was set back the answer is off by that stretch, which does no harm. */
const lastBefore = (head: Seq, atMs: UnixMs, writtenAt: (seq: Seq) => UnixMs): Seq => {
  let low = 0;
  let high = head;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (writtenAt(middle) < atMs) low = middle;
    else high = middle - 1;
  }
  return low;
};
