// Budget periods: the hour, day, week (from Monday) or month that holds an instant, as the wall clock of a zone counts
// them. Periods of one kind follow each other without a gap or an overlap. A day has 23, 24 or 25 hours (or 23.5 and 24.5);
// an hour never lasts longer than sixty minutes: the repeated hour of autumn is an hour of its own.
import { DAY_MS, HOUR_MS, type UnixMs } from '../domain/time.ts';
import type { BudgetPeriod } from '../domain/policy.ts';
import { dayOf, mondayOnOrBefore, monthStart } from './civil.ts';
import { type Zone, toInstant, toLocal, zoneOf } from './zone.ts';

export interface Period {
  readonly startMs: UnixMs;
  /** The first instant that is no longer part of it. */
  readonly endMs: UnixMs;
}

/** Clock hours, cut where the clock itself is changed in the middle of one. */
const hourOf = (zone: Zone, at: UnixMs): Period => {
  const { fromMs, toMs, offsetMs } = zone.stretchAt(at);
  const startMs = Math.floor((at + offsetMs) / HOUR_MS) * HOUR_MS - offsetMs;
  return { startMs: Math.max(startMs, fromMs), endMs: Math.min(startMs + HOUR_MS, toMs) };
};

/** The first day of the period that is `offset` periods after the one that holds `day`. */
const firstDay = (period: 'day' | 'week' | 'month', day: number, offset: number): number => {
  if (period === 'day') return day + offset;
  return period === 'week' ? mondayOnOrBefore(day) + 7 * offset : monthStart(day, offset);
};

const calendarOf = (period: 'day' | 'week' | 'month', zone: Zone, at: UnixMs): Period => {
  const day = dayOf(toLocal(zone, at));
  const startOf = (offset: number): UnixMs => toInstant(zone, firstDay(period, day, offset) * DAY_MS);
  // A clock set back over midnight shows the old date again: such an instant belongs to the period already begun.
  let offset = 0;
  while (startOf(offset + 1) <= at) offset += 1;
  return { startMs: startOf(offset), endMs: startOf(offset + 1) };
};

interface Remembered {
  readonly zone: Zone;
  readonly last: Map<BudgetPeriod, Period>;
}

const remembered = new Map<string, Remembered>();

const remember = (timeZone: string): Remembered => {
  let found = remembered.get(timeZone);
  if (found === undefined) {
    found = { zone: zoneOf(timeZone), last: new Map() };
    remembered.set(timeZone, found);
  }
  return found;
};

/** The period of that kind which holds `atMs`; throws RangeError for an unknown zone. */
export const periodOf = (period: BudgetPeriod, timeZone: string, atMs: UnixMs): Period => {
  const { zone, last } = remember(timeZone);
  const known = last.get(period);
  if (known !== undefined && atMs >= known.startMs && atMs < known.endMs) return known;
  const found = period === 'hour' ? hourOf(zone, atMs) : calendarOf(period, zone, atMs);
  last.set(period, found);
  return found;
};
