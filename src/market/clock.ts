// A clock that runs at a multiple of real time: virtual = origin + real milliseconds since the start × speed. It begins at any
// instant, so a market that was stopped goes on where it was. Real time comes from a monotonic source and never steps.
import type { UnixMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';

export interface ScaledClockSettings {
  /** Virtual milliseconds per real millisecond, above 0: 60 is an hour a minute. */
  readonly speed: number;
  /** The instant the clock shows at first. */
  readonly originMs: UnixMs;
  /** Real milliseconds that never step back; the source `monotonic` also gives. */
  readonly monotonic: () => number;
}

export interface ScaledClock extends Clock {
  readonly speed: number;
}

/** Whole virtual milliseconds, never going back; throws RangeError when `speed` is not above 0. */
export const scaledClock = ({ speed, originMs, monotonic }: ScaledClockSettings): ScaledClock => {
  if (!(speed > 0) || !Number.isFinite(speed)) throw new RangeError(`speed must be above 0, got ${speed}`);
  const begunAt = monotonic();
  return { speed, monotonic, now: () => originMs + Math.floor((monotonic() - begunAt) * speed) };
};
