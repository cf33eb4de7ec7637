// Time as the daemon sees it. `now` may run faster than the wall clock (embedded market); deadlines of network calls and of
// the tick are real time and are kept by the adapters.
import type { DurationMs, UnixMs } from '../domain/time.ts';

export interface Clock {
  /** The instant decisions are made at. May jump, in both directions. */
  readonly now: () => UnixMs;
  /** Real milliseconds that never step back; for measuring spans and watchdogs. */
  readonly monotonic: () => DurationMs;
}

/** Waits in real time. The promise resolves after `realMs`, or at once when `signal` aborts; it never rejects. */
export interface Timer {
  readonly sleep: (realMs: DurationMs, signal?: AbortSignal) => Promise<void>;
}
