// Every strategy by the name the settings use.
import type { BidPolicy } from '../domain/policy.ts';
import { follow } from './follow.ts';
import { ladder } from './ladder.ts';
import type { Strategy } from './strategy.ts';

const strategies: Readonly<Record<BidPolicy['strategy'], Strategy>> = { follow, ladder };

export const strategyOf = (policy: BidPolicy): Strategy => strategies[policy.strategy];
