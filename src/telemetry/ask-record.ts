// The asks that were seen, kept as one CSV a zone in the form that `backtest` and the embedded market read, so that a user's own
// market becomes their history. A row is written when the ask changed or the last row is a quarter of an hour old; what is older
// than a year, or more than a file may hold, is cut off at the front. A disk that cannot be written stops nothing.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { MarketReport, TickReport } from '../domain/report.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../domain/time.ts';

const HEADER = 'timestamp_unix,price_usd_per_node_hour,available_nodes\n';

export interface AskRecordOptions {
  /** Made when it is missing. */
  readonly folder: string;
  /** Told once for each run of failures. */
  readonly onProblem: (message: string) => void;
  readonly bounds?: { readonly ageMs: DurationMs; readonly bytes: number };
}

const DEFAULT_BOUNDS = { ageMs: 366 * DAY_MS, bytes: 16 * 1024 * 1024 };
const REPEAT_MS = 15 * MINUTE_MS;

interface Written {
  readonly askedAtMs: UnixMs;
  readonly ask: number | null;
  /** The first row's instant and the size, so that a file is read again only when it has to be cut. */
  readonly firstAtMs: UnixMs;
  readonly bytes: number;
}

/** Zones are the venue's words: whatever is no plain letter, digit or dash is not part of a file's name. */
const fileOf = (folder: string, zone: string): string =>
  join(folder, `${zone.replaceAll(/[^A-Za-z0-9-]/g, '_')}.csv`);

const rowOf = ({ ask, askedAtMs }: MarketReport): string =>
  `${Math.floor(askedAtMs / SECOND_MS)},${ask === null ? '0,0' : `${(ask / 100).toFixed(2)},`}\n`;

const instantOf = (row: string): UnixMs => Number(row.slice(0, Math.max(0, row.indexOf(',')))) * SECOND_MS;

export const createAskRecord = (options: AskRecordOptions): ((report: TickReport) => void) => {
  const { folder, onProblem, bounds = DEFAULT_BOUNDS } = options;
  const written = new Map<string, Written>();
  let failing = false;

  const open = (path: string): Written => {
    if (!existsSync(path)) {
      writeFileSync(path, HEADER);
      return { askedAtMs: 0, ask: null, firstAtMs: Number.POSITIVE_INFINITY, bytes: HEADER.length };
    }
    const rows = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
    const first = rows.length === 0 ? Number.POSITIVE_INFINITY : instantOf(rows[0] ?? '');
    return {
      askedAtMs: instantOf(rows.at(-1) ?? ''),
      ask: null,
      firstAtMs: first,
      bytes: statSync(path).size,
    };
  };

  /** Keeps the newer three quarters of what is not too old. */
  const cut = (path: string, nowMs: UnixMs): Written => {
    const rows = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
    const young = rows.filter((row) => instantOf(row) >= nowMs - bounds.ageMs);
    const kept = young.slice(Math.ceil(young.length / 4));
    writeFileSync(`${path}.new`, `${HEADER}${kept.map((row) => `${row}\n`).join('')}`);
    renameSync(`${path}.new`, path);
    return open(path);
  };

  const keep = (line: MarketReport): void => {
    const path = fileOf(folder, line.zone);
    let last = written.get(path) ?? open(path);
    const known = written.has(path) && line.ask === last.ask && line.askedAtMs < last.askedAtMs + REPEAT_MS;
    // A row is later than the one before by at least a second; a clock that was set back writes nothing until it has caught up.
    const later = Math.floor(line.askedAtMs / SECOND_MS) > Math.floor(last.askedAtMs / SECOND_MS);
    if (known || !later) {
      written.set(path, last);
      return;
    }
    const row = rowOf(line);
    const old = last.firstAtMs < line.askedAtMs - bounds.ageMs;
    if (old || last.bytes + row.length > bounds.bytes) last = cut(path, line.askedAtMs);
    appendFileSync(path, row);
    const firstAtMs = Math.min(last.firstAtMs, line.askedAtMs);
    written.set(path, {
      askedAtMs: line.askedAtMs,
      ask: line.ask,
      firstAtMs,
      bytes: last.bytes + row.length,
    });
  };

  return ({ market }) => {
    try {
      if (market.length > 0 && written.size === 0) mkdirSync(folder, { recursive: true });
      for (const line of market) keep(line);
      failing = false;
    } catch (error) {
      if (!failing) onProblem(`asks are not kept: ${error instanceof Error ? error.message : String(error)}`);
      failing = true;
    }
  };
};
