// A slow and independent reading of time zones for the property tests: every minute is put through Intl.DateTimeFormat, and
// nothing of src/schedule is used. A local minute that never showed is found as a jump between two neighbouring minutes.

export interface WallMinute {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly weekday: number;
}

export const MINUTE = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
};

/** The wall clock of a zone as the milliseconds its digits would be in UTC; read from `MM/DD/YYYY, HH:MM`. */
export const wallMs = (zone: string, at: number): number => {
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0] =
    formatOf(zone).format(at).match(/\d+/g)?.map(Number) ?? [];
  return Date.UTC(year, month - 1, day, hour, minute);
};

export const wallMinute = (wall: number): WallMinute => {
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    weekday: date.getUTCDay(),
  };
};

/** A cron rule as plain sets, so that the oracle needs no parser. */
export interface PlainRule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Null: every day. */
  readonly days: readonly number[] | null;
  readonly weekdays: readonly number[] | null;
  readonly months: readonly number[] | null;
}

const ruleMatches = (rule: PlainRule, wall: WallMinute): boolean => {
  if (!rule.minutes.includes(wall.minute) || !rule.hours.includes(wall.hour)) return false;
  if (rule.months !== null && !rule.months.includes(wall.month)) return false;
  const byDay = rule.days?.includes(wall.day);
  const byWeekday = rule.weekdays?.includes(wall.weekday);
  if (byDay === undefined || byWeekday === undefined) return byDay ?? byWeekday ?? true;
  return byDay || byWeekday;
};

/** The starts of a rule in [from, to): each minute's wall reading is taken once, at its first pass or after its gap. */
export const oracleStarts = (rule: PlainRule, zone: string, from: number, to: number): number[] => {
  const starts: number[] = [];
  const margin = 27 * 60 * MINUTE;
  let shownUntil = wallMs(zone, from - margin - MINUTE);
  for (let at = from - margin; at < to; at += MINUTE) {
    const wall = wallMs(zone, at);
    for (let reading = shownUntil + MINUTE; reading <= wall; reading += MINUTE) {
      if (ruleMatches(rule, wallMinute(reading)) && at >= from && starts.at(-1) !== at) starts.push(at);
    }
    shownUntil = Math.max(shownUntil, wall);
  }
  return starts;
};
