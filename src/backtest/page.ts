// A backtest as one HTML file that needs nothing else: for each series its price, the limits that were offered, the time that
// was held, the money against the clairvoyant's, and the cost ratios of everything that was played.
import { formatCents } from '../domain/money.ts';
import type { Row } from './benchmark.ts';
import { OUTSIDE_CENTS } from './series.ts';
import { barChart, escapeText, lineChart } from './svg.ts';
import { summarise } from './summary.ts';
import type { Trace } from './trace.ts';

const STYLE = `
:root{color-scheme:light dark;--fg:#1d2433;--dim:#6b7385;--grid:#e3e6ec;--bg:#fbfbfd;--card:#fff;--ask:#8a93a6;--limit:#d9480f;--spent:#1c6dd0;--best:#2b8a3e;--held:#2b8a3e22}
@media(prefers-color-scheme:dark){:root{--fg:#e6e9f0;--dim:#98a1b3;--grid:#2b3242;--bg:#12151c;--card:#191d27;--ask:#8792a8;--limit:#ff922b;--spent:#74a9f5;--best:#69db7c;--held:#69db7c22}}
body{margin:0 auto;max-width:1040px;padding:24px;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{font-size:22px}h2{font-size:17px;margin:0 0 4px}section{background:var(--card);border:1px solid var(--grid);border-radius:10px;padding:16px;margin:18px 0}
p{color:var(--dim);margin:4px 0 10px}svg{width:100%;height:auto;display:block;margin:6px 0}svg text{fill:var(--dim);font:11px system-ui,sans-serif}svg .title{fill:var(--fg);font-weight:600;font-size:12px}
.grid{stroke:var(--grid)}.line{fill:none;stroke-width:1.4}.ask{stroke:var(--ask)}.limit{stroke:var(--limit)}.spent{stroke:var(--spent)}.best{stroke:var(--best)}
tspan.ask{fill:var(--ask);stroke:none}tspan.limit{fill:var(--limit);stroke:none}tspan.spent{fill:var(--spent);stroke:none}tspan.best{fill:var(--best);stroke:none}
.held{fill:var(--held)}rect.ours{fill:var(--spent)}rect.other{fill:var(--ask)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}td,th{padding:3px 8px;text-align:right;border-bottom:1px solid var(--grid)}td:first-child,th:first-child{text-align:left}`;

const dollars = (cents: number): string => formatCents(Math.round(cents));

const seriesSection = (trace: Trace, rows: readonly Row[]): string => {
  const { series, points, nodes, row } = trace;
  const times = points.map((point) => point.atMs);
  const shown = (cents: number | null): number | null =>
    cents === null ? null : Math.min(cents, OUTSIDE_CENTS * 1.5);
  const price = lineChart({
    title: 'price and limits, $/node-hour',
    times,
    lines: [
      { name: 'ask', style: 'ask', values: points.map((point) => shown(point.ask)) },
      { name: 'highest limit', style: 'limit', values: points.map((point) => shown(point.limit)) },
    ],
    band: points.map((point) => point.held / nodes),
    label: dollars,
  });
  const money = lineChart({
    title: 'money, missing hours bought outside',
    times,
    lines: [
      { name: row.strategy, style: 'spent', values: points.map((point) => point.spent) },
      { name: 'clairvoyant', style: 'best', values: points.map((point) => point.optimum) },
    ],
    label: dollars,
  });
  const bars = barChart(
    `cost ÷ clairvoyant (${row.game}, a fill costs: ${row.rule}, fresh quote)`,
    1,
    rows
      .filter((one) => one.game === row.game && one.rule === row.rule && one.quoteAgeMinutes === 0)
      .map((one) => ({
        name: one.strategy,
        style: one.baseline ? 'other' : 'ours',
        value: one.costRatio,
        label: one.costRatio.toFixed(4),
      })),
  );
  const kind = series.synthetic ? 'synthetic' : series.family;
  const words = `${kind} series; ${row.strategy} in the game ${row.game}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, outside price ${dollars(OUTSIDE_CENTS)}/node-hour (scaled). Shaded: the share of nodes held. ${row.interruptions} interruptions, A* ${row.aStar.toFixed(4)}.`;
  return `<section><h2>${escapeText(series.name)}</h2><p>${escapeText(words)}</p>${price}${money}${bars}</section>`;
};

const summarySection = (rows: readonly Row[]): string => {
  const head = [
    'strategy',
    'game',
    'rule',
    'quote',
    'worst CR',
    'median CR',
    'worst A*',
    'interruptions/node-week',
  ];
  const lines = summarise(rows).map((line) => [
    line.strategy,
    line.game,
    line.rule,
    `${line.quoteAgeMinutes} min`,
    line.worstCostRatio.toFixed(4),
    line.medianCostRatio.toFixed(4),
    line.worstAStar.toFixed(4),
    line.mostInterruptionsPerNodeWeek.toFixed(2),
  ]);
  const cells = (row: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  return `<section><h2>All series</h2><p>CR: paid, and the missing hours outside, ÷ the same for the clairvoyant. A*: useful hours ÷ hours with the ask at or under the outside price.</p><table>${cells(head, 'th')}${lines.map((line) => cells(line, 'td')).join('')}</table></section>`;
};

export const backtestPage = (rows: readonly Row[], traces: readonly Trace[]): string => {
  const sections = traces.map((trace) =>
    seriesSection(
      trace,
      rows.filter((row) => row.series === trace.series.name),
    ),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>bidkeeper backtest</title><style>${STYLE}</style></head>
<body><h1>bidkeeper backtest</h1>${sections.join('\n')}${summarySection(rows)}</body></html>
`;
};
