// A strategy gone bad, put in the place of the ladder's functions while it lasts: it throws, answers what is no number, asks
// for more than the ceiling, or for a limit that no procurement can express. The guard behind it must hold.
import type { CentsPerNodeHour } from '../../src/domain/money.ts';
import { ladder } from '../../src/strategy/ladder.ts';
import type { BidDecision, Strategy } from '../../src/strategy/strategy.ts';
import type { Surroundings } from './surroundings.ts';

type Open = { -readonly [Key in keyof Strategy]: Strategy[Key] };

const honest: Pick<Strategy, 'bid' | 'hold'> = { bid: ladder.bid, hold: ladder.hold };

const levels: Readonly<Record<'nan' | 'above' | 'odd', (ceiling: number) => number>> = {
  nan: () => Number.NaN,
  above: (ceiling) => (Math.floor(ceiling / 8) + 1) * 8,
  odd: (ceiling) => Math.floor(ceiling / 8) * 8 - 3,
};

/** Puts the strategy in that the surroundings name; the honest one for null. */
export const sabotage = (world: Pick<Surroundings, 'sabotage'>): void => {
  const open = ladder as Open;
  const how = world.sabotage;
  if (how === null) {
    Object.assign(open, honest);
    return;
  }
  const level = (ceiling: number): CentsPerNodeHour => {
    if (how === 'throws') throw new Error('a strategy that throws');
    return levels[how](ceiling) as CentsPerNodeHour;
  };
  open.bid = (input): BidDecision => ({
    kind: 'bid',
    level: level(input.policy.ceiling),
    move: 'stepped',
    why: 'sabotage',
  });
  open.hold = (input) => level(input.policy.ceiling);
};
