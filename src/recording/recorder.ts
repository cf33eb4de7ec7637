// The market recorder of a running daemon: takes what the market watch learned and writes it a little later, in small batches,
// so that no tick ever waits for it. It is bounded by age and size, the oldest going first. A full disk, a lock or a missing folder
// costs only what no longer fits in memory; a damaged file is set aside and a new one begun. Each is said once.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Quote, Zone } from '../domain/market.ts';
import type { HoldKind } from '../domain/node.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { watchIdentity } from '../ledger/file.ts';
import { resultCode, type Database } from '../ledger/sqlite.ts';
import {
  newestZones,
  openForWriting,
  quoteWriter,
  zoneWriter,
  type SeenQuote,
  type SeenZone,
} from './tables.ts';

export interface RecorderOptions {
  readonly path: string;
  /** Quotes older than this are dropped. */
  readonly keepMs: DurationMs;
  /** The file never grows beyond this. */
  readonly mostBytes: number;
  /** Told once for each run of failures, and when a damaged file was set aside. */
  readonly onProblem: (message: string) => void;
  /** Real time between two writes; what is seen meanwhile waits in memory. */
  readonly flushMs?: DurationMs;
  /** Real time after which a write that failed is tried again. */
  readonly retryMs?: DurationMs;
}

/** None of these ever throws or waits. */
export interface Recorder {
  readonly onQuote: (quote: Quote, hold: HoldKind) => void;
  /** What the venue lists, at an instant. */
  readonly onZones: (zones: readonly Zone[], atMs: UnixMs) => void;
  /** Writes what waits, as far as it can be written. */
  readonly flush: () => void;
  readonly close: () => void;
}

const WAITING_AT_MOST = 20_000;
const WRITTEN_AT_ONCE = 500;
/** Rows dropped at once, so that making room never takes long; more than are written at once. */
const DROPPED_AT_ONCE = 2000;
/** Room is made when this share of the pages is used. */
const FULL_SHARE = 0.9;
/** SQLite's numbers (https://www.sqlite.org/rescode.html). */
const [CORRUPT, FULL, NOT_A_DATABASE] = [11, 13, 26];

interface Opened {
  readonly database: Database;
  readonly addQuote: (quote: SeenQuote) => void;
  readonly addZone: (zone: SeenZone) => void;
  readonly zones: Map<string, SeenZone>;
  /** False once the file was deleted or replaced. */
  readonly inPlace: () => boolean;
}

export const createRecorder = (options: RecorderOptions): Recorder => {
  const { path, flushMs = 2 * SECOND_MS, retryMs = MINUTE_MS } = options;
  let opened: Opened | null = null;
  let quotes: SeenQuote[] = [];
  let listings: { readonly zones: readonly Zone[]; readonly atMs: UnixMs }[] = [];
  let timer: NodeJS.Timeout | null = null;
  let failing = false;
  let lost = 0;
  let agedAtMs = 0;

  const open = (): Opened => {
    mkdirSync(dirname(path), { recursive: true });
    const database = openForWriting(path, 0);
    bound(database, options.mostBytes);
    const zones = new Map(newestZones(database));
    const [addQuote, addZone] = [quoteWriter(database), zoneWriter(database)];
    return { database, addQuote, addZone, zones, inPlace: watchIdentity(path) };
  };

  /** Writes what is oldest of what waits, all or nothing. */
  const writeSome = (): void => {
    if (opened !== null && !opened.inPlace()) letGo();
    opened ??= open();
    const { database } = opened;
    const some = quotes.slice(0, WRITTEN_AT_ONCE);
    const newest = some.reduce((most, one) => Math.max(most, one.askedAtMs), 0);
    const seen = new Map(opened.zones);
    database.exec('BEGIN IMMEDIATE');
    try {
      makeRoom(database);
      if (Math.abs(newest - agedAtMs) >= HOUR_MS && dropOlder(database, newest - options.keepMs))
        agedAtMs = newest;
      for (const quote of some) opened.addQuote(quote);
      for (const { zones, atMs } of listings) {
        for (const change of changesOf(seen, zones, atMs)) {
          opened.addZone(change);
          seen.set(change.name, change);
        }
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.inTransaction()) database.exec('ROLLBACK');
      throw error;
    }
    for (const [name, zone] of seen) opened.zones.set(name, zone);
    quotes = quotes.slice(some.length);
    listings = [];
  };

  const letGo = (): void => {
    try {
      opened?.database.close();
    } catch {
      // A damaged file may refuse even this; nothing more is asked of it.
    }
    opened = null;
  };

  const recover = (error: unknown): void => {
    const code = resultCode(error);
    const text = error instanceof Error ? error.message : String(error);
    const strange = code === CORRUPT || code === NOT_A_DATABASE;
    letGo();
    if (strange && setAside(path)) {
      options.onProblem(
        `the recording ${path} was damaged (${text}); it is kept as ${path}.damaged and a new one is begun`,
      );
      return;
    }
    if (!failing) {
      const why = code === FULL ? 'the disk is full' : text;
      options.onProblem(
        `the market is not recorded: ${path}: ${why}; buying goes on, and writing is tried again`,
      );
    }
    failing = true;
  };

  const flush = (): void => {
    if (quotes.length + listings.length === 0) return;
    try {
      while (quotes.length + listings.length > 0) writeSome();
      if (failing)
        options.onProblem(`the market is recorded again${lost === 0 ? '' : `; ${lost} quotes were lost`}`);
      failing = false;
      lost = 0;
    } catch (error) {
      recover(error);
    }
  };

  const later = (): void => {
    if (timer !== null) return;
    const wait = failing ? retryMs : flushMs;
    timer = setTimeout(() => {
      timer = null;
      flush();
      if (quotes.length + listings.length > 0) later();
    }, wait);
    timer.unref();
  };

  return {
    onQuote: (quote, hold) => {
      // The venue's words are kept short, so that no row is larger than the room that is made for it.
      quotes.push({ ...quote, hold, noQuoteReason: quote.noQuoteReason?.slice(0, 200) ?? null });
      if (quotes.length > WAITING_AT_MOST) {
        lost += quotes.length - WAITING_AT_MOST;
        quotes = quotes.slice(-WAITING_AT_MOST);
      }
      later();
    },
    onZones: (zones, atMs) => {
      listings = [...listings.slice(-10), { zones, atMs }];
      later();
    },
    flush,
    close: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      flush();
      letGo();
    },
  };
};

