// Out of a recording and into one: what a backtest and an embedded market read, what is refused, and that nothing is written twice.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NOTHING, seriesFromFolder, seriesFromRecording } from '../../src/backtest/series.ts';
import type { HoldKind } from '../../src/domain/node.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createRecorder } from '../../src/recording/recorder.ts';
import { openRecording, type Recording } from '../../src/recording/recording.ts';
import { copyRecording, exportRecording, importInto } from '../../src/recording/transfer.ts';
import { readAskHistory } from '../../src/settings/ask-history.ts';

const START = 1_767_225_600_000;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-transfer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

/** Asks of an hour's minutes, from `fromMs` on. */
const record = (path: string, hours: number, hold: HoldKind = 'autoreserved', zone = 'hayesvalley'): void => {
  const recorder = createRecorder({
    path,
    keepMs: 366 * 24 * HOUR_MS,
    mostBytes: 64 * 1024 * 1024,
    onProblem: (message) => expect.fail(message),
  });
  recorder.onZones([{ name: zone, region: 'us-west', instanceType: 'h100i', gpu: 'h100' }], START);
  for (let minute = 0; minute <= hours * 60; minute += 5) {
    const ask = Math.floor(minute / 60) === 5 ? null : centsPerNodeHour(1000 + Math.floor(minute / 60));
    const askedAtMs = START + minute * MINUTE_MS + 120;
    const said = { noQuoteReason: ask === null ? 'sold out, "really"' : null, quantity: 1 };
    recorder.onQuote({ zone, gpu: 'h100', ask, askedAtMs, answeredAtMs: askedAtMs + 1500, ...said }, hold);
  }
  recorder.close();
};

const using = <Result>(path: string, use: (recording: Recording) => Result): Result => {
  const recording = openRecording(path);
  try {
    return use(recording);
  } finally {
    recording.close();
  }
};

const exported = (path: string, outside: number | null = 2000): ReturnType<typeof exportRecording> =>
  using(path, (recording) =>
    exportRecording(recording, {
      folder: at('out'),
      outsideCents: () => outside,
      beside: new Map([['fills.csv', 'x\n']]),
    }),
  );

