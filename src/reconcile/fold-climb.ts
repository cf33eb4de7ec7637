// The climb side of fold: where each climb stands, and whether a bid is just being replaced. Where limits cannot be raised in
// place a step withdraws the bid first; without this memory the next bid would take the empty slot for a new climb and start
// from the bottom, for ever.
import type { ClimbMoved } from '../domain/entry.ts';
import type { UnixMs } from '../domain/time.ts';
import { climbKey, type Books, type NodeBook } from './books.ts';

export const moveClimb = (books: Books, entry: ClimbMoved, atMs: UnixMs): void => {
  const key = climbKey(entry.fleet, entry.zone);
  const before = books.climbs.get(key);
  books.climbs.set(key, {
    level: entry.level,
    movedAtMs: atMs,
    askedAtMs: entry.askedAtMs,
    steps: entry.reason === 'stepped' ? (before?.steps ?? 0) + 1 : 0,
    replacing: before?.replacing ?? false,
  });
};

/** Notes that a bid is being replaced, or that one stands again or was filled after all. */
export const noteReplacing = (
  books: Books,
  { fleet, zone }: Pick<NodeBook, 'fleet' | 'zone'>,
  replacing: boolean,
): void => {
  const key = climbKey(fleet, zone);
  const known = books.climbs.get(key);
  if (known !== undefined && known.replacing !== replacing) books.climbs.set(key, { ...known, replacing });
};
