// What a swarm adds up to, as a value for JSON and as text for people: seeds, ticks, rate, faults by kind, what was reached,
// and every violation with the command that plays it again.
import { formatInstant } from '../../src/domain/time.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import type { PlantedBugReport } from './planted-bugs.ts';
import type { Scenario } from './scenario.ts';
import { SOMETIMES } from './sometimes.ts';
import type { SeedJob, SeedResult } from './swarm.ts';
import type { Violation } from './trace.ts';

/** A violation, and the world it was found in. */
interface Found extends Violation {
  readonly seed: number;
  readonly ticks: number;
  /** Null: drawn from the seed. */
  readonly scenario: Scenario | null;
}

export interface SwarmReport {
  readonly seeds: number;
  readonly ticks: number;
  readonly steps: number;
  readonly crashes: number;
  readonly seconds: number;
  readonly ticksPerSecond: number;
  readonly threads: number;
  readonly ticksPerSecondAndThread: number;
  readonly commit: string;
  /** How often each kind of fault came. */
  readonly faults: Readonly<Record<string, number>>;
  /** What else was counted: ends of ticks, refusals by guard, places of crashes. */
  readonly counts: Readonly<Record<string, number>>;
  /** Seeds that met each situation. */
  readonly reached: Readonly<Record<string, number>>;
  readonly violations: readonly Found[];
}

export interface Tally {
  readonly add: (result: SeedResult, job: SeedJob) => void;
  readonly report: (about: {
    readonly seconds: number;
    readonly threads: number;
    readonly commit: string;
  }) => SwarmReport;
}

const KINDS: ReadonlySet<string> = new Set(FAULT_KINDS.map((kind) => kind.name));

export const createTally = (): Tally => {
  const faults = new Map([...KINDS].map((name) => [name, 0]));
  const counts = new Map<string, number>();
  const reached = new Map(Object.keys(SOMETIMES).map((name) => [name, 0]));
  const violations: Found[] = [];
  let [seeds, ticks, steps] = [0, 0, 0];
  return {
    add: (result, job) => {
      seeds += 1;
      ticks += result.ticks;
      steps += result.steps;
      for (const [what, count] of result.counts) {
        const sums = KINDS.has(what) ? faults : counts;
        sums.set(what, (sums.get(what) ?? 0) + count);
      }
      for (const name of result.reached) reached.set(name, (reached.get(name) ?? 0) + 1);
      for (const violation of result.violations)
        violations.push({ seed: job.seed, ticks: job.ticks, scenario: job.scenario ?? null, ...violation });
    },
    report: ({ seconds, threads, commit }) => ({
      seeds,
      ticks,
      steps,
      crashes: [...counts, ...faults].reduce(
        (sum, [what, count]) => (/^(crash |killed)/.test(what) ? sum + count : sum),
        0,
      ),
      seconds,
      ticksPerSecond: Math.round(ticks / Math.max(0.001, seconds)),
      threads,
      ticksPerSecondAndThread: Math.round(ticks / Math.max(0.001, seconds) / threads),
      commit,
      faults: sorted(faults),
      counts: sorted(counts),
      reached: sorted(reached),
      violations: violations.toSorted((a, b) => a.seed - b.seed),
    }),
  };
};

const sorted = (map: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));

const countLines = (counts: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(counts).map(([what, count]) => `  ${String(count).padStart(9)}  ${what}`);

export const reportText = (report: SwarmReport): string => {
  const kinds = Object.values(report.faults).filter((count) => count > 0).length;
  const lines = [
    `${report.seeds} seeds, ${report.ticks} ticks, ${report.steps} steps, ${report.crashes} crashes in ${report.seconds.toFixed(1)} s`,
    `${report.ticksPerSecond} ticks/s on ${report.threads} threads, ${report.ticksPerSecondAndThread} a thread, commit ${report.commit}`,
    '',
    `faults, ${kinds} kinds of ${KINDS.size}:`,
    ...countLines(report.faults),
    '',
    'what came of them:',
    ...countLines(report.counts),
    '',
    'situations, by the seeds that met them:',
    ...countLines(report.reached).map((line) => (/^ +0 /.test(line) ? `${line}  (never reached)` : line)),
    '',
    ...report.violations.map((one) => violationText(one)),
    `${report.violations.length} violations`,
  ];
  return `${lines.join('\n')}\n`;
};

const violationText = (one: Found): string =>
  `seed ${one.seed}: ${one.promise}: ${one.atMs === null ? '' : `${formatInstant(one.atMs)} `}${one.text}\n` +
  (one.scenario === null
    ? `    npm run simulate -- --first-seed ${one.seed} --seeds 1 --ticks ${one.ticks} --trace`
    : `    the process died at steps ${one.scenario.dieAtSteps.join(' and ')}`);

export const plantedBugText = (report: PlantedBugReport, seeds: number): string => {
  const { name, caughtBy, medianSeeds } = report;
  const median = medianSeeds === null ? `more than ${Math.ceil(seeds / 2)}` : String(medianSeeds);
  return `${median.padStart(12)} seeds (caught by ${caughtBy.length} of ${seeds}): ${name}\n`;
};
