// A small world for the real daemon: the embedded market behind the real client, the real ledger entries, the real tick, on
// a virtual clock in one process. Nothing in it waits for real time; the same settings and seed give the same world.
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { SimulatedMarketSettings } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../../src/domain/time.ts';
import { createMarketWatch, type MarketSeen } from '../../src/daemon/market-watch.ts';
import { createFundsWatch } from '../../src/daemon/funds-watch.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { createSettlement } from '../../src/daemon/settlement.ts';
import { tick, type TickDeps, type TickMemory, type TickOptions } from '../../src/daemon/tick.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { createMarket, type Market } from '../../src/market/market.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { noSightings } from '../../src/reconcile/close.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { desiredAt } from '../../src/schedule/target.ts';
import { createSfcomputeVenue, type SfcomputeVenueOptions } from '../../src/venue/sfcompute/client.ts';
import type { Transport } from '../../src/venue/sfcompute/transport.ts';

export const START_MS: UnixMs = 1_767_225_600_000; // 2026-01-01T00:00:00Z

export const marketSettings = (change: Partial<SimulatedMarketSettings> = {}): SimulatedMarketSettings => ({
  seed: 1,
  zones: [
    {
      name: 'hayesvalley',
      region: 'us-west',
      gpu: 'h100',
      instanceType: 'h100i',
      capacityNodes: 100,
      ask: { kind: 'path', points: [{ afterMs: 0, ask: centsPerNodeHour(1200) }] },
    },
  ],
  stepMs: MINUTE_MS,
  paymentRule: 'clear',
  eviction: 'awaitingcapacity',
  horizonMs: 0,
  reservedPremium: 1500,
  depthCentsPerNode: 0,
  bootMs: 2 * MINUTE_MS,
  quoteDelayMs: 0,
  uniqueNames: true,
  raisingAllowed: true,
  balance: cents(10_000_000),
  ...change,
});

export const fleetPolicy = (change: Partial<FleetPolicy> = {}): FleetPolicy => ({
  name: 'train',
  gpu: 'h100',
  zones: ['hayesvalley'],
  schedule: { timeZone: 'UTC', baseGpus: 32, windows: [] },
  hold: 'autoreserved',
  blockMs: HOUR_MS,
  bid: {
    strategy: 'ladder',
    quotePlus: 200,
    startElse: centsPerNodeHour(800),
    elseAfterMs: 2 * MINUTE_MS,
    step: centsPerNodeHour(40),
    everyMs: 5 * MINUTE_MS,
    ceiling: centsPerNodeHour(1600),
  },
  shadows: [],
  budget: {},
  surgeNodes: 0,
  jobs: [],
  spread: 'one_zone',
  bootLimitMs: 20 * MINUTE_MS,
  replaceUnhealthy: true,
  extendLeadMs: 30 * MINUTE_MS,
  node: { imageId: null, cloudInit: null, cloudInitHash: null, forward443: false },
  ...change,
});

export const processPolicy = (change: Partial<Policy> = {}): Policy => ({
  mode: 'live',
  neverTouch: [],
  releaseLeadMs: 0,
  namePrefix: 'bk',
  repost: 'same_name',
  quarantineMs: 15 * MINUTE_MS,
  lookMaxAgeMs: MINUTE_MS,
  quoteFreshMs: 90 * SECOND_MS,
  quoteUsableMs: 10 * MINUTE_MS,
  priceBand: { low: 500, high: 30_000 },
  clockSkewMs: 2 * MINUTE_MS,
  lookGapMs: 2 * MINUTE_MS,
  askEveryMs: null,
  limits: {
    ceiling: null,
    nodes: null,
    purchasesPerHour: 1000,
    raisesPerHour: 10_000,
    budget: {},
    timeZone: 'UTC',
  },
  fleets: [fleetPolicy()],
  ...change,
});

export interface World {
  readonly market: Market;
  /** Everything the ledger holds. */
  readonly records: () => Promise<readonly LedgerRecord[]>;
  readonly memory: () => TickMemory;
  readonly reports: TickReport[];
  readonly nowMs: () => UnixMs;
  /** Moves time on without a tick: the daemon is down or asleep. */
  readonly pass: (span: DurationMs) => void;
  /** One tick now, with quotes and settlement beside it. */
  readonly turn: (options?: TickOptions) => Promise<TickReport>;
  /** Ticks every `everyMs` until `span` has passed. */
  readonly run: (span: DurationMs, everyMs?: DurationMs) => Promise<TickReport>;
  /** The process is gone; a new one opens the same ledger (or another one). */
  readonly restart: (records?: readonly LedgerRecord[]) => Promise<void>;
  readonly setPolicy: (policy: Policy) => void;
  readonly append: Ledger['append'];
}

