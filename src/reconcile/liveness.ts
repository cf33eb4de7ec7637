// How soon a fleet's target is reached once faults have stopped, the ask stays under the ceiling and funds exist: the bound
// that the settings imply. `check` states it, the simulation holds the daemon to it.
import { floorLimit, GPUS_PER_NODE } from '../domain/money.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import { HOUR_MS, MINUTE_MS, type DurationMs } from '../domain/time.ts';

/** Looks that may pass between two things that need one each. */
const LOOKS = 6;

/**
 * The sum of the waits that may stand in a row: the quarantine of the last lost purchase and two looks; the paid hour of
 * nodes on their way out, which count until their end unless `surge_nodes` covers them; the wait for a quote; every step
 * of a whole climb; the purchases' rate; and the boot. Milliseconds of the clock port.
 */
export const reachBound = (policy: Policy, fleet: FleetPolicy): DurationMs => {
  const { bid } = fleet;
  const climb = Math.max(0, floorLimit(bid.ceiling) - bid.startElse);
  const steps = Math.ceil(climb / bid.step);
  const most = Math.max(fleet.schedule.baseGpus, ...fleet.schedule.windows.map((window) => window.gpus));
  const nodes = most / GPUS_PER_NODE;
  const rateHours = Math.floor(nodes / policy.limits.purchasesPerHour);
  const block = fleet.hold === 'reserved' ? fleet.blockMs : HOUR_MS;
  return (
    policy.quarantineMs +
    LOOKS * policy.lookGapMs +
    (fleet.surgeNodes >= nodes ? 0 : block + HOUR_MS) +
    Math.max(bid.elseAfterMs, MINUTE_MS) +
    steps * bid.everyMs +
    rateHours * HOUR_MS +
    fleet.bootLimitMs
  );
};
