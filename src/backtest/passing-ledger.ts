// The ledger of a backtest: numbers what is appended and keeps the last batch only, because nobody else writes and the books
// hold it all. What was written can be listened to.
import type { LedgerRecord } from '../domain/entry.ts';
import type { Ledger } from '../ports/ledger.ts';

export const passingLedger = (onRecords: (records: readonly LedgerRecord[]) => void): Ledger => {
  let head = 0;
  let newest: readonly LedgerRecord[] = [];
  return {
    head: () => head,
    append: async (entries, atMs, expectedHead) => {
      if (expectedHead !== head) return { kind: 'moved' };
      const records = entries.map((entry) => {
        head += 1;
        return { seq: head, atMs, entry };
      });
      newest = records;
      onRecords(records);
      return { kind: 'appended', records };
    },
    read: async function* (after) {
      if (newest.length > 0) yield newest.filter((record) => record.seq > after);
    },
  };
};
