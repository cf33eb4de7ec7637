// Chance of a simulated world. One root seed is split by name into streams, so a new draw in one of them shifts no other:
// what the network does is not changed by one more fault of the disk. The generator is the market's own.
import { drawUnit, openStream } from '../../src/market/random.ts';

export interface Chance {
  /** A number in [0, 1). */
  readonly unit: () => number;
  /** A whole number in [low, high]. */
  readonly whole: (low: number, high: number) => number;
  /** True with this chance (0–1). */
  readonly happens: (probability: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
}

/** The stream called `name` under the root seed. */
export const chanceOf = (seed: number, name: string): Chance => {
  const stream = openStream(seed, name);
  const unit = (): number => drawUnit(stream);
  const whole = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    whole,
    happens: (probability) => unit() < probability,
    pick: (items) => {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
};
