// One seed from its number to its verdict: drawn, run, judged.
import { judgeRun } from './checks/all.ts';
import { drawScenario } from './draw-scenario.ts';
import { runScenario } from './run.ts';
import { shrink } from './shrink.ts';
import { reachedBy } from './sometimes.ts';
import type { SeedJob, SeedResult } from './swarm.ts';

export const runSeed = async (job: SeedJob): Promise<SeedResult> => {
  const from = process.hrtime.bigint();
  const scenario = job.scenario ?? drawScenario(job.seed, job.ticks);
  const run = await runScenario(scenario);
  const violations = judgeRun(run);
  const [first] = violations;
  const shrunk = job.shrink === true && first !== undefined ? await shrink(scenario, first.promise) : null;
  return {
    seed: job.seed,
    ticks: run.ticks,
    steps: run.steps,
    hash: run.hash,
    violations,
    stepsDisturbed: run.stepsDisturbed,
    counts: [...run.world.counts],
    reached: reachedBy(run),
    tookMs: Number(process.hrtime.bigint() - from) / 1e6,
    shrunk,
  };
};
