// Price and availability files: what is read, and how each fault is told with its line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAvailability, parseManifest, parsePrices, readText } from '../../src/recording/history-file.ts';
import { NOTHING, seriesFromFiles, seriesFromFolder } from '../../src/backtest/series.ts';
import { syntheticSeries } from '../../src/backtest/synthetic.ts';

const HEAD = 'timestamp_unix,price_usd_per_node_hour,available_nodes';
const START = 1_767_225_600;
const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Two days in which the price is asked for every half hour. */
const twoDays = (price: (row: number) => string): string =>
  [HEAD, ...Array.from({ length: 97 }, (_, row) => `${START + row * 1800},${price(row)},`)].join('\n');

describe('a fault is told with file and line', () => {
  test.each([
    ['a missing header', '1,2,3', 'p.csv:1 should be the columns timestamp_unix'],
    ['no rows', `${HEAD}\n\n`, 'p.csv holds no rows'],
    ['rows out of order', `${HEAD}\n20,1,\n10,1,`, 'p.csv:3 is not later than the row before it'],
    ['a row twice', `${HEAD}\n20,1,\n20,1,`, 'p.csv:3 is not later'],
    ['a time that is none', `${HEAD}\n1e9,1,`, 'p.csv:2 "1e9" is no Unix time in seconds'],
    ['a price that is none', `${HEAD}\n10,1,\n20,NaN,`, 'p.csv:3 "NaN" is no price'],
    ['a negative price', `${HEAD}\n10,-1,`, 'p.csv:2 "-1" is no price'],
    ['a wrong count', `${HEAD}\n10,1,x`, 'p.csv:2 "x" is no number of nodes'],
    ['a missing column', `${HEAD}\n10`, 'p.csv:2 has 1 columns instead of 3'],
    ['a column too many', `${HEAD}\n10,1,2,3`, 'p.csv:2 has 4 columns instead of 3'],
  ])('%s', (_, text, message) => {
    expect(() => parsePrices(text, 'p.csv')).toThrow(message);
    const path = file('p.csv', text);
    const play = () => seriesFromFiles({ prices: path, availability: null, outsideDollars: 2 });
    expect(play).toThrow('E_BACKTEST_DATA');
  });

  test('in availability files and manifests too', () => {
    expect(() => parseAvailability('timestamp_unix,available\n5,1\n5,0', 'a.csv')).toThrow(
      'a.csv:3 is not later',
    );
    const head = 'series,outside_price_usd_per_node_hour,listed_series,family';
    expect(() => parseManifest(`${head}\nx,0,,market`, 'm.csv')).toThrow(
      'm.csv:2 has an outside price of nothing',
    );
    expect(() => parseManifest(`${head}\n../x,1,,market`, 'm.csv')).toThrow('m.csv:2 "../x" is no name');
  });

  test('a file that is missing, cut short, or too short to judge by', () => {
    expect(() =>
      seriesFromFiles({ prices: join(folder, 'none.csv'), availability: null, outsideDollars: 2 }),
    ).toThrow('E_BACKTEST_FILE');
    const cut = file('cut.csv.gz', gzipSync(twoDays(() => '1')).subarray(0, 60));
    expect(() => readText(cut)).toThrow('cut.csv.gz is not a whole gzip file');
    const short = file('short.csv', `${HEAD}\n${START},1,\n${START + 7200},1,`);
    expect(() => seriesFromFiles({ prices: short, availability: null, outsideDollars: 2 })).toThrow(
      'E_BACKTEST_SHORT',
    );
  });
});

describe('a history becomes a series', () => {
  test('It is scaled so that the outside price is $20, gzipped or not, and a row holds until the next.', () => {
    const prices = file('half.csv.gz', gzipSync(twoDays((row) => (row % 2 === 0 ? '0.0651' : '0.325'))));
    const { asks, name, scoredFrom } = seriesFromFiles({ prices, availability: null, outsideDollars: 0.65 });
    expect(name).toBe('half');
    // 0.0651 of 0.65 is $2.0031 of $20, and a part of a cent is rounded up.
    expect(asks.slice(0, 13)).toEqual([
      201, 201, 201, 201, 201, 201, 1000, 1000, 1000, 1000, 1000, 1000, 201,
    ]);
    expect(asks.length).toBe(48 * 12 + 1);
    expect(scoredFrom).toBe(24 * 12);
  });

  test('A price of nothing, no nodes, or a listing of 0 mean that nothing is for sale.', () => {
    const prices = file('gaps.csv', twoDays((row) => (row === 1 ? '0' : '1')).replace(/,$/, ',0'));
    const availability = file(
      'listed.csv',
      `timestamp_unix,available\n${START},3\n${START + 7200},0\n${START + 9000},1`,
    );
    const { asks } = seriesFromFiles({ prices, availability, outsideDollars: 2 });
    expect(asks[5]).toBe(1000);
    expect(asks[6]).toBe(NOTHING);
    expect(asks.slice(23, 31)).toEqual([1000, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, 1000]);
    expect(asks.at(-1)).toBe(NOTHING);
  });

  test('A folder is read by its manifest, and a series that is not there is named.', () => {
    file('manifest.csv', 'series,outside_price_usd_per_node_hour,listed_series,family\nhalf,0.65,,market\n');
    expect(seriesFromFolder(folder).map(({ name, family }) => [name, family])).toEqual([['half', 'market']]);
    file('manifest.csv', 'series,outside_price_usd_per_node_hour,listed_series,family\ngone,0.65,,market\n');
    expect(() => seriesFromFolder(folder)).toThrow('names gone');
  });
});

test('Synthetic series are the same for the same seed, others for another, and labelled.', () => {
  expect(syntheticSeries(7)).toEqual(syntheticSeries(7));
  expect(syntheticSeries(7)[0]?.asks).not.toEqual(syntheticSeries(8)[0]?.asks);
  for (const series of syntheticSeries(1)) {
    expect(series).toMatchObject({ synthetic: true, scoredFrom: 7 * 24 * 12 });
    expect(series.name).toMatch(/^synthetic-/);
  }
});
