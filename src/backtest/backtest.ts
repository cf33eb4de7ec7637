// The verb `backtest`: which series are played, what is said while it runs, and the answer as text, as JSON and as a page.
import { isDatabaseFile } from '../recording/recording.ts';
import { rowsOf, runBenchmark, type Row } from './benchmark.ts';
import { BacktestError } from './errors.ts';
import { jobRowsTable, jobSummaryTable, summariseJobs } from './job-summary.ts';
import { JOB_HOURS, JOB_POLICIES, runJobs } from './jobs.ts';
import { backtestPage } from './page.ts';
import { SHIPPED } from './policies.ts';
import { seriesFromFiles, seriesFromFolder, seriesFromRecording, type Series } from './series.ts';
import { summarise } from './summary.ts';
import { syntheticSeries } from './synthetic.ts';
import { progressBar, rowsTable, sparkline, summaryTable } from './text.ts';
import { traceOf, type Trace } from './trace.ts';

export interface BacktestRequest {
  /** Price files; with none and no folder the synthetic series are played. */
  readonly files: readonly string[];
  /** A folder with manifest.csv. */
  readonly folder: string | null;
  /** What says whether anything was for sale, for a single price file. */
  readonly availability: string | null;
  /** Of the price files, in cents per node-hour. */
  readonly outsideCents: number;
  readonly nodes: number;
  /** Cents (of the scaled $20 node-hour) by which each node held moves the ask for the next. */
  readonly depthCents: number;
  readonly seed: number;
  /** Play jobs with a deadline instead of a target. */
  readonly jobs: boolean;
}

export interface BacktestAnswer {
  readonly text: string;
  readonly json: unknown;
  /** Draws the page; plays `follow` once more for its charts. Jobs have none. */
  readonly page?: () => Promise<string>;
}

const seriesOf = (request: BacktestRequest): readonly Series[] => {
  if (request.folder !== null) return seriesFromFolder(request.folder);
  if (request.files.length === 0) return syntheticSeries(request.seed);
  const outsideDollars = request.outsideCents / 100;
  const { availability } = request;
  return request.files.flatMap((file) =>
    isDatabaseFile(file)
      ? seriesFromRecording(file, outsideDollars)
      : [seriesFromFiles({ prices: file, availability, outsideDollars })],
  );
};

export const runBacktest = async (
  request: BacktestRequest,
  onProgress: (line: string) => void,
): Promise<BacktestAnswer> => {
  const series = seriesOf(request);
  if (request.jobs) return runJobBacktest(series, onProgress);
  const { nodes, depthCents } = request;
  const of = rowsOf({ series });
  let done = 0;
  const rows = await runBenchmark({
    series,
    nodes,
    depthCents,
    onRow: (row) => {
      done += 1;
      onProgress(progressBar(done, of, `${row.series} ${row.strategy}`));
    },
  });
  return {
    text: textOf(series, rows),
    json: { rows, summary: summarise(rows) },
    page: async () => backtestPage(rows, await tracesOf(series, request)),
  };
};

const runJobBacktest = async (
  series: readonly Series[],
  onProgress: (line: string) => void,
): Promise<BacktestAnswer> => {
  const of = series.length * JOB_HOURS.length * JOB_POLICIES.length;
  let done = 0;
  const rows = await runJobs({
    series,
    bid: SHIPPED.follow,
    onRow: (row) => {
      done += 1;
      onProgress(progressBar(done, of, `${row.series} ${row.policy}`));
    },
  });
  if (rows.length === 0) {
    throw new BacktestError(
      'E_BACKTEST_SHORT',
      'no series holds 72 hours after its warm-up, so no job can be played',
    );
  }
  return {
    text: [
      pricesText(series),
      '',
      jobRowsTable(rows),
      '',
      'CR: what all windows cost ÷ the same for the clairvoyant. p95: the ratio that 19 of 20 windows stay under.',
      '',
      jobSummaryTable(summariseJobs(rows)),
    ].join('\n'),
    json: { rows, summary: summariseJobs(rows) },
  };
};

const pricesText = (series: readonly Series[]): string =>
  [
    'Ask over time, scaled so that the outside price is $20.00/node-hour:',
    ...series.map((one) => `${one.name}${one.synthetic ? ' (synthetic)' : ''}\n  ${sparkline(one)}`),
  ].join('\n');

const textOf = (series: readonly Series[], rows: readonly Row[]): string =>
  [
    pricesText(series),
    '',
    rowsTable(rows),
    '',
    'CR: paid, and the missing hours outside, ÷ the same for the clairvoyant. A*: useful ÷ affordable hours.',
    '',
    summaryTable(summarise(rows)),
  ].join('\n');

const tracesOf = async (
  series: readonly Series[],
  { nodes, depthCents }: BacktestRequest,
): Promise<readonly Trace[]> => {
  const traces: Trace[] = [];
  for (const one of series) {
    const at = { series: one, game: 'hold', rule: 'bid', quoteAgeMs: 0, nodes, depthCents } as const;
    traces.push(await traceOf(at, SHIPPED.follow));
  }
  return traces;
};
