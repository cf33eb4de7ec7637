// The world that is known to catch each planted bug, by the bug's name in `killing-seeds.json`. A new draw of scenarios moves them all,
// a changed line of the program some of them; `npm run simulate -- --rehunt` looks for others where one catches nothing any more.
import { readFileSync, writeFileSync } from 'node:fs';
import { MUTANTS, type Mutant } from './mutants.ts';
import { runSwarm, type SeedJob } from './swarm.ts';

export interface Killing {
  readonly seed: number;
  readonly ticks: number;
}

const FILE = new URL('./killing-seeds.json', import.meta.url);

export const readKillingSeeds = (): Readonly<Record<string, Killing>> =>
  JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Killing>;

/** Short worlds first: most bugs show in them. */
const HUNTS = [
  { ticks: 300, seeds: 200 },
  { ticks: 1000, seeds: 300 },
] as const;

/** Seconds of real time after which a run counts as one that never ends, which catches a bug as well. */
const SEED_DEADLINE_MS = 20_000;

/** The first world of `jobs` that breaks a promise; null when none does. */
const firstCaught = async (mutant: Mutant, jobs: Iterable<SeedJob>): Promise<Killing | null> => {
  let caught: Killing | null = null;
  await runSwarm({
    jobs,
    threads: 1,
    mutant,
    seedDeadlineMs: SEED_DEADLINE_MS,
    stopped: () => caught !== null,
    onResult: ({ violations }, { seed, ticks }) => {
      if (violations.length > 0) caught ??= { seed, ticks };
    },
  });
  return caught;
};

function* huntJobs(): Generator<SeedJob> {
  for (const { ticks, seeds } of HUNTS) {
    for (let seed = 1; seed <= seeds; seed += 1) yield { seed, ticks };
  }
}

/** Keeps the worlds that still catch their bug and looks for others; gives the names of bugs that none caught. */
export const rehunt = async (say: (text: string) => void): Promise<readonly string[]> => {
  const known = readKillingSeeds();
  const found: Record<string, Killing> = {};
  const alive: string[] = [];
  for (const mutant of MUTANTS) {
    const { name } = mutant;
    const before = known[name];
    const killing =
      (before === undefined ? null : await firstCaught(mutant, [before])) ??
      (await firstCaught(mutant, huntJobs()));
    if (killing === null) alive.push(name);
    else found[name] = killing;
    say(`${killing === null ? 'NOT CAUGHT' : `seed ${killing.seed}, ${killing.ticks} ticks`}: ${name}\n`);
    writeFileSync(FILE, `${JSON.stringify({ ...known, ...found }, null, 2)}\n`);
  }
  writeFileSync(FILE, `${JSON.stringify(found, null, 2)}\n`);
  return alive;
};
