import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../src/domain/policy.ts';
import { overlaps } from '../../src/schedule/overlaps.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-23T12:00:00Z');
const window = (from: string, hours: number, leadHours = 0) => ({
  from,
  forMs: hours * HOUR,
  gpus: 8,
  leadMs: leadHours * HOUR,
});
const schedule = (timeZone: string, ...windows: Schedule['windows']): Schedule => ({
  timeZone,
  baseGpus: 0,
  windows,
});

describe('overlapping windows', () => {
  test('are found once for each pair, with the first span both claim', () => {
    const found = overlaps(schedule('UTC', window('0 20 * * *', 12), window('0 7 * * 1', 2)), NOW);
    expect(found).toEqual([
      {
        first: 0,
        second: 1,
        fromMs: Date.parse('2026-11-30T07:00:00Z'),
        toMs: Date.parse('2026-11-30T08:00:00Z'),
      },
    ]);
  });

  test('are not windows that only touch, nor leads', () => {
    expect(overlaps(schedule('UTC', window('0 8 * * *', 12, 3), window('0 20 * * *', 12, 3)), NOW)).toEqual(
      [],
    );
  });

  test('are found when only a clock change years ahead makes them meet', () => {
    const found = overlaps(
      schedule('America/New_York', window('0 1 * * SUN', 2), window('0 3 * * SUN', 1)),
      NOW,
    );
    expect(found.map(({ fromMs }) => new Date(fromMs).toISOString())).toEqual(['2027-03-14T07:00:00.000Z']);
  });

  test('are found on a leap day two years ahead', () => {
    expect(overlaps(schedule('UTC', window('0 0 29 2 *', 24), window('0 12 28 * *', 13)), NOW)).toHaveLength(
      1,
    );
  });

  test('are found when one window always runs into itself, but not when only the clock made it', () => {
    expect(overlaps(schedule('UTC', window('0 * * * *', 2)), NOW)).toMatchObject([{ first: 0, second: 0 }]);
    expect(overlaps(schedule('Europe/Berlin', window('0 0 * * *', 24)), NOW)).toEqual([]);
  });

  test('are seen when one is running already', () => {
    expect(
      overlaps(schedule('UTC', window('0 0 20 11 *', 24 * 5), window('0 13 23 11 *', 1)), NOW),
    ).toHaveLength(1);
  });
});
