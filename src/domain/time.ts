// Instants and durations. Every instant inside the program is whole milliseconds since the Unix epoch; the venue's
// seconds and ISO texts are turned into them at the venue's door. Hours here are UTC clock hours: the market sells those.

/** Milliseconds since the Unix epoch, whole. */
export type UnixMs = number;
/** A span in whole milliseconds. */
export type DurationMs = number;

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The start of the UTC hour that holds `at`. */
export const hourFloor = (at: UnixMs): UnixMs => Math.floor(at / HOUR_MS) * HOUR_MS;

/** The first UTC hour boundary at or after `at`. */
export const hourCeil = (at: UnixMs): UnixMs => Math.ceil(at / HOUR_MS) * HOUR_MS;

/** Whole seconds from `from` to `to`, rounded up and never negative: time that is paid for. */
export const secondsBetween = (from: UnixMs, to: UnixMs): number =>
  Math.max(0, Math.ceil((to - from) / SECOND_MS));

/** One piece of an interval that lies within a single grain of `grainMs`. */
export interface Piece {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
}

/** Splits [from, to) at every multiple of `grainMs`; empty when `to` is not after `from`. */
export const splitAt = (fromMs: UnixMs, toMs: UnixMs, grainMs: DurationMs): readonly Piece[] => {
  const pieces: Piece[] = [];
  let start = fromMs;
  while (start < toMs) {
    const end = Math.min(toMs, (Math.floor(start / grainMs) + 1) * grainMs);
    pieces.push({ fromMs: start, toMs: end });
    start = end;
  }
  return pieces;
};

/** ISO text in UTC without milliseconds, for people and log lines. Pure arithmetic (Howard Hinnant, days_from_civil). */
export const formatInstant = (at: UnixMs): string => {
  const days = Math.floor(at / DAY_MS);
  const { year, month, day } = civilFromDays(days);
  const rest = Math.floor((at - days * DAY_MS) / SECOND_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}Z`;
};

/** Days since 1970-01-01 → calendar date. Source: https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
export const civilFromDays = (days: number): { year: number; month: number; day: number } => {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
};

/** `90s`, `5m`, `1h 30m`: a span for people, to the second. */
export const formatDuration = (span: DurationMs): string => {
  const total = Math.round(Math.abs(span) / SECOND_MS);
  const parts: string[] = [];
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  let rest = total;
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${name}`);
    if (parts.length === 2) break;
  }
  return `${span < 0 ? '-' : ''}${parts.length === 0 ? '0s' : parts.join(' ')}`;
};
