// The ledger: how fast single entries become durable (each append is a commit that the disk has synced), how fast whole
// ticks of entries do, and how fast a stored ledger is read, checked against its hashes and folded into books.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchUp } from '../../src/daemon/tick.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { foldAll } from '../../src/reconcile/fold.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { fillLedger, pastOf } from './full-ledger.ts';
import { spreadOf, timed, type Spread } from './statistics.ts';

export interface LedgerSpeed {
  readonly appendMs: Spread;
  /** Commits of one entry a second. */
  readonly appendsPerSecond: number;
  /** Entries a second in commits of a thousand. */
  readonly bulkEntriesPerSecond: number;
  readonly foldEntriesPerSecond: number;
  /** Reading, checking the chain and folding. */
  readonly openEntriesPerSecond: number;
  readonly bytesPerEntry: number;
}

const APPENDS = 1000;

const measureAppends = async (path: string): Promise<Spread> => {
  const ledger = openLedger({ path });
  const samples: number[] = [];
  const entries = pastOf(APPENDS, Date.now()).flatMap((batch) => batch.entries);
  for (const entry of entries.slice(0, APPENDS)) {
    const { value, tookMs } = await timed(() => ledger.append([entry], Date.now(), ledger.head()));
    if (value.kind !== 'appended') throw new Error(`an entry was not appended: ${value.kind}`);
    samples.push(tookMs);
  }
  ledger.close();
  return spreadOf(samples);
};

export const measureLedger = async (entries: number): Promise<LedgerSpeed> => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-bench-'));
  const path = join(folder, 'full.db');
  const appendMs = await measureAppends(join(folder, 'appends.db'));
  const filling = await timed(() => fillLedger(path, entries));
  const ledger = openLedger({ path });
  const count = ledger.head();
  const books = emptyBooks();
  const opening = await timed(() => catchUp(ledger, books));
  if (opening.value !== null || books.contradiction !== null) {
    throw new Error(`the past does not fold: ${opening.value ?? books.contradiction ?? ''}`);
  }
  const records: LedgerRecord[] = [];
  for await (const batch of ledger.read(0)) records.push(...batch);
  const folds: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    folds.push((await timed(() => foldAll(emptyBooks(), records))).tookMs);
  }
  ledger.close();
  const bytes = statSync(path).size;
  rmSync(folder, { recursive: true, force: true });
  const perSecond = (tookMs: number): number => (count / tookMs) * 1000;
  return {
    appendMs,
    appendsPerSecond: 1000 / appendMs.median,
    bulkEntriesPerSecond: perSecond(filling.tookMs),
    foldEntriesPerSecond: perSecond(spreadOf(folds).median),
    openEntriesPerSecond: perSecond(opening.tookMs),
    bytesPerEntry: bytes / count,
  };
};
