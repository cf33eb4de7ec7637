// The only file that imports node:sqlite: a rename of its class, or another driver, is a change here and nowhere else. It
// opens a database with the few settings the ledger and the lease need and turns SQLite's numbers into our error codes.
// It knows no table of ours.
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import type { DurationMs } from '../domain/time.ts';
import { LedgerError } from './errors.ts';
import type { LedgerErrorCode } from './errors.ts';

export type Value = SQLInputValue;
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  readonly get: (...values: Value[]) => Row | undefined;
  readonly all: (...values: Value[]) => readonly Row[];
  readonly run: (...values: Value[]) => unknown;
}

export interface Database {
  readonly exec: (sql: string) => void;
  readonly prepare: (sql: string) => Statement;
  readonly inTransaction: () => boolean;
  readonly close: () => void;
}

export interface DatabaseOptions {
  readonly readOnly: boolean;
  /** How long a statement waits for a lock that another connection holds; the process stands still meanwhile. */
  readonly busyMs: DurationMs;
}

/** Opens the database at `path`; a missing file is made unless `readOnly`. Throws SQLite's own errors. */
export const openDatabase = (path: string, options: DatabaseOptions): Database => {
  const database = new DatabaseSync(path, { readOnly: options.readOnly, timeout: options.busyMs });
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
        run: (...values) => statement.run(...values),
      };
    },
    inTransaction: () => database.isTransaction,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
};

/** SQLite's primary result codes (the low byte of `errcode`). Source: https://www.sqlite.org/rescode.html */
const BY_RESULT_CODE: ReadonlyMap<number, LedgerErrorCode> = new Map([
  [5, 'E_LEDGER_BUSY'],
  [6, 'E_LEDGER_BUSY'],
  [8, 'E_LEDGER_READONLY'],
  [10, 'E_LEDGER_IO'],
  [11, 'E_LEDGER_CORRUPT'],
  [13, 'E_LEDGER_FULL'],
  [14, 'E_LEDGER_OPEN'],
  [26, 'E_LEDGER_OPEN'],
]);

/** SQLite's primary number of an error, or null when it is not one of SQLite's. */
export const resultCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null;

/** Any error as a LedgerError with `doing` in front (`cannot append to /x.db`); a LedgerError passes unchanged. */
export const asLedgerError = (error: unknown, doing: string): LedgerError => {
  if (error instanceof LedgerError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const number = resultCode(error);
  if (number !== null) {
    return new LedgerError(BY_RESULT_CODE.get(number) ?? 'E_LEDGER_IO', `${doing}: ${text}`, error);
  }
  const closed = error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
  return new LedgerError(closed ? 'E_LEDGER_CLOSED' : 'E_LEDGER_IO', `${doing}: ${text}`, error);
};

/** True when a lock that somebody else holds is the reason. */
export const isBusy = (error: unknown): boolean => {
  const number = resultCode(error);
  return number === 5 || number === 6;
};
