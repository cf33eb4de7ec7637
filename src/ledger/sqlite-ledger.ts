// The ledger on SQLite: WAL, every commit synced, normal locking so that the reading verbs work beside the daemon. An
// append is one transaction that checks the head, writes all or nothing and returns only when the disk has it. It never
// writes into a file that was deleted or replaced under it, and never repairs or skips what it cannot read.
import { resolve } from 'node:path';
import type { Entry, Seq } from '../domain/entry.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';
import type { AppendResult } from '../ports/ledger.ts';
import { GENESIS, decodeBatch, encodeBatch, recordsOf } from './encoding.ts';
import type { ChainHead, EncodedRecord } from './encoding.ts';
import { LedgerError } from './errors.ts';
import { ensureFile, isReadOnly, requireFile, watchIdentity } from './file.ts';
import { migrate, requireCurrent } from './schema.ts';
import { snapshotTable } from './snapshot-table.ts';
import { asLedgerError, openDatabase } from './sqlite.ts';
import type { Database, Row } from './sqlite.ts';
import type { StoredLedger } from './stored-ledger.ts';

export interface LedgerOptions {
  /** A file path; directories are made as needed. */
  readonly path: string;
  /** For the reading verbs: the file must exist, and appending fails with E_LEDGER_READONLY. */
  readonly readOnly?: boolean;
  /** How long another writer is waited for; the process stands still meanwhile. Default 2 s. */
  readonly busyMs?: DurationMs;
}

const ROWS_PER_BATCH = 1000;

/**
 * Opens the ledger at `path`, making or migrating it unless `readOnly`. Throws LedgerError: E_LEDGER_PATH, E_LEDGER_OPEN,
 * E_LEDGER_NEWER, E_LEDGER_READONLY, E_LEDGER_BUSY, E_LEDGER_FULL, E_LEDGER_IO, E_LEDGER_CORRUPT.
 */
export const openLedger = (options: LedgerOptions): StoredLedger => {
  const path = resolve(options.path);
  const readOnly = options.readOnly ?? false;
  if (options.path === '') throw new LedgerError('E_LEDGER_PATH', 'the path of the ledger is empty');
  if (readOnly) requireFile(path);
  else ensureFile(path);
  let database: Database | undefined;
  try {
    database = openDatabase(path, { readOnly, busyMs: options.busyMs ?? 2000 });
    if (readOnly) requireCurrent(database, path);
    else prepareForWriting(database, path);
    return ledgerOn(database, path);
  } catch (error) {
    database?.close();
    const known = asLedgerError(error, `cannot open the ledger ${path}`);
    // SQLite says only "unable to open" where it cannot make its log beside a ledger on a read-only disk.
    if (known !== error && known.code === 'E_LEDGER_OPEN' && isReadOnly(path)) {
      throw new LedgerError('E_LEDGER_READONLY', known.detail, error);
    }
    throw known;
  }
};

const prepareForWriting = (database: Database, path: string): void => {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    throw new LedgerError(
      'E_LEDGER_OPEN',
      `${path} is on a disk that cannot keep a write-ahead log (mode ${String(mode)})`,
    );
  }
  database.exec('PRAGMA synchronous = FULL');
  migrate(database, path);
};

const rowOf = (row: Row): EncodedRecord => {
  const { seq, at_ms: atMs, kind, body, hash } = row;
  if (
    typeof seq !== 'number' ||
    typeof atMs !== 'number' ||
    typeof kind !== 'string' ||
    typeof body !== 'string' ||
    typeof hash !== 'string'
  ) {
    throw new LedgerError('E_LEDGER_CORRUPT', `entry ${String(seq)} has columns of the wrong type`);
  }
  return { seq, atMs, kind, body, hash };
};

