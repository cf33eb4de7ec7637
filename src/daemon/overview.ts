// The overview and the history of a running daemon, made when somebody asks and not before: a tick only leaves its report
// and a few steps behind.
import type { PeriodOf } from '../domain/calendar.ts';
import { GPUS_PER_NODE, type CentSeconds } from '../domain/money.ts';
import type { AlarmGroup, FleetSums, GpuStep, History, Overview } from '../domain/overview.ts';
import type { FleetPolicy } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import { DAY_MS, type UnixMs } from '../domain/time.ts';
import type { Books } from '../reconcile/books.ts';
import type { FleetDesire } from '../reconcile/scene.ts';
import { spendingReports } from '../reconcile/spending.ts';
import { createPast, SLOT_MS, type Past, type PastOptions } from './past.ts';
import { createSaid, type SaidRecord } from './said.ts';

const ALARMS_MAX = 100;
/** Steps ahead that are told at most; a schedule that changes more often is told up to there. */
const AHEAD_MAX = 300;

export interface WatcherOptions extends PastOptions {
  readonly periodOf: PeriodOf;
  readonly desire: (fleet: FleetPolicy, atMs: UnixMs) => FleetDesire;
}

export interface Watcher extends Pick<Past, 'remember' | 'remembered'> {
  readonly see: (report: TickReport) => void;
  /** Null before the first report. */
  readonly overview: (books: Books) => Overview | null;
  readonly history: () => History | null;
}

export const createWatcher = (options: WatcherOptions): Watcher => {
  const past = createPast(options);
  const said = createSaid();
  let last: TickReport | null = null;
  let tick = 0;
  let made: { readonly tick: number; readonly overview: Overview } | null = null;
  return {
    remember: (books, record) => {
      past.remember(books, record);
      if (record.atMs >= options.startMs - DAY_MS) said.remember(books, record);
    },
    remembered: past.remembered,
    see: (report) => {
      tick += 1;
      last = report;
      past.see(report);
      said.see(report);
    },
    overview: (books) => {
      if (last === null) return null;
      if (made?.tick !== tick) made = { tick, overview: overviewOf(last, tick, said, books, options) };
      return made.overview;
    },
    history: () => (last === null ? null : historyOf(last, past, options)),
  };
};

const overviewOf = (
  report: TickReport,
  tick: number,
  said: SaidRecord,
  books: Books,
  { policy, periodOf }: WatcherOptions,
): Overview => {
  return {
    ...withoutDetails(report),
    tick,
    nodes: report.nodes.length,
    alarms: groupAlarms(report.alarms),
    spending: spendingReports(books, policy, periodOf, report.atMs),
    totals: policy.fleets.map((fleet) => sumsOf(fleet.name, report)),
    said: said.newest(),
  };
};

/** What grows with nodes, decisions and alarms is told shorter, or not at all. */
const DETAILS = ['nodes', 'totals', 'fleetTotals', 'decisions', 'sent', 'entries', 'alarms'] as const;
type Detail = (typeof DETAILS)[number];

const withoutDetails = (report: TickReport): Omit<TickReport, Detail> => {
  const rest: Partial<Record<keyof TickReport, unknown>> = { ...report };
  for (const name of DETAILS) delete rest[name];
  return rest as Omit<TickReport, Detail>;
};

const groupAlarms = (alarms: TickReport['alarms']): readonly AlarmGroup[] => {
  const groups = new Map<string, { -readonly [Key in keyof AlarmGroup]: AlarmGroup[Key] }>();
  for (const { code, fleet, text } of alarms) {
    const key = `${code} ${fleet}`;
    const group = groups.get(key);
    if (group !== undefined) Object.assign(group, { text, count: group.count + 1 });
    else if (groups.size < ALARMS_MAX) groups.set(key, { code, fleet, text, count: 1 });
  }
  return [...groups.values()];
};

const sumsOf = (fleet: string, { totals, fleetTotals }: TickReport): FleetSums => {
  const sums = { committed: 0, accrued: 0, settled: 0, seconds: 0 };
  let unseen = false;
  for (const one of totals) {
    if (one.fleet !== fleet) continue;
    sums.committed += one.committed;
    sums.accrued += one.accrued;
    sums.settled += one.settled;
    sums.seconds += one.obtainedNodeSeconds ?? 0;
    unseen ||= one.obtainedNodeSeconds === null;
  }
  return {
    fleet,
    committed: sums.committed as CentSeconds,
    accrued: sums.accrued as CentSeconds,
    settled: sums.settled as CentSeconds,
    references: fleetTotals.find((one) => one.fleet === fleet)?.references ?? null,
    obtainedGpuHours: unseen ? null : (sums.seconds * GPUS_PER_NODE) / 3600,
  };
};

const historyOf = (report: TickReport, past: Past, { policy, desire }: WatcherOptions): History => {
  const nowMs = report.atMs;
  const toMs = nowMs + DAY_MS;
  return {
    fromMs: nowMs - DAY_MS,
    nowMs,
    toMs,
    slotMs: SLOT_MS,
    fleets: policy.fleets.map((fleet) => ({
      fleet: fleet.name,
      zones: fleet.zones,
      past: past.fleet(fleet.name, nowMs),
      wantedAhead: wantedAhead((atMs) => desire(fleet, atMs), nowMs, toMs),
      paidAhead: paidAhead(report, fleet.name, toMs),
    })),
    asks: past.asks(nowMs),
    blind: past.blind(nowMs),
  };
};

const wantedAhead = (desireAt: (atMs: UnixMs) => FleetDesire, nowMs: UnixMs, toMs: UnixMs): GpuStep[] => {
  const steps: GpuStep[] = [];
  let atMs: UnixMs | null = nowMs;
  while (atMs !== null && atMs < toMs && steps.length < AHEAD_MAX) {
    const { gpus, nextChangeMs }: FleetDesire = desireAt(atMs);
    if (steps.at(-1)?.gpus !== gpus) steps.push({ atMs, gpus });
    atMs = nextChangeMs !== null && nextChangeMs > atMs ? nextChangeMs : null;
  }
  return steps;
};

/** Nodes that run or are confirmed, at the end of the time that is bought for each. */
const paidAhead = ({ atMs, nodes }: TickReport, fleet: string, toMs: UnixMs): GpuStep[] => {
  const ends: UnixMs[] = [];
  for (const node of nodes) {
    if (node.fleet !== fleet || node.endAtMs === null || node.endAtMs <= atMs) continue;
    if (node.state === 'running' || node.state === 'releasing' || node.state === 'unhealthy')
      ends.push(node.endAtMs);
  }
  ends.sort((a, b) => a - b);
  const steps: GpuStep[] = [{ atMs, gpus: ends.length * GPUS_PER_NODE }];
  for (const [index, end] of ends.entries()) {
    if (end > toMs || steps.length > AHEAD_MAX) break;
    const gpus = (ends.length - index - 1) * GPUS_PER_NODE;
    if (steps.at(-1)?.atMs === end) steps.pop();
    steps.push({ atMs: end, gpus });
  }
  return steps;
};
