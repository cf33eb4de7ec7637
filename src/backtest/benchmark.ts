// The benchmark of DESIGN §11: every series by strategy, game, payment rule and quote age, each against the exact clairvoyant,
// which nothing may beat. Baselines play `hold` beside it.
import type { BidPolicy } from '../domain/policy.ts';
import type { PaymentRule } from '../domain/simulated-market.ts';
import { MINUTE_MS } from '../domain/time.ts';
import { BASELINES, playBaseline } from './baselines.ts';
import { optimumOf } from './clairvoyant.ts';
import { SHIPPED } from './policies.ts';
import { replay, type ReplayListener } from './replay.ts';
import { GAMES, RULES, scoreOf, type Game, type Score, type Tally } from './score.ts';
import { LOOK_MS, type Series } from './series.ts';

const QUOTE_AGES_MS: readonly number[] = [0, LOOK_MS];

export interface Row extends Score {
  readonly series: string;
  readonly family: string;
  readonly synthetic: boolean;
  readonly game: Game;
  readonly strategy: string;
  /** True for what plays without the daemon, for comparison. */
  readonly baseline: boolean;
  readonly rule: PaymentRule;
  readonly quoteAgeMinutes: number;
  /** Looks that the tick was run for; 0 for baselines. */
  readonly looks: number;
}

export interface Case {
  readonly series: Series;
  readonly game: Game;
  readonly rule: PaymentRule;
  readonly quoteAgeMs: number;
  readonly nodes: number;
  readonly depthCents: number;
}

/** A total below the optimum by more than this share is no rounding. */
const TOLERANCE = 1e-9;

const rowOf = (
  at: Case,
  strategy: string,
  tally: Tally & { readonly looks: number },
  baseline: boolean,
): Row => {
  const { series, game, rule, quoteAgeMs, nodes } = at;
  const { looks, ...sums } = tally;
  const score = scoreOf(series, nodes, sums, optimumOf(at));
  if (score.totalCents < score.optimumCents * (1 - TOLERANCE)) {
    throw new Error(
      `${strategy} beats the clairvoyant on ${series.name} (${game}, ${rule}): one of the two is wrong`,
    );
  }
  return {
    series: series.name,
    family: series.family,
    synthetic: series.synthetic,
    game,
    strategy,
    baseline,
    rule,
    quoteAgeMinutes: quoteAgeMs / MINUTE_MS,
    looks,
    ...score,
  };
};

/** One strategy as shipped (or as given) through the tick. */
export const runStrategy = async (at: Case, bid: BidPolicy, listen?: ReplayListener): Promise<Row> =>
  rowOf(at, bid.strategy, await replay({ ...at, bid, ...(listen === undefined ? {} : { listen }) }), false);

/** The baselines of one case of `hold`. */
export const runBaselines = (at: Case): readonly Row[] =>
  BASELINES.map((baseline) => {
    const tally = playBaseline(baseline, { ...at, quoteAgeLooks: at.quoteAgeMs / LOOK_MS });
    return rowOf(at, baseline, { ...tally, looks: 0 }, true);
  });

export interface BenchmarkInput {
  readonly series: readonly Series[];
  readonly nodes: number;
  readonly depthCents: number;
  readonly games?: readonly Game[];
  readonly onRow?: (row: Row) => void;
}

/** How many rows a benchmark will have, for a progress bar. */
export const rowsOf = ({ series, games = GAMES }: Pick<BenchmarkInput, 'series' | 'games'>): number => {
  const cases = series.length * RULES.length * QUOTE_AGES_MS.length;
  const baselines = games.includes('hold') ? cases * BASELINES.length : 0;
  return cases * games.length * Object.keys(SHIPPED).length + baselines;
};

export const runBenchmark = async (input: BenchmarkInput): Promise<readonly Row[]> => {
  const { games = GAMES, nodes, depthCents, onRow } = input;
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    onRow?.(row);
  };
  for (const series of input.series) {
    for (const game of games) {
      for (const rule of RULES) {
        for (const quoteAgeMs of QUOTE_AGES_MS) {
          const at = { series, game, rule, quoteAgeMs, nodes, depthCents };
          for (const bid of Object.values(SHIPPED)) add(await runStrategy(at, bid));
          if (game === 'hold') for (const row of runBaselines(at)) add(row);
        }
      }
    }
  }
  return rows;
};
