// A week of the daemon as Prometheus would have scraped it: the real tick on the real ledger entries against the embedded
// market, on a virtual clock, and after every twenty minutes the text of its own /metrics with the time put behind each sample.
// No number in it is made by hand. A bid fleet with a window a day and a block fleet meet a market that passes both ceilings.
import { appendFileSync } from 'node:fs';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { NOTICE_CHANNELS } from '../../src/domain/notice.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, START_MS } from '../simulation/world.ts';

const SCRAPE_MS = 20 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;

export interface Week {
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  readonly samples: number;
}

const policy = processPolicy({
  limits: {
    ceiling: centsPerNodeHour(2400),
    nodes: 16,
    purchasesPerHour: 1000,
    raisesPerHour: 10_000,
    budget: { day: cents(240_000), month: cents(6_000_000) },
    timeZone: 'UTC',
  },
  fleets: [
    fleetPolicy({
      schedule: {
        timeZone: 'UTC',
        baseGpus: 32,
        windows: [{ from: '0 8 * * *', forMs: 6 * HOUR_MS, gpus: 48, leadMs: 0 }],
      },
      budget: { hour: cents(12_000), day: cents(180_000) },
      shadows: [{ ...fleetPolicy().bid, strategy: 'follow', interruptionMs: HOUR_MS }],
    }),
    fleetPolicy({
      name: 'serve',
      hold: 'reserved',
      schedule: { timeZone: 'UTC', baseGpus: 16, windows: [] },
    }),
  ],
});

const market = marketSettings({
  seed: 5,
  zones: marketSettings().zones.map((zone) => ({
    ...zone,
    ask: {
      kind: 'synthetic',
      mean: centsPerNodeHour(1280),
      volatility: 1800,
      low: centsPerNodeHour(640),
      high: centsPerNodeHour(3200),
    },
  })),
});

/** The samples of a scrape with the time of the scrape behind them, and the label every scrape adds. */
const stamped = (body: string, atSeconds: number): string =>
  body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${withJob(line)} ${atSeconds}`)
    .join('\n');

const withJob = (line: string): string =>
  line.includes('{') ? line.replace('{', '{job="bidkeeper",') : line.replace(' ', '{job="bidkeeper"} ');

/** Writes the week to `file` as OpenMetrics. */
export const writeWeek = async (file: string): Promise<Week> => {
  const metrics = createMetrics({
    version: '0.1.0',
    commit: 'simulated',
    fleets: policy.fleets,
    channels: NOTICE_CHANNELS,
    onContradiction: (text) => {
      throw new Error(text);
    },
  });
  const world = await createWorld({ market, policy, onRequest: metrics.onRequest, funds: true });
  metrics.onReload({ success: true, atMs: START_MS });
  let samples = 0;
  for (let at = 0; at < WEEK_MS; at += SCRAPE_MS) {
    const told = world.reports.length;
    await world.run(SCRAPE_MS, 10 * MINUTE_MS);
    for (const report of world.reports.slice(told)) metrics.record(report);
    const { status, body } = await metrics.scrape();
    if (status !== 200) throw new Error(body);
    const text = stamped(body, world.nowMs() / 1000);
    samples += text.split('\n').length;
    appendFileSync(file, `${text}\n`);
  }
  appendFileSync(file, '# EOF\n');
  return { from: START_MS / 1000, to: world.nowMs() / 1000, samples };
};