/** What the table holds, as stored; every function throws SQLite's own errors or E_LEDGER_CORRUPT. */
interface Table {
  readonly newest: () => Seq;
  /** The link that record `seq` + 1 hangs on. */
  readonly linkAt: (seq: Seq) => ChainHead;
  readonly rows: (after: Seq) => Generator<readonly EncodedRecord[]>;
  readonly insert: (row: EncodedRecord) => void;
}

const tableOf = (database: Database): Table => {
  const newest = database.prepare('SELECT max(seq) AS seq FROM entry');
  const link = database.prepare('SELECT hash FROM entry WHERE seq = ?');
  const insert = database.prepare('INSERT INTO entry (seq, at_ms, kind, body, hash) VALUES (?, ?, ?, ?, ?)');
  const following = database.prepare(
    'SELECT seq, at_ms, kind, body, hash FROM entry WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  return {
    newest: () => Number(newest.get()?.['seq'] ?? 0),
    linkAt: (seq) => {
      if (seq === 0) return GENESIS;
      const hash = link.get(seq)?.['hash'];
      if (typeof hash !== 'string') throw new LedgerError('E_LEDGER_CORRUPT', `entry ${seq} is missing`);
      return { seq, hash };
    },
    rows: function* (after) {
      let last = after;
      for (;;) {
        // One short statement a batch: an open read transaction would keep the write-ahead log from being reused.
        const batch = following.all(last, ROWS_PER_BATCH).map(rowOf);
        if (batch.length > 0) yield batch;
        if (batch.length < ROWS_PER_BATCH) return;
        last = batch.at(-1)?.seq ?? last;
      }
    },
    insert: (row) => {
      insert.run(row.seq, row.atMs, row.kind, row.body, row.hash);
    },
  };
};

/** One transaction: all of `entries` behind `expectedHead`, or nothing. Throws LedgerError and SQLite's own errors. */
const appendNow = (
  database: Database,
  table: Table,
  batch: { readonly entries: readonly Entry[]; readonly atMs: UnixMs; readonly expectedHead: Seq },
): AppendResult => {
  const { entries, atMs, expectedHead } = batch;
  database.exec('BEGIN IMMEDIATE');
  try {
    if (table.newest() !== expectedHead) {
      database.exec('ROLLBACK');
      return { kind: 'moved' };
    }
    const records = recordsOf(expectedHead, entries, atMs);
    for (const row of encodeBatch(table.linkAt(expectedHead), records)) table.insert(row);
    database.exec('COMMIT');
    return { kind: 'appended', records };
  } catch (error) {
    if (database.inTransaction()) database.exec('ROLLBACK');
    throw error;
  }
};

const ledgerOn = (database: Database, path: string): StoredLedger => {
  const table = tableOf(database);
  const inPlace = watchIdentity(path);
  const refuseReplaced = (): void => {
    if (!inPlace())
      throw new LedgerError('E_LEDGER_REPLACED', `${path} is no longer the file that was opened`);
  };
  return {
    head: () => {
      try {
        refuseReplaced();
        return table.newest();
      } catch (error) {
        throw asLedgerError(error, `cannot read the head of ${path}`);
      }
    },
    append: async (entries, atMs, expectedHead) => {
      try {
        refuseReplaced();
        return appendNow(database, table, { entries, atMs, expectedHead });
      } catch (error) {
        const known = asLedgerError(error, `cannot append to ${path}`);
        return { kind: 'failed', code: known.code, message: known.message };
      }
    },
    read: async function* (after) {
      try {
        if (after >= table.newest()) return;
        let previous = table.linkAt(after);
        for (const batch of table.rows(after)) {
          yield decodeBatch(previous, batch);
          previous = batch.at(-1) ?? previous;
        }
      } catch (error) {
        throw asLedgerError(error, `cannot read ${path}`);
      }
    },
    snapshots: snapshotTable(database, table),
    rows: (after) => table.rows(after),
    checkStorage: () => {
      const found = database.prepare('PRAGMA integrity_check').all();
      const lines = found.map((row) => String(row['integrity_check']));
      return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
    },
    close: () => database.close(),
  };
};
