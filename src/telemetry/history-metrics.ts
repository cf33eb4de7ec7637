// What happened to a fleet so far, from the ledger's books: wanted time, purchases by outcome, releases, bid changes,
// interruptions, overruns, refunds, and what all is compared with. Counters that never fall, with a zero for every word of each closed set.
import type { ReleaseReason } from '../domain/entry.ts';
import { costToDollars, GPUS_PER_NODE } from '../domain/money.ts';
import type { CentSeconds } from '../domain/money.ts';
import { PURCHASE_OUTCOMES, REFERENCES } from '../domain/report.ts';
import type { FleetTotals, TickReport } from '../domain/report.ts';
import type { Labels, LedgerCounter, Sample } from './instruments.ts';
import { zonesOf } from './metrics-context.ts';
import type { ConfiguredFleet, MetricsContext, MetricsGroup } from './metrics-context.ts';

/** The record makes the compiler ask for every reason. */
const RELEASE_REASONS = Object.keys({
  surplus: true,
  paused: true,
  above_ceiling: true,
  budget: true,
  replace: true,
  wrong_goods: true,
  unhealthy: true,
  stop: true,
  drain: true,
} satisfies Record<ReleaseReason, true>) as readonly ReleaseReason[];

/** A climb only rises, and parking only falls. */
const BID_CHANGES = [
  ['up', 'climb'],
  ['up', 'reanchor'],
  ['down', 'reanchor'],
  ['up', 'edge'],
  ['down', 'edge'],
  ['down', 'park'],
] as const;

const dollars = (value: number): number => costToDollars(value as CentSeconds);

/** The counters that have the fleet as their only label. */
const fleetCounters = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const target = instruments.ledgerCounter({
    name: 'target_node_seconds_total',
    help: 'Wanted nodes over time; obtained by this is the exact fill ratio of any window.',
    labels: ['fleet'],
  });
  const overrun = instruments.ledgerCounter(
    {
      name: 'overrun_dollars_total',
      help: 'Renewals that the venue made while the daemon was down or blind, at their limit.',
      labels: ['fleet'],
    },
    dollars,
  );
  const refunded = instruments.ledgerCounter(
    { name: 'refunded_dollars_total', help: 'Refunds and sales of bought time.', labels: ['fleet'] },
    dollars,
  );
  return (report) => {
    const set = (counter: LedgerCounter, value: (totals: FleetTotals) => number): void =>
      counter.set(
        report.fleetTotals.map((totals) => ({
          labels: { fleet: guards.fleet(totals.fleet) },
          value: value(totals),
        })),
      );
    set(target, (totals) => totals.targetNodeSeconds);
    set(overrun, (totals) => totals.overrun);
    set(refunded, (totals) => totals.refunded);
  };
};

/** What the bought hours would have cost otherwise, and what strategies that only watch would have paid and got. */
const comparisons = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const reference = instruments.ledgerCounter(
    {
      name: 'reference_cost_dollars_total',
      help: 'What the bought hours would have cost at the ceiling, at 1.5 times the ask when a node was started (vendor_default), or as reserved blocks (all_reserved).',
      labels: ['fleet', 'reference'],
    },
    dollars,
  );
  const spend = instruments.ledgerCounter(
    {
      name: 'shadow_spend_dollars_total',
      help: 'What a strategy that only watches would have paid, by the payment rule that the fills show.',
      labels: ['fleet', 'strategy'],
    },
    dollars,
  );
  const obtained = instruments.ledgerCounter({
    name: 'shadow_obtained_gpu_seconds_total',
    help: 'Useful GPU time that a strategy that only watches would have got; counted when its time is bought, less ten minutes a start.',
    labels: ['fleet', 'strategy'],
  });
  return (report) => {
    const shadows = report.fleetTotals.flatMap((totals) =>
      totals.shadows.map((shadow) => ({
        ...shadow,
        labels: { fleet: guards.fleet(totals.fleet), strategy: guards.strategy(shadow.strategy) },
      })),
    );
    reference.set(
      report.fleetTotals.flatMap((totals) =>
        REFERENCES.map((one) => ({
          labels: { fleet: guards.fleet(totals.fleet), reference: one },
          value: totals.references[one],
        })),
      ),
    );
    spend.set(shadows.map(({ labels, cost }) => ({ labels, value: cost })));
    obtained.set(shadows.map(({ labels, nodeSeconds }) => ({ labels, value: nodeSeconds * GPUS_PER_NODE })));
  };
};

