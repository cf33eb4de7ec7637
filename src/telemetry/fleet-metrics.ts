// What is wanted and held now, what is bid for it and what it costs an hour: gauges, written anew with every report. A
// value that does not exist (no standing limit, no next change) has no series; zero would be a lie.
import { NODE_STATES } from '../domain/report.ts';
import type { FleetReport } from '../domain/report.ts';
import { costToDollars } from '../domain/money.ts';
import type { Labels } from './instruments.ts';
import { zonesOf } from './metrics-context.ts';
import type { MetricsContext, MetricsGroup } from './metrics-context.ts';

const CENTS_PER_DOLLAR = 100;
const MS_PER_SECOND = 1000;

/** One gauge of the fleet's own: name, help and value; null means that there is nothing to show. */
interface FleetGauge {
  readonly name: string;
  readonly help: string;
  /** Labels beside `fleet`. */
  readonly nodeType: boolean;
  readonly value: (fleet: FleetReport) => number | null;
}

const FLEET_GAUGES: readonly FleetGauge[] = [
  {
    name: 'fleet_spec_nodes',
    help: 'Nodes wanted now.',
    nodeType: false,
    value: (fleet) => fleet.wantedNodes,
  },
  { name: 'fleet_spec_gpus', help: 'GPUs wanted now.', nodeType: false, value: (fleet) => fleet.wantedGpus },
  {
    name: 'fleet_spec_next_change_timestamp_seconds',
    help: 'When the wanted count changes next.',
    nodeType: false,
    value: ({ nextChangeMs }) => (nextChangeMs === null ? null : nextChangeMs / MS_PER_SECOND),
  },
  {
    name: 'fleet_unknown_purchases',
    help: 'Purchases whose outcome is not known yet.',
    nodeType: false,
    value: (fleet) => fleet.unknownPurchases,
  },
  {
    name: 'fleet_shortfall_since_timestamp_seconds',
    help: 'Since when fewer nodes run than are wanted; 0 when the target is met.',
    nodeType: false,
    value: (fleet) => fleet.shortfallSinceMs / MS_PER_SECOND,
  },
  {
    name: 'earliest_end_timestamp_seconds',
    help: 'When the paid time of the first held node ends.',
    nodeType: false,
    value: ({ earliestEndMs }) => (earliestEndMs === null ? null : earliestEndMs / MS_PER_SECOND),
  },
  {
    name: 'committed_dollars',
    help: 'Worst-case money promised to hours that have not begun.',
    nodeType: false,
    value: (fleet) => costToDollars(fleet.promised),
  },
  {
    name: 'spend_rate_dollars_per_hour',
    help: 'Cost of the running nodes at the limits in force.',
    nodeType: true,
    value: (fleet) => fleet.spendRate / CENTS_PER_DOLLAR,
  },
  {
    name: 'bid_limit_dollars_per_node_hour',
    help: 'The highest limit in force on a standing bid or a held node.',
    nodeType: true,
    value: ({ limit }) => (limit === null ? null : limit / CENTS_PER_DOLLAR),
  },
  {
    name: 'bid_ceiling_dollars_per_node_hour',
    help: 'The most the fleet may ever offer.',
    nodeType: true,
    value: (fleet) => fleet.ceiling / CENTS_PER_DOLLAR,
  },
  {
    name: 'bid_step',
    help: 'Steps of the current climb above its start.',
    nodeType: true,
    value: (fleet) => fleet.bidStep,
  },
];

/** Writes one of the gauges above. */
const fleetGauge = ({ guards, instruments }: MetricsContext, gauge: FleetGauge): MetricsGroup => {
  const { name, help, nodeType, value } = gauge;
  const board = instruments.gauges({ name, help, labels: nodeType ? ['fleet', 'node_type'] : ['fleet'] });
  const labelsOf = (fleet: FleetReport): Labels => ({
    fleet: guards.fleet(fleet.fleet),
    ...(nodeType ? { node_type: guards.nodeType(fleet.hold) } : {}),
  });
  return (report) =>
    board.set(
      report.fleets.flatMap((fleet) => {
        const shown = value(fleet);
        return shown === null ? [] : [{ labels: labelsOf(fleet), value: shown }];
      }),
    );
};

