// Budget periods against a minute-by-minute reading of the same zones by Intl.DateTimeFormat.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { periodOf } from '../../src/schedule/periods.ts';
import { zoneOf } from '../../src/schedule/zone.ts';
import { MINUTE, wallMinute, wallMs } from './oracle.ts';
import { FROM, TO, TWENTY_ZONES, printedSeed } from './zones.ts';

const HOUR = 60 * MINUTE;
const seed = printedSeed('periods');
const iso = (zone: string, at: string, period: 'hour' | 'day' | 'week' | 'month') => {
  const { startMs, endMs } = periodOf(period, zone, Date.parse(at));
  return [new Date(startMs).toISOString(), (endMs - startMs) / HOUR];
};

/** Names the period by what the wall clock shows; a period of the calendar never comes back to an earlier name. */
const nameOf = (period: 'day' | 'week' | 'month', wall: number): number => {
  const { year, month, weekday } = wallMinute(wall);
  const day = Math.floor(wall / (24 * HOUR));
  if (period === 'day') return day;
  return period === 'week' ? day - ((weekday + 6) % 7) : year * 12 + month;
};

describe('a budget period', () => {
  test('is a day of 23, 24 or 25 hours, or half an hour off where the clock moves by half an hour', () => {
    expect(iso('America/New_York', '2026-03-08T12:00:00Z', 'day')).toEqual(['2026-03-08T05:00:00.000Z', 23]);
    expect(iso('America/New_York', '2026-11-01T12:00:00Z', 'day')).toEqual(['2026-11-01T04:00:00.000Z', 25]);
    expect(iso('Australia/Lord_Howe', '2026-10-04T00:00:00Z', 'day')).toEqual([
      '2026-10-03T13:30:00.000Z',
      23.5,
    ]);
    expect(iso('Australia/Lord_Howe', '2026-04-05T00:00:00Z', 'day')).toEqual([
      '2026-04-04T13:00:00.000Z',
      24.5,
    ]);
    expect(iso('Asia/Kolkata', '2026-04-05T00:00:00Z', 'day')).toEqual(['2026-04-04T18:30:00.000Z', 24]);
  });

  test('is a week from Monday and a month from its first', () => {
    expect(iso('UTC', '2026-11-22T23:59:59Z', 'week')).toEqual(['2026-11-16T00:00:00.000Z', 168]);
    expect(iso('UTC', '2026-11-23T00:00:00Z', 'week')).toEqual(['2026-11-23T00:00:00.000Z', 168]);
    expect(iso('Europe/Berlin', '2026-10-31T22:59:59Z', 'month')).toEqual([
      '2026-09-30T22:00:00.000Z',
      31 * 24 + 1,
    ]);
    expect(iso('UTC', '2028-02-29T12:00:00Z', 'month')).toEqual(['2028-02-01T00:00:00.000Z', 29 * 24]);
    expect(iso('UTC', '2026-12-31T23:59:59Z', 'month')).toEqual(['2026-12-01T00:00:00.000Z', 31 * 24]);
  });

  test('is an hour of the wall clock of the zone, and the repeated hour is an hour of its own', () => {
    expect(iso('Asia/Kolkata', '2026-01-01T00:10:00Z', 'hour')).toEqual(['2025-12-31T23:30:00.000Z', 1]);
    expect(iso('Asia/Kathmandu', '2026-01-01T00:10:00Z', 'hour')).toEqual(['2025-12-31T23:15:00.000Z', 1]);
    expect(iso('America/New_York', '2026-11-01T05:30:00Z', 'hour')).toEqual(['2026-11-01T05:00:00.000Z', 1]);
    expect(iso('America/New_York', '2026-11-01T06:30:00Z', 'hour')).toEqual(['2026-11-01T06:00:00.000Z', 1]);
    expect(iso('Australia/Lord_Howe', '2026-10-03T15:40:00Z', 'hour')).toEqual([
      '2026-10-03T15:30:00.000Z',
      0.5,
    ]);
  });

  test('does not end a second time where the clock was set back over midnight', () => {
    expect(iso('America/St_Johns', '2010-11-07T02:45:00Z', 'day')).toEqual(['2010-11-07T02:30:00.000Z', 25]);
    expect(iso('America/St_Johns', '2010-11-07T02:29:59Z', 'day')).toEqual(['2010-11-06T02:30:00.000Z', 24]);
  });

  test('begins after the gap where midnight itself does not exist', () => {
    const { fromMs } = zoneOf('Africa/Cairo').stretchAt(Date.parse('2026-06-01T00:00:00Z'));
    expect(periodOf('day', 'Africa/Cairo', fromMs)).toEqual({ startMs: fromMs, endMs: fromMs + 23 * HOUR });
    expect(periodOf('day', 'Africa/Cairo', fromMs - 1).endMs).toBe(fromMs);
  });

  test('is, in every zone, the stretch in which a wall clock read minute by minute shows the same date', () => {
    const places = fc.record({
      zone: fc.constantFrom(...TWENTY_ZONES),
      at: fc.integer({ min: FROM, max: TO }),
      near: fc.boolean(),
    });
    fc.assert(
      fc.property(
        places,
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        ({ zone, at, near }, period) => {
          const change = zoneOf(zone).stretchAt(at).toMs;
          const from = Math.floor((near && change < TO ? change : at) / MINUTE) * MINUTE - 12 * HOUR;
          let highest = -Infinity;
          for (let step = from - 48 * HOUR; step < from; step += HOUR)
            highest = Math.max(highest, nameOf(period, wallMs(zone, step)));
          for (let step = from; step < from + 24 * HOUR; step += MINUTE) {
            const name = Math.max(highest, nameOf(period, wallMs(zone, step)));
            const { startMs, endMs } = periodOf(period, zone, step);
            expect(startMs <= step && step < endMs).toBe(true);
            if (step > from && (name !== highest) !== (startMs === step))
              expect.fail(`${zone} ${period} ${new Date(step).toISOString()}`);
            highest = name;
          }
        },
      ),
      { seed, numRuns: 250 },
    );
  });

  test('follows the one before without gap or overlap, hours included, over ten years of changes', () => {
    let seen = 0;
    for (const zone of TWENTY_ZONES) {
      for (const period of ['hour', 'day', 'week', 'month'] as const) {
        let at = Date.parse('2026-01-01T00:00:00Z');
        const until = period === 'hour' ? at + 400 * 24 * HOUR : TO;
        while (at < until) {
          const { startMs, endMs } = periodOf(period, zone, at);
          if (endMs <= at || periodOf(period, zone, endMs).startMs !== endMs)
            expect.fail(`${zone} ${period} ${at}`);
          if (periodOf(period, zone, endMs - 1).startMs !== startMs) expect.fail(`${zone} ${period} ${at}`);
          if (period === 'hour' && endMs - startMs > HOUR)
            expect.fail(`${zone}: an hour of ${endMs - startMs}`);
          at = endMs;
          seen += 1;
        }
      }
    }
    expect(seen).toBeGreaterThan(20 * (400 * 24 + 8 * 365 + 8 * 52 + 8 * 12));
  });
});
