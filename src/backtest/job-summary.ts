// What a benchmark of jobs comes to: the mean over series, the median of each one's 95th percentile, and the tables of both.
import type { JobRow } from './jobs.ts';
import { median, verdict, type Verdict } from './summary.ts';
import { table } from './text.ts';

export interface JobSummary {
  readonly hours: number;
  readonly policy: string;
  readonly meanCostRatio: number;
  readonly medianP95: number;
  readonly outsideHours: number;
  readonly missed: number;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** One line a need and policy, in the order of the rows. */
export const summariseJobs = (rows: readonly JobRow[]): readonly JobSummary[] =>
  [...Map.groupBy(rows, (row) => `${row.hours}/${row.policy}`).values()].flatMap((group): JobSummary[] => {
    const first = group[0];
    if (first === undefined) return [];
    return [
      {
        hours: first.hours,
        policy: first.policy,
        meanCostRatio: meanOf(group.map((row) => row.costRatio)),
        medianP95: median(group.map((row) => row.p95)),
        outsideHours: group.reduce((sum, row) => sum + row.outsideHours, 0),
        missed: group.reduce((sum, row) => sum + row.missed, 0),
      },
    ];
  });

/** The measures of the jobs with their floors and aims; needs the hours of the benchmark. */
export const judgeJobs = (rows: readonly JobRow[]): readonly Verdict[] => {
  const of = (hours: number): JobSummary | undefined =>
    summariseJobs(rows).find((line) => line.hours === hours && line.policy === 'pace');
  const [half, quarter] = [of(36), of(18)];
  if (half === undefined || quarter === undefined) return [];
  return [
    verdict('pace, 2 × slack: mean CR', half.meanCostRatio, 'most', 1.1, 1.05),
    verdict('pace, 2 × slack: p95', half.medianP95, 'most', 1.3, 1.2),
    verdict('pace, 4 × slack: mean CR', quarter.meanCostRatio, 'most', 1.13, 1.07),
    verdict('pace: deadlines missed', half.missed + quarter.missed, 'most', 0, 0),
  ];
};

const ratio = (value: number): string => value.toFixed(3);

export const jobRowsTable = (rows: readonly JobRow[]): string =>
  table(
    ['series', 'job', 'policy', 'windows', 'CR', 'p95', 'outside h', 'missed'],
    rows.map((row) => [
      row.synthetic ? `${row.series} (synthetic)` : row.series,
      `${row.hours} h of 72`,
      row.policy,
      String(row.windows),
      ratio(row.costRatio),
      ratio(row.p95),
      row.outsideHours.toFixed(1),
      String(row.missed),
    ]),
  );

export const jobSummaryTable = (lines: readonly JobSummary[]): string =>
  table(
    ['job', 'policy', 'mean CR', 'median p95', 'outside h', 'missed'],
    lines.map((line) => [
      `${line.hours} h of 72`,
      line.policy,
      ratio(line.meanCostRatio),
      ratio(line.medianP95),
      line.outsideHours.toFixed(1),
      String(line.missed),
    ]),
  );
