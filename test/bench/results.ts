// The results as text: tables for a terminal, which are markdown as well, so that the README takes them as they are.
import type { BusyTick } from './busy-tick.ts';
import type { LedgerSpeed } from './ledger-speed.ts';
import type { DemoMemory, LongRun } from './memory.ts';
import type { ScrapeTime } from './scrape-time.ts';
import type { StartUp } from './start-up.ts';
import type { SettlementSpeed } from './settlement-speed.ts';
import type { Spread } from './statistics.ts';
import type { SteadyTick } from './steady-tick.ts';

export interface Results {
  readonly at: string;
  readonly node: string;
  readonly cpus: number;
  readonly cpu: string;
  readonly steady: readonly SteadyTick[];
  readonly busy: readonly BusyTick[];
  readonly startUp: StartUp | null;
  readonly demoMemory: DemoMemory | null;
  readonly longRun: LongRun | null;
  readonly scrape: readonly ScrapeTime[];
  readonly ledger: LedgerSpeed | null;
  readonly settlement: SettlementSpeed | null;
}

type Cell = string;
type Line = readonly Cell[];

/** Three figures that mean something: 0.123, 1.23, 12.3, 123. */
const figure = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : 2);
};

const spread = (one: Spread): Cell => `${figure(one.median)} (${figure(one.low)}–${figure(one.high)})`;

/** Columns padded to one width, all but the first to the right. */
const table = (head: Line, lines: readonly Line[]): string => {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const row = (line: Line): string =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [row(head), rule, ...lines.map(row)].join('\n');
};

export const steadyTable = (rows: readonly SteadyTick[]): string =>
  table(
    [
      'nodes × fleets',
      'listing',
      'floor ms',
      'check ms',
      'tick ms',
      'telemetry ms',
      'tick ÷ floor',
      'all ÷ floor',
    ],
    rows.map((one) => [
      `${figure(one.nodes)} × ${one.fleets}`,
      `${figure(one.listingBytes / 1e6)} MB`,
      figure(one.floorMs.median),
      figure(one.checkMs.median),
      figure(one.tickMs.median),
      figure(one.telemetryMs.median),
      `${spread(one.ratio)}`,
      `${spread(one.wholeRatio)}`,
    ]),
  );

export const busyTable = (rows: readonly BusyTick[]): string =>
  table(
    ['nodes × fleets', 'changes', 'entries', 'tick ms', 'observe', 'decide', 'act', 'persist', 'µs a change'],
    rows.map(({ nodes, fleets, changes, entries, tickMs, stages }) => [
      `${figure(nodes)} × ${fleets}`,
      figure(changes),
      figure(entries),
      spread(tickMs),
      figure(stages.observe.median),
      figure(stages.decide.median),
      figure(stages.act.median),
      figure(stages.persist.median),
      figure((tickMs.median * 1000) / Math.max(1, changes)),
    ]),
  );

export const startUpTable = (one: StartUp): string =>
  table(
    ['start-up to ready', 'ms'],
    [
      ['demo, new store', spread(one.newStoreMs)],
      ['demo, its own store again', spread(one.oldStoreMs)],
      [`ledger of ${figure(one.fullLedgerEntries)} entries`, spread(one.fullLedgerMs)],
      [`ledger of ${figure(one.yearsEntries)} entries, without a snapshot`, figure(one.yearsFirstMs)],
      [`ledger of ${figure(one.yearsEntries)} entries, later starts`, spread(one.yearsMs)],
    ],
  );

export const memoryTable = (demo: DemoMemory | null, long: LongRun | null): string => {
  const lines: Line[] = [];
  if (demo !== null) {
    const said = demo.rssMb === null ? 'unknown' : `${figure(demo.rssMb)} MB`;
    lines.push([`resident: the demo after ${demo.afterSeconds} s`, said]);
  }
  const last = long?.samples.at(-1);
  if (long !== null && last !== undefined) {
    const ticks = figure(last.ticks);
    lines.push([
      `resident: daemon and market in one process after ${ticks} ticks`,
      `${figure(last.rssMb)} MB`,
    ]);
    lines.push([`heap in use after ${ticks} ticks`, `${figure(last.heapMb)} MB`]);
    lines.push(['heap growth a 1,000 ticks (second half)', `${figure(long.growthMbPerThousandTicks)} MB`]);
  }
  return table(['memory', ''], lines);
};

