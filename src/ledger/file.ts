// The file beneath a ledger or a lease: made with its directory, readable by its owner alone, and recognised later, so
// that a file deleted or replaced under a running daemon is noticed before anything is written into the void.
import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { LedgerError } from './errors.ts';

/** What is at `path`; undefined when nothing is or nothing can be seen there. */
const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
};

/** Throws E_LEDGER_PATH unless `path` can name a file of its own. */
const refuseImpossible = (path: string): void => {
  if (path === '' || path.startsWith(':') || path.startsWith('file:')) {
    throw new LedgerError('E_LEDGER_PATH', `\`${path}\` does not name a file`);
  }
  if (statOf(path)?.isDirectory() === true) {
    throw new LedgerError('E_LEDGER_PATH', `${path} is a directory`);
  }
};

/**
 * Like `mkdir -p`, one directory after the other: Node's own recursive form never comes back where a file system answers
 * "no such file" although the parent is there (/proc, automounts).
 */
const makeDirectories = (directory: string): void => {
  if (statOf(directory) !== undefined) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectories(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster; a file in its place is noticed when the ledger is made in it.
    if (statOf(directory) === undefined) throw error;
  }
};

/**
 * Makes the file (mode 0600) and its directories (0700) when they are missing, and syncs the directory. Throws LedgerError
 * E_LEDGER_PATH. An existing file is not opened: closing a second handle would drop SQLite's locks on it (POSIX).
 */
export const ensureFile = (path: string): void => {
  try {
    refuseImpossible(path);
    const directory = dirname(path);
    makeDirectories(directory);
    if (statOf(path) !== undefined) return;
    closeSync(openSync(path, 'wx', 0o600));
    const handle = openSync(directory, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    // Another process made it between the look and the creation: it is there, which is all that was asked.
    if (
      error instanceof Error &&
      'code' in error &&
      error.code === 'EEXIST' &&
      statOf(path)?.isFile() === true
    )
      return;
    throw new LedgerError(
      'E_LEDGER_PATH',
      `cannot create ${path}: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
};

/** Throws LedgerError E_LEDGER_PATH when there is no file at `path`. */
export const requireFile = (path: string): void => {
  refuseImpossible(path);
  if (statOf(path) === undefined) {
    throw new LedgerError('E_LEDGER_PATH', `there is no ledger at ${path}`);
  }
};

/** Tells whether the path still leads to the file it led to when this was called; about a microsecond a time. */
export const watchIdentity = (path: string): (() => boolean) => {
  const made = statSync(path);
  return () => {
    const now = statOf(path);
    return now !== undefined && now.ino === made.ino && now.dev === made.dev;
  };
};

/** True when neither SQLite's log beside `path` nor `path` itself could be written by this process. */
export const isReadOnly = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch {
    return true;
  }
};
