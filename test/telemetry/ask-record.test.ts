// The asks that were seen, as a history that can be played again.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seriesFromFiles } from '../../src/backtest/series.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { MarketReport } from '../../src/domain/report.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { readAskHistory } from '../../src/settings/ask-history.ts';
import { createAskRecord } from '../../src/telemetry/ask-record.ts';
import { reportOf } from './reports.ts';

const START = 1_767_225_600_000;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-asks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const seen = (afterMs: number, ask: number | null, zone = 'hayesvalley'): ReturnType<typeof reportOf> => {
  const line: MarketReport = {
    zone,
    gpu: 'h100',
    ask: ask === null ? null : centsPerNodeHour(ask),
    askedAtMs: START + afterMs,
  };
  return reportOf([], { market: [line] });
};

const problems: string[] = [];
const recorder = (bounds?: { ageMs: number; bytes: number }): ReturnType<typeof createAskRecord> =>
  createAskRecord({
    folder: join(folder, 'asks'),
    onProblem: (message) => void problems.push(message),
    ...(bounds === undefined ? {} : { bounds }),
  });
const file = (zone = 'hayesvalley'): string => join(folder, 'asks', `${zone}.csv`);
const rows = (zone?: string): readonly string[] =>
  readFileSync(file(zone), 'utf8').trim().split('\n').slice(1);

describe('asks are kept', () => {
  test('A row is written when the ask changed or the last one is a quarter of an hour old, and only once for a quote.', () => {
    const record = recorder();
    for (const [afterMs, ask] of [
      [0, 1200],
      [0, 1200],
      [MINUTE_MS, 1200],
      [2 * MINUTE_MS, 1350],
      [3 * MINUTE_MS, null],
      [19 * MINUTE_MS, null],
    ] as const)
      record(seen(afterMs, ask));
    const at = START / 1000;
    expect(rows()).toEqual([`${at},12.00,`, `${at + 120},13.50,`, `${at + 180},0,0`, `${at + 1140},0,0`]);
  });

  test('The backtest and the embedded market read what was written.', () => {
    const record = recorder();
    for (let hour = 0; hour <= 48; hour += 1) record(seen(hour * HOUR_MS, hour === 5 ? null : 1000 + hour));
    expect(readAskHistory(file())).toMatchObject({ ok: true });
    const { asks } = seriesFromFiles({ prices: file(), availability: null, outsideDollars: 20 });
    expect([asks[0], asks[12], asks[60]]).toEqual([1000, 1001, Number.POSITIVE_INFINITY]);
  });

  test('A restart goes on where the file ends, and a clock that was set back writes nothing twice.', () => {
    recorder()(seen(HOUR_MS, 1200));
    const again = recorder();
    again(seen(HOUR_MS, 1200));
    again(seen(0, 900));
    again(seen(2 * HOUR_MS, 900));
    expect(rows()).toHaveLength(2);
    expect(readAskHistory(file())).toMatchObject({ ok: true });
  });

  test('A file is bounded in size and age: the oldest rows are cut off.', () => {
    const record = recorder({ ageMs: 2 * DAY_MS, bytes: 2000 });
    for (let hour = 0; hour < 400; hour += 1) record(seen(hour * HOUR_MS, 1000 + hour));
    expect(statSync(file()).size).toBeLessThanOrEqual(2000);
    expect(Number(rows()[0]?.split(',')[0])).toBeGreaterThan((START + 300 * HOUR_MS) / 1000);
    expect(rows().at(-1)).toContain('13.99');
    expect(readAskHistory(file())).toMatchObject({ ok: true });
  });

  test('A zone keeps its own file, whatever the venue calls it.', () => {
    const record = recorder();
    record(seen(0, 1200, 'a'));
    record(seen(0, 1300, '../b/c'));
    expect(rows('a')).toHaveLength(1);
    expect(rows('___b_c')).toHaveLength(1);
  });

  test('A disk that cannot be written is told once and stops nothing.', () => {
    writeFileSync(join(folder, 'asks'), 'a file where the folder should be');
    problems.length = 0;
    const record = recorder();
    record(seen(0, 1200));
    record(seen(MINUTE_MS, 1300));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('asks are not kept');
  });
});