/** The counters by word: outcomes, reasons, directions, causes. */
const wordCounters = (context: MetricsContext): MetricsGroup => {
  const { guards, instruments } = context;
  const purchases = instruments.ledgerCounter({
    name: 'purchases_total',
    help: 'Purchases by what became of them.',
    labels: ['fleet', 'node_type', 'outcome'],
  });
  const releases = instruments.ledgerCounter({
    name: 'releases_total',
    help: 'Releases that were asked for, by reason.',
    labels: ['fleet', 'reason'],
  });
  const bidChanges = instruments.ledgerCounter({
    name: 'bid_changes_total',
    help: 'Limits that were set anew on standing bids and held nodes.',
    labels: ['fleet', 'direction', 'reason'],
  });
  const interruptions = instruments.ledgerCounter({
    name: 'interruptions_total',
    help: 'Nodes lost before we gave them up.',
    labels: ['fleet', 'zone', 'cause'],
  });
  const samplesOf = (totals: FleetTotals, nodeType: string, zones: readonly string[]) => {
    const fleet = guards.fleet(totals.fleet);
    const sample = (labels: Labels, value: number): Sample => ({ labels: { fleet, ...labels }, value });
    return {
      purchases: PURCHASE_OUTCOMES.map((outcome) =>
        sample({ node_type: nodeType, outcome }, totals.purchases[outcome]),
      ),
      releases: RELEASE_REASONS.map((reason) => sample({ reason }, totals.releases[reason] ?? 0)),
      bidChanges: [
        ...BID_CHANGES.map(([direction, reason]) => sample({ direction, reason }, 0)),
        ...totals.bidChanges.map(({ direction, reason, count }) =>
          sample({ direction, reason: guards.reason(reason) }, count),
        ),
      ],
      interruptions: [
        ...zones.flatMap((zone) =>
          ['outbid', 'failed'].map((cause) => sample({ zone: guards.zone(zone), cause }, 0)),
        ),
        ...totals.interruptions.map(({ zone, cause, count }) =>
          sample({ zone: guards.zone(zone), cause }, count),
        ),
      ],
    };
  };
  return (report) => {
    const configured = new Map(context.fleets.map((fleet) => [fleet.name, fleet]));
    const samples = report.fleetTotals.map((totals) => {
      const fleet = configured.get(totals.fleet);
      return samplesOf(totals, fleet?.hold ?? 'other', fleet === undefined ? [] : zonesOf(fleet, report));
    });
    purchases.set(samples.flatMap((sample) => sample.purchases));
    releases.set(samples.flatMap((sample) => sample.releases));
    bidChanges.set(samples.flatMap((sample) => sample.bidChanges));
    interruptions.set(samples.flatMap((sample) => sample.interruptions));
  };
};

const nothing = (fleet: ConfiguredFleet): FleetTotals => ({
  fleet: fleet.name,
  targetNodeSeconds: 0,
  overrun: 0 as CentSeconds,
  refunded: 0 as CentSeconds,
  purchases: {
    filled: 0,
    refused_price: 0,
    refused_capacity: 0,
    refused_funds: 0,
    refused_request: 0,
    unknown: 0,
  },
  releases: {},
  bidChanges: [],
  interruptions: [],
  references: Object.fromEntries(REFERENCES.map((one) => [one, 0])) as FleetTotals['references'],
  shadows: [],
});

export const historyMetrics = (context: MetricsContext): MetricsGroup => {
  const groups = [fleetCounters(context), comparisons(context), wordCounters(context)];
  return (report) => {
    const known = new Set(report.fleetTotals.map((totals) => totals.fleet));
    const missing = context.fleets.filter((fleet) => !known.has(fleet.name)).map(nothing);
    const whole: TickReport = { ...report, fleetTotals: [...report.fleetTotals, ...missing] };
    for (const group of groups) group(whole);
  };
};
