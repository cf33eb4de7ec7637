// A process that takes the lease of the ledger named on its command line, says on standard out what came of it, and stays
// until it is killed.
import { writeSync } from 'node:fs';
import { LedgerError } from '../../src/ledger/errors.ts';
import { acquireLease } from '../../src/ledger/lease.ts';

try {
  const lease = acquireLease({ path: process.argv[2] ?? '', nowMs: Date.now() });
  writeSync(1, 'held\n');
  setInterval(() => lease.held(), 1000);
} catch (error) {
  writeSync(1, `${error instanceof LedgerError ? `${error.code} ${error.message}` : String(error)}\n`);
}
