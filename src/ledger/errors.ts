// Every way in which the ledger and its lease can refuse, as one registry: a stable code, what it means and what a person
// does about it. The documentation lists the same codes. A LedgerError is thrown where a ledger is opened or read;
// appending never throws, it returns the code.

export const LEDGER_ERRORS = {
  E_LEDGER_PATH: {
    meaning: 'The place where the ledger should be cannot be used.',
    remedy: 'Point `store` at a file in a directory that this user may write to.',
  },
  E_LEDGER_OPEN: {
    meaning: 'The file exists but could not be opened as a bidkeeper ledger.',
    remedy: 'Check that `store` names the right file; restore a backup if the file was overwritten.',
  },
  E_LEDGER_NEWER: {
    meaning: 'The ledger was written by a newer version of bidkeeper.',
    remedy: 'Run the version that wrote it, or a newer one; a ledger is never taken back to an older form.',
  },
  E_LEDGER_CORRUPT: {
    meaning:
      'An entry cannot be read, or the chain of hashes is broken: the file was damaged or changed by hand.',
    remedy:
      'Keep the file, restore the last good backup and start; the daemon finds nodes bought since by their names and buys nothing for them again.',
  },
  E_LEDGER_FULL: {
    meaning: 'The disk is full, so nothing was written and nothing is bought.',
    remedy: 'Free space on the disk of the ledger; the next tick goes on by itself.',
  },
  E_LEDGER_READONLY: {
    meaning: 'The ledger or its disk is read-only for this process.',
    remedy: 'Make the file, its directory and the mount writable for this user.',
  },
  E_LEDGER_BUSY: {
    meaning: 'Another program held the ledger locked for too long.',
    remedy: 'Close the program that holds a write transaction on the file (an SQLite shell, a backup tool).',
  },
  E_LEDGER_IO: {
    meaning: 'The disk reported an error while the ledger was read or written.',
    remedy: 'Check the disk and the system log; move the ledger to a sound disk.',
  },
  E_LEDGER_ENTRY: {
    meaning:
      'An entry that could not be read back was about to be written; it was refused. This is a fault in bidkeeper.',
    remedy: 'Report it with this message; buying stays stopped while it repeats.',
  },
  E_LEDGER_REPLACED: {
    meaning: 'The ledger file was deleted or replaced while the daemon was using it.',
    remedy:
      'Put the right file in place and restart the daemon; it writes nothing into a file that nobody can find.',
  },
  E_LEDGER_EXISTS: {
    meaning: 'The file that a backup should be written to exists already; it was left as it is.',
    remedy: 'Name a file that does not exist yet, for example with the date in its name.',
  },
  E_LEDGER_CLOSED: {
    meaning: 'The ledger was used after it had been closed.',
    remedy: 'None is needed while the daemon shuts down; otherwise report it.',
  },
  E_LEASE_HELD: {
    meaning: 'Another bidkeeper runs on this ledger; only one may act.',
    remedy:
      'Stop the other one first, or give this one its own `store`. The lock ends with the process that holds it.',
  },
  E_LEASE_OPEN: {
    meaning: 'The lock file beside the ledger could not be used.',
    remedy: 'Make the directory of the ledger writable for this user and keep it on a local disk.',
  },
} as const;

export type LedgerErrorCode = keyof typeof LEDGER_ERRORS;

/** A refusal of the ledger. `message` is the detail followed by the remedy, one line, fit for a person. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  /** What happened, without the remedy. */
  readonly detail: string;
  readonly remedy: string;

  constructor(code: LedgerErrorCode, detail: string, cause?: unknown) {
    const remedy = LEDGER_ERRORS[code].remedy;
    super(`${detail}. ${remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
    this.remedy = remedy;
  }
}
