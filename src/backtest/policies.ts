// The bid policies that a backtest compares: as the settings ship them, with the outside price as the ceiling.
import { centsPerNodeHour, floorLimit } from '../domain/money.ts';
import type { BidPolicy, FollowPolicy, LadderPolicy } from '../domain/policy.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { OUTSIDE_CENTS } from './series.ts';

const ceiling = centsPerNodeHour(OUTSIDE_CENTS);

const climb = {
  quotePlus: 200,
  startElse: floorLimit(OUTSIDE_CENTS / 2),
  elseAfterMs: 2 * MINUTE_MS,
  step: floorLimit(OUTSIDE_CENTS / 20),
  everyMs: 5 * MINUTE_MS,
  ceiling,
};

export const SHIPPED: Readonly<Record<BidPolicy['strategy'], BidPolicy>> = {
  follow: { strategy: 'follow', ...climb, interruptionMs: HOUR_MS } satisfies FollowPolicy,
  ladder: { strategy: 'ladder', ...climb } satisfies LadderPolicy,
};
