// `npm run bench:strategies`: every shipped strategy and the baselines on price histories, against the exact clairvoyant
// (DESIGN §11), through the very tick that runs live. Nothing here passes or fails; the last table says what was aimed at.
//
//   npm run bench:strategies -- [--data DIR] [--json FILE]
//
// DIR holds CSVs and a manifest.csv; without it ../shared/data is read where it is, else the synthetic series are played.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rowsOf, runBenchmark, type Row } from '../../src/backtest/benchmark.ts';
import { jobRowsTable, jobSummaryTable, judgeJobs, summariseJobs } from '../../src/backtest/job-summary.ts';
import { runJobs } from '../../src/backtest/jobs.ts';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { isDataFolder, seriesFromFolder, type Series } from '../../src/backtest/series.ts';
import { judge, summarise } from '../../src/backtest/summary.ts';
import { syntheticSeries } from '../../src/backtest/synthetic.ts';
import { progressBar, rowsTable, summaryTable, table, verdictTable } from '../../src/backtest/text.ts';

const SEEDS = [1, 2];
const SHARED = resolve(import.meta.dirname, '../../../shared/data');

const { values } = parseArgs({ options: { data: { type: 'string' }, json: { type: 'string' } } });

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const seriesGiven = (): readonly Series[] => {
  const folder = values.data ?? (isDataFolder(SHARED) ? SHARED : null);
  if (folder !== null) {
    print(`series of ${folder}`);
    return seriesFromFolder(folder);
  }
  print(`no --data was given and ${SHARED} is not there: synthetic series`);
  return SEEDS.flatMap(syntheticSeries);
};

const speedTable = (rows: readonly Row[], seconds: ReadonlyMap<Row, number>): string => {
  const lines = Map.groupBy(
    rows.filter((row) => !row.baseline),
    (row) => `${row.strategy}, ${row.game}`,
  );
  return table(
    ['looks through the tick, all guards on', 'looks', 'looks/s of CPU time'],
    [...lines].map(([name, group]) => {
      const looks = group.reduce((sum, row) => sum + row.looks, 0);
      const took = group.reduce((sum, row) => sum + (seconds.get(row) ?? 0), 0);
      return [name, String(looks), String(Math.round(looks / took))];
    }),
  );
};

const series = seriesGiven();
const seconds = new Map<Row, number>();
const total = rowsOf({ series });
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
let lastCpu = cpuSeconds();
const startedMs = performance.now();
const rows = await runBenchmark({
  series,
  nodes: 1,
  depthCents: 0,
  onRow: (row) => {
    const cpu = cpuSeconds();
    seconds.set(row, cpu - lastCpu);
    lastCpu = cpu;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progressBar(seconds.size, total, row.series)}`);
  },
});
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');

print(`\n${rowsTable(rows)}\n`);
print(`${summaryTable(summarise(rows))}\n`);
print(`${verdictTable(judge(rows))}\n`);
print(`${speedTable(rows, seconds)}\n`);
const jobs = await runJobs({ series, bid: SHIPPED.follow });
print(`${jobRowsTable(jobs)}\n`);
print(`${jobSummaryTable(summariseJobs(jobs))}\n`);
print(verdictTable(judgeJobs(jobs)));
print(
  `\n${rows.length} rows in ${((performance.now() - startedMs) / 1000).toFixed(0)} s; nothing beat the clairvoyant.`,
);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ rows, summary: summarise(rows), measures: [...judge(rows), ...judgeJobs(jobs)], jobs, jobSummary: summariseJobs(jobs) }, null, 2)}\n`,
  );
}
