// What happened to a fleet so far, from the ledger's books: wanted time, purchases by outcome, releases, bid changes,
// interruptions, overruns and refunds. Counters that never fall, with a zero for every word of each closed set.
import type { ReleaseReason } from '../domain/entry.ts';
import { costToDollars } from '../domain/money.ts';
import type { CentSeconds } from '../domain/money.ts';
import { PURCHASE_OUTCOMES } from '../domain/report.ts';
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
        ...['climb', 'reanchor', 'edge', 'park'].flatMap((reason) =>
          ['up', 'down'].map((direction) => sample({ direction, reason }, 0)),
        ),
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
});

export const historyMetrics = (context: MetricsContext): MetricsGroup => {
  const groups = [fleetCounters(context), wordCounters(context)];
  return (report) => {
    const known = new Set(report.fleetTotals.map((totals) => totals.fleet));
    const missing = context.fleets.filter((fleet) => !known.has(fleet.name)).map(nothing);
    const whole: TickReport = { ...report, fleetTotals: [...report.fleetTotals, ...missing] };
    for (const group of groups) group(whole);
  };
};
