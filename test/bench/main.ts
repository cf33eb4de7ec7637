// `npm run bench`: measures what an operator asks about and prints it; nothing here passes or fails. Ratios are taken within
// one run, because machines differ and are busy; every figure is a median, with its quartiles where they matter.
//
//   npm run bench -- [--only tick,busy,start,memory,scrape,ledger,settlement] [--quick] [--json FILE]
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBusyTick } from './busy-tick.ts';
import { holdPark } from './held-world.ts';
import { measureLedger } from './ledger-speed.ts';
import { measureDemoMemory, measureLongRun } from './memory.ts';
import {
  busyTable,
  heapTable,
  ledgerTable,
  memoryTable,
  readmeText,
  scrapeTable,
  settlementTable,
  startUpTable,
  steadyTable,
  type Results,
} from './results.ts';
import { measureScrape } from './scrape-time.ts';
import { measureSettlement } from './settlement-speed.ts';
import { FULL_LEDGER_ENTRIES, measureStartUp } from './start-up.ts';
import { measureSteadyTick } from './steady-tick.ts';

const PARTS = ['start', 'memory', 'scrape', 'ledger', 'settlement', 'tick', 'busy'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join(',') },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const wanted = new Set(values.only.split(','));
const unknown = [...wanted].filter((name) => !PARTS.some((part) => part === name));
if (unknown.length > 0)
  throw new Error(`there is no ${unknown.join(', ')}; the parts are ${PARTS.join(', ')}`);
const { quick } = values;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs a part when it is asked for; null when it is not. */
const part = async <Value>(name: Part, title: string, run: () => Promise<Value>): Promise<Value | null> => {
  if (!wanted.has(name)) return null;
  print(`\n## ${title}\n`);
  return run();
};

const measureTicks = async (): Promise<Pick<Results, 'steady' | 'busy'>> => {
  const steady: Results['steady'][number][] = [];
  const busy: Results['busy'][number][] = [];
  for (const nodes of quick ? [10, 1000] : [10, 1000, 10_000]) {
    for (const fleets of [1, 20, 200]) {
      const world = await holdPark(nodes, fleets);
      // Small parks are quick to tick and need more rounds for a steady median.
      if (wanted.has('tick')) steady.push(await measureSteadyTick(world, nodes >= 10_000 ? 41 : 151));
      if (wanted.has('busy') && fleets === 20 && nodes > 10)
        busy.push(await measureBusyTick(world, quick ? 3 : 7));
      process.stderr.write(`${nodes} nodes, ${fleets} fleets: measured\n`);
    }
  }
  return { steady, busy };
};

const startUp = await part('start', 'From the start of the process to ready', async () => {
  const result = await measureStartUp(quick ? 3 : 9);
  print(startUpTable(result));
  return result;
});

const memory = await part('memory', 'Memory', async () => {
  const demo = await measureDemoMemory(quick ? 10 : 60);
  const long = await measureLongRun(quick ? 1000 : 10_000);
  print(`${heapTable(long)}\n\n${memoryTable(demo, long)}`);
  return { demo, long };
});

const scrape = await part('scrape', 'Scrape', async () => {
  const rows: Results['scrape'][number][] = [];
  for (const fleets of [1, 10, 50]) rows.push(await measureScrape(fleets, quick ? 10 : 50));
  print(scrapeTable(rows));
  return rows;
});

const ledger = await part('ledger', 'Ledger', async () => {
  const result = await measureLedger(quick ? 10_000 : FULL_LEDGER_ENTRIES);
  print(ledgerTable(result));
  return result;
});

const settlement = await part('settlement', 'Settlement of 100,000 transactions', async () => {
  const result = await measureSettlement(quick ? 48 : 720);
  print(settlementTable(result));
  return result;
});

const tickPart: Part = wanted.has('tick') ? 'tick' : 'busy';
const ticks = await part(tickPart, 'A tick against its floor, JSON.parse of the listing', async () => {
  const result = await measureTicks();
  if (result.steady.length > 0)
    print(`Quiet: all held and running, nothing to do.\n\n${steadyTable(result.steady)}`);
  if (result.busy.length > 0) print(`\nBusy: every node's limit is set anew.\n\n${busyTable(result.busy)}`);
  return result;
});

const results: Results = {
  at: new Date().toISOString(),
  node: process.versions.node,
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  steady: ticks?.steady ?? [],
  busy: ticks?.busy ?? [],
  startUp,
  demoMemory: memory?.demo ?? null,
  longRun: memory?.long ?? null,
  scrape: scrape ?? [],
  ledger,
  settlement,
};
print(`\n## In short\n\n${readmeText(results)}`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
