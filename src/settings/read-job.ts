// Exact readers of what a job says: how much (`512 gpu-hours`) and by when (`2026-12-18T18:00 America/Los_Angeles`).
import { GPUS_PER_NODE } from '../domain/money.ts';
import { HOUR_MS, type UnixMs } from '../domain/time.ts';
import { isTimeZone, toInstant, zoneOf } from '../schedule/zone.ts';
import { refuse, type Read } from './values.ts';

const MOST_GPU_HOURS = 100_000_000;
const NEED_REMEDY = 'Write whole GPU-hours: 512 gpu-hours';
const BY_REMEDY = 'Write the local time and its zone: 2026-12-18T18:00 America/Los_Angeles';

/** `512 gpu-hours` → useful node-milliseconds. */
export const readNeed = (text: string): Read<number> => {
  const match = /^([1-9]\d{0,9}) gpu-hours?$/.exec(text);
  const hours = Number(match?.[1] ?? 0);
  if (match === null || hours > MOST_GPU_HOURS) {
    return refuse('E_SETTINGS_JOB', `a need is 1 to ${MOST_GPU_HOURS} whole GPU-hours`, NEED_REMEDY);
  }
  return { ok: true, value: (hours * HOUR_MS) / GPUS_PER_NODE };
};

/** A local time in an IANA zone → instant. One in the spring gap is the first instant after it, one that comes twice its first pass. */
export const readDeadline = (text: string): Read<UnixMs> => {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))? (\S+)$/.exec(text);
  if (match === null) return refuse('E_SETTINGS_JOB', 'a deadline is a local time and its zone', BY_REMEDY);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const zone = match[7] ?? '';
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(local);
  const exists =
    back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exists) return refuse('E_SETTINGS_JOB', 'there is no such date or time', BY_REMEDY);
  if (!isTimeZone(zone)) return refuse('E_SETTINGS_TIMEZONE', `there is no time zone ${zone}`, BY_REMEDY);
  return { ok: true, value: toInstant(zoneOf(zone), local) };
};
