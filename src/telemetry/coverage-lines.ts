// One line that says how a fleet stands, and the line by which a quiet daemon shows that it lives.
import { GPUS_PER_NODE, formatCents, formatPrice } from '../domain/money.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { FleetReport, MarketReport, NodeState, TickReport } from '../domain/report.ts';
import { formatInstant } from '../domain/time.ts';
import type { Line } from './line.ts';
import { pauseText } from './pause-text.ts';

const count = (fleet: FleetReport, state: NodeState): number =>
  fleet.states.filter((row) => row.state === state).reduce((sum, row) => sum + row.nodes, 0);

/** What has to change before a fleet gets a new line. */
export const coverageShape = (fleet: FleetReport): string =>
  [
    fleet.wantedNodes,
    fleet.wantedGpus,
    ...(['running', 'waiting', 'releasing', 'unhealthy', 'unknown'] as const).map((state) =>
      count(fleet, state),
    ),
  ].join(' ');

/** Nodes and GPUs that are ours, filled and still part of the target. */
export const held = (fleet: FleetReport): { nodes: number; gpus: number } => {
  const nodes = count(fleet, 'running') + count(fleet, 'unhealthy');
  return { nodes, gpus: nodes * GPUS_PER_NODE };
};

/** The lowest known ask where the fleet has nodes, or without any for its GPU type. */
export const lowestAsk = (
  fleet: Pick<FleetReport, 'gpu' | 'states'>,
  market: readonly MarketReport[],
): CentsPerNodeHour | null => {
  const zones = new Set(fleet.states.map((row) => row.zone));
  const asks = market.flatMap((row) =>
    row.ask !== null && row.gpu === fleet.gpu && (zones.size === 0 || zones.has(row.zone)) ? [row.ask] : [],
  );
  return asks.toSorted((a, b) => a - b)[0] ?? null;
};

/** `holds 6 of 8 nodes (48 of 64 GPUs)`. */
export const heldText = (fleet: FleetReport): string => {
  const { nodes, gpus } = held(fleet);
  return `holds ${nodes} of ${fleet.wantedNodes} nodes (${gpus} of ${fleet.wantedGpus} GPUs)`;
};

/** `holds 6 of 8 nodes (48 of 64 GPUs), 2 waiting; limit …, ask …; $96.00 an hour now`. */
export const coverageLine = (fleet: FleetReport, report: TickReport): Line => {
  const states = (['waiting', 'releasing', 'unhealthy', 'unknown'] as const)
    .map((state) => [count(fleet, state), state] as const)
    .filter(([nodes]) => nodes > 0)
    .map(([nodes, state]) => `${nodes} ${state}`);
  const first = [heldText(fleet), ...states];
  const ask = lowestAsk(fleet, report.market);
  const prices = [
    fleet.limit === null ? null : `limit ${formatPrice(fleet.limit)}`,
    ask === null ? null : `ask ${formatPrice(ask)}`,
  ].filter((part) => part !== null);
  const cost = fleet.spendRate === 0 ? [] : [`${formatCents(fleet.spendRate)} an hour now`];
  const parts = [first.join(', '), prices.join(', '), ...cost].filter((part) => part !== '');
  return {
    level: 'info',
    fleet: fleet.fleet,
    text: parts.join('; '),
    data: { event: 'coverage', held: held(fleet).nodes, wanted: fleet.wantedNodes, limit_cents: fleet.limit },
  };
};

export const heartbeatLine = (report: TickReport): Line => {
  const fleets = report.fleets.map((fleet) => `${fleet.fleet} ${held(fleet).nodes}/${fleet.wantedNodes}`);
  const rate = report.fleets.reduce((sum, fleet) => sum + fleet.spendRate, 0);
  const halted = report.pause === null ? 'nothing to do: ' : `${pauseText(report, report.pause)}: `;
  const next = report.wakeAtMs === null ? '' : `; next change ${formatInstant(report.wakeAtMs)}`;
  return {
    level: report.pause === null ? 'info' : 'warn',
    fleet: null,
    text: `${halted}${shorten(fleets)}; ${formatCents(rate)} an hour now${next}`,
    data: { event: 'heartbeat' },
  };
};

const NAMED_MAX = 8;

/** The first few, and how many more. */
export const shorten = (words: readonly string[]): string =>
  words.length <= NAMED_MAX
    ? words.join(', ')
    : `${words.slice(0, NAMED_MAX).join(', ')} and ${words.length - NAMED_MAX} more`;
