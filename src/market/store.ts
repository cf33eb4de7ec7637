// Keeps a market on disk, so that an embedded one survives `kill -9`. Because the market is deterministic, its state is a
// snapshot plus the inputs since: the snapshot is replaced by atomic rename, each input is appended and synced before its
// answer leaves, and the time reached is noted now and then. Opening reads the snapshot, takes the inputs again and goes on
// at the latest instant known. A torn last line is what a crash leaves and is dropped. Only what came
// through requests (controls among them) is journalled; what a program does to the market in process is not.
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SimulatedMarketSettings } from '../domain/simulated-market.ts';
import type { UnixMs } from '../domain/time.ts';
import { control } from './control.ts';
import { MarketError } from './market-error.ts';
import { createMarket, restoreMarket, type Market } from './market.ts';
import type { MarketInput } from './server.ts';
import type { MarketSnapshot } from './snapshot.ts';
import type { MarketBounds } from './state.ts';

export interface MarketStore {
  readonly market: Market;
  /** Whether there was a market on disk. */
  readonly resumed: boolean;
  /** Writes an input that was taken and syncs it; for the server's `onMutation`. Throws the system's error. */
  readonly onMutation: (input: MarketInput) => void;
  /**
   * Notes the time reached, at most once per second of market time and unsynced; for the server's `onBeat`. Never throws: what
   * a full disk costs here is only that a resumed market goes on a little earlier.
   */
  readonly onBeat: (nowMs: UnixMs) => void;
  /** Replaces the snapshot and empties the journal. */
  readonly save: () => void;
  /** Saves and lets go of the files. */
  readonly close: () => void;
}

export interface MarketStoreSettings {
  /** The snapshot's file; the journal stands beside it with `.journal` added. */
  readonly path: string;
  readonly settings: SimulatedMarketSettings;
  /** Where a new market begins. */
  readonly startMs: UnixMs;
  readonly bounds?: Partial<MarketBounds>;
  /** Inputs after which the snapshot is replaced; default 5,000. */
  readonly inputsASnapshot?: number;
}

interface Kept {
  /** Which snapshot this is; a journal of another one is old and is not read. */
  readonly generation: number;
  readonly snapshot: MarketSnapshot;
}

type JournalLine =
  | { readonly generation: number }
  | ({ readonly kind: 'input' } & MarketInput)
  | { readonly kind: 'time'; readonly atMs: UnixMs };

const BEAT_GAP_MS = 1000;

/** Opens or begins a market on disk. Throws E_MARKET_STORE when the snapshot cannot be read. */
export const openMarketStore = (given: MarketStoreSettings): MarketStore => {
  mkdirSync(dirname(given.path), { recursive: true });
  const kept = readSnapshot(given.path);
  const market =
    kept === null
      ? createMarket(given.settings, given.startMs, given.bounds)
      : restoreMarket(given.settings, kept.snapshot, given.bounds);
  if (kept !== null) replay(market, `${given.path}.journal`, kept.generation);
  const journal = openSync(`${given.path}.journal`, 'a');
  let generation = kept?.generation ?? 0;
  let inputs = 0;
  let notedMs = market.now();
  const write = (line: JournalLine): void => {
    writeSync(journal, `${JSON.stringify(line)}\n`);
  };
  const save = (): void => {
    generation += 1;
    writeSnapshot(given.path, { generation, snapshot: market.snapshot() });
    ftruncateSync(journal, 0);
    write({ generation });
    inputs = 0;
  };
  save();
  return {
    market,
    resumed: kept !== null,
    save,
    onMutation: (input) => {
      write({ kind: 'input', ...input });
      fsyncSync(journal);
      inputs += 1;
      if (inputs >= (given.inputsASnapshot ?? 5000)) save();
    },
    onBeat: (nowMs) => {
      if (nowMs - notedMs < BEAT_GAP_MS) return;
      notedMs = nowMs;
      try {
        write({ kind: 'time', atMs: nowMs });
      } catch {
        // The next input says the time again, or fails loudly.
      }
    },
    close: () => {
      save();
      closeSync(journal);
    },
  };
};

const readSnapshot = (path: string): Kept | null => {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Kept;
  } catch (error) {
    throw new MarketError('E_MARKET_STORE', `${path} cannot be read`, error);
  }
};

/** The new snapshot is whole on disk before it takes the old one's name. */
const writeSnapshot = (path: string, kept: Kept): void => {
  const file = openSync(`${path}.new`, 'w');
  writeSync(file, JSON.stringify(kept));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
};

/** Takes the journal's inputs again, in order, up to the first line that is not whole. */
const replay = (market: Market, path: string, generation: number): void => {
  if (!existsSync(path)) return;
  const [head, ...lines] = readFileSync(path, 'utf8').split('\n').map(parseLine);
  if (head === undefined || head === null || !('generation' in head) || head.generation !== generation)
    return;
  for (const line of lines) {
    if (line === null || !('kind' in line)) return;
    market.advanceTo(line.atMs);
    if (line.kind === 'input' && control(market, line.request) === null)
      market.handle(line.request, line.atMs);
  }
};

const parseLine = (text: string): JournalLine | null => {
  try {
    return JSON.parse(text) as JournalLine;
  } catch {
    return null;
  }
};
