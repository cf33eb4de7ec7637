// The oracles are tested too: each planted bug is caught by the seed that is recorded with it, and the program as it is lives
// through the same seed. A checker that sees nothing would fail here.
import { describe, expect, test } from 'vitest';
import { readKillingSeeds, type Killing } from './killing-seeds.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { runSwarm } from './swarm.ts';
import type { Violation } from './trace.ts';

const KILLING_SEEDS = readKillingSeeds();

const violationsOf = async (
  mutant: Mutant | null,
  jobs: readonly Killing[],
): Promise<readonly Violation[]> => {
  const found: Violation[] = [];
  await runSwarm({
    jobs,
    threads: 1,
    mutant,
    seedDeadlineMs: 10_000,
    onResult: ({ violations }) => found.push(...violations),
  });
  return found;
};

const distinct = (jobs: readonly Killing[]): readonly Killing[] => [
  ...new Map(jobs.map((job) => [`${job.seed}/${job.ticks}`, job])).values(),
];

test('At least twenty bugs are planted', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
  expect(MUTANTS.map((mutant) => mutant.name).toSorted()).toEqual(Object.keys(KILLING_SEEDS).toSorted());
});

test(
  'The program as it is keeps every promise in the seeds that catch the planted bugs',
  { timeout: 60_000 },
  async () => {
    expect(await violationsOf(null, distinct(Object.values(KILLING_SEEDS)))).toEqual([]);
  },
);

describe('A planted bug is caught', { timeout: 60_000 }, () => {
  test.for(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', async ([name, mutant]) => {
    const killing = KILLING_SEEDS[name];
    const violations = await violationsOf(mutant, killing === undefined ? [] : [killing]);
    expect(violations.length, 'nothing was found; npm run simulate -- --rehunt').toBeGreaterThan(0);
  });
});
