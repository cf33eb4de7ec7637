// Daemons to look at without running one: a made-up day of reports through the real watcher, so that a page shows every state
// it may meet. The same numbers every time.
import type { Overview } from '../../src/domain/overview.ts';
import { cents, centSeconds, centsPerNodeHour, floorLimit } from '../../src/domain/money.ts';
import type { FleetPolicy } from '../../src/domain/policy.ts';
import type { BudgetReport, Decision, FleetReport, NodeReport, TickReport } from '../../src/domain/report.ts';
import { DAY_MS, HOUR_MS, hourCeil, MINUTE_MS, type UnixMs } from '../../src/domain/time.ts';
import { desireOf } from '../../src/daemon/daemon.ts';
import { createWatcher } from '../../src/daemon/overview.ts';
import type { PageOptions } from '../../src/http/page.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { wantedGpus } from '../../src/schedule/target.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { fleetReport, reportOf } from '../telemetry/reports.ts';

export const NOW_MS = Date.UTC(2026, 10, 23, 14, 3, 0);

export interface WorldOptions {
  readonly fleets?: number;
  readonly names?: readonly string[];
  /** Changes the last report. */
  readonly last?: (report: TickReport) => Partial<TickReport>;
  /** Reports before the last one. */
  readonly hours?: number;
  /** The time the venue did not answer, in hours before now. */
  readonly blind?: readonly [number, number];
  readonly speed?: number;
}

const NAMES = ['train', 'serve', 'batch', 'evals', 'research'];
const nameOf = (index: number): string => NAMES[index] ?? `fleet-${index + 1}`;

const policyOf = (name: string, index: number): FleetPolicy => {
  const baseGpus = [32, 16, 8, 24, 64][index % 5] ?? 8;
  const { bid } = fleetPolicy();
  return fleetPolicy({
    name,
    bid: { ...bid, ceiling: centsPerNodeHour(1760) },
    zones: index % 3 === 1 ? ['richmond'] : 'any',
    hold: index % 4 === 1 ? 'reserved' : 'autoreserved',
    schedule: {
      timeZone: 'UTC',
      baseGpus,
      windows:
        index % 2 === 0 ? [{ from: '0 6 * * *', forMs: 10 * HOUR_MS, gpus: 2 * baseGpus, leadMs: 0 }] : [],
    },
  });
};

/** A price that moves as prices do: a slow swing, a faster one, and a spike. */
const askAt = (atMs: UnixMs, phase: number): number => {
  const hours = atMs / HOUR_MS + 3 * phase;
  const wave = 160 * Math.sin(hours / 3.7) + 70 * Math.sin(hours * 1.9) + 25 * Math.sin(hours * 7.3);
  return Math.round(1380 + 60 * phase + wave + 420 * Math.exp(-(((hours % 24) - 9) ** 2)));
};

const quarter = (atMs: UnixMs): UnixMs => Math.floor(atMs / (15 * MINUTE_MS)) * 15 * MINUTE_MS;

const fleetAt = (fleet: FleetPolicy, index: number, atMs: UnixMs): FleetReport => {
  const wantedNodes = wantedGpus(fleet.schedule, atMs) / 8;
  const ask = askAt(quarter(atMs), index % 3 === 1 ? 1 : 0);
  const tooDear = ask > 1800;
  const late = wantedGpus(fleet.schedule, atMs - 20 * MINUTE_MS) / 8;
  const runningNodes = tooDear ? Math.floor(wantedNodes / 3) : Math.min(wantedNodes, late);
  const limit = tooDear && runningNodes === 0 ? null : floorLimit(Math.min(ask * 1.03, 1760));
  const [zone = 'hayesvalley'] = fleet.zones === 'any' ? [] : fleet.zones;
  return fleetReport(fleet.name, {
    hold: fleet.hold,
    wantedGpus: wantedNodes * 8,
    wantedNodes,
    runningNodes,
    limit,
    ceiling: fleet.bid.ceiling,
    nextChangeMs: desireOf(fleet, atMs).nextChangeMs,
    shortfallSinceMs: runningNodes < wantedNodes ? quarter(atMs) : 0,
    spendRate: cents(runningNodes * (limit ?? 0)),
    unattendedRate: cents(fleet.hold === 'reserved' ? 0 : runningNodes * (limit ?? 0)),
    states: runningNodes === 0 ? [] : [{ zone, hold: fleet.hold, state: 'running', nodes: runningNodes }],
  });
};

const given = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('the report of the tests lacks what is needed here');
  return value;
};
const someAsk = given(reportOf(['any']).market[0]);
const someBudget = given(reportOf(['any']).budgets[0]);

const reportAt = (fleets: readonly FleetPolicy[], atMs: UnixMs): TickReport => {
  const askedAtMs = quarter(atMs);
  const market = ['hayesvalley', 'richmond'].map((zone, phase) => ({
    ...someAsk,
    zone,
    gpu: 'h100',
    ask: centsPerNodeHour(askAt(askedAtMs, phase)),
    askedAtMs,
  }));
  const reports = fleets.map((fleet, index) => fleetAt(fleet, index, atMs));
  return reportOf(
    fleets.map((fleet) => fleet.name),
    { atMs, fleets: reports, market, nodes: reports.flatMap((one) => nodesOf(one, atMs)), budgets: [] },
  );
};

