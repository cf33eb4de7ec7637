// A fleet park at rest: so many nodes over so many fleets, all held and running, with the ledger the real daemon wrote while
// it bought them on the embedded market and kept them for some hours. What comes out is frozen: the ledger's records, the
// listing as text, and an instant at which there is nothing to do. A bench folds the one and serves the other.
import type { LedgerRecord } from '../../src/domain/entry.ts';
import type { SettledOrder } from '../../src/domain/look.ts';
import { cents } from '../../src/domain/money.ts';
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, type UnixMs } from '../../src/domain/time.ts';
import { desireOf } from '../../src/daemon/daemon.ts';
import { createMarketWatch } from '../../src/daemon/market-watch.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { tick, type TickDeps, type TickMemory } from '../../src/daemon/tick.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { createMarket, type Market } from '../../src/market/market.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { noSightings } from '../../src/reconcile/close.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { createSfcomputeVenue } from '../../src/venue/sfcompute/client.ts';
import type { Transport } from '../../src/venue/sfcompute/transport.ts';
import { fleetPolicy, inProcess, marketSettings, processPolicy, START_MS } from '../simulation/world.ts';

export interface HeldWorld {
  readonly nodes: number;
  readonly fleets: number;
  readonly policy: Policy;
  readonly records: readonly LedgerRecord[];
  /** What `GET /v1/nodes` answers at `atMs`. */
  readonly listing: string;
  /** Half past an hour: everything of this hour is bought, the next edge is not near. */
  readonly atMs: UnixMs;
  /** Where every node's bought time ends. */
  readonly edgeMs: UnixMs;
}

const HOURS_HELD = 3;
const REST_AFTER_MS = 30 * MINUTE_MS;
const NO_LIMIT = 1_000_000;

/** Nodes of one fleet: as even as whole nodes allow, so that with more fleets than nodes some hold none. */
const shareOf = (nodes: number, fleets: number, index: number): number =>
  Math.floor((nodes * (index + 1)) / fleets) - Math.floor((nodes * index) / fleets);

const TIME_ZONES = ['UTC', 'America/Los_Angeles', 'Europe/Berlin', 'Asia/Kolkata'];

/** Every fleet has a schedule with a window, and budgets by the hour, day and month: what a tick looks at in earnest. */
const fleetsOf = (nodes: number, fleets: number): readonly FleetPolicy[] =>
  Array.from({ length: fleets }, (_, index) => {
    const baseGpus = 8 * shareOf(nodes, fleets, index);
    const timeZone = TIME_ZONES[index % TIME_ZONES.length] ?? 'UTC';
    const window = { from: '0 20 1 1 *', forMs: 12 * HOUR_MS, gpus: baseGpus + 8, leadMs: 15 * MINUTE_MS };
    return fleetPolicy({
      name: `fleet-${index}`,
      schedule: { timeZone, baseGpus, windows: [window] },
      budget: { hour: cents(30_000_000), day: cents(700_000_000), month: cents(20_000_000_000) },
    });
  });

const parkPolicy = (nodes: number, fleets: number): Policy =>
  processPolicy({
    fleets: fleetsOf(nodes, fleets),
    lookMaxAgeMs: HOUR_MS,
    limits: {
      ceiling: null,
      nodes: NO_LIMIT,
      purchasesPerHour: NO_LIMIT,
      raisesPerHour: NO_LIMIT,
      budget: { day: cents(1_000_000_000), month: cents(30_000_000_000) },
      timeZone: 'UTC',
    },
  });

const monotonic = (): number => performance.now();

/** The real client on any transport; the clock's wall time is the caller's. */
export const clientOn = (transport: Transport, clock: Clock): Venue =>
  createSfcomputeVenue({
    clock,
    timer: { sleep: async () => undefined },
    random: { next: () => 0.5 },
    transport,
    token: { current: () => 'token', reread: () => false },
  });

export const tickDepsOf = (given: {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly venue: Venue;
  readonly policy: Policy;
  readonly market: TickDeps['market'];
}): TickDeps => ({
  ...given,
  lease: { held: () => true },
  periodOf,
  desire: desireOf,
  bounded: (run) => run(),
  deadlines: { tickMs: 10 * MINUTE_MS, changeMs: MINUTE_MS },
  changesAtOnce: 8,
});

