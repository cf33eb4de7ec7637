// A recording, read: what was asked about and since when, each question's answers as a price history, what the venue listed.
// Reading works beside the daemon that writes it.
import { existsSync, openSync, readSync, closeSync } from 'node:fs';
import type { RecordedQuestion, RecordingSummary } from '../domain/recording.ts';
import { MINUTE_MS } from '../domain/time.ts';
import { openDatabase, type Database, type Row } from '../ledger/sqlite.ts';
import { RecordingError } from './errors.ts';
import type { PriceRow } from './history-file.ts';
import { quoteOf, whatIsWrong, zoneOf, type SeenQuote, type SeenZone } from './tables.ts';

export interface Recording {
  readonly questions: () => readonly RecordedQuestion[];
  /** In the order of time. */
  readonly quotes: (question: Pick<RecordedQuestion, 'zone' | 'hold'>) => readonly SeenQuote[];
  readonly zones: () => readonly SeenZone[];
  readonly summary: () => RecordingSummary;
  /** Writes the whole recording as it is now into a new file. */
  readonly copyTo: (path: string) => void;
  readonly close: () => void;
}

const BUSY_MS = 5000;
/** An answer that says the same as the one before is a row of a history when that row is this old. */
const REPEAT_MS = 15 * MINUTE_MS;
const MICRO_DOLLARS_PER_CENT = 10_000;
const SQLITE_MAGIC = 'SQLite format 3\u0000';

/** True for an SQLite file, so that price histories and recordings can be told apart. */
export const isDatabaseFile = (path: string): boolean => {
  if (!existsSync(path)) return false;
  const bytes = Buffer.alloc(SQLITE_MAGIC.length);
  try {
    const handle = openSync(path, 'r');
    try {
      readSync(handle, bytes);
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
  return bytes.toString('latin1') === SQLITE_MAGIC;
};

/** Throws RecordingError E_RECORDING_MISSING and E_RECORDING_OPEN. */
export const openRecording = (path: string): Recording => {
  if (!existsSync(path)) throw new RecordingError('E_RECORDING_MISSING', `there is no recording at ${path}`);
  let database: Database | undefined;
  try {
    database = openDatabase(path, { readOnly: true, busyMs: BUSY_MS });
    const wrong = whatIsWrong(database);
    if (wrong !== null) throw new RecordingError('E_RECORDING_OPEN', `${path}: ${wrong}`);
    return recordingOn(database, path);
  } catch (error) {
    database?.close();
    throw asRecordingError(error, path);
  }
};

const asRecordingError = (error: unknown, path: string): unknown =>
  error instanceof RecordingError
    ? error
    : new RecordingError(
        'E_RECORDING_OPEN',
        `${path}: ${error instanceof Error ? error.message : String(error)}`,
      );

const QUESTIONS = `
  SELECT zone, hold, max(gpu) AS gpu, count(*) AS quotes, min(asked_at_ms) AS from_ms, max(asked_at_ms) AS to_ms,
    sum(ask_cents_per_node_hour IS NULL) AS none_for_sale, max(gap_ms) AS gap_ms
  FROM (
    SELECT *, asked_at_ms - lag(asked_at_ms) OVER (PARTITION BY zone, hold ORDER BY asked_at_ms) AS gap_ms FROM quote
  ) GROUP BY zone, hold ORDER BY zone, hold`;

const questionOf = (row: Row): RecordedQuestion => ({
  zone: String(row['zone']),
  hold: row['hold'] === 'reserved' ? 'reserved' : 'autoreserved',
  gpu: String(row['gpu']),
  quotes: Number(row['quotes']),
  fromMs: Number(row['from_ms']),
  toMs: Number(row['to_ms']),
  nothing: Number(row['none_for_sale']),
  longestGapMs: Number(row['gap_ms'] ?? 0),
});

const recordingOn = (database: Database, path: string): Recording => {
  const reading = <Result>(read: () => Result): Result => {
    try {
      return read();
    } catch (error) {
      throw asRecordingError(error, path);
    }
  };
  const questions = (): readonly RecordedQuestion[] =>
    reading(() => database.prepare(QUESTIONS).all().map(questionOf));
  const zones = (): readonly SeenZone[] =>
    reading(() => database.prepare('SELECT * FROM zone_seen ORDER BY at_ms, zone').all().map(zoneOf));
  return {
    questions,
    quotes: ({ zone, hold }) =>
      reading(() =>
        database
          .prepare('SELECT * FROM quote WHERE zone = ? AND hold = ? ORDER BY asked_at_ms')
          .all(zone, hold)
          .map(quoteOf),
      ),
    zones,
    summary: () => {
      const of = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
      const newest = new Map(zones().map((zone) => [zone.name, zone.listed]));
      const listed = [...newest].flatMap(([zone, isListed]) => (isListed ? [zone] : []));
      return { path, bytes: of('page_count') * of('page_size'), questions: questions(), listed };
    },
    copyTo: (to) => void database.prepare('VACUUM INTO ?').run(to),
    close: () => database.close(),
  };
};

/** The name of a question's history: its zone, with `-blocks` for blocks. Zones are the venue's words: what is no plain letter, digit or dash is left out. */
export const historyName = ({ zone, hold }: Pick<RecordedQuestion, 'zone' | 'hold'>): string =>
  `${zone.replaceAll(/[^A-Za-z0-9-]/g, '_')}${hold === 'reserved' ? '-blocks' : ''}`;

/** Answers as the rows of a price history, each a second later than the one before: those that change it, and now and then one that does not. */
export const priceRowsOf = (quotes: readonly SeenQuote[]): readonly PriceRow[] => {
  const rows: PriceRow[] = [];
  for (const { ask, askedAtMs } of quotes) {
    const microDollars = ask === null ? null : ask * MICRO_DOLLARS_PER_CENT;
    const atMs = Math.floor(askedAtMs / 1000) * 1000;
    const last = rows.at(-1);
    if (last !== undefined && atMs <= last.atMs) continue;
    const same = last !== undefined && last.microDollars === microDollars;
    if (!same || atMs - last.atMs >= REPEAT_MS) rows.push({ atMs, microDollars, line: rows.length + 2 });
  }
  // The history reaches to the last answer, also when that said nothing new.
  const end = quotes.at(-1);
  const last = rows.at(-1);
  if (end !== undefined && last !== undefined) {
    const atMs = Math.floor(end.askedAtMs / 1000) * 1000;
    if (atMs > last.atMs) rows.push({ ...last, atMs, line: rows.length + 2 });
  }
  return rows;
};
