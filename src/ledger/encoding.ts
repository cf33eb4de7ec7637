// How an entry becomes bytes and back. The body is canonical JSON (keys sorted, no spaces), and each record's hash is the
// SHA-256 of the hash before it and its own fields, so a changed, removed or inserted record breaks the chain at its
// number. Nothing here knows where the bytes are kept: SQLite, memory and a simulated disk share it.
import { hash } from 'node:crypto';
import type { Entry, LedgerRecord, Seq } from '../domain/entry.ts';
import type { UnixMs } from '../domain/time.ts';
import { checkEntry } from './entry-schema.ts';
import { LedgerError } from './errors.ts';

/** A record as it is stored. */
export interface EncodedRecord {
  readonly seq: Seq;
  readonly atMs: UnixMs;
  readonly kind: string;
  /** Canonical JSON of the whole entry, `kind` included. */
  readonly body: string;
  /** Hex SHA-256 of the previous record's hash and this record's fields. */
  readonly hash: string;
}

/** The last link of a chain: what the next record is hashed onto. */
export interface ChainHead {
  readonly seq: Seq;
  readonly hash: string;
}

/** The head of an empty ledger. */
export const GENESIS: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/** JSON with sorted keys and without spaces: one value, one text. Takes plain JSON values only. */
const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
};

/** The hash of a record whose predecessor has the hash `previous`. */
export const chainHash = (previous: string, record: Omit<EncodedRecord, 'hash'>): string =>
  hash('sha256', `${previous}\n${record.seq}\n${record.atMs}\n${record.kind}\n${record.body}`, 'hex');

/**
 * The records that appending `entries` behind number `after` makes: fresh copies, exactly as a reader will get them. Throws
 * LedgerError E_LEDGER_ENTRY for an entry that could not be read back.
 */
export const recordsOf = (after: Seq, entries: readonly Entry[], atMs: UnixMs): readonly LedgerRecord[] => {
  if (!Number.isSafeInteger(atMs)) {
    throw new LedgerError('E_LEDGER_ENTRY', `the time of writing must be whole milliseconds, got ${atMs}`);
  }
  return entries.map((given, index) => {
    const checked = checkEntry(given.kind, given);
    if (!checked.ok) throw new LedgerError('E_LEDGER_ENTRY', `refused to write an entry: ${checked.problem}`);
    return { seq: after + index + 1, atMs, entry: checked.entry };
  });
};

/** Encodes consecutive records onto a chain. */
export const encodeBatch = (head: ChainHead, records: readonly LedgerRecord[]): readonly EncodedRecord[] => {
  let previous = head.hash;
  return records.map(({ seq, atMs, entry }) => {
    const fields = { seq, atMs, kind: entry.kind, body: canonicalJson(entry) };
    previous = chainHash(previous, fields);
    return { ...fields, hash: previous };
  });
};

/**
 * Reads one stored record behind `previous`. Throws LedgerError: E_LEDGER_CORRUPT when a number is missing, the chain is
 * broken or the body cannot be read; E_LEDGER_NEWER when the record is whole but of a kind this version does not know.
 */
export const decodeRecord = (previous: ChainHead, row: EncodedRecord): LedgerRecord => {
  if (row.seq !== previous.seq + 1) {
    throw new LedgerError(
      'E_LEDGER_CORRUPT',
      `entry ${previous.seq + 1} is missing: entry ${row.seq} follows ${previous.seq}`,
    );
  }
  if (chainHash(previous.hash, row) !== row.hash) {
    throw new LedgerError(
      'E_LEDGER_CORRUPT',
      `entry ${row.seq} does not match its hash, or the entry before it was changed`,
    );
  }
  const checked = checkEntry(row.kind, parseBody(row));
  if (checked.ok) return { seq: row.seq, atMs: row.atMs, entry: checked.entry };
  if (!checked.known) throw new LedgerError('E_LEDGER_NEWER', `entry ${row.seq}: ${checked.problem}`);
  throw new LedgerError('E_LEDGER_CORRUPT', `entry ${row.seq} cannot be read: ${checked.problem}`);
};

const parseBody = (row: EncodedRecord): unknown => {
  try {
    return JSON.parse(row.body) as unknown;
  } catch (error) {
    throw new LedgerError('E_LEDGER_CORRUPT', `entry ${row.seq} cannot be read: its body is not JSON`, error);
  }
};

/** Decodes consecutive rows; the last row is the head for the next batch. Throws as `decodeRecord` does. */
export const decodeBatch = (head: ChainHead, rows: readonly EncodedRecord[]): readonly LedgerRecord[] => {
  const records: LedgerRecord[] = [];
  let previous = head;
  for (const row of rows) {
    records.push(decodeRecord(previous, row));
    previous = row;
  }
  return records;
};
