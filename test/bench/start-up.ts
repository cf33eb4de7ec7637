// From the start of the process to ready: the demo on a new store, on the store it left, with a ledger of a hundred thousand
// entries to fold, and with years of entries, before and after a snapshot was kept. Ready means that the first tick has ended: books folded, market listed, ports open.
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { demoFolder, startDemo } from './demo-process.ts';
import { fillLedger } from './full-ledger.ts';
import { spreadOf, type Spread } from './statistics.ts';

export interface StartUp {
  readonly newStoreMs: Spread;
  readonly oldStoreMs: Spread;
  readonly fullLedgerMs: Spread;
  readonly fullLedgerEntries: number;
  /** Years of entries: the start that folds all of them, and the starts after it, which begin with its snapshot. */
  readonly yearsFirstMs: number;
  readonly yearsMs: Spread;
  readonly yearsEntries: number;
}

export const FULL_LEDGER_ENTRIES = 100_000;
const YEARS_OF_ENTRIES = 1_000_000;
const KEPT_WITHIN_MS = 300_000;

const measureNew = async (runs: number): Promise<number[]> => {
  const samples: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const folder = await demoFolder();
    const demo = await startDemo(folder);
    await demo.stop();
    folder.remove();
    samples.push(demo.readyMs);
  }
  return samples;
};

const measureAgain = async (runs: number, entries: number): Promise<number[]> => {
  const folder = await demoFolder();
  const samples: number[] = [];
  if (entries > 0) await fillLedger(folder.store, entries);
  else await (await startDemo(folder)).stop();
  for (let run = 0; run < runs; run += 1) {
    const demo = await startDemo(folder);
    await demo.stop();
    samples.push(demo.readyMs);
  }
  folder.remove();
  return samples;
};

/** Waits until a running daemon has kept a snapshot of its ledger. */
const untilKept = async (store: string): Promise<void> => {
  const ledger = openLedger({ path: store, readOnly: true });
  const until = performance.now() + KEPT_WITHIN_MS;
  while (ledger.snapshots?.snapshot().kind !== 'kept') {
    if (performance.now() > until) throw new Error('no snapshot was kept');
    await sleep(100);
  }
  ledger.close();
};

const measureYears = async (runs: number): Promise<{ first: number; samples: number[] }> => {
  const folder = await demoFolder();
  await fillLedger(folder.store, YEARS_OF_ENTRIES);
  const demo = await startDemo(folder);
  await untilKept(folder.store);
  await demo.stop();
  const samples: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const again = await startDemo(folder);
    await again.stop();
    samples.push(again.readyMs);
  }
  folder.remove();
  return { first: demo.readyMs, samples };
};

export const measureStartUp = async (runs: number): Promise<StartUp> => {
  const newStoreMs = spreadOf(await measureNew(runs));
  const oldStoreMs = spreadOf(await measureAgain(runs, 0));
  const few = Math.max(3, Math.ceil(runs / 3));
  const fullLedgerMs = spreadOf(await measureAgain(few, FULL_LEDGER_ENTRIES));
  const years = await measureYears(few);
  return {
    newStoreMs,
    oldStoreMs,
    fullLedgerMs,
    fullLedgerEntries: FULL_LEDGER_ENTRIES,
    yearsFirstMs: years.first,
    yearsMs: spreadOf(years.samples),
    yearsEntries: YEARS_OF_ENTRIES,
  };
};