describe('an export', () => {
  test('is what a backtest plays and an embedded market reads, the same asks in both.', () => {
    record(at('a.db'), 30);
    expect(exported(at('a.db'))).toMatchObject({
      files: ['fills.csv', 'hayesvalley.csv', 'manifest.csv', 'quotes.csv', 'zones.csv'],
      short: [],
    });
    const [series] = seriesFromFolder(at('out'));
    const [direct] = seriesFromRecording(at('a.db'), 20);
    expect(series?.asks).toEqual(direct?.asks);
    expect(series?.name).toBe('hayesvalley');
    expect([0, 12, 59, 60, 71, 72].map((look) => series?.asks[look])).toEqual([
      1000,
      1001,
      1004,
      NOTHING,
      NOTHING,
      1006,
    ]);
    expect(readAskHistory(join(at('out'), 'hayesvalley.csv'))).toMatchObject({ ok: true });
  });

  test('holds every answer and every listing as CSV that spreadsheets read.', () => {
    record(at('a.db'), 6);
    exported(at('a.db'));
    const quotes = readFileSync(join(at('out'), 'quotes.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(quotes).toHaveLength(1 + 6 * 12 + 1);
    expect(quotes[1]).toBe('2026-01-01T00:00:00Z,hayesvalley,h100,autoreserved,10.00,1,1.5,');
    expect(quotes[61]).toBe(
      '2026-01-01T05:00:00Z,hayesvalley,h100,autoreserved,,1,1.5,"sold out, ""really"""',
    );
    expect(readFileSync(join(at('out'), 'zones.csv'), 'utf8')).toContain(
      '2026-01-01T00:00:00Z,hayesvalley,h100,us-west,h100i,1\n',
    );
  });

  test('keeps blocks apart, leaves out of the manifest what is shorter than a day or has no price elsewhere.', () => {
    record(at('a.db'), 30);
    record(at('a.db'), 3, 'reserved');
    expect(exported(at('a.db'))).toMatchObject({ short: ['hayesvalley-blocks'] });
    expect(seriesFromFolder(at('out'))).toHaveLength(1);
    rmSync(at('out'), { recursive: true });
    expect(exported(at('a.db'), null).files).not.toContain('manifest.csv');
  });

  test('as one SQLite file is a recording of its own, and overwrites nothing.', () => {
    record(at('a.db'), 2);
    using(at('a.db'), (recording) => copyRecording(recording, at('copy.db')));
    expect(using(at('copy.db'), (recording) => recording.questions())).toEqual(
      using(at('a.db'), (recording) => recording.questions()),
    );
    expect(() => using(at('a.db'), (recording) => copyRecording(recording, at('copy.db')))).toThrow(
      'E_RECORDING_WRITE',
    );
  });

  test('that cannot be written is told, and a missing, empty or strange recording too.', () => {
    record(at('a.db'), 2);
    writeFileSync(at('out'), 'a file where the folder should be');
    expect(() => exported(at('a.db'))).toThrow('E_RECORDING_WRITE');
    expect(() => openRecording(at('none.db'))).toThrow('E_RECORDING_MISSING');
    writeFileSync(at('empty.db'), '');
    expect(() => openRecording(at('empty.db'))).toThrow('E_RECORDING_OPEN');
    writeFileSync(at('text.db'), 'no database, whatever its name says '.repeat(40));
    expect(() => openRecording(at('text.db'))).toThrow('E_RECORDING_OPEN');
    expect(() => seriesFromRecording(at('a.db'), 20)).toThrow('E_BACKTEST_SHORT');
  });
});

const HEAD = 'timestamp_unix,price_usd_per_node_hour,available_nodes';
const given = { gpu: 'h100', zone: null, hold: 'autoreserved' } as const;

describe('an import', () => {
  test('takes price histories, gzipped or not, into the zone of their name, and none of it twice.', () => {
    writeFileSync(at('richmond.csv.gz'), gzipSync(`${HEAD}\n1000,12.345,\n2000,0,0\n3000,14.00,2\n`));
    const files = [at('richmond.csv.gz')];
    expect(importInto(at('a.db'), { ...given, files })).toEqual([{ file: files[0], rows: 3, added: 3 }]);
    expect(importInto(at('a.db'), { ...given, files })).toEqual([{ file: files[0], rows: 3, added: 0 }]);
    expect(
      using(at('a.db'), (recording) =>
        recording
          .quotes({ zone: 'richmond', hold: 'autoreserved' })
          .map(({ askedAtMs, ask }) => [askedAtMs, ask]),
      ),
    ).toEqual([
      [1_000_000, 1235],
      [2_000_000, null],
      [3_000_000, 1400],
    ]);
  });

  test('gives back what an export took out, and joins recordings of several daemons.', () => {
    record(at('a.db'), 30);
    exported(at('a.db'));
    importInto(at('b.db'), { ...given, files: [join(at('out'), 'hayesvalley.csv')] });
    expect(seriesFromRecording(at('b.db'), 20)[0]?.asks).toEqual(
      seriesFromRecording(at('a.db'), 20)[0]?.asks,
    );
    record(at('c.db'), 2, 'reserved', 'richmond');
    expect(importInto(at('a.db'), { ...given, gpu: null, files: [at('c.db')] })[0]?.added).toBe(25);
    expect(using(at('a.db'), (recording) => recording.summary())).toMatchObject({
      questions: [{ zone: 'hayesvalley' }, { zone: 'richmond', hold: 'reserved' }],
      listed: ['hayesvalley', 'richmond'],
    });
  });

  test('names what is wrong and then adds nothing of any file.', () => {
    writeFileSync(at('good.csv'), `${HEAD}\n1000,12,\n`);
    writeFileSync(at('bad.csv'), `${HEAD}\n1000,12,\n1000,13,\n`);
    const files = [at('good.csv'), at('bad.csv')];
    expect(() => importInto(at('a.db'), { ...given, files })).toThrow('bad.csv:3 is not later');
    expect(() => importInto(at('a.db'), { ...given, gpu: null, files: [at('good.csv')] })).toThrow(
      'GPU type',
    );
    expect(() => importInto(at('a.db'), { ...given, files: [at('none.csv')] })).toThrow('E_RECORDING_IMPORT');
    writeFileSync(at('My Zone.csv'), `${HEAD}\n1000,12,\n`);
    expect(() => importInto(at('a.db'), { ...given, files: [at('My Zone.csv')] })).toThrow(
      'no name of a zone',
    );
    expect(existsSync(at('a.db'))).toBe(false);
  });
});
