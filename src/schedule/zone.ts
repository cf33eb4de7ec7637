// An IANA time zone as a growing table of stretches of constant offset. The time-zone database is asked (through Temporal)
// once for each stretch ever touched; everything after that is a comparison of integers. Wall times that do not exist are
// moved to the first instant after the gap, and wall times that exist twice mean their first pass.
import { Temporal } from 'temporal-polyfill';
import { DAY_MS, HOUR_MS, type UnixMs } from '../domain/time.ts';
import type { LocalMs } from './civil.ts';

/** From `fromMs` (inclusive) to `toMs` (exclusive) local time is UTC + `offsetMs`. The ends may be infinite. */
export interface Stretch {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly offsetMs: number;
}

export interface Zone {
  readonly id: string;
  /** The stretch of constant offset that holds an instant. */
  readonly stretchAt: (at: UnixMs) => Stretch;
}

/** True for a name of the IANA database. Plain offsets such as `+02:00` are refused: they know no clock changes. */
export const isTimeZone = (id: string): boolean => {
  if (!/^[A-Za-z]/.test(id)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id);
    return true;
  } catch {
    return false;
  }
};

const askDatabase = (id: string, at: UnixMs): Stretch => {
  // One millisecond on, so that "the transition before" includes one that is exactly at `at`.
  const after = Temporal.Instant.fromEpochMilliseconds(at + 1).toZonedDateTimeISO(id);
  const next = Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(id)
    .getTimeZoneTransition('next');
  const previous = after.getTimeZoneTransition('previous');
  return {
    fromMs: previous?.epochMilliseconds ?? -Infinity,
    toMs: next?.epochMilliseconds ?? Infinity,
    offsetMs: Math.round(after.offsetNanoseconds / 1_000_000),
  };
};

/** Index of the last known stretch that begins at or before `at`; -1 when there is none. */
const lastAtOrBefore = (known: readonly Stretch[], at: UnixMs): number => {
  let low = 0;
  let high = known.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((known[middle]?.fromMs ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

const openZone = (id: string): Zone => {
  const known: Stretch[] = [];
  let latest: Stretch | null = null;
  const stretchAt = (at: UnixMs): Stretch => {
    if (latest !== null && at >= latest.fromMs && at < latest.toMs) return latest;
    const index = lastAtOrBefore(known, at);
    let found = known[index];
    if (found === undefined || at >= found.toMs) {
      found = askDatabase(id, at);
      known.splice(index + 1, 0, found);
    }
    latest = found;
    return found;
  };
  return { id, stretchAt };
};

const opened = new Map<string, Zone>();

/** The zone of that name; throws RangeError for a name `isTimeZone` refuses (settings are checked before). */
export const zoneOf = (id: string): Zone => {
  let zone = opened.get(id);
  if (zone === undefined) {
    if (!isTimeZone(id)) throw new RangeError(`not an IANA time zone: ${id}`);
    zone = openZone(id);
    opened.set(id, zone);
  }
  return zone;
};

/** What a wall clock in the zone shows at an instant. */
export const toLocal = (zone: Zone, at: UnixMs): LocalMs => at + zone.stretchAt(at).offsetMs;

/** Offsets lie within ±15 h, so a stretch that holds this much earlier surely begins before the wall time. */
const EARLIER_MS = DAY_MS + 12 * HOUR_MS;

/** The instant of a wall time: its first pass, or the first instant after the gap it fell into. */
export const toInstant = (zone: Zone, local: LocalMs): UnixMs => {
  let stretch = zone.stretchAt(local - EARLIER_MS);
  while (local >= stretch.toMs + stretch.offsetMs) {
    const next = zone.stretchAt(stretch.toMs);
    if (local < next.fromMs + next.offsetMs) return next.fromMs;
    stretch = next;
  }
  return local - stretch.offsetMs;
};
