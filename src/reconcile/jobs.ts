// Jobs with a deadline: how far each is, how many nodes it wants now, and which nodes work for it. Their wishes stand on top of
// the schedule's; nodes beyond the schedule's work for the most urgent job first.
import { quoteKey } from '../domain/market.ts';
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { JobPolicy } from '../domain/policy.ts';
import type { JobReport } from '../domain/report.ts';
import { HOUR_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { pace, type Pace } from '../strategy/pace.ts';
import { RESERVE_MS } from '../strategy/pace-table.ts';
import { isHeld, nodesOf } from './books.ts';
import { jobDoneMs } from './fold-jobs.ts';
import { usableQuote, zonesByPrice, type FleetDesire, type PlanInput } from './scene.ts';

export type JobsInput = Pick<PlanInput, 'nowMs' | 'books' | 'market' | 'policy' | 'fleet' | 'desire'>;

export interface JobsPlan {
  /** What the schedule and the jobs want together. */
  readonly desire: FleetDesire;
  readonly jobs: readonly JobReport[];
}

/** A job's place among its fleet's, before anything is decided. */
interface Standing {
  readonly job: JobPolicy;
  /** Node-milliseconds. */
  readonly doneMs: number;
  readonly leftMs: number;
  /** Nodes it wants at once: all of its width, or as many as an hour still needs. */
  readonly nodes: number;
  /** Time that could be lost and the deadline still met. */
  readonly slackMs: DurationMs;
}

const standingOf = ({ books, fleet, nowMs }: JobsInput, job: JobPolicy): Standing => {
  const done = jobDoneMs(books, fleet.name, job.name, nowMs);
  const leftMs = Math.max(0, job.needMs - done);
  const ahead = job.byMs - nowMs;
  const few = Math.min(job.nodes, Math.max(1, Math.ceil(leftMs / HOUR_MS)));
  const nodes = ahead - leftMs / few <= RESERVE_MS ? job.nodes : few;
  return { job, doneMs: done, leftMs, nodes, slackMs: ahead - leftMs / nodes };
};

export const planJobs = (input: JobsInput): JobsPlan => {
  const { fleet, desire } = input;
  if (fleet.jobs.length === 0) return { desire, jobs: [] };
  const standings = fleet.jobs
    .map((job) => standingOf(input, job))
    .toSorted((a, b) => a.slackMs - b.slackMs || (a.job.name < b.job.name ? -1 : 1));
  const counts = nodeCounts(input);
  let held = Math.max(0, counts.held - desire.nodes);
  let usable = Math.max(0, counts.usable - desire.nodes);
  const jobs: JobReport[] = [];
  let wanted = 0;
  /** Nodes to go on with, and until when. */
  const kept: { readonly nodes: number; readonly untilMs: UnixMs }[] = [];
  for (const standing of standings) {
    const { job, nodes, leftMs } = standing;
    const paced = paceOf(input, standing);
    const active = paced.mode !== 'done' && paced.mode !== 'over';
    const has = active ? Math.min(nodes, held) : 0;
    const working = active ? Math.min(nodes, usable) : 0;
    held -= has;
    usable -= working;
    const wantedNodes = paced.start ? nodes : has;
    wanted += wantedNodes;
    if (paced.keep) kept.push({ nodes: wantedNodes, untilMs: job.byMs });
    jobs.push(reportOf(input, standing, paced, { wantedNodes, workingNodes: working, leftMs }));
  }
  const nodes = desire.nodes + wanted;
  return {
    desire: {
      gpus: desire.gpus + wanted * GPUS_PER_NODE,
      nodes,
      nextChangeMs: desire.nextChangeMs,
      nodesAt: (atMs) =>
        desire.nodesAt(atMs) + kept.reduce((sum, one) => sum + (atMs < one.untilMs ? one.nodes : 0), 0),
      nodeMsBetween: (fromMs, toMs) =>
        (desire.nodeMsBetween?.(fromMs, toMs) ?? desire.nodes * (toMs - fromMs)) +
        standings.reduce((sum, one) => sum + workBetween(one, fromMs, toMs), 0),
    },
    jobs: jobs.toSorted((a, b) => (a.job < b.job ? -1 : 1)),
  };
};

/** Node-milliseconds of a job that may fall between two instants, all that is left of it at most. */
const workBetween = ({ job, leftMs }: Standing, fromMs: UnixMs, toMs: UnixMs): number =>
  Math.min(leftMs, job.nodes * Math.max(0, Math.min(toMs, job.byMs) - fromMs));

const nodeCounts = ({ books, fleet }: JobsInput): { readonly held: number; readonly usable: number } => {
  let held = 0;
  let usable = 0;
  for (const node of nodesOf(books, fleet.name)) {
    if (isHeld(node) && !node.wrongGoods) held += 1;
    if (node.usableSinceMs !== null) usable += 1;
  }
  return { held, usable };
};

const paceOf = (input: JobsInput, { job, nodes, leftMs }: Standing): Pace => {
  const { fleet, market, policy, nowMs } = input;
  const zone = zonesByPrice(input)[0];
  const quote = zone === undefined ? null : usableQuote(input, zone.name);
  const { ceiling } = fleet.bid;
  return pace({
    nowMs,
    deadlineMs: job.byMs,
    leftMs: leftMs / nodes,
    needMs: Math.max(job.needMs / job.nodes, HOUR_MS),
    ask: quote === null ? undefined : quote.ask,
    ceiling,
    // Rounded up, so that a bound is never 0.
    least: Math.ceil((ceiling * policy.priceBand.low) / 10_000),
    history: zone === undefined ? null : (market.series?.get(quoteKey(zone.name, fleet.hold)) ?? null),
  });
};

const reportOf = (
  { nowMs }: JobsInput,
  { job, doneMs: done, nodes }: Standing,
  paced: Pace,
  counts: { readonly wantedNodes: number; readonly workingNodes: number; readonly leftMs: number },
): JobReport => {
  const { outlook } = paced;
  return {
    job: job.name,
    mode: paced.mode,
    needNodeMs: job.needMs,
    doneNodeMs: Math.min(done, job.needMs),
    byMs: job.byMs,
    wantedNodes: counts.wantedNodes,
    workingNodes: counts.workingNodes,
    startAtMost: paced.startAtMost === null ? null : Math.floor(paced.startAtMost),
    keepAtMost: paced.keepAtMost === null ? null : Math.floor(paced.keepAtMost),
    forecastCents: outlook === null ? null : Math.ceil(outlook.cents * nodes),
    finishMs: outlook === null ? null : Math.ceil(nowMs + outlook.hours * HOUR_MS),
    insideProbability: outlook === null ? null : outlook.inside,
    // What cannot be done any more by all its nodes at once.
    missingNodeMs:
      paced.mode === 'over'
        ? counts.leftMs
        : Math.max(0, counts.leftMs - job.nodes * Math.max(0, job.byMs - nowMs)),
  };
};
