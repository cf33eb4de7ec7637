// Instants as a person types them: dates and times in UTC, or a span that means "that long ago".
import { DAY_MS, formatInstant, HOUR_MS, MINUTE_MS, SECOND_MS, type UnixMs } from '../domain/time.ts';
import { CliError } from './errors.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?)?Z?$/;
const SPAN = /^(?:\d+[dhms])+$/;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
]);

/** Throws E_USAGE_TIME. A span counts back from `nowMs`. */
export const parseInstant = (option: string, text: string, nowMs: UnixMs): UnixMs => {
  if (SPAN.test(text)) {
    let span = 0;
    for (const [, count, unit] of text.matchAll(/(\d+)([dhms])/g))
      span += Number(count) * (UNITS.get(unit ?? '') ?? 0);
    return nowMs - span;
  }
  const digits = DATE.exec(text)
    ?.slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (digits !== undefined) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits;
    const at = Date.UTC(year, month - 1, day, hour, minute, second);
    // A day or an hour that does not exist would have been moved to another one.
    const two = (value: number): string => String(value).padStart(2, '0');
    const written = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}Z`;
    if (formatInstant(at) === written) return at;
  }
  throw new CliError('E_USAGE_TIME', `${option} ${text} is no instant`);
};
