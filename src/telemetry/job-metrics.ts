// Jobs with a deadline: how much, how far, by when, and what is expected of the rest. A value that is not known has no series.
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { JobReport } from '../domain/report.ts';
import type { MetricsContext, MetricsGroup } from './metrics-context.ts';

const CENTS_PER_DOLLAR = 100;
const MS_PER_SECOND = 1000;

interface JobGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (job: JobReport) => number | null;
}

const gpuSeconds = (nodeMs: number): number => (nodeMs * GPUS_PER_NODE) / MS_PER_SECOND;

const JOB_GAUGES: readonly JobGauge[] = [
  {
    name: 'job_need_gpu_seconds',
    help: 'Useful time the job needs in all.',
    value: ({ needNodeMs }) => gpuSeconds(needNodeMs),
  },
  {
    name: 'job_done_gpu_seconds',
    help: 'Useful time the job was given.',
    value: ({ doneNodeMs }) => gpuSeconds(doneNodeMs),
  },
  {
    name: 'job_missing_gpu_seconds',
    help: 'Useful time that can no longer be given before the deadline.',
    value: ({ missingNodeMs }) => gpuSeconds(missingNodeMs),
  },
  {
    name: 'job_deadline_timestamp_seconds',
    help: 'When the job must be done.',
    value: ({ byMs }) => byMs / MS_PER_SECOND,
  },
  { name: 'job_wanted_nodes', help: 'Nodes the job wants now.', value: ({ wantedNodes }) => wantedNodes },
  {
    name: 'job_forecast_dollars',
    help: 'Expected cost of the rest of the job.',
    value: ({ forecastCents }) => (forecastCents === null ? null : forecastCents / CENTS_PER_DOLLAR),
  },
  {
    name: 'job_forecast_end_timestamp_seconds',
    help: 'When the rest of the job is expected to be done.',
    value: ({ finishMs }) => (finishMs === null ? null : finishMs / MS_PER_SECOND),
  },
  {
    name: 'job_on_market_probability',
    help: 'How likely the rest is bought on the market in time, without capacity from elsewhere.',
    value: ({ insideProbability }) => insideProbability,
  },
];

export const jobMetrics = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const boards = JOB_GAUGES.map(({ name, help, value }) => ({
    board: instruments.gauges({ name, help, labels: ['fleet', 'job'] }),
    value,
  }));
  return (report) => {
    const jobs = report.fleets.flatMap(({ fleet, jobs: own }) =>
      own.map((job) => ({ job, labels: { fleet: guards.fleet(fleet), job: guards.job(job.job) } })),
    );
    for (const { board, value } of boards) {
      board.set(
        jobs.flatMap(({ job, labels }) => {
          const shown = value(job);
          return shown === null ? [] : [{ labels, value: shown }];
        }),
      );
    }
  };
};
