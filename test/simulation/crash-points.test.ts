// A process may die at any step: at every single one of two dozen scenarios, before a call has its effect, while it has it,
// and after it. Whatever was under way is resolved by what a later life finds in the ledger and at the venue.
import { expect, test } from 'vitest';
import { crashJobs } from './crash-points.ts';
import { runSwarm, type SeedJob } from './swarm.ts';

const SCENARIOS = 24;

test(
  'Killed at any single step the daemon keeps every promise and reaches its target in its next life',
  { timeout: 240_000 },
  async () => {
    const jobs: SeedJob[] = [];
    for (let number = 0; number < SCENARIOS; number += 1) jobs.push(...(await crashJobs(number)));
    expect(jobs.length).toBeGreaterThan(SCENARIOS * 20);
    const broken: string[] = [];
    let died = 0;
    await runSwarm({
      jobs,
      threads: 2,
      onResult: ({ seed, violations, counts }) => {
        if (counts.some(([what]) => what.startsWith('crash '))) died += 1;
        for (const { promise, text } of violations) broken.push(`scenario ${seed}: ${promise}: ${text}`);
      },
    });
    expect(broken.slice(0, 5)).toEqual([]);
    expect(died).toBe(jobs.length);
  },
);
