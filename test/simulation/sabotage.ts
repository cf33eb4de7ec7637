// A strategy gone bad, put in the place of every strategy's functions while it lasts: it throws, answers what is no number, asks
// for more than the ceiling, or for a limit that no procurement can express. The guard behind it must hold.
import type { CentsPerNodeHour } from '../../src/domain/money.ts';
import { createBoundedRun } from '../../src/daemon/bounded-run.ts';
import { follow } from '../../src/strategy/follow.ts';
import { ladder } from '../../src/strategy/ladder.ts';
import type { BidDecision, Strategy } from '../../src/strategy/strategy.ts';
import type { Surroundings } from './surroundings.ts';

type Open = { -readonly [Key in keyof Strategy]: Strategy[Key] };

const HONEST: readonly (readonly [Open, Pick<Strategy, 'bid' | 'hold'>])[] = [ladder, follow].map(
  (strategy) => [strategy, { bid: strategy.bid, hold: strategy.hold }],
);

const levels: Readonly<Record<'nan' | 'above' | 'odd', (ceiling: number) => number>> = {
  nan: () => Number.NaN,
  above: (ceiling) => (Math.floor(ceiling / 8) + 1) * 8,
  odd: (ceiling) => Math.floor(ceiling / 8) * 8 - 3,
};

const endless = (): never => {
  for (;;);
};

/** Puts the strategy in that the surroundings name; the honest one for null. */
export const sabotage = (world: Pick<Surroundings, 'sabotage'>): void => {
  const how = world.sabotage;
  for (const [open, honest] of HONEST) Object.assign(open, how === null ? honest : gone(how));
};

const gone = (how: NonNullable<Surroundings['sabotage']>): Pick<Strategy, 'bid' | 'hold'> => {
  // Real time, and no matter for the virtual one: what loops is cut off at any limit; the daemon sets one around all deciding.
  const bounded = createBoundedRun(5);
  const level = (ceiling: number): CentsPerNodeHour => {
    if (how === 'throws') throw new Error('a strategy that throws');
    if (how === 'loops') return bounded(endless);
    return levels[how](ceiling) as CentsPerNodeHour;
  };
  return {
    bid: (input): BidDecision => ({
      kind: 'bid',
      level: level(input.policy.ceiling),
      move: 'stepped',
      why: 'sabotage',
    }),
    hold: (input) => level(input.policy.ceiling),
  };
};
