// The pace: node-cron text with six fields (seconds first), read in UTC. Only what both node-cron and crontab(5) understand
// is accepted. What matters here is the longest time between two ticks, because every promise about looks rests on it.
import { CRON_FIELDS, SECOND_FIELD, cronWords, readCronField } from '../schedule/cron.ts';
import { HOUR_MS, SECOND_MS, type DurationMs } from '../domain/time.ts';

export type TickResult =
  | { readonly ok: true; readonly gapMs: DurationMs }
  | { readonly ok: false; readonly reason: string };

/** Ticks rarer than hourly could not hold a node, so the three date fields must stay open and the gap is found in one day. */
export const readTick = (text: string): TickResult => {
  const words = cronWords(text).map(({ word }) => word);
  if (words.length !== 6)
    return { ok: false, reason: `the pace has six fields (seconds first), this has ${words.length}` };
  const read: (readonly number[])[] = [];
  for (const [index, field] of [SECOND_FIELD, ...CRON_FIELDS].entries()) {
    const values = readCronField(words[index] ?? '', field);
    if (!values.ok) return values;
    read.push(values.values);
  }
  if (words.slice(3).some((word) => word !== '*')) {
    return { ok: false, reason: 'the pace keeps going on every date: day, month and weekday are *' };
  }
  const [seconds = [], minutes = [], hours = []] = read;
  return { ok: true, gapMs: longestGap(seconds, minutes, hours) * SECOND_MS };
};

/** The longest time between two neighbours of an endless daily pattern, in seconds. */
const longestGap = (
  seconds: readonly number[],
  minutes: readonly number[],
  hours: readonly number[],
): number => {
  const day = (24 * HOUR_MS) / SECOND_MS;
  const first = (hours[0] ?? 0) * 3600 + (minutes[0] ?? 0) * 60 + (seconds[0] ?? 0);
  let previous = first;
  let longest = 0;
  for (const hour of hours) {
    for (const minute of minutes) {
      for (const second of seconds) {
        const at = hour * 3600 + minute * 60 + second;
        longest = Math.max(longest, at - previous);
        previous = at;
      }
    }
  }
  return Math.max(longest, first + day - previous);
};
