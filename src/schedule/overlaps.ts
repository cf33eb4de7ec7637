// Windows that claim the same instant, found by going through every occurrence of the coming years, because only that is
// exact across clock changes and leap days. Leads do not count. A window that runs into its own next occurrence only because
// the clock was changed in between is no conflict: both want the same GPUs.
import { DAY_MS, type UnixMs } from '../domain/time.ts';
import type { Schedule } from '../domain/policy.ts';
import { type CompiledWindows, compileWindows, startsBetween } from './occurrences.ts';

/** The first time that two windows (by position in the list; they may be the same one) claim the same span. */
export interface Overlap {
  readonly first: number;
  readonly second: number;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
}

interface Occurrence {
  readonly window: number;
  readonly startMs: UnixMs;
  readonly endMs: UnixMs;
}

const YEAR_MS = 366 * DAY_MS;
const PAGE_MS = 32 * DAY_MS;

const occurrencesIn = (compiled: CompiledWindows, fromMs: UnixMs, toMs: UnixMs): readonly Occurrence[] =>
  compiled.windows
    .flatMap(({ cron, forMs }, window) =>
      startsBetween(compiled.zone, cron, fromMs, toMs).map((startMs) => ({
        window,
        startMs,
        endMs: startMs + forMs,
      })),
    )
    .toSorted((a, b) => a.startMs - b.startMs || a.window - b.window);

const causedByClock = (compiled: CompiledWindows, a: Occurrence, b: Occurrence): boolean =>
  a.window === b.window &&
  compiled.zone.stretchAt(a.startMs).offsetMs !== compiled.zone.stretchAt(b.startMs).offsetMs;

/** One entry for each pair of windows that ever overlap within `years` of `fromMs`, in order of time. */
export const overlaps = (schedule: Schedule, fromMs: UnixMs, years = 3): readonly Overlap[] => {
  const compiled = compileWindows(schedule);
  const untilMs = fromMs + years * YEAR_MS;
  const longest = Math.max(0, ...schedule.windows.map(({ forMs }) => forMs));
  const running: (Occurrence | undefined)[] = [];
  const found = new Map<string, Overlap>();
  for (let page = fromMs - longest; page < untilMs; page += PAGE_MS) {
    for (const next of occurrencesIn(compiled, page, Math.min(page + PAGE_MS, untilMs))) {
      for (const earlier of running) {
        if (earlier === undefined || earlier.endMs <= next.startMs || next.endMs <= fromMs) continue;
        const [first, second] = [
          Math.min(earlier.window, next.window),
          Math.max(earlier.window, next.window),
        ];
        const pair = `${first} ${second}`;
        if (found.has(pair) || causedByClock(compiled, earlier, next)) continue;
        found.set(pair, { first, second, fromMs: next.startMs, toMs: Math.min(earlier.endMs, next.endMs) });
      }
      running[next.window] = next;
    }
  }
  return [...found.values()];
};
