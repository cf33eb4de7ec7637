// What every group of metrics is built from: the instruments, the configured fleets and one guard for each label. A group
// is a function of a report that writes its own series and nothing else.
import type { FleetPolicy } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import type { Instruments } from './instruments.ts';
import { labelGuards } from './labels.ts';
import type { LabelGuard } from './labels.ts';

/** What the metrics need to know of a fleet before the first report. */
export type ConfiguredFleet = Pick<FleetPolicy, 'name' | 'gpu' | 'hold' | 'zones'>;

export interface MetricsContext {
  readonly instruments: Instruments;
  /** As the settings have them now. */
  readonly fleets: readonly ConfiguredFleet[];
  /** The fleets of changed settings; labels of the old ones stay known. */
  readonly learnFleets: (fleets: readonly ConfiguredFleet[]) => void;
  readonly guards: {
    readonly fleet: LabelGuard;
    readonly zone: LabelGuard;
    readonly gpu: LabelGuard;
    readonly nodeType: LabelGuard;
    readonly reason: LabelGuard;
    readonly strategy: LabelGuard;
    readonly budget: LabelGuard;
    readonly job: LabelGuard;
    readonly endpoint: LabelGuard;
    readonly method: LabelGuard;
    readonly code: LabelGuard;
    readonly alarm: LabelGuard;
  };
}

export type MetricsGroup = (report: TickReport) => void;

export const metricsContext = (
  instruments: Instruments,
  fleets: readonly ConfiguredFleet[],
): MetricsContext => {
  const overflow = instruments.counter({
    name: 'label_overflow_total',
    help: 'Different label values outside their closed set; each is shown as other.',
    labels: ['label'],
  });
  const guards = labelGuards((label) => overflow.inc({ label }));
  const closed = (label: string, values: Iterable<string>): LabelGuard => {
    overflow.inc({ label }, 0);
    return guards.closed(label, values);
  };
  const learnt = (label: string, max: number, values: readonly string[] = []): LabelGuard => {
    overflow.inc({ label }, 0);
    return guards.learnt(label, max, values);
  };
  const names = new Set(fleets.map((fleet) => fleet.name));
  const budgets = new Set(['process', ...names]);
  const known = [...fleets];
  return {
    instruments,
    fleets: known,
    learnFleets: (next) => {
      known.splice(0, known.length, ...next);
      for (const { name } of next) {
        names.add(name);
        budgets.add(name);
      }
    },
    guards: {
      fleet: closed('fleet', names),
      zone: learnt(
        'zone',
        64,
        fleets.flatMap(({ zones }) => (zones === 'any' ? [] : zones)),
      ),
      gpu: learnt(
        'gpu',
        16,
        fleets.map((fleet) => fleet.gpu),
      ),
      nodeType: closed('node_type', ['autoreserved', 'reserved']),
      reason: learnt('reason', 40),
      strategy: learnt('strategy', 16),
      budget: closed('budget', budgets),
      job: learnt('job', 64),
      endpoint: learnt('endpoint', 40),
      method: closed('method', ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      code: learnt('code', 40),
      alarm: learnt('alarm', 40),
    },
  };
};

/** The zones a fleet may be in: those it names, or with `any` those where its GPU type was seen on the market. */
export const zonesOf = (fleet: ConfiguredFleet, report: TickReport): readonly string[] =>
  fleet.zones === 'any'
    ? report.market.filter(({ gpu }) => gpu === fleet.gpu).map(({ zone }) => zone)
    : fleet.zones;
