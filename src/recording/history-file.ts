// Price and availability histories as CSV, gzipped or not: a row holds until the next. The one reader of such files, for the
// embedded market, the backtest and what is imported into a recording. Whatever is corrupt, unsorted or empty is refused with the
// file and the line; a price is kept as written (in millionths of a dollar), because it may be scaled before it is rounded to cents.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { UnixMs } from '../domain/time.ts';

/** `file`: it cannot be read; `data`: it holds something else than it should. The message names the file and, where there is one, the line. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly fault: 'file' | 'data';

  constructor(fault: 'file' | 'data', message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface PriceRow {
  readonly atMs: UnixMs;
  /** Millionths of a dollar per node-hour, rounded up; null: nothing was for sale. */
  readonly microDollars: number | null;
  /** Its line in the file. */
  readonly line: number;
}

export interface AvailabilityRow {
  readonly atMs: UnixMs;
  readonly available: number;
}

export interface ManifestRow {
  readonly series: string;
  readonly outsideMicroDollars: number;
  readonly listedSeries: string | null;
  readonly family: string;
}

export const PRICE_HEADER = 'timestamp_unix,price_usd_per_node_hour,available_nodes';
const AVAILABILITY_HEADER = 'timestamp_unix,available';
export const MANIFEST_HEADER = 'series,outside_price_usd_per_node_hour,listed_series,family';
const LARGEST_BYTES = 256 * 1024 * 1024;

/** The text of a file, unpacked when it is gzip. Throws HistoryError. */
export const readText = (path: string): string => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new HistoryError('file', `${path} cannot be read (${code})`);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_BYTES }).toString('utf8');
  } catch {
    throw new HistoryError('data', `${path} is not a whole gzip file`);
  }
};

interface Line {
  readonly number: number;
  readonly cells: readonly string[];
}

/** Rows below the expected header; blank lines are passed over. */
const linesOf = (text: string, name: string, header: string): readonly Line[] => {
  const rows = text.split(/\r?\n/);
  if (rows[0]?.replace(/^\uFEFF/, '').trim() !== header) {
    throw new HistoryError('data', `${name}:1 should be the columns ${header}`);
  }
  const lines = rows
    .map((row, index) => ({ number: index + 1, cells: row.split(',').map((cell) => cell.trim()) }))
    .filter(({ number, cells }) => number > 1 && cells.join('') !== '');
  if (lines.length === 0) throw new HistoryError('data', `${name} holds no rows`);
  return lines;
};

const refuse = (name: string, line: number, why: string): never => {
  throw new HistoryError('data', `${name}:${line} ${why}`);
};

const instantOf = (name: string, { number, cells }: Line, before: UnixMs): UnixMs => {
  const text = cells[0] ?? '';
  if (!/^\d{1,11}$/.test(text)) return refuse(name, number, `"${text}" is no Unix time in seconds`);
  const atMs = Number(text) * 1000;
  if (atMs <= before) return refuse(name, number, 'is not later than the row before it');
  return atMs;
};

const microDollarsOf = (name: string, line: number, text: string): number => {
  if (!/^\d{1,9}(?:\.\d{0,18})?$/.test(text)) {
    return refuse(name, line, `"${text}" is no price in dollars per node-hour`);
  }
  return Math.ceil(Number(text) * 1_000_000 - 1e-6);
};

const countOf = (name: string, line: number, text: string): number =>
  /^\d{1,9}$/.test(text) ? Number(text) : refuse(name, line, `"${text}" is no number of nodes`);

/** Prices in the order of time; throws HistoryError with `name` and the line. */
export const parsePrices = (text: string, name: string): readonly PriceRow[] => {
  let before = -1;
  return linesOf(text, name, PRICE_HEADER).map((line) => {
    const { cells, number } = line;
    if (cells.length < 2 || cells.length > 3)
      refuse(name, number, `has ${cells.length} columns instead of 3`);
    before = instantOf(name, line, before);
    const price = microDollarsOf(name, number, cells[1] ?? '');
    const nodes = (cells[2] ?? '') === '' ? null : countOf(name, number, cells[2] ?? '');
    return { atMs: before, microDollars: price === 0 || nodes === 0 ? null : price, line: number };
  });
};

export const parseAvailability = (text: string, name: string): readonly AvailabilityRow[] => {
  let before = -1;
  return linesOf(text, name, AVAILABILITY_HEADER).map((line) => {
    if (line.cells.length !== 2) refuse(name, line.number, `has ${line.cells.length} columns instead of 2`);
    before = instantOf(name, line, before);
    return { atMs: before, available: countOf(name, line.number, line.cells[1] ?? '') };
  });
};

export const parseManifest = (text: string, name: string): readonly ManifestRow[] =>
  linesOf(text, name, MANIFEST_HEADER).map(({ number, cells }) => {
    const [series = '', price = '', listed = '', family = ''] = cells;
    if (cells.length !== 4) refuse(name, number, `has ${cells.length} columns instead of 4`);
    if (!/^[\w.-]+$/.test(series)) refuse(name, number, `"${series}" is no name of a series`);
    const outsideMicroDollars = microDollarsOf(name, number, price);
    if (outsideMicroDollars <= 0) refuse(name, number, 'has an outside price of nothing');
    return { series, outsideMicroDollars, listedSeries: listed === '' ? null : listed, family };
  });
