// A real Prometheus scrapes the real daemon while it is killed, stopped and started, and while the market takes its nodes away.
// What Prometheus then knows of money and time is what the ledger says: no restart is a reset and nothing is counted twice.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { costToDollars, type CentSeconds } from '../../src/domain/money.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { emptyBooks, type Books } from '../../src/reconcile/books.ts';
import { fold } from '../../src/reconcile/fold.ts';
import { openFloor, type Floor, type SettingsText } from '../process/floor.ts';
import { killAll, warmUp, type Program } from '../process/program.ts';
import { billedCents, runningAt, sumOf } from '../process/truths.ts';
import { untilTrue } from '../process/until.ts';
import { describeWith } from '../support/programs.ts';
import { startPrometheus, type PrometheusServer } from './server.ts';

const ZONE = 'hayesvalley';
const CHEAP = 1000;
const DEAR = 4000;

/** Counters that go on over restarts. */
const FROM_THE_LEDGER = [
  'spend_dollars',
  'obtained_node_seconds',
  'obtained_gpu_seconds',
  'paid_node_seconds',
  'target_node_seconds',
  'billed_dollars',
  'purchases',
  'releases',
  'bid_changes',
  'interruptions',
  'overrun_dollars',
  'refunded_dollars',
].map((name) => `bidkeeper_${name}_total`);

const settings = (nodes: number): SettingsText => ({
  limits: { ceiling: '$3.00/gpu-hour', nodes: 4 },
  fleets: [
    {
      name: 'train',
      gpu: 'h100',
      gpus: 8 * nodes,
      zones: [ZONE],
      bid: { start: '$1.50/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' },
    },
  ],
});

/** The books that the file of the ledger folds to. */
const booksOf = async (floor: Floor): Promise<Books> => {
  const ledger = openLedger({ path: floor.ledger, readOnly: true });
  try {
    const books = emptyBooks();
    for await (const records of ledger.read(0)) for (const record of records) fold(books, record);
    return books;
  } finally {
    ledger.close();
  }
};

/** What the ledger says of each counter, in the unit of the metric. */
const ledgerTotals = (books: Books): Readonly<Record<string, number>> => {
  const sum = (of: 'accrued' | 'committed' | 'settled' | 'obtainedMs' | 'paidSeconds'): number =>
    [...books.sums.values()].reduce((total, one) => total + one[of], 0);
  const dollars = (of: 'accrued' | 'committed' | 'settled'): number => costToDollars(sum(of) as CentSeconds);
  return {
    'bidkeeper_spend_dollars_total{basis="accrued"}': dollars('accrued'),
    'bidkeeper_spend_dollars_total{basis="committed"}': dollars('committed'),
    'bidkeeper_spend_dollars_total{basis="settled"}': dollars('settled'),
    bidkeeper_obtained_node_seconds_total: Math.floor(sum('obtainedMs') / 1000),
    bidkeeper_paid_node_seconds_total: sum('paidSeconds'),
  };
};

const running = (floor: Floor, count: number): Promise<void> =>
  untilTrue(`${count} nodes run`, async () => {
    const records = await floor.market.records();
    const status = await floor.status();
    return runningAt(records, records.nowMs) === count && status?.fleets[0]?.runningNodes === count;
  });

const stop = async (program: Program): Promise<void> => {
  program.signal('SIGTERM');
  await program.ended;
};

