// Every checker, and the one function that asks them all about a run.
import type { RunResult } from '../run.ts';
import type { Violation } from '../trace.ts';
import { gather, type Check } from './evidence.ts';
import { quietIsQuiet, targetIsReached, ticksEnd } from './liveness.ts';
import { booksAgreeWithBills, bucketsBalance, budgetsHold, overrunIsExcused } from './money.ts';
import { extendedOnce, namesAreSpent } from './once.ts';
import {
  boughtOnce,
  generationsAreProved,
  intentsComeFirst,
  neverTooMany,
  strangersAreLeftAlone,
} from './ownership.ts';
import { ceilingHolds, priceIsExplained, ratesHold, sightIsFresh } from './spending-limits.ts';
import { chainIsWhole, intentsEndOnce, noSecretIsWritten, pauseHolds, pauseWithdraws } from './stops.ts';

const CHECKS: readonly Check[] = [
  ceilingHolds,
  sightIsFresh,
  priceIsExplained,
  ratesHold,
  intentsComeFirst,
  boughtOnce,
  generationsAreProved,
  namesAreSpent,
  extendedOnce,
  strangersAreLeftAlone,
  neverTooMany,
  pauseHolds,
  pauseWithdraws,
  noSecretIsWritten,
  chainIsWhole,
  intentsEndOnce,
  overrunIsExcused,
  budgetsHold,
  booksAgreeWithBills,
  bucketsBalance,
  targetIsReached,
  quietIsQuiet,
  ticksEnd,
];

/** All that is wrong with a run; empty when every promise held. */
export const judgeRun = (run: RunResult): readonly Violation[] => {
  const found: Violation[] = [...run.watch.found];
  for (const fault of run.faults.slice(0, 1)) found.push({ promise: 'no_fault', atMs: null, text: fault });
  const evidence = gather(run);
  for (const check of CHECKS) found.push(...[...check.judge(evidence)].slice(0, 3));
  return found;
};