export const heapTable = (long: LongRun): string =>
  table(
    ['ticks', 'heap MB', 'resident MB', 'entries'],
    long.samples.map((one) => [
      figure(one.ticks),
      figure(one.heapMb),
      figure(one.rssMb),
      figure(one.entries),
    ]),
  );

export const scrapeTable = (rows: readonly ScrapeTime[]): string =>
  table(
    ['scrape of /metrics', 'series', 'kB', 'ms'],
    rows.map((one) => [
      `${one.fleets} ${one.fleets === 1 ? 'fleet' : 'fleets'}`,
      figure(one.series),
      figure(one.bytes / 1000),
      spread(one.scrapeMs),
    ]),
  );

export const ledgerTable = (one: LedgerSpeed): string =>
  table(
    ['ledger', 'a second'],
    [
      ['commits of one entry, each synced to disk', figure(one.appendsPerSecond)],
      ['entries written in commits of a thousand', figure(one.bulkEntriesPerSecond)],
      ['entries read, checked against their hashes and folded', figure(one.openEntriesPerSecond)],
      ['entries folded alone', figure(one.foldEntriesPerSecond)],
    ],
  );

export const settlementTable = (one: SettlementSpeed): string =>
  table(
    [`settlement of ${figure(one.transactions)} transactions, ${figure(one.nodes)} nodes`, ''],
    [
      ['in all, with the market serving it', `${figure(one.seconds)} s in ${figure(one.calls)} calls`],
      ["one hour's purchases: read, judged, folded", `${spread(one.roundMs)} ms`],
      ['judged and folded alone', `${spread(one.foldMs)} ms`],
      ['books at the end', `${figure(one.booksMb)} MB`],
    ],
  );

/** The short form for the README. */
export const readmeText = (all: Results): string => {
  const lines: Line[] = [];
  for (const one of all.steady.filter(({ nodes }) => nodes === 10_000)) {
    const what = `quiet tick, 10,000 nodes in ${one.fleets} ${one.fleets === 1 ? 'fleet' : 'fleets'}`;
    lines.push([
      what,
      `${figure(one.tickMs.median)} ms = ${figure(one.ratio.median)} × JSON.parse of the listing`,
    ]);
  }
  const busy = all.busy.at(-1);
  if (busy !== undefined) {
    lines.push([`busy tick, ${figure(busy.changes)} limits set at once`, `${figure(busy.tickMs.median)} ms`]);
  }
  if (all.startUp !== null) {
    const { newStoreMs, fullLedgerMs, fullLedgerEntries } = all.startUp;
    lines.push(['start-up to ready, the demo', `${figure(newStoreMs.median)} ms`]);
    lines.push([
      `the same with ${figure(fullLedgerEntries)} ledger entries`,
      `${figure(fullLedgerMs.median)} ms`,
    ]);
  }
  if (all.startUp !== null) {
    const { yearsMs, yearsFirstMs, yearsEntries } = all.startUp;
    const what = `with ${figure(yearsEntries)} entries and their snapshot (without one)`;
    lines.push([what, `${figure(yearsMs.median)} ms (${figure(yearsFirstMs)} ms)`]);
  }
  if (all.demoMemory?.rssMb != null) {
    lines.push([
      `resident memory, the demo after ${all.demoMemory.afterSeconds} s`,
      `${figure(all.demoMemory.rssMb)} MB`,
    ]);
  }
  if (all.longRun !== null) {
    lines.push(['heap growth a 1,000 ticks', `${figure(all.longRun.growthMbPerThousandTicks)} MB`]);
  }
  for (const one of all.scrape) {
    lines.push([
      `scrape of ${figure(one.series)} series (${one.fleets} fleets)`,
      `${figure(one.scrapeMs.median)} ms`,
    ]);
  }
  if (all.settlement !== null) {
    const { transactions, seconds, booksMb } = all.settlement;
    lines.push([
      `settlement of ${figure(transactions)} transactions`,
      `${figure(seconds)} s; books ${figure(booksMb)} MB`,
    ]);
  }
  if (all.ledger !== null)
    lines.push(['synced commits to the ledger', `${figure(all.ledger.appendsPerSecond)} a second`]);
  const where = `${all.at.slice(0, 10)}, Node ${all.node}, ${all.cpus} CPUs (${all.cpu}); medians`;
  return `${table([where, ''], lines)}`;
};
