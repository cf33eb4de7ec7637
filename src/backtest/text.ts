// A backtest on a terminal: tables with aligned columns, sparklines of prices, a bar while it runs.
import { formatCents } from '../domain/money.ts';
import type { Row } from './benchmark.ts';
import { NOTHING, type Series } from './series.ts';
import type { Summary, Verdict } from './summary.ts';

const BARS = '▁▂▃▄▅▆▇█';

/** Columns padded to the widest cell; the first to the left, the others to the right. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
};

/** The mean ask of equal spans as bars, against the dearest of them; a gap where nothing was for sale. */
export const sparkline = ({ asks }: Pick<Series, 'asks'>, width = 60): string => {
  const means = Array.from({ length: width }, (_, index) => {
    const span = asks
      .slice(Math.floor((index * asks.length) / width), Math.ceil(((index + 1) * asks.length) / width))
      .filter((ask) => ask !== NOTHING);
    return span.length === 0 ? null : span.reduce((sum, ask) => sum + ask, 0) / span.length;
  });
  const most = Math.max(1, ...means.map((mean) => mean ?? 0));
  return means
    .map((mean) => (mean === null ? ' ' : (BARS[Math.min(7, Math.floor((mean / most) * 8))] ?? ' ')))
    .join('');
};

/** `[██████····] 60 %  what`, to be written over itself. */
export const progressBar = (done: number, of: number, what: string, width = 30): string => {
  const share = of === 0 ? 1 : Math.min(1, done / of);
  const full = Math.round(share * width);
  return `[${'█'.repeat(full)}${'·'.repeat(width - full)}] ${String(Math.floor(share * 100)).padStart(3)} %  ${what}`;
};

const ratio = (value: number): string => value.toFixed(4);

export const rowsTable = (rows: readonly Row[]): string =>
  table(
    [
      'series',
      'game',
      'strategy',
      'rule',
      'quote',
      'CR',
      'A*',
      'interruptions/node-week',
      'paid',
      'with outside',
    ],
    rows.map((row) => [
      row.synthetic ? `${row.series} (synthetic)` : row.series,
      row.game,
      row.strategy,
      row.rule,
      `${row.quoteAgeMinutes} min`,
      ratio(row.costRatio),
      ratio(row.aStar),
      row.interruptionsPerNodeWeek.toFixed(2),
      formatCents(Math.round(row.paidCents)),
      formatCents(Math.round(row.totalCents)),
    ]),
  );

export const summaryTable = (lines: readonly Summary[]): string =>
  table(
    [
      'strategy',
      'game',
      'rule',
      'quote',
      'worst CR',
      'median CR',
      'worst A*',
      'most interruptions/node-week',
    ],
    lines.map((line) => [
      line.strategy,
      line.game,
      line.rule,
      `${line.quoteAgeMinutes} min`,
      ratio(line.worstCostRatio),
      ratio(line.medianCostRatio),
      ratio(line.worstAStar),
      line.mostInterruptionsPerNodeWeek.toFixed(2),
    ]),
  );

export const verdictTable = (verdicts: readonly Verdict[]): string =>
  table(
    ['measure', 'measured', '', 'floor', 'aim', 'meets'],
    verdicts.map((one) => [
      one.what,
      ratio(one.value),
      one.bound === 'most' ? '≤' : '≥',
      ratio(one.floor),
      ratio(one.aim),
      one.meetsAim ? 'aim' : one.meetsFloor ? 'floor' : 'NO',
    ]),
  );
