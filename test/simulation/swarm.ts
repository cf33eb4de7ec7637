// The swarm: many seeds over worker threads, each seed drawn, run and judged in a thread. Results come back one by one and
// are added up; a seed that answers for too long counts as a violation of its own (a tick that never ends), and its thread
// is replaced.
import { Worker } from 'node:worker_threads';
import type { Mutant } from './mutants.ts';
import type { Scenario } from './scenario.ts';
import type { Shrunk } from './shrink.ts';
import type { Violation } from './trace.ts';

export interface SeedJob {
  readonly seed: number;
  readonly ticks: number;
  /** Given instead of being drawn from the seed. */
  readonly scenario?: Scenario;
  /** Make a failing scenario small, for the promise it broke first. */
  readonly shrink?: boolean;
}

export interface SeedResult {
  readonly seed: number;
  readonly ticks: number;
  readonly steps: number;
  /** Steps until everything was mended: the places at which a process may be made to die. */
  readonly stepsDisturbed: number;
  readonly hash: string;
  readonly violations: readonly Violation[];
  readonly counts: readonly (readonly [string, number])[];
  /** `sometimes` properties that were reached. */
  readonly reached: readonly string[];
  readonly tookMs: number;
  /** What is left of a failing scenario, when that was asked for. */
  readonly shrunk: Shrunk | null;
}

export interface SwarmOptions {
  readonly jobs: Iterable<SeedJob>;
  readonly threads: number;
  /** The planted bug the program runs with; null: as it is. */
  readonly mutant?: Mutant | null;
  readonly seedDeadlineMs?: number;
  readonly onResult: (result: SeedResult, job: SeedJob) => void;
  /** Asked before each job: true ends the swarm. */
  readonly stopped?: () => boolean;
}

const SEED_DEADLINE_MS = 60_000;

/** Runs every job; resolves when all have answered. */
export const runSwarm = async (options: SwarmOptions): Promise<void> => {
  const jobs = options.jobs[Symbol.iterator]();
  const next = (): SeedJob | null => {
    if (options.stopped?.() === true) return null;
    const taken = jobs.next();
    return taken.done === true ? null : taken.value;
  };
  await Promise.all(Array.from({ length: options.threads }, () => runThread(options, next)));
};

const startWorker = (mutant: Mutant | null): Worker =>
  new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: { mutant },
    execArgv: [],
    stderr: false,
  });

const runThread = async (options: SwarmOptions, next: () => SeedJob | null): Promise<void> => {
  let worker: Worker | null = null;
  for (let job = next(); job !== null; job = next()) {
    worker ??= startWorker(options.mutant ?? null);
    const result = await askWorker(worker, job, options.seedDeadlineMs ?? SEED_DEADLINE_MS);
    if (result === null) {
      await worker.terminate();
      worker = null;
    }
    options.onResult(result ?? hung(job), job);
  }
  await worker?.terminate();
};

const hung = ({ seed, ticks }: SeedJob): SeedResult => ({
  seed,
  ticks: 0,
  steps: 0,
  stepsDisturbed: 0,
  hash: '',
  violations: [
    { promise: 'tick_deadline', atMs: null, text: `the run of ${ticks} ticks did not come to its end` },
  ],
  counts: [],
  reached: [],
  tookMs: 0,
  shrunk: null,
});

/** Null: no answer within the deadline. */
const askWorker = (worker: Worker, job: SeedJob, deadlineMs: number): Promise<SeedResult | null> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => resolve(null)), deadlineMs);
    const onMessage = (result: SeedResult): void => finish(() => resolve(result));
    const onError = (error: unknown): void =>
      finish(() => reject(error instanceof Error ? error : new Error(String(error))));
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      settle();
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.postMessage(job);
  });
