// Two deaths instead of one: for each step of a short scenario at which the process may die, every later step of what then
// happens, its next life included. It takes thousands of runs a scenario, so it runs by command and not in the tests.
import { crashJobs } from './crash-points.ts';
import { runSwarm, type SeedJob, type SeedResult } from './swarm.ts';

export interface CrashPairOptions {
  /** The first so many of the scenarios that `crash-points.ts` knows. */
  readonly scenarios: number;
  readonly threads: number;
  readonly onResult: (result: SeedResult, job: SeedJob) => void;
}

/** Runs every single death and every pair. */
export const runCrashPairs = async ({ scenarios, threads, onResult }: CrashPairOptions): Promise<void> => {
  for (let number = 0; number < scenarios; number += 1) {
    const singles = await crashJobs(number);
    const pairs: SeedJob[] = [];
    const onSingle = (result: SeedResult, single: SeedJob): void => {
      onResult(result, single);
      const { scenario, ...job } = single;
      const [first] = scenario?.dieAtSteps ?? [];
      if (scenario === undefined || first === undefined) return;
      for (let second = first + 1; second <= result.stepsDisturbed; second += 1)
        pairs.push({ ...job, scenario: { ...scenario, dieAtSteps: [first, second] } });
    };
    await runSwarm({ jobs: singles, threads, onResult: onSingle });
    await runSwarm({ jobs: pairs, threads, onResult });
  }
};
