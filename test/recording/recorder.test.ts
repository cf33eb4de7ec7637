// The recorder beside a daemon: what it keeps, that it stays within its bounds, and that no disk stops the daemon.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { Quote, Zone } from '../../src/domain/market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { openDatabase } from '../../src/ledger/sqlite.ts';
import { createRecorder, type Recorder, type RecorderOptions } from '../../src/recording/recorder.ts';
import { openRecording } from '../../src/recording/recording.ts';

const START = 1_767_225_600_000;
let folder = '';
const problems: string[] = [];
const open: Recorder[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-recorder-'));
  problems.length = 0;
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(folder, { recursive: true, force: true });
});

const path = (): string => join(folder, 'data', 'market.recording');
const recorder = (change: Partial<RecorderOptions> = {}): Recorder => {
  const made = createRecorder({
    path: path(),
    keepMs: 30 * DAY_MS,
    mostBytes: 64 * 1024 * 1024,
    onProblem: (message) => void problems.push(message),
    // Nothing is written but when a test says so.
    flushMs: HOUR_MS,
    ...change,
  });
  open.push(made);
  return made;
};

const quote = (afterMs: number, ask: number | null, zone = 'hayesvalley'): Quote => ({
  zone,
  gpu: 'h100',
  ask: ask === null ? null : centsPerNodeHour(ask),
  noQuoteReason: ask === null ? 'sold out' : null,
  quantity: 2,
  askedAtMs: START + afterMs,
  answeredAtMs: START + afterMs + 250,
});

const zone = (name: string, region = 'us-west'): Zone => ({
  name,
  region,
  instanceType: 'h100i',
  gpu: 'h100',
});

const kept = (): readonly (number | null)[] => {
  const recording = openRecording(path());
  try {
    return recording.questions().flatMap((one) => recording.quotes(one).map(({ ask }) => ask));
  } finally {
    recording.close();
  }
};

describe('what is kept', () => {
  test('Every answer is kept as it was, bids and blocks apart, and only once.', () => {
    const one = recorder();
    for (const hold of ['autoreserved', 'reserved'] as const)
      for (const minute of [0, 1, 1, 2])
        one.onQuote(quote(minute * MINUTE_MS, minute === 2 ? null : 1200), hold);
    one.flush();
    const recording = openRecording(path());
    expect(recording.questions()).toEqual(
      (['autoreserved', 'reserved'] as const).map((hold) => ({
        zone: 'hayesvalley',
        hold,
        gpu: 'h100',
        quotes: 3,
        fromMs: START,
        toMs: START + 2 * MINUTE_MS,
        nothing: 1,
        longestGapMs: MINUTE_MS,
      })),
    );
    const [first, , last] = recording.quotes({ zone: 'hayesvalley', hold: 'reserved' });
    expect(first).toEqual({ ...quote(0, 1200), hold: 'reserved' });
    expect(last).toEqual({ ...quote(2 * MINUTE_MS, null), hold: 'reserved' });
    recording.close();
  });

  test('A zone is kept when it appears, changes or goes, also over a restart, and not while it stays the same.', () => {
    const one = recorder();
    one.onZones([zone('a'), zone('b')], START);
    one.onZones([zone('a'), zone('b')], START + 1000);
    one.close();
    const again = recorder();
    again.onZones([zone('a'), zone('b')], START + 2000);
    again.onZones([zone('a', 'us-east')], START + 3000);
    again.flush();
    const recording = openRecording(path());
    expect(
      recording.zones().map(({ atMs, name, region, listed }) => [atMs - START, name, region, listed]),
    ).toEqual([
      [0, 'a', 'us-west', true],
      [0, 'b', 'us-west', true],
      [3000, 'a', 'us-east', true],
      [3000, 'b', 'us-west', false],
    ]);
    expect(recording.summary().listed).toEqual(['a']);
    recording.close();
  });

  test('What waits is written by itself, and by closing.', async () => {
    const one = recorder({ flushMs: 1 });
    one.onQuote(quote(0, 1200), 'autoreserved');
    await expect.poll(() => existsSync(path()) && kept().length, { timeout: 20_000 }).toBe(1);
    const two = recorder();
    two.onQuote(quote(MINUTE_MS, 1300), 'autoreserved');
    two.close();
    expect(kept()).toEqual([1200, 1300]);
  });
});

