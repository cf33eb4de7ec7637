// Cron text with five fields (minute, hour, day of month, month, day of week), read as crontab(5) reads it: `*`, lists,
// ranges, steps, month and weekday names; when both day fields are restricted (neither begins with `*`) a day that matches
// either counts. Refused with a reason: seconds, `@daily`, `?`, `L`, `W`, `#`, and a text that can never match a date.

export interface Cron {
  /** Ascending. */
  readonly minutes: readonly number[];
  /** Ascending. */
  readonly hours: readonly number[];
  /** Index 1–31. */
  readonly monthDays: readonly boolean[];
  /** Index 1–12. */
  readonly months: readonly boolean[];
  /** Index 0–6, 0 is Sunday. */
  readonly weekdays: readonly boolean[];
  /** True when both day fields are restricted: then either may match. */
  readonly eitherDay: boolean;
}

export type CronResult =
  | { readonly ok: true; readonly cron: Cron }
  /** `column` counts characters from 0 within the text. */
  | { readonly ok: false; readonly reason: string; readonly column: number };

export interface CronField {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
  /** The number of the first name. */
  readonly firstName: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const LONGEST_MONTH = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const field = (name: string, low: number, high: number): CronField => ({
  name,
  low,
  high,
  names: [],
  firstName: 0,
});

export const SECOND_FIELD = field('second', 0, 59);
export const CRON_FIELDS: readonly CronField[] = [
  field('minute', 0, 59),
  field('hour', 0, 23),
  field('day of month', 1, 31),
  { name: 'month', low: 1, high: 12, names: MONTHS, firstName: 1 },
  { name: 'day of week', low: 0, high: 7, names: WEEKDAYS, firstName: 0 },
];

type Values =
  | { readonly ok: true; readonly values: readonly number[] }
  | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** One number or name; null when it is neither or lies outside the field. */
const readValue = (text: string, of: CronField, endsRange: boolean): number | null => {
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= of.low && value <= of.high ? value : null;
  }
  const index = of.names.indexOf(text.toLowerCase());
  if (index < 0) return null;
  // `FRI-SUN` means the Sunday at the end of the week, which is 7.
  return endsRange && of.high === 7 && index === 0 ? 7 : index + of.firstName;
};

const span = (of: CronField): string =>
  `${of.low}–${of.high}${of.names.length > 0 ? ` or ${of.names.join(', ')}` : ''}`;

/** One item of a list: `*`, `a`, `a-b`, each with an optional `/step`. */
const readItem = (item: string, of: CronField): Values => {
  const match = /^(?:(\*)|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/(\d+))?$/.exec(item);
  if (match === null)
    return refuse(`"${item}" is no ${of.name}: write ${span(of)}, a list, a range or a step`);
  const [, star, from, to, stepText] = match;
  const low = star === undefined ? readValue(from ?? '', of, false) : of.low;
  if (low === null) return refuse(`"${from}" is no ${of.name}: ${span(of)}`);
  const open = star !== undefined || (to === undefined && stepText !== undefined);
  const last = of.high === 7 && open ? 6 : of.high;
  const high = open ? last : to === undefined ? low : readValue(to, of, true);
  if (high === null) return refuse(`"${to}" is no ${of.name}: ${span(of)}`);
  if (high < low) return refuse(`"${item}" runs backwards: write two ranges in a list`);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1 || step > of.high)
    return refuse(`"${item}" has a step of ${stepText}: 1 to ${of.high} are possible`);
  const values: number[] = [];
  for (let value = low; value <= high; value += step) values.push(value);
  return { ok: true, values };
};

/** The values of one field, ascending and without doubles. */
export const readCronField = (text: string, of: CronField): Values => {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const read = readItem(item, of);
    if (!read.ok) return read;
    for (const value of read.values) values.add(value);
  }
  return { ok: true, values: [...values].toSorted((a, b) => a - b) };
};

/** The words of a cron text with the column each begins at. */
export const cronWords = (text: string): readonly { readonly word: string; readonly column: number }[] =>
  [...text.matchAll(/\S+/g)].map((match) => ({ word: match[0], column: match.index }));

const flags = (length: number, values: readonly number[]): readonly boolean[] => {
  const set = Array.from({ length }, () => false);
  for (const value of values) set[value % length] = true;
  return set;
};

const canMatch = (cron: Cron): boolean =>
  cron.eitherDay ||
  cron.months.some(
    (wanted, month) => wanted && cron.monthDays.some((day, n) => day && n <= (LONGEST_MONTH[month] ?? 0)),
  );

const fieldCount = (text: string, count: number): string => {
  if (text.trimStart().startsWith('@')) return `"${text.trim()}" is a nickname: write the five fields`;
  const more = count === 6 ? ' (a window has no seconds field)' : '';
  return `a window's start has five fields (minute hour day month weekday), this has ${count}${more}`;
};

/** Reads cron text; never throws. */
export const parseCron = (text: string): CronResult => {
  const words = cronWords(text);
  if (words.length !== CRON_FIELDS.length)
    return { ok: false, reason: fieldCount(text, words.length), column: 0 };
  const read: (readonly number[])[] = [];
  for (const [index, of] of CRON_FIELDS.entries()) {
    const { word, column } = words[index] ?? { word: '', column: 0 };
    const values = readCronField(word, of);
    if (!values.ok) return { ok: false, reason: values.reason, column };
    read.push(values.values);
  }
  const [minutes = [], hours = [], monthDays = [], months = [], weekdays = []] = read;
  const cron: Cron = {
    minutes,
    hours,
    monthDays: flags(32, monthDays),
    months: flags(13, months),
    weekdays: flags(7, weekdays),
    eitherDay: !(words[2]?.word.startsWith('*') ?? true) && !(words[4]?.word.startsWith('*') ?? true),
  };
  if (canMatch(cron)) return { ok: true, cron };
  return {
    ok: false,
    reason: `no month named in "${text.trim()}" has such a day: it would never begin`,
    column: 0,
  };
};

/** Whether a window may begin on a date. `weekday`: 0 is Sunday. */
export const matchesDate = (cron: Cron, month: number, day: number, weekday: number): boolean => {
  if (cron.months[month] !== true) return false;
  const byDay = cron.monthDays[day] === true;
  const byWeekday = cron.weekdays[weekday] === true;
  return cron.eitherDay ? byDay || byWeekday : byDay && byWeekday;
};
