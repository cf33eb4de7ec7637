import { describe, expect, test } from 'vitest';
import { matchesDate, parseCron } from '../../src/schedule/cron.ts';

const read = (text: string) => {
  const result = parseCron(text);
  if (!result.ok) throw new Error(result.reason);
  return result.cron;
};

describe('cron text', () => {
  test('lists, ranges, steps and names mean what crontab(5) says', () => {
    const cron = read('5,10-12,*/30 8-18/4 1 JAN,mar-MAY MON-FRI');
    expect(cron.minutes).toEqual([0, 5, 10, 11, 12, 30]);
    expect(cron.hours).toEqual([8, 12, 16]);
    expect(cron.months.flatMap((wanted, month) => (wanted ? [month] : []))).toEqual([1, 3, 4, 5]);
    expect(cron.weekdays).toEqual([false, true, true, true, true, true, false]);
  });

  test('a step after a single value runs to the end of the field', () => {
    expect(read('50/4 22/1 * * *').minutes).toEqual([50, 54, 58]);
    expect(read('50/4 22/1 * * *').hours).toEqual([22, 23]);
  });

  test('Sunday is 0, 7 and SUN, also at the end of a range', () => {
    for (const text of ['0', '7', 'SUN']) expect(read(`0 0 * * ${text}`).weekdays.indexOf(true)).toBe(0);
    expect(read('0 0 * * FRI-SUN').weekdays).toEqual([true, false, false, false, false, true, true]);
    expect(read('0 0 * * 5-7').weekdays).toEqual(read('0 0 * * FRI-SUN').weekdays);
  });

  test('either day field may match when both are restricted, and both must match otherwise', () => {
    const either = read('0 0 13 * FRI');
    expect(matchesDate(either, 11, 13, 2)).toBe(true);
    expect(matchesDate(either, 11, 20, 5)).toBe(true);
    expect(matchesDate(either, 11, 14, 6)).toBe(false);
    const both = read('0 0 */2 * FRI');
    expect(matchesDate(both, 11, 13, 5)).toBe(true);
    expect(matchesDate(both, 11, 20, 5)).toBe(false);
  });

  test.each([
    ['* * * *', 'has 4'],
    ['0 * * * * *', 'no seconds field'],
    ['@daily', 'nickname'],
    ['60 * * * *', '"60" is no minute'],
    ['0 24 * * *', '"24" is no hour'],
    ['0 0 0 * *', '"0" is no day of month'],
    ['0 0 * 13 *', '"13" is no month'],
    ['0 0 * * 8', '"8" is no day of week'],
    ['0 0 L * *', '"L" is no day of month'],
    ['0 0 ? * *', '"?" is no day of month'],
    ['0 0 * * 5#2', '"5#2" is no day of week'],
    ['0 18-6 * * *', 'runs backwards'],
    ['*/0 * * * *', 'step of 0'],
    ['1,,2 * * * *', '"" is no minute'],
    ['0 0 30 2 *', 'it would never begin'],
    ['0 0 31 4,6,9,11 *', 'it would never begin'],
  ])('%s is refused with a reason', (text, reason) => {
    const result = parseCron(text);
    expect(result.ok ? 'accepted' : result.reason).toContain(reason);
  });

  test('a refusal points at the field that is wrong', () => {
    expect(parseCron('0 20 * * MOO')).toMatchObject({ ok: false, column: 9 });
  });

  test('29 February alone is possible, and 30 February beside a weekday is too', () => {
    expect(parseCron('0 0 29 2 *').ok).toBe(true);
    expect(parseCron('0 0 30 2 MON').ok).toBe(true);
  });
});