/** In-process transport: the bytes the market would send, acted out at once. */
export const inProcess =
  (market: () => Market, now: () => UnixMs): Transport =>
  async (request) => {
    const answer = market().handle(request, now());
    if (answer.kind === 'drop')
      return { kind: 'failed', cause: 'connection', sent: true, message: 'socket closed' };
    if (answer.kind === 'hang' || answer.kind === 'drip') {
      return { kind: 'failed', cause: 'timeout', sent: true, message: 'no answer within the deadline' };
    }
    return { kind: 'response', status: answer.status, headers: answer.headers, body: answer.body };
  };

export const createWorld = async (
  given: {
    market?: SimulatedMarketSettings;
    policy?: Policy;
    seen?: MarketSeen;
    onRequest?: SfcomputeVenueOptions['onRequest'];
    /** The balance is read beside the tick. */
    funds?: boolean;
  } = {},
): Promise<World> => {
  let now = START_MS;
  let policy = given.policy ?? processPolicy();
  let ledger = memoryLedger();
  const market = createMarket(given.market ?? marketSettings(), START_MS);
  const clock = { now: () => now, monotonic: () => now };
  const random = { next: () => 0.5 };
  const venue = createSfcomputeVenue({
    clock,
    timer: { sleep: async () => undefined },
    random,
    transport: inProcess(
      () => market,
      () => now,
    ),
    token: { current: () => 'token', reread: () => false },
    ...(given.onRequest === undefined ? {} : { onRequest: given.onRequest }),
  });
  let memory!: TickMemory;
  let watch!: ReturnType<typeof createMarketWatch>;
  let settlement!: ReturnType<typeof createSettlement>;
  let funds!: ReturnType<typeof createFundsWatch>;
  const reports: TickReport[] = [];
  const problems: string[] = [];
  const onProblem = (what: string, message: string): void => void problems.push(`${what}: ${message}`);

  const open = async (): Promise<void> => {
    const start = { version: 'test', mode: policy.mode, settingsHash: 'test' };
    const opened = await openBooks({ clock, ledger, random, namePrefix: policy.namePrefix, start });
    if (!opened.ok) throw new Error(opened.message);
    memory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
    const seen = given.seen === undefined ? {} : { seen: given.seen };
    watch = createMarketWatch({ clock, venue, onProblem, ...seen });
    funds = createFundsWatch({ clock, venue, lowMs: 12 * HOUR_MS, onProblem });
    settlement = createSettlement({
      clock,
      venue,
      onProblem,
      deliver: (orders) => {
        memory.settled = [...memory.settled, ...orders];
      },
    });
  };
  await open();

  const deps = (): TickDeps => ({
    clock,
    ledger,
    venue,
    lease: { held: () => true },
    policy,
    periodOf,
    market: () => watch.view(),
    funds: (ownPerHour) => funds.report(ownPerHour),
    desire: (fleet, atMs) => {
      const at = desiredAt(fleet.schedule, atMs);
      return {
        gpus: at.gpus,
        nodes: at.gpus / 8,
        nextChangeMs: at.nextChangeMs,
        nodesAt: (when) => desiredAt(fleet.schedule, when).gpus / 8,
      };
    },
    bounded: (run) => run(),
    deadlines: { tickMs: 90_000, changeMs: 60_000 },
    changesAtOnce: 8,
  });

  const turn = async (options: TickOptions = {}): Promise<TickReport> => {
    market.advanceTo(now);
    watch.poll(memory.quoteWants);
    settlement.poll(memory.books);
    if (given.funds === true) funds.poll();
    await watch.idle();
    await settlement.idle();
    await funds.idle();
    const report = await tick(deps(), memory, options);
    reports.push(report);
    return report;
  };

  return {
    market,
    reports,
    records: async () => {
      const all: LedgerRecord[] = [];
      for await (const batch of ledger.read(0)) all.push(...batch);
      return all;
    },
    memory: () => memory,
    nowMs: () => now,
    pass: (span) => {
      now += span;
      market.advanceTo(now);
    },
    turn,
    run: async (span, everyMs = 30 * SECOND_MS) => {
      const until = now + span;
      let last = await turn();
      while (now < until) {
        const wake = last.wakeAtMs !== null && last.wakeAtMs > now ? last.wakeAtMs : Number.MAX_SAFE_INTEGER;
        now = Math.min(until, now + everyMs, wake);
        last = await turn();
      }
      return last;
    },
    restart: async (records) => {
      if (records !== undefined) ledger = memoryLedger(records);
      await open();
    },
    setPolicy: (next) => {
      policy = next;
    },
    append: (entries, atMs, head) => ledger.append(entries, atMs, head),
  };
};
