// One world told line by line, made small first when that is wished: what a person reads of a failure.
import { judgeRun } from './checks/all.ts';
import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import type { Violation } from './trace.ts';

export interface Telling {
  /** Leave out what the first broken promise does not need. */
  readonly small: boolean;
  /** At most so many lines, the last ones; null: all, as they come. */
  readonly lastLines: number | null;
  readonly write: (text: string) => void;
}

const violationLine = ({ promise, atMs, text }: Violation): string =>
  `${promise}: ${atMs === null ? '' : `${new Date(atMs).toISOString()} `}${text}\n`;

const makeSmall = async (scenario: Scenario, write: Telling['write']): Promise<Scenario> => {
  const [first] = judgeRun(await runScenario(scenario));
  if (first === undefined) return scenario;
  const { scenario: small, tries } = await shrink(scenario, first.promise);
  const nodes = small.policy.fleets.map((fleet) => `${fleet.name} ${fleet.schedule.baseGpus / 8}`).join(', ');
  write(
    `made small in ${tries} runs: ${small.disturbances.length} of ${scenario.disturbances.length} disturbances, ` +
      `${small.ticks} of ${scenario.ticks} ticks, nodes: ${nodes}\n`,
  );
  for (const one of small.disturbances) write(`  ${JSON.stringify(one)}\n`);
  return small;
};

/** Gives what is wrong with it. */
export const tellRun = async (given: Scenario, telling: Telling): Promise<readonly Violation[]> => {
  const { small, lastLines, write } = telling;
  const scenario = small ? await makeSmall(given, write) : given;
  const lines: string[] = [];
  const tell =
    lastLines === null ? (text: string) => write(`${text}\n`) : (text: string) => void lines.push(text);
  const run = await runScenario(scenario, { tell });
  for (const line of lines.slice(-(lastLines ?? 0))) write(`${line}\n`);
  const violations = judgeRun(run);
  for (const one of violations) write(violationLine(one));
  write(
    `seed ${given.seed}: ${run.ticks} ticks, ${run.steps} steps, events ${run.hash}, ${violations.length} violations\n`,
  );
  return violations;
};
