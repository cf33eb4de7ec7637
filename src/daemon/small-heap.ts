// Memory: left alone, V8 lets the heap of a daemon that needs 25 MB spread over a hundred, because collecting it seldom is a
// little faster. For a small park a tick is a few milliseconds either way, so the heap is kept small; a large one, which
// reads a listing of megabytes at every tick, is left as V8 has it (there the same setting makes ticks five times slower).
import { setFlagsFromString } from 'node:v8';
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { Policy } from '../domain/policy.ts';

const SMALL_PARK_NODES = 500;

/** The most nodes that the schedules ever want at once. */
const mostNodes = ({ fleets }: Pick<Policy, 'fleets'>): number =>
  fleets.reduce((sum, { schedule }) => {
    const gpus = schedule.windows.map((window) => window.gpus);
    return sum + Math.max(schedule.baseGpus, ...gpus) / GPUS_PER_NODE;
  }, 0);

/** Keeps the heap of this process small when the park is. */
export const keepHeapSmall = (policy: Pick<Policy, 'fleets'>): void => {
  if (mostNodes(policy) <= SMALL_PARK_NODES) setFlagsFromString('--optimize-for-size');
};
