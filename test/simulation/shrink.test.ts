// What a person gets to see of a failure: a world from which everything was left out that the broken promise does not need.
import { expect, test } from 'vitest';
import { readKillingSeeds } from './killing-seeds.ts';
import { MUTANTS } from './mutants.ts';
import { medianWait } from './planted-bugs.ts';
import { runSwarm, type SeedJob, type SeedResult } from './swarm.ts';

const NAME = 'an extension whose answer was lost is sent again';

const play = async (job: SeedJob, mutant: (typeof MUTANTS)[number] | null): Promise<SeedResult> => {
  const results: SeedResult[] = [];
  await runSwarm({ jobs: [job], threads: 1, mutant, onResult: (result) => results.push(result) });
  const [result] = results;
  if (result === undefined) throw new Error('no answer');
  return result;
};

test(
  'A failing world is made small: the faults, then the ticks, then the nodes that the failure does not need are gone',
  { timeout: 120_000 },
  async () => {
    const mutant = MUTANTS.find((one) => one.name === NAME) ?? null;
    const killing = readKillingSeeds()[NAME];
    expect(mutant).not.toBeNull();
    if (killing === undefined) throw new Error('no killing seed');
    const { violations, shrunk } = await play({ ...killing, shrink: true }, mutant);
    if (shrunk === null) throw new Error('nothing was made small');
    const { scenario } = shrunk;
    expect(scenario.disturbances.length).toBeLessThanOrEqual(3);
    expect(scenario.ticks).toBeLessThan(killing.ticks);
    expect(scenario.policy.fleets).toHaveLength(1);
    const again = await play({ ...killing, scenario }, mutant);
    expect(again.violations.map((one) => one.promise)).toContain(violations[0]?.promise);
    expect((await play({ ...killing, scenario }, null)).violations).toEqual([]);
  },
);

test('How many seeds it takes to catch a bug is the median over every seed that one may begin with', () => {
  expect(medianWait(1, 4, [1, 2, 3, 4])).toBe(1);
  expect(medianWait(1, 9, [3, 6, 9])).toBe(2);
  expect(medianWait(11, 5, [15])).toBe(3);
  expect(medianWait(1, 5, [])).toBeNull();
});
