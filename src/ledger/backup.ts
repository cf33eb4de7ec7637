// A copy of a ledger by SQLite's own means, beside a daemon that goes on writing: VACUUM INTO reads one state of the file
// and waits for nobody. The copy gets its name only after its whole chain was verified and it was synced, so a file under
// that name is a good backup; nothing is ever overwritten. To restore: stop the daemon, put the copy in the place of the
// ledger (and remove `-wal` and `-shm` beside it), start.
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LedgerError } from './errors.ts';
import { requireFile } from './file.ts';
import { requireCurrent } from './schema.ts';
import { openLedger } from './sqlite-ledger.ts';
import { asLedgerError, openDatabase } from './sqlite.ts';
import { verifyChain, type ChainReport } from './verify.ts';

export interface BackupOptions {
  /** Path of the ledger; its daemon may run. */
  readonly from: string;
  /** Path of the copy, which must not exist; its directory must. */
  readonly to: string;
}

/** A reader never waits for a writer; this is for the instant in which a writer that was killed is rolled back. */
const BUSY_MS = 5000;

/**
 * Copies and verifies; resolves with what the copy holds. Rejects with LedgerError: E_LEDGER_EXISTS, E_LEDGER_PATH,
 * E_LEDGER_CORRUPT (the ledger itself is damaged: no copy is kept), E_LEDGER_FULL, E_LEDGER_IO and those of opening.
 */
export const backUp = async (options: BackupOptions): Promise<ChainReport> => {
  const from = resolve(options.from);
  const to = resolve(options.to);
  requireFile(from);
  refuseExisting(to);
  const partial = `${to}.partial-${process.pid}`;
  try {
    makeEmpty(partial);
    copy(from, partial);
    const report = await verified(partial);
    sync(partial);
    nameFinally(partial, to);
    sync(dirname(to));
    return report;
  } catch (error) {
    throw asLedgerError(error, `cannot back up ${from} to ${to}`);
  } finally {
    rmSync(partial, { force: true });
  }
};

const refuseExisting = (to: string): void => {
  if (existsSync(to)) throw new LedgerError('E_LEDGER_EXISTS', `${to} exists`);
};

/** Readable by its owner alone, as a ledger is; SQLite fills an empty file. */
const makeEmpty = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new LedgerError('E_LEDGER_PATH', `cannot create ${path}: ${text}`, error);
  }
};

const copy = (from: string, to: string): void => {
  const database = openDatabase(from, { readOnly: true, busyMs: BUSY_MS });
  try {
    requireCurrent(database, from);
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
};

const verified = async (path: string): Promise<ChainReport> => {
  const ledger = openLedger({ path, readOnly: true });
  try {
    const report = await verifyChain(ledger);
    const [first] = report.problems;
    if (first === undefined) return report;
    throw new LedgerError(
      first.code,
      `the ledger is damaged, so no backup of it was kept: ${first.detail} (\`bidkeeper verify\` tells all)`,
    );
  } finally {
    ledger.close();
  }
};

const sync = (path: string): void => {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** A link fails where a name exists, a rename would take its place; some disks know no links. */
const nameFinally = (partial: string, to: string): void => {
  try {
    linkSync(partial, to);
  } catch (error) {
    refuseExisting(to);
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    renameSync(partial, to);
  }
};
