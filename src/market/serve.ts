// A market as a service: its state on disk, its clock at the settings' speed, its address noted beside the state so that
// verbs can find a running one, and a copy of a stopped one for those who only want to look.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedMarketSettings } from '../domain/simulated-market.ts';
import type { DurationMs } from '../domain/time.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { scaledClock } from './clock.ts';
import { startMarketServer } from './server.ts';
import { openMarketStore } from './store.ts';

export interface ServeSettings {
  readonly settings: SimulatedMarketSettings;
  /** Where the state is kept. */
  readonly path: string;
  /** 0: any free port of 127.0.0.1. */
  readonly port: number;
  /** Seconds of the market in one real second. */
  readonly speed: number;
  readonly real: Clock;
  readonly timer: Timer;
}

export interface ServedMarket {
  readonly url: string;
  /** The market's own time. */
  readonly clock: Clock;
  readonly close: () => Promise<void>;
}

const addressOf = (path: string): string => `${path}.address`;

/** Opens or begins the market at `path` and serves it. Rejects with E_MARKET_STORE, E_MARKET_SNAPSHOT or the system's error. */
export const serveMarket = async (given: ServeSettings): Promise<ServedMarket> => {
  const { path, settings, speed, real, timer, port } = given;
  const { market, onMutation, onBeat, close } = openMarketStore({ path, settings, startMs: real.now() });
  const clock = scaledClock({ speed, originMs: market.now(), monotonic: real.monotonic });
  const server = await startMarketServer({ market, clock, timer, port, onMutation, onBeat });
  writeFileSync(addressOf(path), server.url, { mode: 0o600 });
  return {
    url: server.url,
    clock,
    close: async () => {
      await server.close();
      rmSync(addressOf(path), { force: true });
      close();
    },
  };
};

/** Serves a copy of a stopped market; what happens in it is not kept. */
export const serveCopy = async (given: Omit<ServeSettings, 'port'>): Promise<ServedMarket> => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-market-'));
  for (const end of ['', '.journal']) {
    if (existsSync(given.path + end)) copyFileSync(given.path + end, join(folder, `market${end}`));
  }
  const served = await serveMarket({ ...given, path: join(folder, 'market'), port: 0 });
  return {
    ...served,
    close: async () => {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const ANSWERS_WITHIN_MS: DurationMs = 2000;

/** The address of the market at `path` when one is being served there now; null otherwise. */
export const servedAt = async (path: string): Promise<string | null> => {
  if (!existsSync(addressOf(path))) return null;
  const url = readFileSync(addressOf(path), 'utf8').trim();
  try {
    const answer = await fetch(`${url}/_market/clock`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    await answer.body?.cancel();
    return answer.ok ? url : null;
  } catch {
    return null;
  }
};
