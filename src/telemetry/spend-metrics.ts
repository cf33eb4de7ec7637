// What was spent and what was obtained for it: totals of the ledger, as counters that never fall. Every configured fleet
// has its series from the first scrape on, at the ledger's value, zero included. Floats appear at the very end: the sums
// behind them are whole cent-seconds and whole seconds.
import { GPUS_PER_NODE, costToDollars } from '../domain/money.ts';
import type { CentSeconds } from '../domain/money.ts';
import type { TickReport, ZoneTotals } from '../domain/report.ts';
import type { Labels, LedgerCounter, Sample } from './instruments.ts';
import type { MetricsContext, MetricsGroup } from './metrics-context.ts';
import { zonesOf } from './metrics-context.ts';

const dollars = (value: number): number => costToDollars(value as CentSeconds);

const BASES = ['accrued', 'committed', 'settled'] as const;

type Place = Pick<ZoneTotals, 'fleet' | 'zone' | 'hold' | 'gpu'>;

const ZERO: Omit<ZoneTotals, keyof Place> = {
  committed: 0 as CentSeconds,
  accrued: 0 as CentSeconds,
  settled: 0 as CentSeconds,
  obtainedNodeSeconds: 0,
  paidNodeSeconds: 0,
};

/** A zero for every place a configured fleet may spend at, then what the ledger knows; equal labels are added up later. */
const totalsWithZeros = (context: MetricsContext, report: TickReport): readonly ZoneTotals[] => [
  ...context.fleets.flatMap((fleet) =>
    zonesOf(fleet, report).map((zone) => ({
      ...ZERO,
      fleet: fleet.name,
      zone,
      hold: fleet.hold,
      gpu: fleet.gpu,
    })),
  ),
  ...report.totals,
];

export const spendMetrics = (context: MetricsContext): MetricsGroup => {
  const { guards, instruments } = context;
  const place = ['fleet', 'zone', 'node_type', 'gpu'];
  const spend = instruments.ledgerCounter(
    {
      name: 'spend_dollars_total',
      help: 'Money spent, by what it is based on: accrued (best estimate), committed (worst case) or settled (the records of the venue). Never sum over basis.',
      labels: [...place, 'basis'],
    },
    dollars,
  );
  const obtainedNodes = instruments.ledgerCounter({
    name: 'obtained_node_seconds_total',
    help: 'Time with a running node, up to the last look that showed it; absent after a start until the first look.',
    labels: place,
  });
  const obtainedGpus = instruments.ledgerCounter({
    name: 'obtained_gpu_seconds_total',
    help: 'Time with a running GPU: node time times the GPUs of a node.',
    labels: place,
  });
  const paid = instruments.ledgerCounter({
    name: 'paid_node_seconds_total',
    help: 'Node time in the settled orders of the venue; paid minus obtained is waste.',
    labels: place.slice(0, 3),
  });

  const labelsOf = ({ fleet, zone, hold, gpu }: Place): Labels => ({
    fleet: guards.fleet(fleet),
    zone: guards.zone(zone),
    node_type: guards.nodeType(hold),
    gpu: guards.gpu(gpu),
  });

  return (report) => {
    const totals = totalsWithZeros(context, report).map((total) => ({ total, labels: labelsOf(total) }));
    const unseen = new Set(
      totals
        .filter(({ total }) => total.obtainedNodeSeconds === null)
        .map(({ labels }) => JSON.stringify(labels)),
    );
    const seen = totals.filter(({ labels }) => !unseen.has(JSON.stringify(labels)));
    const setObtained = (counter: LedgerCounter, factor: number): void =>
      counter.set(
        seen.map(({ total, labels }): Sample => ({
          labels,
          value: (total.obtainedNodeSeconds ?? 0) * factor,
        })),
      );
    spend.set(
      totals.flatMap(({ total, labels }) =>
        BASES.map((basis) => ({ labels: { ...labels, basis }, value: total[basis] })),
      ),
    );
    setObtained(obtainedNodes, 1);
    setObtained(obtainedGpus, GPUS_PER_NODE);
    paid.set(
      totals.map(({ total, labels: { gpu: _gpu, ...labels } }) => ({ labels, value: total.paidNodeSeconds })),
    );
  };
};
