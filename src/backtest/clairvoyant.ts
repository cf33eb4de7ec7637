// The least that anybody could have paid who knew every ask: exact dynamic programming, from the last hour to the first, over
// look × state (no node, a node, a node still booting; the coming hour paid or not). It pays the bare ask under every payment rule, as no limit under
// the ask is ever filled, and may begin with a node (and an hour bought early) from the warm-up. No policy can be cheaper; who is, found a fault.
import { BOOT_MS, type Game } from './score.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS, scoredHours, type Series } from './series.ts';

const BOOT_LOOKS = BOOT_MS / LOOK_MS;

/** The least cost from an hour on, at its first look; the lists by looks of booting that a node still needs. */
interface Ahead {
  readonly none: number;
  /** A node runs up to here; this hour is not paid for. */
  readonly held: readonly number[];
  /** The same, and this hour is paid for already. */
  readonly paid: readonly number[];
}

export interface OptimumInput {
  readonly series: Series;
  readonly game: Game;
  readonly nodes: number;
  /** Cents by which each node held moves the ask for the next one. */
  readonly depthCents: number;
}

/** Cents of paid and missing hours together. With depth each further node has a dearer ask of its own. */
export const optimumOf = ({ series, game, nodes, depthCents }: OptimumInput): number => {
  let sum = 0;
  for (let node = 0; node < nodes; node += 1) {
    if (node > 0 && depthCents === 0) return sum * nodes;
    sum += optimumOfOne(series, game, node * depthCents);
  }
  return sum;
};

const optimumOfOne = (series: Series, game: Game, more: number): number => {
  const over = Array.from({ length: BOOT_LOOKS }, () => 0);
  let ahead: Ahead = { none: 0, held: over, paid: over };
  for (let hour = scoredHours(series) - 1; hour >= 0; hour -= 1) {
    const first = series.scoredFrom + hour * LOOKS_PER_HOUR;
    const askAt = (look: number): number => (series.asks[first + look] ?? NOTHING) + more;
    ahead = hourBefore(askAt, game, ahead);
  }
  const early = cheapestFrom(
    (look) => (series.asks[series.scoredFrom - LOOKS_PER_HOUR + look] ?? NOTHING) + more,
    game,
  );
  return Math.min(ahead.none, ...ahead.held, (early[0] ?? NOTHING) + (ahead.paid[0] ?? 0));
};

/** One hour back. */
const hourBefore = (askAt: (look: number) => number, game: Game, ahead: Ahead): Ahead => {
  const outside = OUTSIDE_CENTS / LOOKS_PER_HOUR;
  const cheapest = cheapestFrom(askAt, game);
  /** From `look` of this hour on a node runs: the next hour is left, bought at its first look, or bought early. */
  const onward = (look: number, boot: number): number =>
    Math.min(ahead.held[boot] ?? 0, (cheapest[look] ?? NOTHING) + (ahead.paid[boot] ?? 0));
  let none = OUTSIDE_CENTS + ahead.none;
  for (let look = 0; look < LOOKS_PER_HOUR; look += 1) {
    const looks = LOOKS_PER_HOUR - look;
    const useful = Math.max(0, looks - BOOT_LOOKS);
    const cost = (askAt(look) * looks) / LOOKS_PER_HOUR + (LOOKS_PER_HOUR - useful) * outside;
    none = Math.min(none, cost + onward(look, Math.max(0, BOOT_LOOKS - looks)));
  }
  const paid = ahead.paid.map((_, boot) => boot * outside + onward(0, 0));
  const held = paid.map((cost) => Math.min(none, askAt(0) + cost));
  return { none, held, paid };
};

/** The least ask from each look to the end of the hour; nothing can be bought early in `hold`. */
const cheapestFrom = (askAt: (look: number) => number, game: Game): readonly number[] => {
  const cheapest = Array.from({ length: LOOKS_PER_HOUR }, () => NOTHING);
  if (game === 'hold') return cheapest;
  let least = NOTHING;
  for (let look = LOOKS_PER_HOUR - 1; look >= 0; look -= 1) {
    least = Math.min(least, askAt(look));
    cheapest[look] = least;
  }
  return cheapest;
};
