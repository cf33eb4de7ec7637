// A bucket of requests that fills again with time: the admin API is for people and their scripts, not for floods. Wrong tokens
// have a smaller one, so that guessing is hopeless.
import type { DurationMs } from '../../domain/time.ts';

export interface Bucket {
  /** Takes one; false when it is empty. */
  readonly take: () => boolean;
}

/** Holds `most`, and is full again after `refillMs`. `now` counts real milliseconds. */
export const bucket = (most: number, refillMs: DurationMs, now: () => number): Bucket => {
  let left = most;
  let at = now();
  return {
    take: () => {
      const nowMs = now();
      left = Math.min(most, left + ((nowMs - at) * most) / refillMs);
      at = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
};
