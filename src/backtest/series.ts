// A price history as the benchmark plays it (DESIGN §11): the ask at every look, in cents per node-hour, scaled by one factor
// so that the outside price is $20. What was written between two looks is not seen, as it is not seen live.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  hourCeil,
  hourFloor,
  type DurationMs,
  type UnixMs,
} from '../domain/time.ts';
import { BacktestError } from './errors.ts';
import {
  HistoryError,
  parseAvailability,
  parseManifest,
  parsePrices,
  readText,
  type AvailabilityRow,
  type PriceRow,
} from '../recording/history-file.ts';
import { historyName, openRecording, priceRowsOf } from '../recording/recording.ts';

export const LOOK_MS: DurationMs = 5 * MINUTE_MS;
export const LOOKS_PER_HOUR = HOUR_MS / LOOK_MS;
/** The outside price after scaling, in cents per node-hour. */
export const OUTSIDE_CENTS = 2000;
/** What nothing for sale looks like among the asks. */
export const NOTHING = Number.POSITIVE_INFINITY;

const WARM_UP_MS = 7 * DAY_MS;
const SHORTEST_MS = DAY_MS;

export interface Series {
  readonly name: string;
  readonly family: string;
  /** True for a series that a generator made. */
  readonly synthetic: boolean;
  /** The first look, on the hour. */
  readonly startMs: UnixMs;
  /** Whole cents per node-hour at each look; NOTHING when nothing was for sale. The last one stands on the hour. */
  readonly asks: readonly number[];
  /** Index of the first look that counts, on the hour: what comes before is warm-up. */
  readonly scoredFrom: number;
}

/** Hours that count. */
export const scoredHours = ({ asks, scoredFrom }: Series): number =>
  Math.floor((asks.length - 1 - scoredFrom) / LOOKS_PER_HOUR);

/** Node-hours in which the ask was at or under the outside price. */
export const affordableHours = (series: Series): number => {
  const end = series.scoredFrom + scoredHours(series) * LOOKS_PER_HOUR;
  let looks = 0;
  for (let look = series.scoredFrom; look < end; look += 1) {
    if ((series.asks[look] ?? NOTHING) <= OUTSIDE_CENTS) looks += 1;
  }
  return looks / LOOKS_PER_HOUR;
};

interface Made {
  readonly name: string;
  readonly family: string;
  readonly synthetic: boolean;
  readonly startMs: UnixMs;
  readonly asks: readonly number[];
}

/** Cuts a run of asks that begins on the hour to whole hours and finds where it begins to count. */
export const seriesOf = (made: Made): Series => {
  const hours = Math.floor((made.asks.length - 1) / LOOKS_PER_HOUR);
  const spanMs = hours * HOUR_MS;
  if (spanMs < SHORTEST_MS) {
    throw new BacktestError(
      'E_BACKTEST_SHORT',
      `${made.name} is shorter than a day; nothing can be judged by it`,
    );
  }
  const warmUpMs = Math.min(WARM_UP_MS, hourFloor(spanMs / 2));
  return {
    ...made,
    asks: made.asks.slice(0, hours * LOOKS_PER_HOUR + 1),
    scoredFrom: warmUpMs / LOOK_MS,
  };
};

export interface HistoryInput {
  readonly name: string;
  readonly family: string;
  readonly outsideMicroDollars: number;
  readonly prices: readonly PriceRow[];
  readonly availability: readonly AvailabilityRow[];
}

/** Samples a history at every look, from the first full hour on. */
const seriesFromHistory = (input: HistoryInput): Series => {
  const { prices, availability, outsideMicroDollars } = input;
  const startMs = hourCeil(prices[0]?.atMs ?? 0);
  const endMs = prices.at(-1)?.atMs ?? 0;
  const asks: number[] = [];
  let row = 0;
  let listed = -1;
  for (let atMs = startMs; atMs <= endMs; atMs += LOOK_MS) {
    while ((prices[row + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) row += 1;
    while ((availability[listed + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) listed += 1;
    const price = prices[row]?.microDollars ?? null;
    const sold = listed >= 0 && availability[listed]?.available === 0;
    const cents = Math.ceil(((price ?? 0) / outsideMicroDollars) * OUTSIDE_CENTS - 1e-9);
    asks.push(price === null || sold ? NOTHING : Math.max(1, cents));
  }
  return seriesOf({ name: input.name, family: input.family, synthetic: false, startMs, asks });
};

export interface HistoryFiles {
  readonly prices: string;
  readonly availability: string | null;
  readonly outsideDollars: number;
}

/** What a history's reader refuses, with a code of the backtest. */
const readHistory = <Result>(read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new BacktestError(error.fault === 'file' ? 'E_BACKTEST_FILE' : 'E_BACKTEST_DATA', error.message);
  }
};

/** Every question of a recording that was asked for at least a day. */
export const seriesFromRecording = (path: string, outsideDollars: number): readonly Series[] => {
  const recording = openRecording(path);
  try {
    const questions = recording.questions();
    const long = questions.filter(({ fromMs, toMs }) => hourFloor(toMs) - hourCeil(fromMs) >= SHORTEST_MS);
    if (long.length === 0) {
      throw new BacktestError('E_BACKTEST_SHORT', `${path} holds no question that was asked for a day`);
    }
    return long.map((question) =>
      seriesFromHistory({
        name: historyName(question),
        family: 'recorded',
        outsideMicroDollars: Math.round(outsideDollars * 1_000_000),
        prices: priceRowsOf(recording.quotes(question)),
        availability: [],
      }),
    );
  } finally {
    recording.close();
  }
};

/** One price file (and what says whether anything was for sale) as a series. */
export const seriesFromFiles = (files: HistoryFiles): Series => readHistory(() => fromFiles(files));

const fromFiles = (files: HistoryFiles): Series => {
  const name = files.prices.replace(/^.*[/\\]/, '').replace(/\.csv(\.gz)?$/, '');
  return seriesFromHistory({
    name,
    family: 'file',
    outsideMicroDollars: Math.round(files.outsideDollars * 1_000_000),
    prices: parsePrices(readText(files.prices), files.prices),
    availability:
      files.availability === null ? [] : parseAvailability(readText(files.availability), files.availability),
  });
};

const MANIFEST = 'manifest.csv';

/** True when a folder holds a benchmark's data. */
export const isDataFolder = (folder: string): boolean => existsSync(join(folder, MANIFEST));

/** Every series of a folder's manifest.csv, in its order. */
export const seriesFromFolder = (folder: string): readonly Series[] => readHistory(() => fromFolder(folder));

const fromFolder = (folder: string): readonly Series[] => {
  const manifest = join(folder, MANIFEST);
  const rows = parseManifest(readText(manifest), manifest);
  const names = new Set(readdirSync(folder));
  const fileOf = (series: string): string => {
    const found = [`${series}.csv.gz`, `${series}.csv`].find((name) => names.has(name));
    if (found === undefined) {
      throw new BacktestError(
        'E_BACKTEST_FILE',
        `${manifest} names ${series}, but ${folder} has no ${series}.csv(.gz)`,
      );
    }
    return join(folder, found);
  };
  return rows.map(({ series, outsideMicroDollars, listedSeries, family }) => {
    const file = fileOf(series);
    const listed = listedSeries === null ? null : fileOf(listedSeries);
    return seriesFromHistory({
      name: series,
      family,
      outsideMicroDollars,
      prices: parsePrices(readText(file), file),
      availability: listed === null ? [] : parseAvailability(readText(listed), listed),
    });
  });
};
