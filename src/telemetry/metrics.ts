// The metrics of a bidkeeper process: reports go in, a scrape comes out. Totals are the ledger's, so a restart continues
// them; until the first report has brought them a scrape answers 503, because a counter that began at zero and jumped
// would be counted twice. Nothing is exported that nobody feeds.
import { collectDefaultMetrics } from 'prom-client';
import type { NoticeChannel } from '../domain/notice.ts';
import type { TickReport } from '../domain/report.ts';
import type { HookOutcome } from './node-hooks.ts';
import { daemonMetrics, hookMetrics, reloadMetrics, requestMetrics } from './daemon-metrics.ts';
import type { ReloadNote, RequestNote } from './daemon-metrics.ts';
import { OPENMETRICS_TYPE, PLAIN_TYPE, toOpenMetrics, wantsOpenMetrics } from './exposition.ts';
import { fleetMetrics } from './fleet-metrics.ts';
import { historyMetrics } from './history-metrics.ts';
import { jobMetrics } from './job-metrics.ts';
import { createInstruments } from './instruments.ts';
import type { CatalogueEntry, Fall } from './instruments.ts';
import { budgetMetrics, marketMetrics, nodeMetrics } from './market-metrics.ts';
import { metricsContext } from './metrics-context.ts';
import type { ConfiguredFleet } from './metrics-context.ts';
import { moneyMetrics } from './money-metrics.ts';
import { notificationMetrics } from './notification-metrics.ts';
import type { NotificationCounts } from './notification-metrics.ts';
import { spendMetrics } from './spend-metrics.ts';

export interface MetricsOptions {
  readonly version: string;
  /** Empty when it is not known. */
  readonly commit: string;
  /** The fleets of the settings; any other fleet is shown as `other`. */
  readonly fleets: readonly ConfiguredFleet[];
  /** The channels by which people are notified. */
  readonly channels?: readonly NoticeChannel[];
  /** One series a node, with its name. */
  readonly perNode?: boolean;
  /** A total of the ledger fell, which the books promise never to do; the larger value stays exported. */
  readonly onContradiction: (text: string, fall: Fall) => void;
}

/** An answer to a scrape, ready to send. */
export interface Scrape {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics {
  /** Takes a finished tick. Synchronous: a scrape sees all of a report or nothing of it. */
  readonly record: (report: TickReport) => void;
  /** Counts a call to the venue. */
  readonly onRequest: (note: RequestNote) => void;
  /** Counts what becomes of notices. */
  readonly notifications: NotificationCounts;
  /** Every metric of ours there can be, whether it has series yet or not. */
  readonly catalogue: readonly CatalogueEntry[];
  /** Counts a call of the hook that is told of a node's end. */
  readonly onHook: (outcome: HookOutcome) => void;
  /** Settings were asked for anew. */
  readonly onReload: (note: ReloadNote) => void;
  /** The fleets of settings that come into force. */
  readonly learnFleets: (fleets: readonly ConfiguredFleet[]) => void;
  /** The scrape in the format that the Accept header asks for; 503 before the ledger's totals are known. Never rejects. */
  readonly scrape: (accept?: string) => Promise<Scrape>;
}

export const createMetrics = (options: MetricsOptions): Metrics => {
  const instruments = createInstruments((fall) => options.onContradiction(describeFall(fall), fall));
  const context = metricsContext(instruments, options.fleets);
  instruments
    .gauges({ name: 'build_info', help: 'Always 1: what is running.', labels: ['version', 'commit'] })
    .set([{ labels: { version: options.version, commit: options.commit }, value: 1 }]);
  const groups = [
    spendMetrics(context),
    historyMetrics(context),
    fleetMetrics(context),
    jobMetrics(context),
    marketMetrics(context),
    budgetMetrics(context),
    moneyMetrics(context),
    ...(options.perNode === true ? [nodeMetrics(context)] : []),
  ];
  const daemon = daemonMetrics(context);
  const onRequest = requestMetrics(context);
  const notifications = notificationMetrics(instruments, options.channels ?? []);
  const onReload = reloadMetrics(context);
  const onHook = hookMetrics(context);
  collectDefaultMetrics({ register: instruments.registry });
  let loaded = false;
  return {
    record: (report) => {
      daemon(report);
      // A tick that ended before the books were folded has no totals, and must not pass zeros for them.
      if (!carriesBooks(report, context.fleets)) return;
      for (const group of groups) group(report);
      loaded = true;
    },
    onRequest,
    notifications,
    catalogue: instruments.catalogue,
    onHook,
    onReload,
    learnFleets: context.learnFleets,
    scrape: async (accept) => {
      if (!loaded)
        return unavailable('the first tick has not finished, so the totals of the ledger are not known yet');
      try {
        const text = await instruments.registry.metrics();
        return wantsOpenMetrics(accept)
          ? { status: 200, contentType: OPENMETRICS_TYPE, body: toOpenMetrics(text) }
          : { status: 200, contentType: PLAIN_TYPE, body: text };
      } catch (error) {
        return unavailable(`the metrics could not be collected: ${String(error)}`);
      }
    },
  };
};

const unavailable = (why: string): Scrape => ({
  status: 503,
  contentType: 'text/plain; charset=utf-8',
  body: `${why}\n`,
});

const carriesBooks = (report: TickReport, fleets: readonly ConfiguredFleet[]): boolean => {
  if (report.end !== 'not_leader' && report.end !== 'ledger_failed') return true;
  const known = new Set(report.fleetTotals.map((totals) => totals.fleet));
  return fleets.every((fleet) => known.has(fleet.name));
};

const describeFall = ({ metric, labels, before, now }: Fall): string => {
  const where = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return `the ledger's total behind ${metric}{${where.join(',')}} fell from ${before} to ${now}; the larger one stays exported`;
};
