// Jobs with a deadline as a person reads them: how far, what for, when it ends, and whether it will.
import { formatCents, formatPrice, GPUS_PER_NODE, type CentsPerNodeHour } from '../domain/money.ts';
import type { JobReport } from '../domain/report.ts';
import { formatDuration, formatInstant, HOUR_MS, type UnixMs } from '../domain/time.ts';

const gpuHours = (nodeMs: number): string => ((nodeMs * GPUS_PER_NODE) / HOUR_MS).toFixed(1);
const price = (cents: number): string => formatPrice(Math.max(0, cents) as CentsPerNodeHour);

const WHY: Readonly<Record<JobReport['mode'], (job: JobReport) => string>> = {
  done: () => 'done',
  over: ({ missingNodeMs }) => `the deadline has passed, ${gpuHours(missingNodeMs)} GPU-hours are missing`,
  firm: () => 'no time is left to wait: at any price up to the ceiling',
  learnt: (job) =>
    `starts at or under ${price(job.startAtMost ?? 0)}, keeps at or under ${price(job.keepAtMost ?? 0)}`,
  worst_case: (job) =>
    `starts at or under ${price(job.startAtMost ?? 0)}, keeps at or under ${price(job.keepAtMost ?? 0)}; under three days of asks are known`,
};

const forecast = (job: JobReport): string => {
  if (job.forecastCents === null || job.finishMs === null || job.insideProbability === null) return '';
  const share = Math.floor(job.insideProbability * 1000) / 10;
  return `; the rest is expected to cost ${formatCents(job.forecastCents)} and to end ${formatInstant(job.finishMs)}, by the market alone with ${share.toFixed(1)} %`;
};

const missing = (job: JobReport): string =>
  job.mode === 'over' || job.missingNodeMs === 0
    ? ''
    : `; ${gpuHours(job.missingNodeMs)} GPU-hours can no longer be done here in time: buy them elsewhere`;

/** One line a job. */
export const jobLines = (jobs: readonly JobReport[], nowMs: UnixMs): readonly string[] =>
  jobs.map((job) => {
    const left = job.byMs > nowMs ? ` (in ${formatDuration(job.byMs - nowMs)})` : '';
    const nodes =
      job.mode === 'done' || job.mode === 'over'
        ? ''
        : `, ${job.workingNodes} of ${job.wantedNodes} wanted nodes work`;
    return `${job.job}: ${gpuHours(job.doneNodeMs)} of ${gpuHours(job.needNodeMs)} GPU-hours by ${formatInstant(job.byMs)}${left}${nodes}; ${WHY[job.mode](job)}${forecast(job)}${missing(job)}`;
  });