const nodesOf = (fleet: FleetReport, atMs: UnixMs): readonly NodeReport[] =>
  Array.from({ length: fleet.runningNodes }, (_, slot) => ({
    name: `bk-demo-${fleet.fleet}-${slot}-g1`,
    nodeId: `n${slot}`,
    fleet: fleet.fleet,
    zone: 'hayesvalley',
    hold: fleet.hold,
    state: 'running',
    limit: fleet.limit ?? centsPerNodeHour(0),
    endAtMs: hourCeil(atMs + 1) + (fleet.hold === 'reserved' ? slot * 2 * HOUR_MS : 0),
  }));

const budget = (name: string, period: BudgetReport['period'], limit: number, spent: number): BudgetReport => {
  const earmarked = centSeconds(Math.round(limit * 0.06) * 3600);
  const periodEndMs = NOW_MS + (period === 'day' ? 10 * HOUR_MS - 3 * MINUTE_MS : 7 * DAY_MS + 10 * HOUR_MS);
  const sums = { limit: cents(limit), spent: centSeconds(spent * 3600), earmarked };
  const forecast = centSeconds(Math.round(spent * 1.62) * 3600);
  return { ...someBudget, ...sums, forecast, budget: name, period, periodEndMs };
};

const decision = (fleet: string, change: Partial<Decision>): Decision => ({
  fleet,
  action: 'create',
  zone: 'hayesvalley',
  name: null,
  limit: centsPerNodeHour(1456),
  refusedBy: null,
  reason: 'shortfall',
  why: '4 of 8 nodes are missing; a new climb starts at the anchor $14.56/node-hour ($1.82/gpu-hour), from the ask $14.34/node-hour ($1.7925/gpu-hour)',
  ...change,
});

/** What was decided in the last hours of the made-up day. */
const decisionsAt = (fleet: string, minutesAgo: number): readonly Decision[] => {
  if (minutesAgo === 455) return Array.from({ length: 4 }, () => decision(fleet, {}));
  const edge =
    'before the edge its limit follows the ask: $14.56/node-hour ($1.82/gpu-hour) to $14.08/node-hour ($1.76/gpu-hour), quoted 44s ago';
  if (minutesAgo % 60 === 15)
    return [decision(fleet, { action: 'raise', reason: 'edge', limit: centsPerNodeHour(1408), why: edge })];
  return [];
};

/** A day of a made-up daemon; `page` is what its HTTP side would be given. */
export const worldOf = (
  options: WorldOptions = {},
): { readonly page: PageOptions; readonly last: TickReport } => {
  const names = options.names ?? Array.from({ length: options.fleets ?? 2 }, (_, index) => nameOf(index));
  const fleets = names.map(policyOf);
  const hours = options.hours ?? 24;
  const policy = processPolicy({ fleets });
  const watcher = createWatcher({
    policy,
    periodOf,
    desire: desireOf,
    startMs: NOW_MS - hours * HOUR_MS,
    silenceMs: HOUR_MS,
    settingsHash: 'x',
  });
  for (let atMs = NOW_MS - hours * HOUR_MS; atMs < NOW_MS; atMs += 5 * MINUTE_MS) {
    const ago = (NOW_MS - atMs) / HOUR_MS;
    const isBlind = options.blind !== undefined && ago < options.blind[0] && ago >= options.blind[1];
    const decisions = names.flatMap((name) => decisionsAt(name, Math.round(ago * 60)));
    const report = { ...reportAt(fleets, atMs), decisions };
    watcher.see(isBlind ? { ...report, end: 'no_look', problem: 'the venue could not be listed' } : report);
  }
  const plain = reportAt(fleets, NOW_MS);
  const budgets = [
    budget(names[0] ?? 'train', 'day', 240_000, 81_233),
    budget('process', 'day', 400_000, 168_920),
    budget('process', 'month', 8_000_000, 4_410_000),
  ];
  const base: TickReport = { ...plain, budgets };
  const last = { ...base, ...options.last?.(base) };
  watcher.see(last);
  const books = emptyBooks();
  const spendings = new Map([['process', [168_920, 4_410_000] as const]]);
  const overview = (): Overview | null => {
    const told = watcher.overview(books);
    if (told === null) return null;
    // Money of the made-up day: nobody folds a ledger here.
    const spending = told.spending.map((one, index) => {
      const [today, month] = spendings.get(one.budget) ?? [
        81_233 - 9000 * (index % 5),
        1_950_000 - 70_000 * index,
      ];
      return { ...one, today: centSeconds(today * 3600), month: centSeconds(Math.max(0, month) * 3600) };
    });
    return { ...told, spending };
  };
  const about = {
    version: '0.1.0',
    venue: 'the embedded market',
    clockSpeed: options.speed ?? 1,
    paceMs: 30_000,
  };
  return { page: { overview, history: watcher.history, about }, last };
};