describe('it stays within its bounds', () => {
  test('What is older than allowed is dropped, a part at a time.', () => {
    const one = recorder({ keepMs: DAY_MS });
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      one.onQuote(quote(hour * HOUR_MS, hour), 'autoreserved');
      if (hour % 6 === 0) one.flush();
    }
    one.flush();
    const asks = kept();
    expect(asks.at(-1)).toBe(30 * 24 - 1);
    expect(asks.length).toBeGreaterThanOrEqual(24);
    expect(asks.length).toBeLessThanOrEqual(48);
  });

  test('The file never grows beyond its size: the oldest are dropped, the newest are kept.', () => {
    const mostBytes = 1024 * 1024;
    const one = recorder({ mostBytes, keepMs: 3660 * DAY_MS });
    for (let index = 0; index < 40_000; index += 1) {
      one.onQuote(quote(index * MINUTE_MS, index), 'autoreserved');
      if (index % 5000 === 0) one.flush();
    }
    one.flush();
    const asks = kept();
    one.close();
    expect(statSync(path()).size).toBeLessThanOrEqual(mostBytes);
    expect(asks.at(-1)).toBe(39_999);
    expect(asks.length).toBeGreaterThan(2000);
    expect(problems).toEqual([]);
  });
});

describe('no disk stops it', () => {
  test('A folder that cannot be written is told once, what is seen waits, and is written when it can be.', () => {
    writeFileSync(join(folder, 'data'), 'a file where the folder should be');
    const one = recorder();
    one.onQuote(quote(0, 1200), 'autoreserved');
    one.flush();
    one.flush();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the market is not recorded');
    rmSync(join(folder, 'data'));
    one.flush();
    expect(problems.slice(1)).toEqual(['the market is recorded again']);
    expect(kept()).toEqual([1200]);
  });

  test('What waits is bounded, and what was lost is counted.', () => {
    writeFileSync(join(folder, 'data'), 'a file where the folder should be');
    const one = recorder();
    for (let index = 0; index < 20_100; index += 1)
      one.onQuote(quote(index * MINUTE_MS, index), 'autoreserved');
    one.flush();
    rmSync(join(folder, 'data'));
    one.flush();
    expect(problems.at(-1)).toContain('100 quotes were lost');
    expect(kept()).toHaveLength(20_000);
  });

  test.each([
    [
      'no database at all',
      (file: string) => writeFileSync(file, 'not a database, but long enough to look at'.repeat(50)),
    ],
    [
      'a page that was overwritten',
      (file: string) => {
        const bytes = readFileSync(file);
        bytes.fill(0x5a, 1024);
        writeFileSync(file, bytes);
      },
    ],
  ])('A damaged file (%s) is set aside and a new one begun.', (_, damage) => {
    const first = recorder();
    for (let index = 0; index < 500; index += 1)
      first.onQuote(quote(index * MINUTE_MS, index), 'autoreserved');
    first.close();
    damage(path());
    const second = recorder();
    second.onQuote(quote(600 * MINUTE_MS, 1200), 'autoreserved');
    second.flush();
    second.flush();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('.damaged');
    expect(existsSync(`${path()}.damaged`)).toBe(true);
    expect(kept()).toEqual([1200]);
  });

  test('A file that was deleted under it is begun anew.', () => {
    const one = recorder();
    one.onQuote(quote(0, 1200), 'autoreserved');
    one.flush();
    for (const beside of ['', '-wal', '-shm']) rmSync(`${path()}${beside}`, { force: true });
    one.onQuote(quote(MINUTE_MS, 1300), 'autoreserved');
    one.flush();
    expect(kept()).toEqual([1300]);
    expect(problems).toEqual([]);
  });

  test("Another program's database is not touched.", () => {
    const one = recorder();
    one.onQuote(quote(0, 1200), 'autoreserved');
    one.close();
    const other = openDatabase(path(), { readOnly: false, busyMs: 0 });
    other.exec('PRAGMA application_id = 7');
    other.close();
    const two = recorder();
    two.onQuote(quote(MINUTE_MS, 1300), 'autoreserved');
    two.flush();
    expect(problems[0]).toContain('another SQLite database');
    expect(existsSync(`${path()}.damaged`)).toBe(false);
  });

  test('While another process holds the file locked nothing waits and nothing is lost.', () => {
    const one = recorder();
    one.onQuote(quote(0, 1200), 'autoreserved');
    one.flush();
    const other = openDatabase(path(), { readOnly: false, busyMs: 0 });
    other.exec('BEGIN IMMEDIATE');
    one.onQuote(quote(MINUTE_MS, 1300), 'autoreserved');
    one.flush();
    expect(kept()).toEqual([1200]);
    other.exec('ROLLBACK');
    other.close();
    one.flush();
    expect(kept()).toEqual([1200, 1300]);
  });
});