/** SQLite itself refuses to let the file grow beyond its pages. */
const bound = (database: Database, mostBytes: number): void => {
  const size = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
  database.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(mostBytes / size))}`);
  database.exec(`PRAGMA journal_size_limit = ${Math.min(mostBytes, 4 * 1024 * 1024)}`);
};

const pragma = (database: Database, name: string): number =>
  Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);

/** Drops some of the oldest quotes while the file is nearly full; freed pages are used again. */
const makeRoom = (database: Database): void => {
  const used = pragma(database, 'page_count') - pragma(database, 'freelist_count');
  if (used < FULL_SHARE * pragma(database, 'max_page_count')) return;
  database
    .prepare(
      'DELETE FROM quote WHERE asked_at_ms <= (SELECT max(asked_at_ms) FROM (SELECT asked_at_ms FROM quote ORDER BY asked_at_ms LIMIT ?))',
    )
    .run(DROPPED_AT_ONCE);
};

/** Drops some of what is older; true when nothing older is left. */
const dropOlder = (database: Database, beforeMs: UnixMs): boolean => {
  database
    .prepare(
      'DELETE FROM quote WHERE asked_at_ms IN (SELECT asked_at_ms FROM quote WHERE asked_at_ms < ? ORDER BY asked_at_ms LIMIT ?)',
    )
    .run(beforeMs, DROPPED_AT_ONCE);
  database
    .prepare(
      'DELETE FROM zone_seen WHERE at_ms < ? AND at_ms < (SELECT max(at_ms) FROM zone_seen AS newer WHERE newer.zone = zone_seen.zone)',
    )
    .run(beforeMs);
  return (
    database.prepare('SELECT 1 AS one FROM quote WHERE asked_at_ms < ? LIMIT 1').get(beforeMs) === undefined
  );
};

/** What is listed now and was not, or not as the same goods; and what was and is not. */
const changesOf = (
  before: ReadonlyMap<string, SeenZone>,
  zones: readonly Zone[],
  atMs: UnixMs,
): readonly SeenZone[] => {
  const now = new Set(zones.map((zone) => zone.name));
  const fresh = zones.filter((zone) => {
    const known = before.get(zone.name);
    return (
      known?.listed !== true ||
      known.gpu !== zone.gpu ||
      known.region !== zone.region ||
      known.instanceType !== zone.instanceType
    );
  });
  const gone = [...before.values()].filter((zone) => zone.listed && !now.has(zone.name));
  return [
    ...fresh.map((zone) => ({ ...zone, atMs, listed: true })),
    ...gone.map((zone) => ({ ...zone, atMs, listed: false })),
  ];
};

/** Puts a damaged file out of the way; the newest one is kept. False when that cannot be done either. */
const setAside = (path: string): boolean => {
  try {
    if (!existsSync(path)) return false;
    renameSync(path, `${path}.damaged`);
    for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
    return true;
  } catch {
    return false;
  }
};
