// A process that appends batches of three to the ledger named on its command line as fast as it can, and says on standard
// out which number the ledger has acknowledged, or the code with which it refused. The tests kill it. Started by root it
// can give up its rights first (second argument: a user id).
import { writeSync } from 'node:fs';
import { LedgerError } from '../../src/ledger/errors.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { numbered } from './entries.ts';

const write = async (path: string): Promise<string> => {
  const ledger = openLedger({ path });
  for (let count = 0; ; count += 1) {
    const head = ledger.head();
    const result = await ledger.append([numbered(count), numbered(count), numbered(count)], count, head);
    if (result.kind === 'failed') return `${result.code} behind ${ledger.head()}`;
    if (result.kind === 'appended') writeSync(1, `${ledger.head()}\n`);
  }
};

const [path = '', uid] = process.argv.slice(2);
if (uid !== undefined && process.getuid?.() === 0) process.setuid?.(Number(uid));
try {
  writeSync(1, `${await write(path)}\n`);
} catch (error) {
  writeSync(1, `${error instanceof LedgerError ? error.code : String(error)}\n`);
}
