// Watches what the daemon says of itself from tick to tick and over restarts: sums that only grow never fall, and books that
// were kept entry by entry equal books folded anew from the bytes on the disk. It keeps what it found for the checkers.
import type { TickMemory } from '../../src/daemon/tick.ts';
import type { TickReport } from '../../src/domain/report.ts';
import { emptyBooks, type Books } from '../../src/reconcile/books.ts';
import { foldAll } from '../../src/reconcile/fold.ts';
import { count, type Surroundings } from './surroundings.ts';
import type { Violation } from './trace.ts';

const COMPARE_EVERY = 200;

export interface ReportWatch {
  readonly onReport: (report: TickReport, memory: TickMemory) => void;
  readonly onOpened: (memory: TickMemory) => void;
  /** Another ledger took the place of the old one: its sums begin anew. */
  readonly onRestored: () => void;
  readonly last: () => TickReport | null;
  readonly found: readonly Violation[];
}

/** Plain data of books: equal texts are equal books. */
const plainBooks = (books: Books): string =>
  JSON.stringify(books, (_key, value: unknown) => {
    if (value instanceof Map)
      return [...(value as Map<string | number, unknown>)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return value;
  });

const growing = (report: TickReport): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const zone of report.totals) {
    const key = `${zone.fleet}/${zone.zone}/${zone.hold}/${zone.gpu}`;
    sums.set(`${key} committed`, zone.committed);
    sums.set(`${key} accrued`, zone.accrued);
    sums.set(`${key} settled`, zone.settled);
    sums.set(`${key} paid`, zone.paidNodeSeconds);
  }
  for (const fleet of report.fleetTotals) {
    sums.set(`${fleet.fleet} overrun`, fleet.overrun);
    sums.set(`${fleet.fleet} refunded`, fleet.refunded);
    sums.set(`${fleet.fleet} filled`, fleet.purchases.filled);
  }
  return sums;
};

export const createReportWatch = (world: Surroundings): ReportWatch => {
  const found: Violation[] = [];
  let before: ReadonlyMap<string, number> = new Map();
  let last: TickReport | null = null;
  let reports = 0;
  const say = (promise: string, text: string): void => {
    if (found.length < 20) found.push({ promise, atMs: world.nowMs, text });
  };
  const compare = (memory: TickMemory): void => {
    if (world.disk.isDamaged()) return;
    const folded = foldAll(emptyBooks(), world.disk.read(0));
    // A fault of the program is remembered beside the ledger, not in it.
    folded.contradiction ??= world.counts.has('tick failed') ? memory.books.contradiction : null;
    if (folded.seq !== memory.books.seq) return;
    const [kept, anew] = [plainBooks(memory.books), plainBooks(folded)];
    if (kept === anew) return;
    let at = 0;
    while (at < kept.length && kept[at] === anew[at]) at += 1;
    say(
      'same_books',
      `books kept and folded anew differ: …${kept.slice(Math.max(0, at - 80), at + 80)}… ↔ …${anew.slice(Math.max(0, at - 80), at + 80)}…`,
    );
  };
  return {
    found,
    last: () => last,
    onRestored: () => {
      before = new Map();
    },
    onOpened: (memory) => {
      if (world.diskFault === null) compare(memory);
    },
    onReport: (report, memory) => {
      reports += 1;
      last = report;
      count(world, `tick: ${report.end}`);
      for (const decision of report.decisions)
        if (decision.refusedBy !== null) count(world, `refused by ${decision.refusedBy}`);
      const now = growing(report);
      for (const [key, value] of before) {
        const then = now.get(key);
        if (then === undefined || then < value) say('sums_grow', `${key} fell from ${value} to ${then}`);
      }
      before = now;
      if (
        report.contradiction !== null &&
        world.sabotage === null &&
        report.contradiction !== 'a tick failed for a fault of the program'
      ) {
        say('no_contradiction', report.contradiction);
      }
      if (reports % COMPARE_EVERY === 0 && world.diskFault === null) compare(memory);
    },
  };
};
