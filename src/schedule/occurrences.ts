// The occurrences of one window: the instants its cron text names in the fleet's zone, each with the elapsed time it
// lasts. Starts that fall into the same spring gap are one occurrence. Nothing here depends on when it is asked.
import { DAY_MS, HOUR_MS, MINUTE_MS, type DurationMs, type UnixMs, civilFromDays } from '../domain/time.ts';
import type { Schedule, ScheduleWindow } from '../domain/policy.ts';
import { dayOf, weekdayOf } from './civil.ts';
import { type Cron, matchesDate, parseCron } from './cron.ts';
import { type Zone, toInstant, toLocal, zoneOf } from './zone.ts';

export interface CompiledWindow {
  readonly cron: Cron;
  readonly forMs: DurationMs;
  readonly leadMs: DurationMs;
  readonly gpus: number;
}

/** Throws RangeError when the cron text is not one: settings check it before. */
const compileWindow = (window: ScheduleWindow): CompiledWindow => {
  const read = parseCron(window.from);
  if (!read.ok) throw new RangeError(`cron text "${window.from}": ${read.reason}`);
  return { cron: read.cron, forMs: window.forMs, leadMs: window.leadMs, gpus: window.gpus };
};

export interface CompiledWindows {
  readonly zone: Zone;
  readonly windows: readonly CompiledWindow[];
}

export const compileWindows = (schedule: Schedule): CompiledWindows => ({
  zone: zoneOf(schedule.timeZone),
  windows: schedule.windows.map(compileWindow),
});

/** The starts on one local day, ascending; a whole day of constant offset needs no look into the zone. */
const startsOfDay = (zone: Zone, cron: Cron, day: number): readonly UnixMs[] => {
  const midnight = day * DAY_MS;
  const first = toInstant(zone, midnight);
  const { toMs, offsetMs } = zone.stretchAt(first);
  const plain = first + offsetMs === midnight && toMs + offsetMs >= midnight + DAY_MS;
  const starts: UnixMs[] = [];
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const local = midnight + hour * HOUR_MS + minute * MINUTE_MS;
      starts.push(plain ? local - offsetMs : toInstant(zone, local));
    }
  }
  return starts;
};

/** Every start in [fromMs, toMs), ascending and without doubles. */
export const startsBetween = (zone: Zone, cron: Cron, fromMs: UnixMs, toMs: UnixMs): readonly UnixMs[] => {
  const starts: UnixMs[] = [];
  let latest = -Infinity;
  // A start can be moved out of its own day by a gap of at most a day (a date that a country skipped).
  const lastDay = dayOf(toLocal(zone, toMs)) + 1;
  for (let day = dayOf(toLocal(zone, fromMs)) - 2; day <= lastDay; day += 1) {
    const { month, day: monthDay } = civilFromDays(day);
    if (!matchesDate(cron, month, monthDay, weekdayOf(day))) continue;
    for (const start of startsOfDay(zone, cron, day)) {
      if (start > latest && start >= fromMs && start < toMs) {
        starts.push(start);
        latest = start;
      }
    }
  }
  return starts;
};
