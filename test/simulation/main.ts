// `npm run simulate`: the swarm by command, one world told, pairs of deaths, and how soon planted bugs are caught.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { runCrashPairs } from './crash-pairs.ts';
import { drawScenario } from './draw-scenario.ts';
import { rehunt } from './killing-seeds.ts';
import { measurePlantedBugs } from './planted-bugs.ts';
import { runSwarm, type SeedJob } from './swarm.ts';
import { createTally, plantedBugText, reportText, type SwarmReport } from './swarm-report.ts';
import { tellRun } from './told-run.ts';
import { readWish, USAGE, type Wish } from './wish.ts';

/** Of a failing world, made small, so many lines are shown; `--trace` shows all. */
const LINES_OF_A_FAILURE = 60;

const commitOf = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
};

const write = (text: string): void => void process.stdout.write(text);
const keep = (file: string | null, value: object): void => {
  if (file !== null) writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
};

/** Plays, reports, and tells the first failure; the exit code. */
const play = async (
  wish: Wish,
  run: (onResult: ReturnType<typeof createTally>['add']) => Promise<void>,
): Promise<number> => {
  const tally = createTally();
  const from = performance.now();
  await run(tally.add);
  const seconds = (performance.now() - from) / 1000;
  const report = tally.report({ seconds, threads: wish.threads, commit: commitOf() });
  write(reportText(report));
  keep(wish.json, report);
  await tellFirst(report);
  return report.violations.length === 0 ? 0 : 1;
};

const tellFirst = async ({ violations, commit }: SwarmReport): Promise<void> => {
  const [first] = violations;
  if (first === undefined) return;
  write(`\nthe failure of seed ${first.seed} at commit ${commit}, made small:\n`);
  const scenario = first.scenario ?? drawScenario(first.seed, first.ticks);
  await tellRun(scenario, { small: true, lastLines: LINES_OF_A_FAILURE, write });
};

const swarm = (wish: Wish): Promise<number> => {
  const jobs = function* (): Generator<SeedJob> {
    for (let index = 0; index < wish.seeds; index += 1)
      yield { seed: wish.firstSeed + index, ticks: wish.ticks };
  };
  return play(wish, (onResult) => runSwarm({ jobs: jobs(), threads: wish.threads, onResult }));
};

const crashPairs = (wish: Wish, scenarios: number): Promise<number> =>
  play(wish, (onResult) => runCrashPairs({ scenarios, threads: wish.threads, onResult }));

const tell = async (wish: Wish): Promise<number> => {
  const scenario = drawScenario(wish.firstSeed, wish.ticks);
  const violations = await tellRun(scenario, {
    small: wish.shrink,
    lastLines: wish.trace ? null : LINES_OF_A_FAILURE,
    write,
  });
  return violations.length === 0 ? 0 : 1;
};

const plantedBugs = async (wish: Wish): Promise<number> => {
  const bugs = await measurePlantedBugs({
    ...wish,
    onBug: (report) => write(plantedBugText(report, wish.seeds)),
  });
  keep(wish.json, { seeds: wish.seeds, ticks: wish.ticks, commit: commitOf(), bugs });
  return 0;
};

const follow = async (wish: Wish): Promise<number> => {
  if (wish.rehunt) return (await rehunt(write)).length === 0 ? 0 : 1;
  if (wish.plantedBugs) return plantedBugs(wish);
  if (wish.crashPairs !== null) return crashPairs(wish, wish.crashPairs);
  return wish.trace || wish.shrink ? tell(wish) : swarm(wish);
};

const wish = readWish(process.argv.slice(2));
if (wish === null) {
  process.stderr.write(USAGE);
  process.exitCode = 64;
} else {
  process.exitCode = await follow(wish);
}
