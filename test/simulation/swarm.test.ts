// A thousand drawn worlds of a thousand turns each: every kind of fault, alone and together, and not one promise broken. The
// seeds that once failed are played first, for good.
import { expect, test } from 'vitest';
import { FAULT_KINDS } from './fault-kinds.ts';
import { KEPT_SEEDS } from './kept-seeds.ts';
import { SOMETIMES } from './sometimes.ts';
import { runSwarm, type SeedJob } from './swarm.ts';
import { createTally } from './swarm-report.ts';

const TICKS = 1000;
const SEEDS = 1000;

const verdictOf = async (jobs: readonly SeedJob[]) => {
  const tally = createTally();
  const from = performance.now();
  await runSwarm({ jobs, threads: 2, onResult: tally.add });
  return tally.report({ seconds: (performance.now() - from) / 1000, threads: 2, commit: 'test' });
};

test('Seeds that once broke a promise keep every promise now', { timeout: 120_000 }, async () => {
  const report = await verdictOf(KEPT_SEEDS.map(({ seed, ticks }) => ({ seed, ticks })));
  expect(report.violations).toEqual([]);
  expect(report.seeds).toBe(KEPT_SEEDS.length);
});

test(
  'A thousand worlds of a thousand turns break no promise and meet every situation',
  { timeout: 600_000 },
  async () => {
    const jobs = Array.from({ length: SEEDS }, (_, index) => ({ seed: index + 1, ticks: TICKS }));
    const report = await verdictOf(jobs);
    expect(report.violations).toEqual([]);
    expect(report.ticks).toBeGreaterThanOrEqual(SEEDS * TICKS);
    const missed = Object.keys(SOMETIMES).filter((name) => report.reached[name] === 0);
    expect(missed).toEqual([]);
    const unseen = FAULT_KINDS.filter((kind) => (report.faults[kind.name] ?? 0) === 0);
    expect(unseen.map((kind) => kind.name)).toEqual([]);
  },
);

test('At least forty kinds of fault are known', () => {
  expect(new Set(FAULT_KINDS.map((kind) => kind.name)).size).toBeGreaterThanOrEqual(40);
});
