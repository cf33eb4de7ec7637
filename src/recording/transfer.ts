// Recordings go out as the CSV of price histories (one a zone and kind of hold, with the manifest that a backtest reads), with every
// answer and every listing beside them; and they come in from such files, or from another recording. Nothing that is there already
// is written twice.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { csvText } from '../domain/csv.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { Exported, ExportOptions, Imported, ImportOptions } from '../domain/recording.ts';
import { DAY_MS, formatInstant } from '../domain/time.ts';
import type { Database } from '../ledger/sqlite.ts';
import { RecordingError } from './errors.ts';
import {
  HistoryError,
  MANIFEST_HEADER,
  parsePrices,
  PRICE_HEADER,
  readText,
  type PriceRow,
} from './history-file.ts';
import { historyName, isDatabaseFile, openRecording, priceRowsOf, type Recording } from './recording.ts';
import { openForWriting, quoteWriter, zoneWriter, type SeenQuote } from './tables.ts';

const BUSY_MS = 10_000;
const ROWS_AT_ONCE = 1000;
/** A series shorter than this can be judged by nobody, so the manifest leaves it out. */
const SHORTEST_MS = DAY_MS;

/** Whole cents as dollars, exact. */
const dollars = (cents: number | null): string => (cents === null ? '' : (cents / 100).toFixed(2));

const priceCells = ({ atMs, microDollars }: PriceRow): readonly (string | number)[] =>
  microDollars === null ? [atMs / 1000, 0, 0] : [atMs / 1000, (microDollars / 1_000_000).toFixed(2), ''];

/** Throws RecordingError E_RECORDING_WRITE, and those of reading. */
export const exportRecording = (recording: Recording, options: ExportOptions): Exported => {
  const { folder, outsideCents, beside } = options;
  const questions = recording.questions();
  const files = new Map<string, string>(beside);
  const manifest: (readonly string[])[] = [];
  const short: string[] = [];
  const answers: (readonly (string | number | null)[])[] = [];
  for (const question of questions) {
    const name = historyName(question);
    const quotes = recording.quotes(question);
    files.set(`${name}.csv`, csvText(PRICE_HEADER, priceRowsOf(quotes).map(priceCells)));
    for (const quote of quotes) answers.push(answerCells(quote));
    const outside = outsideCents(question.gpu);
    if (question.toMs - question.fromMs < SHORTEST_MS) short.push(name);
    else if (outside !== null) manifest.push([name, dollars(outside), '', 'recorded']);
  }
  files.set('quotes.csv', csvText(QUOTES_HEADER, answers));
  files.set('zones.csv', csvText(ZONES_HEADER, recording.zones().map(zoneCells)));
  if (manifest.length > 0) files.set('manifest.csv', csvText(MANIFEST_HEADER, manifest));
  writeAll(folder, files);
  return { files: [...files.keys()].toSorted(), questions, short };
};

const QUOTES_HEADER =
  'asked_at,zone,gpu,hold,price_usd_per_node_hour,nodes,seconds_to_answer,no_quote_reason';
const ZONES_HEADER = 'at,zone,gpu,region,instance_type,listed';

const answerCells = (quote: SeenQuote): readonly (string | number | null)[] => [
  formatInstant(quote.askedAtMs),
  quote.zone,
  quote.gpu,
  quote.hold,
  dollars(quote.ask),
  quote.quantity,
  (quote.answeredAtMs - quote.askedAtMs) / 1000,
  quote.noQuoteReason,
];

const zoneCells = (zone: ReturnType<Recording['zones']>[number]): readonly (string | number)[] => [
  formatInstant(zone.atMs),
  zone.name,
  zone.gpu,
  zone.region,
  zone.instanceType,
  zone.listed ? 1 : 0,
];

/** Each file appears whole or not at all. */
const writeAll = (folder: string, files: ReadonlyMap<string, string>): void => {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) {
      const path = join(folder, name);
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    }
  } catch (error) {
    throw new RecordingError(
      'E_RECORDING_WRITE',
      `${folder}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

/** A copy as one SQLite file that does not exist yet. Throws RecordingError E_RECORDING_WRITE. */
export const copyRecording = (recording: Recording, to: string): void => {
  if (existsSync(to)) throw new RecordingError('E_RECORDING_WRITE', `${to} exists; nothing is overwritten`);
  try {
    recording.copyTo(resolve(to));
  } catch (error) {
    throw new RecordingError(
      'E_RECORDING_WRITE',
      `${to}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

/**
 * Adds what the files hold, beside a running daemon too; every file is read and checked before anything is added. Throws RecordingError E_RECORDING_IMPORT,
 * E_RECORDING_OPEN and E_RECORDING_WRITE.
 */
export const importInto = (path: string, options: ImportOptions): readonly Imported[] => {
  const given = options.files.map((file) => ({ file, ...readGiven(file, options) }));
  let database: Database | undefined;
  try {
    mkdirSync(resolve(path, '..'), { recursive: true });
    database = openForWriting(path, BUSY_MS);
    const into = database;
    return given.map(({ file, quotes, zones }) => ({
      file,
      rows: quotes.length,
      added: add(into, quotes, zones),
    }));
  } catch (error) {
    throw new RecordingError(
      'E_RECORDING_WRITE',
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    database?.close();
  }
};

type Given = { readonly quotes: readonly SeenQuote[]; readonly zones: ReturnType<Recording['zones']> };

const readGiven = (file: string, { gpu, zone, hold }: ImportOptions): Given => {
  if (isDatabaseFile(file)) {
    const recording = openRecording(file);
    try {
      const quotes = recording.questions().flatMap((question) => recording.quotes(question));
      return { quotes, zones: recording.zones() };
    } finally {
      recording.close();
    }
  }
  const name = zone ?? basename(file).replace(/\.csv(\.gz)?$/, '');
  if (gpu === null) throw new RecordingError('E_RECORDING_IMPORT', `${file} does not say its GPU type`);
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    throw new RecordingError('E_RECORDING_IMPORT', `"${name}" is no name of a zone`);
  const of = { zone: name, gpu, hold, quantity: 1, noQuoteReason: null };
  const quotes = rowsOf(file).map(({ atMs, microDollars }) => ({
    ...of,
    ask: microDollars === null ? null : (Math.ceil(microDollars / 10_000) as CentsPerNodeHour),
    askedAtMs: atMs,
    answeredAtMs: atMs,
  }));
  return { quotes, zones: [] };
};

const rowsOf = (file: string): readonly PriceRow[] => {
  try {
    return parsePrices(readText(file), file);
  } catch (error) {
    if (error instanceof HistoryError) throw new RecordingError('E_RECORDING_IMPORT', error.message);
    throw error;
  }
};

/** In short transactions, so that a daemon beside it never waits long; what was added stays when a later one fails. */
const add = (database: Database, quotes: readonly SeenQuote[], zones: Given['zones']): number => {
  const [addQuote, addZone] = [quoteWriter(database), zoneWriter(database)];
  const before = total(database);
  for (let from = 0; from < Math.max(1, quotes.length); from += ROWS_AT_ONCE) {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const quote of quotes.slice(from, from + ROWS_AT_ONCE)) addQuote(quote);
      if (from === 0) for (const zone of zones) addZone(zone);
      database.exec('COMMIT');
    } catch (error) {
      if (database.inTransaction()) database.exec('ROLLBACK');
      throw error;
    }
  }
  return total(database) - before;
};

const total = (database: Database): number =>
  Number(database.prepare('SELECT count(*) AS n FROM quote').get()?.['n']);
