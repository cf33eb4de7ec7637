// `npm run simulate`: the swarm by command. With one seed and `--trace` the whole run is told line by line; a failing seed is
// made small first with `--shrink`. Exit code 0: every promise held; 1: some did not; 64: the command was not understood.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { judgeRun } from './checks/all.ts';
import { drawScenario } from './draw-scenario.ts';
import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { runSwarm } from './swarm.ts';
import { createTally, reportText } from './swarm-report.ts';

const USAGE = `npm run simulate -- [--seeds N] [--ticks N] [--first-seed N] [--threads N] [--json FILE] [--trace] [--shrink]
`;

interface Wish {
  readonly seeds: number;
  readonly ticks: number;
  readonly firstSeed: number;
  readonly threads: number;
  readonly json: string | null;
  readonly trace: boolean;
  readonly shrink: boolean;
}

const readWish = (argv: readonly string[]): Wish | null => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seeds: { type: 'string', default: '100' },
        ticks: { type: 'string', default: '1000' },
        'first-seed': { type: 'string', default: '1' },
        threads: { type: 'string', default: String(Math.min(16, availableParallelism())) },
        json: { type: 'string' },
        trace: { type: 'boolean', default: false },
        shrink: { type: 'boolean', default: false },
      },
    });
    const wish = {
      seeds: Number(values.seeds),
      ticks: Number(values.ticks),
      firstSeed: Number(values['first-seed']),
      threads: Number(values.threads),
      json: values.json ?? null,
      trace: values.trace,
      shrink: values.shrink,
    };
    const whole = [wish.seeds, wish.ticks, wish.threads].every((one) => Number.isSafeInteger(one) && one > 0);
    return whole && Number.isSafeInteger(wish.firstSeed) ? wish : null;
  } catch {
    return null;
  }
};

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

const swarm = async (wish: Wish): Promise<number> => {
  const tally = createTally();
  const from = performance.now();
  const jobs = Array.from({ length: wish.seeds }, (_, index) => ({
    seed: wish.firstSeed + index,
    ticks: wish.ticks,
  }));
  await runSwarm({ jobs, threads: wish.threads, onResult: tally.add });
  const seconds = (performance.now() - from) / 1000;
  const report = tally.report({ seconds, threads: wish.threads, commit: commitOf() });
  write(reportText(report, wish.ticks));
  if (wish.json !== null) writeFileSync(wish.json, `${JSON.stringify(report, null, 2)}\n`);
  return report.violations.length === 0 ? 0 : 1;
};

/** One seed, told line by line. */
const tell = async (wish: Wish): Promise<number> => {
  let scenario: Scenario = drawScenario(wish.firstSeed, wish.ticks);
  const first = judgeRun(await runScenario(scenario))[0];
  if (wish.shrink && first !== undefined) {
    const small = await shrink(scenario, first.promise);
    write(
      `${small.tries} runs later ${small.scenario.disturbances.length} of ${scenario.disturbances.length} disturbances are left:\n`,
    );
    write(`${JSON.stringify(small.scenario.disturbances, null, 1)}\n`);
    scenario = small.scenario;
  }
  const run = await runScenario(scenario, wish.trace ? { tell: (text) => write(`${text}\n`) } : {});
  const violations = judgeRun(run);
  for (const { promise, atMs, text } of violations)
    write(`${promise}: ${atMs === null ? '' : new Date(atMs).toISOString()} ${text}\n`);
  write(
    `seed ${wish.firstSeed}: ${run.ticks} ticks, ${run.steps} steps, events ${run.hash}, ${violations.length} violations\n`,
  );
  return violations.length === 0 ? 0 : 1;
};

const wish = readWish(process.argv.slice(2));
if (wish === null) {
  process.stderr.write(USAGE);
  process.exitCode = 64;
} else {
  process.exitCode = await (wish.trace || wish.shrink ? tell(wish) : swarm(wish));
}