describeWith(['prometheus'], 'a Prometheus beside the daemon', (path) => {
  beforeAll(warmUp);
  afterAll(killAll);

  /** Restarts of all kinds, a market that takes the nodes, and at last a fleet that wants nothing and is settled. */
  const live = async (floor: Floor, server: PrometheusServer): Promise<void> => {
    let program = await floor.start();
    await untilTrue('Prometheus has seen the daemon before it bought anything', async () => {
      const seen = await server.instant('sum(bidkeeper_target_node_seconds_total)', Date.now() / 1000);
      return seen[0]?.points[0]?.[1] === 0;
    });
    await stop(program);
    floor.writeDaemon(settings(3));
    program = await floor.start();
    await running(floor, 3);
    await program.kill();
    program = await floor.start();
    await running(floor, 3);
    await floor.market.happen({ kind: 'set_ask', zone: ZONE, ask: DEAR });
    await untilTrue('nodes are lost to the market', async () => {
      const lost = sumOf(await floor.scrape(), 'interruptions_total', { cause: 'outbid' });
      return lost >= 3;
    });
    await program.kill();
    await floor.market.happen({ kind: 'set_ask', zone: ZONE, ask: CHEAP });
    program = await floor.start();
    await running(floor, 3);
    await stop(program);
    floor.writeDaemon(settings(0));
    program = await floor.start();
    await untilTrue('everything has ended and is settled', async () => {
      const records = await floor.market.records();
      const settled = sumOf(await floor.scrape(), 'spend_dollars_total', { basis: 'settled' });
      const status = await floor.status();
      return (
        records.nodes.every((node) => node.endedAtMs !== null) &&
        status?.nodes.length === 0 &&
        Math.round(settled * 100) === billedCents(records)
      );
    });
  };

  it(
    'knows after restarts and interruptions what the ledger says, to the cent and the second, and saw no counter fall',
    { timeout: 300_000 },
    async () => {
      const floor = await openFloor({
        market: {
          zones: [{ name: ZONE, nodes: 8, ask: { path: [{ after: '0s', ask: '$1.25/gpu-hour' }] } }],
        },
        daemon: settings(0),
      });
      const began = Date.now() / 1000;
      const server = await startPrometheus({
        path,
        folder: floor.directory,
        config: {
          global: { scrape_interval: '250ms', scrape_timeout: '250ms' },
          scrape_configs: [
            {
              job_name: 'bidkeeper',
              static_configs: [{ targets: [floor.daemonUrl.replace('http://', '')] }],
            },
          ],
        },
      });
      try {
        await live(floor, server);
        const totals = ledgerTotals(await booksOf(floor));
        const now = (): number => Date.now() / 1000;
        const span = (): string => `${Math.ceil((now() - began + 1) * 1000)}ms`;
        // A counter that was counted twice, or lost something, never gets there.
        let seen: Readonly<Record<string, number | undefined>> = {};
        await untilTrue(
          'Prometheus has scraped what the ledger says',
          async () => {
            const last = Object.keys(totals).map(async (selector) => {
              const [series] = await server.instant(selector, now());
              return [selector, series?.points[0]?.[1]] as const;
            });
            seen = Object.fromEntries(await Promise.all(last));
            return Object.entries(totals).every(
              ([selector, total]) => Math.abs((seen[selector] ?? -1) - total) < 1e-6,
            );
          },
          { seen: () => JSON.stringify({ totals, seen }) },
        );
        expect(totals['bidkeeper_spend_dollars_total{basis="accrued"}']).toBeGreaterThan(20);
        for (const [selector, total] of Object.entries(totals)) {
          const [series, ...more] = await server.instant(`${selector}[${span()}]`, now());
          expect(more, selector).toEqual([]);
          const points = series?.points ?? [];
          const values = points.map(([, value]) => value);
          expect(values.length, selector).toBeGreaterThan(20);
          expect((values.at(-1) ?? 0) - (values[0] ?? 0), selector).toBeCloseTo(total, 6);
          // At the last sample, so that it is not drawn on beyond what was scraped: a quarter of a second is 1 % of the test.
          const grown = await server.instant(`increase(${selector}[${span()}])`, points.at(-1)?.[0] ?? 0);
          expect(Math.abs((grown[0]?.points[0]?.[1] ?? 0) / total - 1), selector).toBeLessThan(0.01);
        }
        for (const name of FROM_THE_LEDGER) {
          const [series] = await server.instant(`count(${name})`, now());
          expect(series?.points[0]?.[1], name).toBeGreaterThan(0);
          expect(await server.instant(`resets(${name}[${span()}]) > 0`, now()), name).toEqual([]);
        }
        const restarts = await server.instant(`resets(process_cpu_seconds_total[${span()}])`, now());
        expect(restarts[0]?.points[0]?.[1]).toBeGreaterThanOrEqual(3);
      } finally {
        await server.stop();
        await floor.close();
      }
    },
  );
});