/** One series a state in every zone the fleet may be in, zeros included. */
const stateGauge = (context: MetricsContext): MetricsGroup => {
  const { guards, instruments } = context;
  const board = instruments.gauges({
    name: 'fleet_status_nodes',
    help: 'Nodes by state; every node is in exactly one.',
    labels: ['fleet', 'zone', 'node_type', 'state'],
  });
  return (report) => {
    const counts = new Map<string, { labels: Labels; value: number }>();
    const add = (labels: Labels, nodes: number): void => {
      const key = Object.values(labels).join('\u0000');
      counts.set(key, { labels, value: nodes + (counts.get(key)?.value ?? 0) });
    };
    const place = (fleet: string, zone: string, hold: string): Labels => ({
      fleet: guards.fleet(fleet),
      zone: guards.zone(zone),
      node_type: guards.nodeType(hold),
    });
    for (const fleet of context.fleets) {
      for (const zone of zonesOf(fleet, report)) {
        for (const state of NODE_STATES) add({ ...place(fleet.name, zone, fleet.hold), state }, 0);
      }
    }
    for (const fleet of report.fleets) {
      for (const { zone, hold, state, nodes } of fleet.states)
        add({ ...place(fleet.fleet, zone, hold), state }, nodes);
    }
    board.set([...counts.values()]);
  };
};

const infoGauge = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const board = instruments.gauges({
    name: 'fleet_info',
    help: 'Always 1: what a fleet is, to be joined to its other series.',
    labels: ['fleet', 'strategy', 'gpu', 'mode'],
  });
  return (report) =>
    board.set(
      report.fleets.map(({ fleet, strategy, gpu }) => ({
        labels: {
          fleet: guards.fleet(fleet),
          strategy: guards.strategy(strategy),
          gpu: guards.gpu(gpu),
          mode: report.mode,
        },
        value: 1,
      })),
    );
};

/** What concerns all fleets together. */
const processGauges = ({ instruments }: MetricsContext): MetricsGroup => {
  const unattended = instruments.gauges({
    name: 'unattended_dollars_per_hour',
    help: 'What the held autoreserved nodes would go on costing at most with nobody watching.',
    labels: [],
  });
  const unowned = instruments.gauges({
    name: 'fleet_unowned_nodes',
    help: 'Live nodes with our prefix that the ledger does not own.',
    labels: [],
  });
  return (report) => {
    const cents = report.fleets.reduce((sum, fleet) => sum + fleet.unattendedRate, 0);
    unattended.set([{ labels: {}, value: cents / CENTS_PER_DOLLAR }]);
    unowned.set([{ labels: {}, value: report.unownedNodes }]);
  };
};

/** The account's money: no series until it was read, and no runway while nothing is spent. */
const fundsGauges = ({ instruments }: MetricsContext): MetricsGroup => {
  const balance = instruments.gauges({
    name: 'account_balance_dollars',
    help: 'Prepaid money that is available.',
    labels: [],
  });
  const runway = instruments.gauges({
    name: 'account_runway_seconds',
    help: 'How long it lasts at what the nodes cost at most, or at what the balance was seen to lose; absent while nothing is spent.',
    labels: [],
  });
  return ({ funds }) => {
    balance.set(funds === null ? [] : [{ labels: {}, value: funds.available / CENTS_PER_DOLLAR }]);
    const left = funds?.runwayMs ?? null;
    runway.set(left === null ? [] : [{ labels: {}, value: Math.floor(left / MS_PER_SECOND) }]);
  };
};

export const fleetMetrics = (context: MetricsContext): MetricsGroup => {
  const groups = [
    infoGauge(context),
    ...FLEET_GAUGES.map((gauge) => fleetGauge(context, gauge)),
    stateGauge(context),
    processGauges(context),
    fundsGauges(context),
  ];
  return (report) => {
    for (const group of groups) group(report);
  };
};
