// Tick reports for the tests of telemetry and http: a quiet world with every field filled, and ways to change it.
import { cents, centSeconds, centsPerNodeHour } from '../../src/domain/money.ts';
import type { FleetReport, FleetTotals, TickReport, ZoneTotals } from '../../src/domain/report.ts';
import type { ConfiguredFleet } from '../../src/telemetry/metrics-context.ts';

export const AT_MS = Date.UTC(2026, 10, 23, 14, 0, 0);
const price = centsPerNodeHour(1600);

export const configured = (
  name: string,
  zones: ConfiguredFleet['zones'] = ['hayesvalley'],
): ConfiguredFleet => ({
  name,
  gpu: 'h100',
  hold: 'autoreserved',
  zones,
});

export const zoneTotals = (fleet: string, changes: Partial<ZoneTotals> = {}): ZoneTotals => ({
  fleet,
  zone: 'hayesvalley',
  hold: 'autoreserved',
  gpu: 'h100',
  committed: centSeconds(1600 * 3600 * 2),
  accrued: centSeconds(1500 * 3600 * 2),
  settled: centSeconds(1487 * 3600),
  obtainedNodeSeconds: 6600,
  paidNodeSeconds: 3600,
  ...changes,
});

export const fleetTotals = (fleet: string, changes: Partial<FleetTotals> = {}): FleetTotals => ({
  fleet,
  targetNodeSeconds: 7200,
  overrun: centSeconds(0),
  refunded: centSeconds(0),
  purchases: {
    filled: 2,
    refused_price: 5,
    refused_capacity: 0,
    refused_funds: 0,
    refused_request: 0,
    unknown: 1,
  },
  releases: { surplus: 1 },
  bidChanges: [{ direction: 'up', reason: 'climb', count: 3 }],
  interruptions: [{ zone: 'hayesvalley', cause: 'outbid', count: 1 }],
  references: {
    ceiling: centSeconds(2000 * 3600),
    vendor_default: centSeconds(2256 * 3600),
    all_reserved: centSeconds(1600 * 3600),
  },
  shadows: [],
  ...changes,
});

export const fleetReport = (fleet: string, changes: Partial<FleetReport> = {}): FleetReport => ({
  fleet,
  gpu: 'h100',
  hold: 'autoreserved',
  strategy: 'ladder',
  wantedGpus: 64,
  wantedNodes: 8,
  nextChangeMs: AT_MS + 3_600_000,
  override: null,
  runningNodes: 6,
  states: [
    { zone: 'hayesvalley', hold: 'autoreserved', state: 'running', nodes: 6 },
    { zone: 'hayesvalley', hold: 'autoreserved', state: 'waiting', nodes: 2 },
  ],
  unknownPurchases: 0,
  unownedNodes: 0,
  shortfallSinceMs: AT_MS - 60_000,
  limit: price,
  ceiling: centsPerNodeHour(2000),
  bidStep: 2,
  spendRate: cents(9600),
  unattendedRate: cents(9600),
  promised: centSeconds(1600 * 3600),
  earliestEndMs: AT_MS + 1_800_000,
  jobs: [],
  ...changes,
});

type Pause = NonNullable<TickReport['pause']>;
export const pauseOf = (changes: Partial<Pause> = {}): Pause => ({
  by: 'anna',
  why: 'audit',
  atMs: AT_MS,
  drain: false,
  acknowledged: true,
  ...changes,
});

export const reportOf = (fleets: readonly string[], changes: Partial<TickReport> = {}): TickReport => ({
  atMs: AT_MS,
  end: 'done',
  problem: null,
  mode: 'live',
  paused: false,
  pause: null,
  breaker: null,
  contradiction: null,
  fleets: fleets.map((fleet) => fleetReport(fleet)),
  nodes: [],
  totals: fleets.map((fleet) => zoneTotals(fleet)),
  fleetTotals: fleets.map((fleet) => fleetTotals(fleet)),
  budgets: fleets.map((fleet) => ({
    budget: fleet,
    period: 'day' as const,
    limit: cents(400_000),
    spent: centSeconds(3600 * 12_345),
    earmarked: centSeconds(0),
    forecast: centSeconds(3600 * 300_000),
    pace: centsPerNodeHour(1440),
    periodEndMs: AT_MS + 36_000_000,
    stages: [{ stage: 'notify' as const, share: 8000, holds: true, reachedAtMs: AT_MS }],
  })),
  stagesReached: [],
  funds: {
    available: cents(1_000_000),
    current: cents(1_000_000),
    readAtMs: AT_MS - 60_000,
    perHour: cents(9600),
    runwayMs: 375_000_000,
    low: false,
    lowMs: 43_200_000,
  },
  money: {
    rule: 'clear',
    lateness: { answers: null, fills: null, records: null },
    drift: fleets.map((fleet) => ({ fleet, cost: centSeconds((3000 - 1487) * 3600) })),
    account: null,
    fills: { count: 0, last: [] },
  },
  market: [
    {
      zone: 'hayesvalley',
      gpu: 'h100',
      ask: centsPerNodeHour(1520),
      median: centsPerNodeHour(1500),
      askedAtMs: AT_MS - 30_000,
    },
  ],
  decisions: [],
  sent: [],
  unownedNodes: 0,
  entries: {},
  alarms: [],
  stages: { observe: 40, decide: 2, act: 0, persist: 1 },
  wakeAtMs: AT_MS + 600_000,
  ...changes,
});
