import { describe, expect, test } from 'vitest';
import type { Schedule, ScheduleWindow } from '../../src/domain/policy.ts';
import { changesBetween, desiredAt, desiredOf, nextChange, wantedGpus } from '../../src/schedule/target.ts';

const HOUR = 3_600_000;
const at = (iso: string): number => Date.parse(iso);

const schedule = (
  timeZone: string,
  baseGpus: number,
  ...windows: (Partial<ScheduleWindow> & { from: string })[]
): Schedule => ({
  timeZone,
  baseGpus,
  windows: windows.map((window) => ({ forMs: HOUR, gpus: 64, leadMs: 0, ...window })),
});

describe('the target of a schedule', () => {
  test('is the base outside every window, the window inside one, and known to change at its edges', () => {
    const nights = schedule('America/Los_Angeles', 16, { from: '0 20 * * 1-5', forMs: 12 * HOUR });
    expect(wantedGpus(nights, at('2026-11-24T03:59:59Z'))).toBe(16);
    expect(desiredAt(nights, at('2026-11-24T04:00:00Z'))).toEqual({
      gpus: 64,
      nextChangeMs: at('2026-11-24T16:00:00Z'),
    });
    expect(desiredAt(nights, at('2026-11-24T16:00:00Z'))).toEqual({
      gpus: 16,
      nextChangeMs: at('2026-11-25T04:00:00Z'),
    });
  });

  test('counts whole nodes for a fleet', () => {
    expect(desiredOf({ name: 'train', schedule: schedule('UTC', 24) }, 0)).toEqual({
      fleet: 'train',
      gpus: 24,
      nodes: 3,
      nextChangeMs: null,
    });
  });

  test('inside a window is that of the window even when the base is higher', () => {
    expect(wantedGpus(schedule('UTC', 64, { from: '0 0 * * *', gpus: 0 }), at('2026-01-01T00:30:00Z'))).toBe(
      0,
    );
  });

  test('during a lead is the larger of the window ahead and what is wanted anyway', () => {
    const up = schedule('UTC', 16, { from: '0 12 * * *', leadMs: HOUR, gpus: 64 });
    expect(wantedGpus(up, at('2026-01-01T11:00:00Z'))).toBe(64);
    const down = schedule('UTC', 16, { from: '0 12 * * *', leadMs: HOUR, gpus: 8 });
    expect(wantedGpus(down, at('2026-01-01T11:00:00Z'))).toBe(16);
    expect(wantedGpus(down, at('2026-01-01T12:00:00Z'))).toBe(8);
  });

  test('lasts the elapsed time it says on the nights on which the clock changes', () => {
    const night = schedule('America/New_York', 0, { from: '0 20 * * *', forMs: 12 * HOUR });
    expect(
      changesBetween(night, at('2026-03-08T00:00:00Z'), at('2026-03-08T14:00:00Z')).map((c) => c.atMs),
    ).toEqual([at('2026-03-08T01:00:00Z'), at('2026-03-08T13:00:00Z')]);
  });

  test('begins, when its start falls into the gap of spring, at the first instant after it', () => {
    expect(
      nextChange(schedule('America/New_York', 0, { from: '30 2 8 3 *' }), at('2026-03-01T00:00:00Z')),
    ).toBe(at('2026-03-08T07:00:00Z'));
    expect(
      nextChange(schedule('Australia/Lord_Howe', 0, { from: '15 2 4 10 *' }), at('2026-10-01T00:00:00Z')),
    ).toBe(at('2026-10-03T15:30:00Z'));
    expect(nextChange(schedule('Pacific/Apia', 0, { from: '0 9 30 12 *' }), at('2011-12-29T00:00:00Z'))).toBe(
      at('2011-12-30T10:00:00Z'),
    );
  });

  test('begins, when its start comes twice in autumn, at the first pass and only there', () => {
    const twice = schedule('America/New_York', 0, { from: '30 1 * * *', forMs: HOUR / 2 });
    expect(
      changesBetween(twice, at('2026-11-01T00:00:00Z'), at('2026-11-02T00:00:00Z')).map((c) => c.atMs),
    ).toEqual([at('2026-11-01T05:30:00Z'), at('2026-11-01T06:00:00Z')]);
  });

  test('finds a leap day eight years ahead and a window over the year end', () => {
    const leap = schedule('Europe/Berlin', 0, { from: '0 0 29 2 *' });
    expect(nextChange(leap, at('2096-03-01T00:00:00Z'))).toBe(at('2104-02-28T23:00:00Z'));
    const year = schedule('UTC', 0, { from: '0 23 31 12 *', forMs: 2 * HOUR });
    expect(wantedGpus(year, at('2028-01-01T00:59:59Z'))).toBe(64);
    expect(wantedGpus(year, at('2028-01-01T01:00:00Z'))).toBe(0);
  });

  test('knows when nothing will ever change', () => {
    expect(nextChange(schedule('UTC', 8), 0)).toBeNull();
    expect(nextChange(schedule('UTC', 64, { from: '0 0 * * *' }), 0)).toBeNull();
    expect(nextChange(schedule('UTC', 8, { from: '0 * * * *' }), at('2026-01-01T00:00:00Z'))).toBeNull();
  });

  test('is told a million times a second when asked again within the same stretch', () => {
    const nights = schedule('America/Los_Angeles', 16, {
      from: '0 20 * * 1-5',
      forMs: 12 * HOUR,
      leadMs: HOUR,
    });
    const start = at('2026-01-01T00:00:00Z');
    let sum = 0;
    const before = performance.now();
    for (let look = 0; look < 300_000; look += 1) {
      sum +=
        wantedGpus(nights, start + look * 60_000) +
        ((nextChange(nights, start + look * 60_000) ?? 0) > 0 ? 1 : 0);
    }
    expect(sum).toBeGreaterThan(0);
    expect(performance.now() - before).toBeLessThan(1500);
  });
});
