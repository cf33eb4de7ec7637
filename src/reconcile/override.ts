// A target that a person set stands before the schedule's up to its instant; afterwards the schedule says again.
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { UnixMs } from '../domain/time.ts';
import type { OverrideBook } from './books.ts';
import type { FleetDesire } from './scene.ts';

/** The override that stands at `nowMs`; null when none does. */
export const standing = (override: OverrideBook | undefined, nowMs: UnixMs): OverrideBook | null =>
  override !== undefined && override.untilMs > nowMs ? override : null;

export const overridden = (
  desire: FleetDesire,
  override: OverrideBook | undefined,
  nowMs: UnixMs,
): FleetDesire => {
  const stands = standing(override, nowMs);
  if (stands === null) return desire;
  const { gpus, untilMs } = stands;
  const nodes = gpus / GPUS_PER_NODE;
  const between = desire.nodeMsBetween;
  return {
    gpus,
    nodes,
    nextChangeMs: untilMs,
    nodesAt: (atMs) => (atMs < untilMs ? nodes : desire.nodesAt(atMs)),
    ...(between === undefined
      ? {}
      : {
          nodeMsBetween: (fromMs, toMs) =>
            nodes * Math.max(0, Math.min(toMs, untilMs) - fromMs) +
            (toMs > untilMs ? between(Math.max(fromMs, untilMs), toMs) : 0),
        }),
  };
};
