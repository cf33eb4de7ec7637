// Calendar dates as a count of days, so that date arithmetic is integer arithmetic. A local wall time is carried as the
// milliseconds that time would have as UTC (`LocalMs`); only zone.ts turns it into an instant. Proleptic Gregorian.
import { DAY_MS, civilFromDays } from '../domain/time.ts';

/** A wall-clock reading as milliseconds: what `Date.UTC` would give for the same digits. Not an instant. */
export type LocalMs = number;

/** Calendar date → days since 1970-01-01. Source: https://howardhinnant.github.io/date_algorithms.html#days_from_civil */
const daysFromCivil = (year: number, month: number, day: number): number => {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

/** 0 is Sunday, 6 is Saturday; 1970-01-01 was a Thursday. */
export const weekdayOf = (days: number): number => (((days + 4) % 7) + 7) % 7;

/** The day that a wall time falls on, as days since 1970-01-01. */
export const dayOf = (local: LocalMs): number => Math.floor(local / DAY_MS);

/** The Monday on or before a day. */
export const mondayOnOrBefore = (days: number): number => days - ((weekdayOf(days) + 6) % 7);

/** The first day of the month that is `offset` months after the one that holds `days`. */
export const monthStart = (days: number, offset: number): number => {
  const { year, month } = civilFromDays(days);
  const index = year * 12 + (month - 1) + offset;
  return daysFromCivil(Math.floor(index / 12), (((index % 12) + 12) % 12) + 1, 1);
};
