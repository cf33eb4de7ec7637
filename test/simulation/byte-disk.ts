// The disk under a simulated ledger: a log of bytes, one line a batch, of the same encoded and hashed records as on SQLite.
// What was synced survives a crash; of a batch being written a torn piece may survive, and opening drops it, as a
// transaction that was never committed. Whole histories are kept, also of copies that were replaced, for the checkers.
import type { LedgerRecord } from '../../src/domain/entry.ts';
import {
  decodeBatch,
  encodeBatch,
  GENESIS,
  type ChainHead,
  type EncodedRecord,
} from '../../src/ledger/encoding.ts';

export interface ByteDisk {
  /** The bytes of the log as a reader would find them now. */
  readonly bytes: () => string;
  readonly head: () => ChainHead;
  readonly entryCount: () => number;
  /** Writes and syncs a batch; gives the bytes written. */
  readonly write: (records: readonly LedgerRecord[]) => string;
  /** A crash while the batch was written: only the first `share` (0–1) of its bytes are there. */
  readonly tear: (records: readonly LedgerRecord[], share: number) => void;
  /** Opening after a crash: a line that is not whole is dropped. */
  readonly recover: () => void;
  /** An older copy: as many whole lines as hold at most `kept` entries. Gives the number of entries it holds. */
  readonly restore: (kept: number) => number;
  /** The log was damaged by hand; reading it fails until it is restored. */
  readonly damage: () => void;
  /** Decodes everything above `after`, checking the chain; throws LedgerError as the real ledgers do. */
  readonly read: (after: number) => readonly LedgerRecord[];
  /** The same for the world itself, which knows what was written however damaged the log is. */
  readonly known: () => readonly LedgerRecord[];
  readonly isDamaged: () => boolean;
}

interface Line {
  readonly text: string;
  readonly last: ChainHead;
}

const lineOf = (rows: readonly EncodedRecord[]): string => `${JSON.stringify(rows)}\n`;

export const createByteDisk = (): ByteDisk => {
  let lines: Line[] = [];
  let torn = '';
  let damaged = false;
  const head = (): ChainHead => lines.at(-1)?.last ?? GENESIS;
  const encode = (records: readonly LedgerRecord[]): Line => {
    const rows = encodeBatch(head(), records);
    return { text: lineOf(rows), last: rows.at(-1) ?? head() };
  };
  return {
    bytes: () => lines.map((line) => line.text).join('') + torn,
    head,
    entryCount: () => head().seq,
    write: (records) => {
      const line = encode(records);
      lines.push(line);
      return line.text;
    },
    tear: (records, share) => {
      const { text } = encode(records);
      torn = text.slice(0, Math.min(text.length - 1, Math.floor(text.length * share)));
    },
    recover: () => {
      torn = '';
    },
    restore: (kept) => {
      torn = '';
      damaged = false;
      lines = lines.filter((line) => line.last.seq <= kept);
      return head().seq;
    },
    damage: () => {
      damaged = true;
    },
    read: (after) => readLines(damaged ? lines.map(damagedLine) : lines, after),
    known: () => readLines(lines, 0),
    isDamaged: () => damaged,
  };
};

/** A letter of every record was changed on the disk. */
const damagedLine = (line: Line): Line => ({ ...line, text: line.text.replace('"kind":"', '"kind":"x') });

const readLines = (lines: readonly Line[], after: number): readonly LedgerRecord[] => {
  const records: LedgerRecord[] = [];
  let previous = GENESIS;
  for (const { text, last } of lines) {
    if (last.seq > after) {
      for (const record of decodeBatch(previous, JSON.parse(text) as EncodedRecord[])) {
        if (record.seq > after) records.push(record);
      }
    }
    previous = last;
  }
  return records;
};

/** The records a synced line of bytes holds, behind `head`. */
export const decodeLine = (headBefore: ChainHead, text: string): readonly LedgerRecord[] =>
  decodeBatch(headBefore, JSON.parse(text) as EncodedRecord[]);
