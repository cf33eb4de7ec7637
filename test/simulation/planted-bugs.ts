// How soon the swarm finds a mistake: every planted bug is run through the same seeds, and the answer is the median number of
// seeds that must be played, from any of them on, until one breaks a promise.
import { MUTANTS } from './mutants.ts';
import { runSwarm } from './swarm.ts';

export interface PlantedBugReport {
  readonly name: string;
  readonly caughtBy: readonly number[];
  /** Null: too few seeds caught it to tell. */
  readonly medianSeeds: number | null;
}

export interface PlantedBugOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly ticks: number;
  readonly threads: number;
  readonly onBug: (report: PlantedBugReport) => void;
}

const SEED_DEADLINE_MS = 60_000;

export const measurePlantedBugs = async (
  options: PlantedBugOptions,
): Promise<readonly PlantedBugReport[]> => {
  const { firstSeed, seeds, ticks, threads, onBug } = options;
  const reports: PlantedBugReport[] = [];
  for (const mutant of MUTANTS) {
    const caught: number[] = [];
    await runSwarm({
      jobs: Array.from({ length: seeds }, (_, index) => ({ seed: firstSeed + index, ticks })),
      threads,
      mutant,
      seedDeadlineMs: SEED_DEADLINE_MS,
      onResult: ({ seed, violations }) => {
        if (violations.length > 0) caught.push(seed);
      },
    });
    const caughtBy = caught.toSorted((a, b) => a - b);
    const report = { name: mutant.name, caughtBy, medianSeeds: medianWait(firstSeed, seeds, caughtBy) };
    reports.push(report);
    onBug(report);
  }
  return reports;
};

/** Seeds played until one catches, its own counted: the median over every seed that one may begin with. */
export const medianWait = (first: number, seeds: number, caughtBy: readonly number[]): number | null => {
  const waits: number[] = [];
  for (let seed = first; seed < first + seeds; seed += 1) {
    const next = caughtBy.find((one) => one >= seed);
    waits.push(next === undefined ? Infinity : next - seed + 1);
  }
  const median = waits.toSorted((a, b) => a - b)[Math.floor((seeds - 1) / 2)] ?? Infinity;
  return Number.isFinite(median) ? median : null;
};
