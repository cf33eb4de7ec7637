// Reads a price history from CSV (gzipped or not) as steps of an ask. Columns: timestamp_unix, price_usd_per_node_hour,
// available_nodes; the last may be blank and means "unknown", 0 means that nothing was for sale. Prices finer than a cent are
// rounded up, because an ask is never shown cheaper than it was. A file that is corrupt, unsorted or empty is refused.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { centsPerNodeHour, type CentsPerNodeHour } from '../domain/money.ts';
import type { AskPoint } from '../domain/simulated-market.ts';
import { HIGHEST_PRICE } from './values.ts';

export type AskHistory =
  | { readonly ok: true; readonly points: readonly AskPoint[] }
  /** `reason` names the file and, where there is one, the line. */
  | { readonly ok: false; readonly reason: string };

const ASK_HISTORY_HEADER = 'timestamp_unix,price_usd_per_node_hour,available_nodes';

/** A history larger than this is no price history. */
const LARGEST_BYTES = 256 * 1024 * 1024;

const textOf = (
  path: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return {
      ok: false,
      reason: `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    };
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { ok: true, text: bytes.toString('utf8') };
  try {
    return { ok: true, text: gunzipSync(bytes, { maxOutputLength: LARGEST_BYTES }).toString('utf8') };
  } catch {
    return { ok: false, reason: `${path} is not a whole gzip file` };
  }
};

/** Dollars with any number of decimals → cents, rounded up; null when it is no price that can be believed. */
const centsUp = (dollars: string): CentsPerNodeHour | null => {
  const match = /^(\d{1,12})(?:\.(\d{0,18}))?$/.exec(dollars);
  if (match === null) return null;
  const decimals = (match[2] ?? '').padEnd(2, '0');
  const whole = BigInt(`${match[1]}${decimals.slice(0, 2)}`) + (/[1-9]/.test(decimals.slice(2)) ? 1n : 0n);
  return whole > BigInt(HIGHEST_PRICE) ? null : centsPerNodeHour(Number(whole));
};

const readRow = (row: string): AskPoint | string => {
  const cells = row.split(',').map((cell) => cell.trim());
  const [time = '', price = '', nodes = ''] = cells;
  if (cells.length < 2 || cells.length > 3) return `has ${cells.length} columns instead of 3`;
  if (!/^\d{1,11}$/.test(time)) return `"${time}" is no Unix time in seconds`;
  const ask = centsUp(price);
  if (ask === null) return `"${price}" is no price in dollars per node-hour`;
  if (!/^\d{0,9}$/.test(nodes)) return `"${nodes}" is no number of nodes`;
  const nothing = ask === 0 || (nodes !== '' && Number(nodes) === 0);
  return { atMs: Number(time) * 1000, ask: nothing ? null : ask };
};

/** Reads the text of a history; `name` is used in reasons. */
export const parseAskHistory = (text: string, name: string): AskHistory => {
  const rows = text.split(/\r?\n/);
  if (rows[0]?.replace(/^\uFEFF/, '').trim() !== ASK_HISTORY_HEADER) {
    return { ok: false, reason: `${name}:1 should be the columns ${ASK_HISTORY_HEADER}` };
  }
  const points: AskPoint[] = [];
  for (const [index, row] of rows.entries()) {
    if (index === 0 || row.trim() === '') continue;
    const point = readRow(row);
    if (typeof point === 'string') return { ok: false, reason: `${name}:${index + 1} ${point}` };
    const before = points.at(-1)?.atMs ?? -1;
    if (point.atMs <= before)
      return { ok: false, reason: `${name}:${index + 1} is not later than the row before it` };
    points.push(point);
  }
  return points.length === 0 ? { ok: false, reason: `${name} holds no rows` } : { ok: true, points };
};

export const readAskHistory = (path: string): AskHistory => {
  const read = textOf(path);
  return read.ok ? parseAskHistory(read.text, path) : read;
};
