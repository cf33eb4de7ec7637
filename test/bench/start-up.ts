// From the start of the process to ready: the demo on a new store, on the store it left, and with a ledger of a hundred
// thousand entries to fold. Ready means that the first tick has ended: books folded, market listed, ports open.
import { demoFolder, startDemo } from './demo-process.ts';
import { fillLedger } from './full-ledger.ts';
import { spreadOf, type Spread } from './statistics.ts';

export interface StartUp {
  readonly newStoreMs: Spread;
  readonly oldStoreMs: Spread;
  readonly fullLedgerMs: Spread;
  readonly fullLedgerEntries: number;
}

export const FULL_LEDGER_ENTRIES = 100_000;

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

export const measureStartUp = async (runs: number): Promise<StartUp> => ({
  newStoreMs: spreadOf(await measureNew(runs)),
  oldStoreMs: spreadOf(await measureAgain(runs, 0)),
  fullLedgerMs: spreadOf(await measureAgain(Math.max(3, Math.ceil(runs / 3)), FULL_LEDGER_ENTRIES)),
  fullLedgerEntries: FULL_LEDGER_ENTRIES,
});
