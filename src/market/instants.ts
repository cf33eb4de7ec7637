// Times as the venue's wire carries them: ISO 8601 in v0, an HTTP date in the Date header. Pure arithmetic, because the
// market must not know any other clock than the one it is given.
import { DAY_MS, formatInstant, HOUR_MS, MINUTE_MS, SECOND_MS, type UnixMs } from '../domain/time.ts';

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `2026-11-23T14:00:00.000Z`. */
export const isoText = (at: UnixMs): string =>
  `${formatInstant(at).slice(0, -1)}.${String(((at % SECOND_MS) + SECOND_MS) % SECOND_MS).padStart(3, '0')}Z`;

/** `Mon, 23 Nov 2026 14:00:00 GMT` (RFC 9110, IMF-fixdate). */
export const httpDate = (at: UnixMs): string => {
  const text = formatInstant(at);
  const day = DAYS[((Math.floor(at / DAY_MS) % 7) + 7) % 7] ?? 'Thu';
  const month = MONTHS[Number(text.slice(5, 7)) - 1] ?? 'Jan';
  return `${day}, ${text.slice(8, 10)} ${month} ${text.slice(0, 4)} ${text.slice(11, 19)} GMT`;
};

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)$/;

/** Days since 1970-01-01 of a calendar date. Source: https://howardhinnant.github.io/date_algorithms.html#days_from_civil */
const daysFromCivil = (year: number, month: number, day: number): number => {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

/** The instant an ISO 8601 text with a zone names; null when it is none. */
export const parseIso = (text: string): UnixMs | null => {
  const match = ISO.exec(text);
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const day = daysFromCivil(part(1), part(2), part(3));
  const millis = Math.floor(Number(`0.${match[7] ?? '0'}`) * SECOND_MS);
  const local = day * DAY_MS + part(4) * HOUR_MS + part(5) * MINUTE_MS + part(6) * SECOND_MS + millis;
  if (formatInstant(local).slice(0, 16) !== text.slice(0, 16)) return null;
  return local - offsetOf(match[8] ?? 'Z');
};

const offsetOf = (zone: string): number => {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
};

/** Whole Unix seconds, rounded down. */
export const unixSeconds = (at: UnixMs): number => Math.floor(at / SECOND_MS);
