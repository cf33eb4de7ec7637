// What a swarm adds up to, as a value for JSON and as text for people: seeds, ticks, rate, faults by kind, what was reached,
// and every violation with the command that plays it again.
import { formatInstant } from '../../src/domain/time.ts';
import { SOMETIMES } from './sometimes.ts';
import type { SeedResult } from './swarm.ts';
import type { Violation } from './trace.ts';

export interface SwarmReport {
  readonly seeds: number;
  readonly ticks: number;
  readonly steps: number;
  readonly crashes: number;
  readonly seconds: number;
  readonly ticksPerSecond: number;
  readonly threads: number;
  readonly commit: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  readonly violations: readonly (Violation & { readonly seed: number })[];
}

export interface Tally {
  readonly add: (result: SeedResult) => void;
  readonly report: (about: {
    readonly seconds: number;
    readonly threads: number;
    readonly commit: string;
  }) => SwarmReport;
}

export const createTally = (): Tally => {
  const counts = new Map<string, number>();
  const reached = new Map(Object.keys(SOMETIMES).map((name) => [name, 0]));
  const violations: (Violation & { seed: number })[] = [];
  let [seeds, ticks, steps] = [0, 0, 0];
  return {
    add: (result) => {
      seeds += 1;
      ticks += result.ticks;
      steps += result.steps;
      for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
      for (const name of result.reached) reached.set(name, (reached.get(name) ?? 0) + 1);
      for (const violation of result.violations) violations.push({ seed: result.seed, ...violation });
    },
    report: ({ seconds, threads, commit }) => ({
      seeds,
      ticks,
      steps,
      crashes: [...counts].reduce(
        (sum, [what, count]) => (/^(crash|killed)/.test(what) ? sum + count : sum),
        0,
      ),
      seconds,
      ticksPerSecond: Math.round(ticks / Math.max(0.001, seconds)),
      threads,
      commit,
      counts: sorted(counts),
      reached: sorted(reached),
      violations: violations.toSorted((a, b) => a.seed - b.seed),
    }),
  };
};

const sorted = (map: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));

export const reportText = (report: SwarmReport, ticksASeed: number): string => {
  const lines = [
    `${report.seeds} seeds, ${report.ticks} ticks, ${report.steps} steps, ${report.crashes} crashes in ${report.seconds.toFixed(1)} s`,
    `${report.ticksPerSecond} ticks/s on ${report.threads} threads (${Math.round(report.ticksPerSecond / report.threads)} a thread), commit ${report.commit}`,
    '',
    ...Object.entries(report.counts).map(([what, count]) => `  ${String(count).padStart(9)}  ${what}`),
    '',
    ...Object.entries(report.reached).map(
      ([what, seeds]) =>
        `  ${String(seeds).padStart(9)} seeds: ${what}${seeds === 0 ? '  (never reached)' : ''}`,
    ),
    '',
    ...report.violations.map((one) => violationText(one, ticksASeed)),
    `${report.violations.length} violations`,
  ];
  return `${lines.join('\n')}\n`;
};

const violationText = (one: Violation & { readonly seed: number }, ticks: number): string =>
  `seed ${one.seed}: ${one.promise}: ${one.atMs === null ? '' : `${formatInstant(one.atMs)} `}${one.text}\n` +
  `    npm run simulate -- --first-seed ${one.seed} --seeds 1 --ticks ${ticks} --trace`;
