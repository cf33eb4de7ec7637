// What the settings can cost at worst, and what they want over the next day: the numbers `check` shows before anybody starts
// a daemon. Worst means that every wanted node (surge included) is held at its fleet's ceiling in every clock hour it
// touches, and that budgets bind; it does not count renewals the venue made while the daemon was down.
import { GPUS_PER_NODE, type Cents, cents, floorLimit, formatCents } from '../domain/money.ts';
import type { Budget, FleetPolicy } from '../domain/policy.ts';
import { DAY_MS, HOUR_MS, type UnixMs, formatInstant, hourFloor } from '../domain/time.ts';
import { changesBetween, wantedGpus } from '../schedule/target.ts';
import { toLocal, zoneOf } from '../schedule/zone.ts';
import type { Settings } from './settings.ts';

/** Whole cents, rounded up, in any one hour, day or month of 31 days that begins at the instant asked about. */
export interface WorstSpend {
  readonly hour: Cents;
  readonly day: Cents;
  readonly month: Cents;
}

/** From `atMs` on the fleet wants this. */
export interface TargetRow {
  readonly fleet: string;
  readonly atMs: UnixMs;
  readonly gpus: number;
  readonly nodes: number;
}

export interface WorstCase {
  readonly atMs: UnixMs;
  readonly fleets: readonly (WorstSpend & { readonly fleet: string })[];
  /** All fleets together, under the process budget. */
  readonly process: WorstSpend;
  /** The targets of the next 24 hours, ordered by time; the first row of each fleet is what it wants now. */
  readonly targets: readonly TargetRow[];
}

const MONTH_HOURS = 31 * 24;

/** The most nodes wanted within each clock hour. */
const nodesByHour = (fleet: FleetPolicy, atMs: UnixMs): readonly number[] => {
  const startMs = hourFloor(atMs);
  const most: number[] = Array.from({ length: MONTH_HOURS }, () => 0);
  let gpus = wantedGpus(fleet.schedule, startMs);
  let from = startMs;
  const fill = (toMs: UnixMs): void => {
    for (
      let hour = Math.floor((from - startMs) / HOUR_MS);
      hour * HOUR_MS + startMs < toMs && hour < MONTH_HOURS;
      hour += 1
    ) {
      most[hour] = Math.max(most[hour] ?? 0, gpus);
    }
  };
  for (const change of changesBetween(fleet.schedule, startMs, startMs + MONTH_HOURS * HOUR_MS)) {
    fill(change.atMs);
    gpus = change.gpus;
    from = change.atMs;
  }
  fill(startMs + MONTH_HOURS * HOUR_MS);
  return most.map((count, hour) => {
    const forJobs = fleet.jobs
      .filter((job) => startMs + hour * HOUR_MS < job.byMs)
      .reduce((sum, job) => sum + job.nodes, 0);
    const nodes = Math.ceil(count / GPUS_PER_NODE) + forJobs;
    return nodes + (nodes > 0 ? fleet.surgeNodes : 0);
  });
};

const least = (...sums: readonly (number | undefined)[]): number =>
  Math.min(...sums.map((sum) => sum ?? Infinity));

const capped = (hours: readonly number[], budget: Budget): WorstSpend => {
  const bounded = hours.map((sum) => least(sum, budget.hour, budget.day, budget.week, budget.month));
  const sumOf = (from: number, count: number): number =>
    bounded.slice(from, from + count).reduce((sum, each) => sum + each, 0);
  const days = Array.from({ length: 31 }, (_, day) =>
    least(sumOf(day * 24, 24), budget.day, budget.week, budget.month),
  );
  // 31 days touch at most six calendar weeks.
  const weeks = budget.week === undefined ? undefined : 6 * budget.week;
  return {
    hour: cents(Math.max(0, ...bounded.slice(0, 24))),
    day: cents(days[0] ?? 0),
    month: cents(
      least(
        days.reduce((sum, each) => sum + each, 0),
        weeks,
        budget.month,
      ),
    ),
  };
};

const targetRows = (fleet: FleetPolicy, atMs: UnixMs): readonly TargetRow[] =>
  [
    { atMs, gpus: wantedGpus(fleet.schedule, atMs) },
    ...changesBetween(fleet.schedule, atMs, atMs + DAY_MS),
  ].map((change) => ({
    fleet: fleet.name,
    atMs: change.atMs,
    gpus: change.gpus,
    nodes: Math.ceil(change.gpus / GPUS_PER_NODE),
  }));

/** Both answers of `check` as values. */
export const worstCase = (settings: Settings, atMs: UnixMs): WorstCase => {
  const { fleets, limits } = settings.policy;
  const total: number[] = Array.from({ length: MONTH_HOURS }, () => 0);
  const each = fleets.map((fleet) => {
    const hours = nodesByHour(fleet, atMs).map((nodes) => nodes * floorLimit(fleet.bid.ceiling));
    for (const [index, sum] of hours.entries())
      total[index] = (total[index] ?? 0) + least(sum, fleet.budget.hour);
    return { fleet: fleet.name, ...capped(hours, fleet.budget) };
  });
  const bound = capped(total, limits.budget);
  const sumOf = (period: keyof WorstSpend): number => each.reduce((sum, fleet) => sum + fleet[period], 0);
  return {
    atMs,
    fleets: each,
    process: {
      hour: bound.hour,
      day: cents(Math.min(bound.day, sumOf('day'))),
      month: cents(Math.min(bound.month, sumOf('month'))),
    },
    targets: fleets.flatMap((fleet) => targetRows(fleet, atMs)).toSorted((a, b) => a.atMs - b.atMs),
  };
};

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** `2026-11-23 08:00` on the zone's clock. */
const formatLocal = (timeZone: string, at: UnixMs): string =>
  formatInstant(toLocal(zoneOf(timeZone), at))
    .slice(0, 16)
    .replace('T', ' ');

/** The next 24 hours of targets as a table for people. */
export const formatTargets = (settings: Settings, worst: WorstCase): string => {
  const zones = new Map(settings.policy.fleets.map((fleet) => [fleet.name, fleet.schedule.timeZone]));
  const rows = worst.targets.map(({ fleet, atMs, gpus, nodes }) => {
    const zone = zones.get(fleet) ?? 'UTC';
    return [formatInstant(atMs), `${formatLocal(zone, atMs)} ${zone}`, fleet, String(gpus), String(nodes)];
  });
  return table([['from', 'local', 'fleet', 'gpus', 'nodes'], ...rows]);
};

/** The worst-case spend as a table for people. */
export const formatWorstCase = (worst: WorstCase): string => {
  const row = (name: string, spend: WorstSpend): readonly string[] => [
    name,
    formatCents(spend.hour),
    formatCents(spend.day),
    formatCents(spend.month),
  ];
  const rows = worst.fleets.map((spend) => row(spend.fleet, spend));
  return table([
    ['worst case', 'an hour', 'next 24 h', 'next 31 days'],
    ...rows,
    row('all together', worst.process),
  ]);
};
