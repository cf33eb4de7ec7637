// A trading floor of its own for each test: a directory with settings for a market and for a daemon, the market as a process,
// and a daemon that can be started, killed and started again on the same ledger. Settings are written as JSON, which is YAML.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TickReport } from '../../src/domain/report.ts';
import { parseScrape, type Family } from '../telemetry/exposition.ts';
import { marketControls, type MarketControls } from './market-controls.ts';
import { startProgram, type Program, type StartOptions } from './program.ts';
import { until } from './until.ts';

/** Seconds of the market in a real second: an hour of the market takes ten. */
export const SPEED = 360;
/** The pace of the daemons: once a real second. */
export const TICK = '* * * * * *';

export type SettingsText = Readonly<Record<string, unknown>>;

export interface Floor {
  readonly directory: string;
  /** Settings files; the daemon's is written before the first start and may be written anew. */
  readonly daemonFile: string;
  readonly ledger: string;
  readonly market: MarketControls;
  readonly marketProcess: Program;
  readonly daemonUrl: string;
  readonly writeDaemon: (settings: SettingsText) => void;
  /** Starts a daemon and waits until it says that it holds its fleets. */
  readonly start: (options?: StartOptions) => Promise<Program>;
  readonly status: () => Promise<TickReport | null>;
  readonly scrape: () => Promise<ReadonlyMap<string, Family>>;
  /** Every file of the ledger to another place and back. */
  readonly copyLedger: (to: string) => void;
  readonly restoreLedger: (from: string) => void;
  readonly deleteLedger: () => void;
  /** Ends the market and removes the directory. */
  readonly close: () => Promise<void>;
}

export interface FloorOptions {
  /** Below `venue.market`. */
  readonly market: SettingsText;
  /** Keys of the daemon's settings beside `store`, `listen`, `venue`, `tick` and `clock`, which are given. */
  readonly daemon: SettingsText;
  readonly speed?: number;
}

const someFleet = { name: 'nobody', gpu: 'h100', gpus: 0, bid: { ceiling: '$1.00/gpu-hour' } };

export const openFloor = async (options: FloorOptions): Promise<Floor> => {
  const directory = mkdtempSync(join(tmpdir(), 'bidkeeper-process-'));
  const speed = options.speed ?? SPEED;
  const marketFile = join(directory, 'market.yaml');
  const daemonFile = join(directory, 'daemon.yaml');
  const ledger = join(directory, 'bidkeeper.db');
  const market = { kind: 'market', market: options.market };
  const common = {
    tick: TICK,
    clock: { speed },
    venue: market,
    store: 'sqlite:./market.db',
    fleets: [someFleet],
  };
  writeFileSync(marketFile, JSON.stringify(common, null, 2));
  const marketProcess = startProgram(['market', '--config', marketFile, '--port', '0', '--log', 'json']);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await marketProcess.line(/is served on/))?.[0] ?? '';
  const port = await freePort();
  const daemonUrl = `http://127.0.0.1:${port}`;
  const writeDaemon = (settings: SettingsText): void => {
    const given = {
      mode: 'live',
      tick: TICK,
      clock: { speed },
      store: 'sqlite:./bidkeeper.db',
      listen: `127.0.0.1:${port}`,
      venue: { kind: 'sfcompute', base_url: url },
    };
    writeFileSync(daemonFile, JSON.stringify({ ...given, ...settings }, null, 2));
  };
  writeDaemon(options.daemon);
  const ledgerFiles = (): string[] =>
    readdirSync(directory).filter((name) => name.startsWith('bidkeeper.db'));
  const deleteLedger = (): void => {
    for (const name of ledgerFiles()) rmSync(join(directory, name));
  };
  return {
    directory,
    daemonFile,
    ledger,
    market: marketControls(url),
    marketProcess,
    daemonUrl,
    writeDaemon,
    start: async (startOptions = {}) => {
      const program = startProgram(['run', '--config', daemonFile, '--log', 'json'], startOptions);
      await program.line(/bidkeeper \S+ holds /);
      return program;
    },
    status: () => askStatus(daemonUrl),
    scrape: async () => parseScrape(await scrapeText(daemonUrl)),
    copyLedger: (to) => {
      for (const name of ledgerFiles()) cpSync(join(directory, name), join(directory, to, name));
    },
    restoreLedger: (from) => {
      deleteLedger();
      for (const name of readdirSync(join(directory, from)))
        cpSync(join(directory, from, name), join(directory, name));
    },
    deleteLedger,
    close: async () => {
      await marketProcess.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const askStatus = async (daemonUrl: string): Promise<TickReport | null> => {
  try {
    const answer = await fetch(`${daemonUrl}/v1/status`, { signal: AbortSignal.timeout(5000) });
    return answer.ok ? ((await answer.json()) as TickReport) : null;
  } catch {
    return null;
  }
};

/** Answers 503 until the ledger's totals are loaded, so the first good one is waited for. */
const scrapeText = (daemonUrl: string): Promise<string> =>
  until('a scrape', async () => {
    try {
      const answer = await fetch(`${daemonUrl}/metrics`, { signal: AbortSignal.timeout(5000) });
      return answer.ok ? await answer.text() : null;
    } catch {
      return null;
    }
  });

/** Below the range from which the system gives ports to whoever asks for any, so that nobody takes it meanwhile. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
};
