// A process of its own: the demo's daemon for many ticks, a minute of market time apart and as fast as they go, with the
// embedded market in the same process, the ledger on disk, and metrics and log as in production. After every thousand ticks it
// collects garbage and says what is left, as a line of JSON. Started by memory.ts with `--expose-gc`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMarketWatch } from '../../src/daemon/market-watch.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { createSettlement } from '../../src/daemon/settlement.ts';
import { keepHeapSmall } from '../../src/daemon/small-heap.ts';
import { tick, type TickMemory } from '../../src/daemon/tick.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { createMarket } from '../../src/market/market.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { noSightings } from '../../src/reconcile/close.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createTickLog } from '../../src/telemetry/ticklog.ts';
import { inProcess, START_MS } from '../simulation/world.ts';
import { clientOn, tickDepsOf } from './held-world.ts';

/** One sample of this process. */
export interface MemorySample {
  readonly ticks: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly entries: number;
}

/** The market keeps a short past, so that what grows is the daemon's. */
const BOUNDS = { endedNodes: 100, bills: 200, requests: 200, asks: 200, listedAfterEndMs: 60 * MINUTE_MS };

const sampleNow = (ticks: number, entries: number): MemorySample => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { ticks, heapMb: heapUsed / 1e6, rssMb: rss / 1e6, entries };
};

const run = async (ticks: number, every: number, tell: (sample: MemorySample) => void): Promise<void> => {
  const loaded = loadSettings({ path: 'config/demo.yaml' }, {}, START_MS);
  if (!loaded.ok || loaded.settings.venue.kind !== 'market') throw new Error('the demo settings do not load');
  const { policy, venue: venueSettings } = loaded.settings;
  keepHeapSmall(policy);
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-bench-'));
  const ledger = openLedger({ path: join(folder, 'long.db') });
  const market = createMarket(venueSettings.market, START_MS, BOUNDS);
  const now = { ms: START_MS };
  const clock: Clock = { now: () => now.ms, monotonic: () => now.ms };
  const venue = clientOn(
    inProcess(
      () => market,
      () => now.ms,
    ),
    clock,
  );
  const start = { version: 'bench', mode: policy.mode, settingsHash: 'bench' };
  const random = { next: Math.random };
  const opened = await openBooks({ clock, ledger, random, namePrefix: policy.namePrefix, start });
  if (!opened.ok) throw new Error(opened.message);
  const memory: TickMemory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
  const onProblem = (what: string, message: string): never => {
    throw new Error(`${what}: ${message}`);
  };
  const watch = createMarketWatch({ clock, venue, onProblem });
  const deliver = (orders: TickMemory['settled']): void => {
    memory.settled = [...memory.settled, ...orders];
  };
  const settlement = createSettlement({ clock, venue, onProblem, deliver });
  const metrics = createMetrics({
    version: 'bench',
    commit: '',
    fleets: policy.fleets,
    onContradiction: (text) => onProblem('metrics', text),
  });
  const log = createLog({ secrets: () => [], format: 'json', level: 'silent' });
  const tickLog = createTickLog({ log, clock });
  const deps = tickDepsOf({ clock, ledger, venue, policy, market: watch.view });
  for (let done = 1; done <= ticks; done += 1) {
    watch.poll(memory.quoteWants);
    settlement.poll(memory.books);
    await Promise.all([watch.idle(), settlement.idle()]);
    const report = await tick(deps, memory);
    if (report.end !== 'done') onProblem('a tick', `${report.end}: ${report.problem ?? ''}`);
    metrics.record(report);
    tickLog(report);
    if (done % every === 0) tell(sampleNow(done, memory.books.seq));
    now.ms += MINUTE_MS;
    market.advanceTo(now.ms);
  }
  ledger.close();
  rmSync(folder, { recursive: true, force: true });
};

if (import.meta.main) {
  const [ticks = 10_000, every = 1000] = process.argv.slice(2).map(Number);
  await run(ticks, every, (sample) => process.stdout.write(`${JSON.stringify(sample)}\n`));
}
