// The tables of the ledger and how an older file becomes a current one. A migration is SQL that runs once, in one
// transaction with the new version number; versions only grow, and a file from the future is refused untouched.
import { LedgerError } from './errors.ts';
import type { Database } from './sqlite.ts';

/** `bidk` in ASCII: tells our file from any other SQLite database (PRAGMA application_id). */
const APPLICATION_ID = 0x6269646b;

/**
 * Entry n brings version n to n + 1. The triggers refuse every change but an append of the next number; that also stops
 * INSERT OR REPLACE, which would pass a DELETE trigger by.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
   CREATE TABLE entry (
     seq INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     kind TEXT NOT NULL,
     body TEXT NOT NULL,
     hash TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
     WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM entry)
     BEGIN SELECT RAISE(ABORT, 'entries are numbered without gaps'); END;
   CREATE TRIGGER entry_never_changed BEFORE UPDATE ON entry
     BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
   CREATE TRIGGER entry_never_removed BEFORE DELETE ON entry
     BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;
   PRAGMA application_id = ${APPLICATION_ID};`,
];

const SCHEMA_VERSION = MIGRATIONS.length;

const count = (database: Database, sql: string): number => Number(database.prepare(sql).get()?.['n'] ?? 0);

/** The version of the file: 0 for an empty one. Throws E_LEDGER_OPEN for another program's database. */
const versionOf = (database: Database, path: string): number => {
  if (count(database, 'SELECT count(*) AS n FROM sqlite_master') === 0) return 0;
  const ours = Number(database.prepare('PRAGMA application_id').get()?.['application_id']) === APPLICATION_ID;
  const row = ours ? database.prepare("SELECT value FROM meta WHERE key = 'schema'").get() : undefined;
  const version = Number(row?.['value']);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new LedgerError('E_LEDGER_OPEN', `${path} is an SQLite database, but not a bidkeeper ledger`);
  }
  if (version > SCHEMA_VERSION) {
    throw new LedgerError(
      'E_LEDGER_NEWER',
      `${path} has the form ${version}; this version of bidkeeper knows forms up to ${SCHEMA_VERSION}`,
    );
  }
  return version;
};

/** Throws unless the file can be read as it is: E_LEDGER_NEWER, or E_LEDGER_OPEN for an empty or older file. */
export const requireCurrent = (database: Database, path: string): void => {
  const version = versionOf(database, path);
  if (version < SCHEMA_VERSION) {
    const what = version === 0 ? 'is empty' : `has the older form ${version}`;
    throw new LedgerError('E_LEDGER_OPEN', `${path} ${what}; the daemon has to open it once`);
  }
};

/** Brings the file to the current version, all or nothing. Throws E_LEDGER_NEWER and E_LEDGER_OPEN; touches neither then. */
export const migrate = (database: Database, path: string): void => {
  if (versionOf(database, path) === SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Asked again under the lock: another process may have been first.
    for (const step of MIGRATIONS.slice(versionOf(database, path))) database.exec(step);
    database
      .prepare("INSERT INTO meta VALUES ('schema', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
      .run(String(SCHEMA_VERSION));
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction()) database.exec('ROLLBACK');
    throw error;
  }
};
