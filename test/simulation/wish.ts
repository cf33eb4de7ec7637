// What `npm run simulate` understands.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export const USAGE = `npm run simulate -- [options]

  --seeds N         worlds to play (100)
  --ticks N         turns of the pace in each, before its quiet tail (1000)
  --first-seed N    the number of the first world (1)
  --threads N       worker threads (one a core)
  --json FILE       the report as JSON as well
  --trace           tell the first world line by line
  --shrink          leave out of the first world what its failure does not need, then tell what is left
  --crash-pairs N   instead: two deaths at every pair of steps of the first N short scenarios
  --planted-bugs    instead: how many worlds it takes to catch each planted bug
  --rehunt          instead: look for a world that catches each planted bug whose recorded one does not

A failing world is made small and told by itself. Exit code 0: every promise held; 1: one did not; 64: not understood.
`;

export interface Wish {
  readonly seeds: number;
  readonly ticks: number;
  readonly firstSeed: number;
  readonly threads: number;
  readonly json: string | null;
  readonly trace: boolean;
  readonly shrink: boolean;
  /** Scenarios for pairs of deaths; null: the swarm. */
  readonly crashPairs: number | null;
  readonly plantedBugs: boolean;
  readonly rehunt: boolean;
}

/** Null: not understood. */
export const readWish = (argv: readonly string[]): Wish | null => {
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
        'crash-pairs': { type: 'string' },
        'planted-bugs': { type: 'boolean', default: false },
        rehunt: { type: 'boolean', default: false },
      },
    });
    const pairs = values['crash-pairs'];
    const wish = {
      seeds: Number(values.seeds),
      ticks: Number(values.ticks),
      firstSeed: Number(values['first-seed']),
      threads: Number(values.threads),
      json: values.json ?? null,
      trace: values.trace,
      shrink: values.shrink,
      crashPairs: pairs === undefined ? null : Number(pairs),
      plantedBugs: values['planted-bugs'],
      rehunt: values.rehunt,
    };
    const counts = [wish.seeds, wish.ticks, wish.threads, wish.crashPairs ?? 1];
    const whole = counts.every((one) => Number.isSafeInteger(one) && one > 0);
    return whole && Number.isSafeInteger(wish.firstSeed) ? wish : null;
  } catch {
    return null;
  }
};
