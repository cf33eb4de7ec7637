// What a benchmark's rows come to: worst and median over series, and the promises of DESIGN §11 beside what was measured.
import type { Row } from './benchmark.ts';

export interface Summary {
  readonly game: Row['game'];
  readonly strategy: string;
  readonly rule: Row['rule'];
  readonly quoteAgeMinutes: number;
  readonly worstCostRatio: number;
  readonly medianCostRatio: number;
  readonly worstAStar: number;
  readonly mostInterruptionsPerNodeWeek: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
};

/** One line a strategy, game, rule and quote age, in the order of the rows. */
export const summarise = (rows: readonly Row[]): readonly Summary[] => {
  const groups = Map.groupBy(rows, (row) =>
    [row.game, row.strategy, row.rule, row.quoteAgeMinutes].join('/'),
  );
  return [...groups.values()].flatMap((group): Summary[] => {
    const first = group[0];
    if (first === undefined) return [];
    const ratios = group.map((row) => row.costRatio);
    return [
      {
        game: first.game,
        strategy: first.strategy,
        rule: first.rule,
        quoteAgeMinutes: first.quoteAgeMinutes,
        worstCostRatio: Math.max(...ratios),
        medianCostRatio: median(ratios),
        worstAStar: Math.min(...group.map((row) => row.aStar)),
        mostInterruptionsPerNodeWeek: Math.max(...group.map((row) => row.interruptionsPerNodeWeek)),
      },
    ];
  });
};

export interface Verdict {
  readonly what: string;
  readonly value: number;
  /** `least`: the value may not be under it; `most`: not above. */
  readonly bound: 'least' | 'most';
  readonly floor: number;
  readonly aim: number;
  readonly meetsFloor: boolean;
  readonly meetsAim: boolean;
}

export const verdict = (
  what: string,
  value: number,
  bound: Verdict['bound'],
  floor: number,
  aim: number,
): Verdict => {
  const meets = (limit: number): boolean => (bound === 'most' ? value <= limit : value >= limit);
  return { what, value, bound, floor, aim, meetsFloor: meets(floor), meetsAim: meets(aim) };
};

/** How much dearer `strategy` is than `baseline`, at worst over the series; negative when it is always cheaper. */
const dearer = (rows: readonly Row[], strategy: string, baseline: string): number => {
  const others = new Map(rows.filter((row) => row.strategy === baseline).map((row) => [row.series, row]));
  const shares = rows
    .filter((row) => row.strategy === strategy)
    .map((row) => row.totalCents / (others.get(row.series)?.totalCents ?? Number.NaN) - 1);
  return Math.max(...shares);
};

/** The measures of the benchmark with their floors and aims; all of the game `hold`. */
export const judge = (rows: readonly Row[]): readonly Verdict[] => {
  const hold = rows.filter((row) => row.game === 'hold');
  const at = (rule: Row['rule'], age: number): readonly Row[] =>
    hold.filter((row) => row.rule === rule && row.quoteAgeMinutes === age);
  const worst = (strategy: string, rule: Row['rule'], age: number): number =>
    Math.max(...at(rule, age).flatMap((row) => (row.strategy === strategy ? [row.costRatio] : [])));
  const followed = hold.filter((row) => row.strategy === 'follow').map((row) => row.aStar);
  const near = (rule: Row['rule']): number => worst('follow', rule, 0) * 1.01;
  return [
    verdict('follow, fresh quote, clear: worst CR', worst('follow', 'clear', 0), 'most', 1.05, 1.03),
    verdict('follow, fresh quote, maker: worst CR', worst('follow', 'maker', 0), 'most', 1.05, 1.03),
    verdict('follow, fresh quote, bid: worst CR', worst('follow', 'bid', 0), 'most', 1.05, 1.03),
    verdict('follow, 5 min old quote, clear: worst CR', worst('follow', 'clear', 5), 'most', 1.08, 1.05),
    verdict('follow, 5 min old quote, maker: worst CR', worst('follow', 'maker', 5), 'most', 1.12, 1.08),
    verdict('follow, 5 min old quote, bid: worst CR', worst('follow', 'bid', 5), 'most', 1.25, 1.15),
    verdict('follow, all: worst A*', Math.min(...followed), 'least', 0.99, 1),
    verdict('ladder, fresh quote, clear: worst CR', worst('ladder', 'clear', 0), 'most', 1.05, near('clear')),
    verdict('ladder, fresh quote, bid: worst CR', worst('ladder', 'bid', 0), 'most', 1.12, near('bid')),
    verdict(
      'follow against 1.5 × at start, clear: dearer by',
      dearer(at('clear', 0), 'follow', 'vendor_default'),
      'most',
      0.02,
      0.02,
    ),
    verdict(
      'follow against 1.5 × at start, maker: dearer by',
      dearer(at('maker', 0), 'follow', 'vendor_default'),
      'most',
      0.02,
      0.02,
    ),
    verdict(
      'follow against 1.5 × at start, bid: dearer by',
      dearer(at('bid', 0), 'follow', 'vendor_default'),
      'most',
      0.02,
      -0.25,
    ),
  ];
};
