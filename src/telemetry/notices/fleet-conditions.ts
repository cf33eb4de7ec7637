// What a person must know of one fleet: its target lost or out of reach, its ceiling in the way, nodes about to be lost to a
// higher bid. Judged from a report that saw the venue; an older picture says nothing new about any of them.
import { floorLimit, formatPrice } from '../../domain/money.ts';
import type { CentsPerNodeHour } from '../../domain/money.ts';
import type { FleetReport, NodeReport, TickReport } from '../../domain/report.ts';
import { MINUTE_MS, formatDuration, formatInstant } from '../../domain/time.ts';
import type { DurationMs } from '../../domain/time.ts';
import { heldText, lowestAsk } from '../coverage-lines.ts';
import { condition } from './condition.ts';
import type { Condition, FleetMemory } from './condition.ts';

/** The looks before an edge begin this long before it; from then on a limit can still be changed in time. */
const BEFORE_EDGE_MS = 12 * MINUTE_MS;

export interface FleetInput {
  readonly fleet: FleetReport;
  /** Of this fleet. */
  readonly nodes: readonly NodeReport[];
  readonly report: TickReport;
  /** Of this fleet before this report. */
  readonly memory: FleetMemory | undefined;
  /** Whether the condition of a key stood before this report. */
  readonly stood: (key: string) => boolean;
  /** How long a target that was raised may stay unmet before that is news. */
  readonly patienceMs: DurationMs;
}

export const isMet = (fleet: FleetReport): boolean => fleet.runningNodes >= fleet.wantedNodes;

export const fleetConditions = (input: FleetInput): readonly Condition[] => [
  ...targetCondition(input),
  ...ceilingCondition(input),
  ...outbidCondition(input),
];

const targetCondition = (input: FleetInput): readonly Condition[] => {
  const { fleet, report, memory, patienceMs } = input;
  if (isMet(fleet)) return [];
  const key = `target ${fleet.fleet}`;
  const met = memory?.metNodes ?? null;
  const lost = met !== null && fleet.wantedNodes <= met;
  const shortMs = fleet.shortfallSinceMs === 0 ? 0 : report.atMs - fleet.shortfallSinceMs;
  // What began goes on until the target is met, whatever the schedule does to it meanwhile.
  if (!lost && shortMs < patienceMs && !input.stood(key)) return [];
  const what = lost ? 'lost its target' : `has been under its target for ${formatDuration(shortMs)}`;
  return [
    condition({
      key,
      event: 'target',
      fleet: fleet.fleet,
      severity: lost ? 'critical' : 'warning',
      text: `${fleet.fleet} ${what}: it ${heldText(fleet)}`,
      overText: `${fleet.fleet} is at its target again`,
    }),
  ];
};

/** Short, and nothing dearer may be offered: a bid stands at the ceiling, or the ask lies above it. */
const ceilingCondition = ({ fleet, nodes, report }: FleetInput): readonly Condition[] => {
  if (isMet(fleet)) return [];
  const ceiling = floorLimit(fleet.ceiling);
  const ask = lowestAsk(fleet, report.market);
  const waiting = nodes.some((node) => node.state === 'waiting' && node.limit >= ceiling);
  const above = ask !== null && ask > ceiling;
  if (!waiting && !above) return [];
  const asked = ask === null ? '' : `; the ask is ${formatPrice(ask)}`;
  return [
    condition({
      key: `ceiling ${fleet.fleet}`,
      event: 'ceiling',
      fleet: fleet.fleet,
      severity: 'warning',
      text: `${fleet.fleet} is at its ceiling of ${formatPrice(ceiling)} and short: it ${heldText(fleet)}${asked}`,
      overText: `${fleet.fleet} is no longer held back by its ceiling`,
    }),
  ];
};

/** Autoreserved nodes whose bought time ends within the last looks, where the ask is above what may be offered for them. */
const outbidCondition = ({ fleet, nodes, report }: FleetInput): readonly Condition[] => {
  const ceiling = floorLimit(fleet.ceiling);
  const asks = new Map(
    report.market.filter(({ gpu }) => gpu === fleet.gpu).map(({ zone, ask }) => [zone, ask] as const),
  );
  const askOf = (zone: string): CentsPerNodeHour | null => asks.get(zone) ?? null;
  const ending = nodes.filter(({ hold, state, endAtMs, zone }) => {
    if (hold !== 'autoreserved' || state !== 'running' || endAtMs === null) return false;
    const near = endAtMs > report.atMs && endAtMs - report.atMs <= BEFORE_EDGE_MS;
    return near && (askOf(zone) ?? 0) > ceiling;
  });
  const [first] = ending;
  if (first === undefined) return [];
  const ask = askOf(first.zone);
  const asked =
    ask === null ? '' : ` asks ${formatPrice(ask)}, above the ceiling of ${formatPrice(ceiling)},`;
  const many = ending.length === 1 ? '1 node ends' : `${ending.length} nodes end`;
  return [
    condition({
      key: `outbid ${fleet.fleet}`,
      event: 'outbid',
      fleet: fleet.fleet,
      severity: 'warning',
      text: `${fleet.fleet} is being outbid: ${first.zone}${asked} and ${many} at ${formatInstant(first.endAtMs ?? report.atMs)} unless it falls`,
      overText: null,
    }),
  ];
};

/** Interruptions by a higher bid so far, by zone. */
export const outbidCounts = (report: TickReport, fleet: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const totals of report.fleetTotals) {
    if (totals.fleet !== fleet) continue;
    for (const { zone, cause, count } of totals.interruptions) {
      if (cause === 'outbid') counts.set(zone, (counts.get(zone) ?? 0) + count);
    }
  }
  return counts;
};
