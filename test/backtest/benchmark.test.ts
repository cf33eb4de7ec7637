// The benchmark as a whole on synthetic series: the promises of DESIGN §11 that can be kept for anybody's data, the text, the
// page, and the speed that a year of looks needs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBacktest } from '../../src/backtest/backtest.ts';
import { rowsOf, runBenchmark, type Row } from '../../src/backtest/benchmark.ts';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { replay } from '../../src/backtest/replay.ts';
import { judge, summarise } from '../../src/backtest/summary.ts';
import { syntheticSeries } from '../../src/backtest/synthetic.ts';
import { progressBar, rowsTable, sparkline, verdictTable } from '../../src/backtest/text.ts';

const series = syntheticSeries(3).filter((one) => one.family === 'jumps' || one.family === 'droughts');
const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-backtest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let rows: readonly Row[] = [];

beforeAll(async () => {
  rows = await runBenchmark({ series, nodes: 1, depthCents: 0, games: ['hold'] });
}, 60_000);

const worst = (strategy: string, rule: Row['rule'], age: number): number =>
  Math.max(
    ...rows
      .filter((row) => row.strategy === strategy && row.rule === rule && row.quoteAgeMinutes === age)
      .map((row) => row.costRatio),
  );

describe('on synthetic series', () => {
  test('With fresh quotes follow stays within 5 % of the clairvoyant under every rule, and the ladder within 12 %.', () => {
    for (const rule of ['clear', 'maker', 'bid'] as const) {
      expect(worst('follow', rule, 0)).toBeLessThan(1.05);
      expect(worst('ladder', rule, 0)).toBeLessThan(1.12);
    }
  });

  test('Where a fill costs its limit follow is at least a quarter cheaper than 1.5 × at start, on every series.', () => {
    for (const one of series) {
      const total = (strategy: string): number =>
        rows.find(
          (row) =>
            row.series === one.name &&
            row.strategy === strategy &&
            row.rule === 'bid' &&
            row.quoteAgeMinutes === 0,
        )?.totalCents ?? Number.NaN;
      expect(total('follow') / total('vendor_default')).toBeLessThan(0.75);
    }
  });

  test('Every combination has one row, and every measure is judged by a number.', () => {
    expect(rows).toHaveLength(rowsOf({ series, games: ['hold'] }));
    expect(
      new Set(rows.map((row) => JSON.stringify([row.series, row.strategy, row.rule, row.quoteAgeMinutes])))
        .size,
    ).toBe(rows.length);
    for (const { value } of judge(rows)) expect(Number.isFinite(value)).toBe(true);
    for (const line of summarise(rows))
      expect(line.worstCostRatio).toBeGreaterThanOrEqual(line.medianCostRatio);
  });
});

describe('what a person is shown', () => {
  test('Tables are aligned and label what is synthetic; the spark line has a gap where nothing was for sale.', () => {
    const lines = rowsTable(rows).split('\n');
    expect(lines).toHaveLength(rows.length + 2);
    expect(lines[2]).toContain('(synthetic)');
    expect(verdictTable(judge(rows))).toContain('follow, fresh quote, bid: worst CR');
    expect(sparkline({ asks: [1, 1, Number.POSITIVE_INFINITY, 8] }, 4)).toBe('▂▂ █');
    expect(progressBar(1, 4, 'x', 4)).toBe('[█···]  25 %  x');
  });

  test('The page needs nothing else and draws price, limits, holdings and money of every series.', async () => {
    const said: string[] = [];
    const rows = Array.from({ length: 4 * 24 }, (_, hour) => `${1_767_225_600 + hour * 3600},${hour % 7},`);
    const file = join(folder, 'mine.csv');
    writeFileSync(file, ['timestamp_unix,price_usd_per_node_hour,available_nodes', ...rows].join('\n'));
    const request = {
      files: [file],
      folder: null,
      availability: null,
      outsideCents: 800,
      nodes: 2,
      depthCents: 40,
      seed: 5,
      jobs: false,
    };
    const answer = await runBacktest(request, (line) => void said.push(line));
    const page = (await answer.page?.()) ?? '';
    expect(page).not.toMatch(/https?:|<script|<link|src=|@import/);
    expect(page.match(/<svg/g)).toHaveLength(3);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(said.at(-1)).toContain('100 %');
    expect(answer.text).toContain('mine');
  });
});

test('A busy machine still plays thousands of looks a second, budgets and all guards judged at each.', async () => {
  const [one] = series;
  if (one === undefined) throw new Error('no series');
  const before = process.cpuUsage();
  const { looks } = await replay({
    series: one,
    game: 'hold',
    rule: 'bid',
    quoteAgeMs: 0,
    nodes: 1,
    depthCents: 0,
    bid: SHIPPED.follow,
  });
  const { user, system } = process.cpuUsage(before);
  expect(looks / ((user + system) / 1e6)).toBeGreaterThan(5000);
});
