// The ledger in memory: the same contract as the one on disk, for tests, backtests and dry runs on a copy of a real
// ledger. Entries pass the same checks and come back as the same values; only the disk is missing.
import type { LedgerRecord } from '../domain/entry.ts';
import type { Ledger } from '../ports/ledger.ts';
import { GENESIS, encodeBatch, recordsOf } from './encoding.ts';
import { LedgerError } from './errors.ts';
import type { StoredLedger } from './stored-ledger.ts';

const RECORDS_PER_BATCH = 1000;

/** A ledger that begins with `seed`, whose numbers run 1, 2, 3 … without gaps; throws RangeError otherwise. */
export const memoryLedger = (seed: readonly LedgerRecord[] = []): StoredLedger => {
  const records = [...seed];
  records.forEach(({ seq }, index) => {
    if (seq !== index + 1) throw new RangeError(`record ${seq} stands where ${index + 1} belongs`);
  });

  function* batches(after: number): Generator<readonly LedgerRecord[]> {
    for (let from = after; from < records.length; from += RECORDS_PER_BATCH) {
      yield records.slice(from, from + RECORDS_PER_BATCH);
    }
  }

  return {
    head: () => records.length,
    append: async (entries, atMs, expectedHead) => {
      if (records.length !== expectedHead) return { kind: 'moved' };
      try {
        const made = recordsOf(expectedHead, entries, atMs);
        records.push(...made);
        return { kind: 'appended', records: made };
      } catch (error) {
        const code = error instanceof LedgerError ? error.code : 'E_LEDGER_ENTRY';
        return { kind: 'failed', code, message: error instanceof Error ? error.message : String(error) };
      }
    },
    read: async function* (after) {
      yield* batches(after);
    },
    rows: function* (after) {
      let head = GENESIS;
      for (const batch of batches(0)) {
        const rows = encodeBatch(head, batch);
        head = rows.at(-1) ?? head;
        const wanted = rows.filter((row) => row.seq > after);
        if (wanted.length > 0) yield wanted;
      }
    },
    checkStorage: () => [],
    close: () => undefined,
  };
};

/** A copy in memory of everything a ledger holds now; appending to it leaves the original alone. Rejects as `read` does. */
export const copyInMemory = async (ledger: Pick<Ledger, 'read'>): Promise<StoredLedger> => {
  const records: LedgerRecord[] = [];
  for await (const batch of ledger.read(0)) records.push(...batch);
  return memoryLedger(records);
};