/** The market's bills of a bid as the settlement reader would hand them over. */
const ordersOf = (market: Market, afterMs: UnixMs): readonly SettledOrder[] => {
  const { nodes, bills } = market.records();
  const procurements = new Map(nodes.map((node) => [node.nodeId, node.procurementId]));
  return bills
    .filter((bill) => bill.atMs > afterMs)
    .map(({ orderId, contractId, nodeId, zone, fromMs, toMs, cost }) => ({
      orderId,
      side: 'buy',
      contractId,
      procurementId: procurements.get(nodeId) ?? null,
      zone,
      nodes: 1,
      fromMs,
      toMs,
      cost: cents(cost),
    }));
};

/** Lets the real daemon buy and hold; throws when the park is not at rest at the end. */
export const holdPark = async (nodes: number, fleets: number): Promise<HeldWorld> => {
  const policy = parkPolicy(nodes, fleets);
  const settings = marketSettings({ balance: cents(1_000_000_000_000) });
  const zones = settings.zones.map((zone) => ({ ...zone, capacityNodes: nodes + 1000 }));
  const bounds = { bills: NO_LIMIT, requests: NO_LIMIT };
  const market = createMarket({ ...settings, zones }, START_MS, bounds);
  const now = { ms: START_MS };
  const clock: Clock = { now: () => now.ms, monotonic };
  const ledger = memoryLedger();
  const transport = inProcess(
    () => market,
    () => now.ms,
  );
  const venue = clientOn(transport, clock);
  const watch = createMarketWatch({ clock, venue, onProblem: fail });
  const opened = await openBooks({
    clock,
    ledger,
    random: { next: () => 0.5 },
    namePrefix: policy.namePrefix,
    start: { version: 'bench', mode: policy.mode, settingsHash: 'bench' },
  });
  if (!opened.ok) throw new Error(opened.message);
  const memory: TickMemory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
  const deps = tickDepsOf({ clock, ledger, venue, policy, market: watch.view });
  const restMs = START_MS + HOURS_HELD * HOUR_MS + REST_AFTER_MS;
  let settledMs = 0;
  while (now.ms < restMs) {
    watch.poll(memory.quoteWants);
    await watch.idle();
    if (now.ms - settledMs >= HOUR_MS) {
      memory.settled = [
        { kind: 'orders', orders: ordersOf(market, settledMs), askedAtMs: now.ms, sought: [] },
      ];
      settledMs = now.ms;
    }
    const { wakeAtMs } = await tick(deps, memory);
    const wakeMs = wakeAtMs !== null && wakeAtMs > now.ms ? wakeAtMs : restMs;
    now.ms = Math.min(restMs, now.ms + MINUTE_MS, wakeMs);
    market.advanceTo(now.ms);
  }
  const records: LedgerRecord[] = [];
  for await (const batch of ledger.read(0)) records.push(...batch);
  const held = [...memory.books.nodes.values()];
  const ready = held.filter((node) => node.usableSinceMs !== null && node.limitReadAtMs !== null);
  if (ready.length !== nodes) fail('the park', `${ready.length} of ${nodes} nodes run at the end`);
  const edgeMs = Math.min(...held.map((node) => node.endAtMs ?? 0));
  return { nodes, fleets, policy, records, listing: await listingOf(transport), atMs: now.ms, edgeMs };
};

const fail = (what: string, message: string): never => {
  throw new Error(`${what}: ${message}`);
};

/** The listing as one flat text, as it would come off a socket. */
const listingOf = async (transport: Transport): Promise<string> => {
  const answer = await transport(
    {
      method: 'GET',
      path: '/v1/nodes',
      headers: { authorization: 'Bearer token' },
      body: null,
      maxBytes: NO_LIMIT,
    },
    SECOND_MS,
  );
  if (answer.kind !== 'response' || answer.status !== 200)
    return fail('the market', 'did not list its nodes');
  return Buffer.from(answer.body).toString('utf8');
};
