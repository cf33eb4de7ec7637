// The right to act on a ledger: an exclusive lock on a second, tiny SQLite file beside it (`<ledger>.lock`), so that the
// ledger itself stays readable by the other verbs. The lock belongs to the process: it ends with it, SIGKILL included, and
// there is nothing to clean up. A deleted or replaced lock file ends the lease, because another process could then lock the
// new one.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatInstant } from '../domain/time.ts';
import type { UnixMs } from '../domain/time.ts';
import type { Lease } from '../ports/lease.ts';
import { LedgerError } from './errors.ts';
import { ensureFile, watchIdentity } from './file.ts';
import { isBusy, openDatabase } from './sqlite.ts';
import type { Database } from './sqlite.ts';

export interface LeaseOptions {
  /** Path of the ledger; the lock is `<path>.lock`, who holds it is noted in `<path>.lock.holder`. */
  readonly path: string;
  /** Real time, for the note that tells a second instance whom it met. */
  readonly nowMs: UnixMs;
}

export interface HeldLease extends Lease {
  /** Gives the lock back. May be called twice. */
  readonly release: () => void;
}

/** Takes the lock at once or throws LedgerError: E_LEASE_HELD (another process has it) or E_LEASE_OPEN. Never waits. */
export const acquireLease = (options: LeaseOptions): HeldLease => {
  const lock = `${resolve(options.path)}.lock`;
  const database = lockFile(lock);
  const inPlace = watchIdentity(lock);
  noteHolder(lock, options.nowMs);
  let released = false;
  return {
    held: () => !released && inPlace(),
    release: () => {
      if (released) return;
      released = true;
      forgetHolder(lock);
      database.close();
    },
  };
};

/** The lease, or null while another process holds it. Throws LedgerError E_LEASE_OPEN as `acquireLease` does. */
export const leaseIfFree = (options: LeaseOptions): HeldLease | null => {
  try {
    return acquireLease(options);
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'E_LEASE_HELD') return null;
    throw error;
  }
};

/** Opens the lock file and keeps a write transaction on it. */
const lockFile = (lock: string): Database => {
  let database: Database | undefined;
  try {
    ensureFile(lock);
    database = openDatabase(lock, { readOnly: false, busyMs: 0 });
    // The journal in memory keeps a killed holder from leaving a file that its successor would have to roll back.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error))
      throw new LedgerError('E_LEASE_HELD', `${lock} is locked${describeHolder(lock)}`, error);
    const text =
      error instanceof LedgerError ? error.detail : error instanceof Error ? error.message : String(error);
    throw new LedgerError('E_LEASE_OPEN', `cannot lock ${lock}: ${text}`, error);
  }
};

const holderNote = (lock: string): string => `${lock}.holder`;

/** Writes or removes the note. It is a courtesy to whoever comes second: failing at it is no reason to stop. */
const quietly = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};

const noteHolder = (lock: string, nowMs: UnixMs): boolean =>
  quietly(() => {
    const note = holderNote(lock);
    writeFileSync(`${note}.new`, `process ${process.pid}, started ${formatInstant(nowMs)}\n`, {
      mode: 0o600,
    });
    renameSync(`${note}.new`, note);
  });

const forgetHolder = (lock: string): boolean => quietly(() => rmSync(holderNote(lock), { force: true }));

const describeHolder = (lock: string): string => {
  try {
    const note = readFileSync(holderNote(lock), 'utf8').trim();
    return /^process \d+, started [0-9TZ:-]+$/.test(note) ? ` by ${note}` : '';
  } catch {
    return '';
  }
};
