// The tables of a recording: an SQLite file of its own, in a form that any SQLite tool reads. `quote` holds every answer to a
// question about a price, `zone_seen` every change of what the venue lists. Times are Unix milliseconds, prices whole cents
// per node-hour; a null ask means that nothing was for sale.
import { openDatabase, type Database, type Row } from '../ledger/sqlite.ts';
import type { Quote, Zone } from '../domain/market.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { HoldKind } from '../domain/node.ts';
import type { UnixMs } from '../domain/time.ts';

/** `bidr` in ASCII (PRAGMA application_id). */
const APPLICATION_ID = 0x62696472;
const VERSION = 1;

const TABLES = `
  CREATE TABLE quote (
    zone TEXT NOT NULL,
    hold TEXT NOT NULL CHECK (hold IN ('autoreserved', 'reserved')),
    asked_at_ms INTEGER NOT NULL,
    gpu TEXT NOT NULL,
    ask_cents_per_node_hour INTEGER,
    nodes INTEGER NOT NULL,
    answered_at_ms INTEGER NOT NULL,
    no_quote_reason TEXT,
    PRIMARY KEY (zone, hold, asked_at_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX quote_by_age ON quote (asked_at_ms);
  CREATE TABLE zone_seen (
    zone TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    gpu TEXT NOT NULL,
    region TEXT NOT NULL,
    instance_type TEXT NOT NULL,
    listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
    PRIMARY KEY (zone, at_ms)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};`;

/** An answer with what it was asked for: `reserved` quotes are for blocks. */
export interface SeenQuote extends Quote {
  readonly hold: HoldKind;
}

export interface SeenZone extends Zone {
  readonly atMs: UnixMs;
  /** False: the venue lists it no more. */
  readonly listed: boolean;
}

/** Why a file cannot be used as it is; null when it can. An empty one is ours to fill. */
export const whatIsWrong = (database: Database): string | null => {
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.['n']);
  if (tables === 0) return 'it is empty';
  const id = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
  if (id !== APPLICATION_ID) return 'it is another SQLite database';
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  return version === VERSION
    ? null
    : `it has the form ${version}, this version of bidkeeper knows form ${VERSION}`;
};

/** Opens for writing and makes the tables when the file is empty. Throws SQLite's own errors, or an Error for a strange file. */
export const openForWriting = (path: string, busyMs: number): Database => {
  const database = openDatabase(path, { readOnly: false, busyMs });
  try {
    if (whatIsWrong(database) === 'it is empty') {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
    }
    const wrong = whatIsWrong(database);
    if (wrong !== null) throw new Error(wrong);
    // A recording may lose its last seconds with the machine's power, but never its form.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Adds one answer; one that is there already is passed over. */
export const quoteWriter = (database: Database): ((quote: SeenQuote) => void) => {
  const insert = database.prepare('INSERT OR IGNORE INTO quote VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  return (quote) => {
    const { zone, hold, askedAtMs, gpu, ask, quantity, answeredAtMs, noQuoteReason } = quote;
    insert.run(zone, hold, askedAtMs, gpu, ask, quantity, answeredAtMs, noQuoteReason);
  };
};

export const zoneWriter = (database: Database): ((seen: SeenZone) => void) => {
  const insert = database.prepare('INSERT OR IGNORE INTO zone_seen VALUES (?, ?, ?, ?, ?, ?)');
  return ({ name, atMs, gpu, region, instanceType, listed }) => {
    insert.run(name, atMs, gpu, region, instanceType, listed ? 1 : 0);
  };
};

export const quoteOf = (row: Row): SeenQuote => ({
  zone: String(row['zone']),
  hold: row['hold'] === 'reserved' ? 'reserved' : 'autoreserved',
  askedAtMs: Number(row['asked_at_ms']),
  gpu: String(row['gpu']),
  ask:
    row['ask_cents_per_node_hour'] === null
      ? null
      : (Number(row['ask_cents_per_node_hour']) as CentsPerNodeHour),
  quantity: Number(row['nodes']),
  answeredAtMs: Number(row['answered_at_ms']),
  noQuoteReason: typeof row['no_quote_reason'] === 'string' ? row['no_quote_reason'] : null,
});

export const zoneOf = (row: Row): SeenZone => ({
  name: String(row['zone']),
  atMs: Number(row['at_ms']),
  gpu: String(row['gpu']),
  region: String(row['region']),
  instanceType: String(row['instance_type']),
  listed: row['listed'] === 1,
});

/** The last that was seen of each zone. */
export const newestZones = (database: Database): ReadonlyMap<string, SeenZone> => {
  const zones = new Map<string, SeenZone>();
  for (const row of database.prepare('SELECT * FROM zone_seen ORDER BY at_ms').all()) {
    const zone = zoneOf(row);
    zones.set(zone.name, zone);
  }
  return zones;
};
