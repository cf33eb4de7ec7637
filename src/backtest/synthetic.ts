// Price histories that a seeded generator makes, for those who have none of their own: labelled synthetic wherever they are
// shown. Each has one trait that bids can stumble over: jumps, a drift, a day's rhythm, droughts. The same seed makes the same.
import { DAY_MS } from '../domain/time.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS, seriesOf, type Series } from './series.ts';

const START_MS = 1_767_225_600_000; // 2026-01-01T00:00:00Z
const DAYS = 28;
const LOOKS = (DAYS * DAY_MS) / LOOK_MS + 1;

/** Numbers in [0, 1). Source: mulberry32 by Tommy Ettinger, public domain. */
const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A number of the standard normal distribution (Box and Muller, 1958). */
const normal = (chance: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());

/** Shares of the outside price, one for each look; 0 means that nothing is for sale. */
type Shape = (chance: () => number) => (look: number) => number;

/** A calm level that jumps up now and then, often beyond the outside price, and falls back within hours. */
const jumps: Shape = (chance) => {
  let level = 0.3;
  let spike = 1;
  return () => {
    level = Math.min(0.6, Math.max(0.15, level * (1 + 0.002 * normal(chance))));
    if (spike > 1.01) spike = chance() < 1 / (3 * LOOKS_PER_HOUR) ? 1 : spike;
    else if (chance() < 1 / (14 * LOOKS_PER_HOUR)) spike = 1.2 + 4 * chance() ** 2;
    return level * spike;
  };
};

/** A slow random walk that climbs to near the outside price and comes back. */
const drift: Shape = (chance) => {
  let noise = 0;
  return (look) => {
    noise = 0.9995 * noise + 0.004 * normal(chance);
    return (0.35 + 0.45 * Math.sin((Math.PI * look) / LOOKS) ** 2) * Math.exp(noise);
  };
};

/** Cheap at night and dear in the afternoon, in steps of about an hour. */
const rhythm: Shape = (chance) => {
  let held = 0.5;
  return (look) => {
    if (look % LOOKS_PER_HOUR === Math.floor(chance() * 3)) {
      const hour = (look / LOOKS_PER_HOUR) % 24;
      held = 0.5 - 0.25 * Math.cos((2 * Math.PI * (hour - 3)) / 24) + 0.03 * normal(chance);
    }
    return Math.max(0.1, held);
  };
};

/** A steady market that at times has nothing to sell for hours. */
const droughts: Shape = (chance) => {
  let level = 0.55;
  let dry = false;
  return () => {
    level = Math.min(0.9, Math.max(0.35, level * (1 + (chance() < 0.02 ? 0.06 * normal(chance) : 0))));
    dry = dry ? chance() > 1 / (4 * LOOKS_PER_HOUR) : chance() < 1 / (40 * LOOKS_PER_HOUR);
    return dry ? 0 : level;
  };
};

const SHAPES: Readonly<Record<string, Shape>> = { jumps, drift, rhythm, droughts };

/** The four synthetic series of a seed. */
export const syntheticSeries = (seed: number): readonly Series[] =>
  Object.entries(SHAPES).map(([family, shape], index) => {
    const shareAt = shape(chanceOf(seed * 1000 + index));
    const asks = Array.from({ length: LOOKS }, (_, look) => {
      const share = shareAt(look);
      return share === 0 ? NOTHING : Math.max(1, Math.round(share * OUTSIDE_CENTS));
    });
    return seriesOf({
      name: `synthetic-${family}-${seed}`,
      family,
      synthetic: true,
      startMs: START_MS,
      asks,
    });
  });
