// Snapshots: a start from one is a start from the first entry, only sooner; and where anything about it is wrong it is a
// start from the first entry.
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBooks } from '../../src/daemon/open-books.ts';
import { areSameBooks, booksKept, createSnapshotKeeper } from '../../src/daemon/snapshots.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { DAY_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { openDatabase, type Value } from '../../src/ledger/sqlite.ts';
import type { StoredLedger } from '../../src/ledger/stored-ledger.ts';
import { verifyChain } from '../../src/ledger/verify.ts';
import type { Ledger, Snapshot } from '../../src/ports/ledger.ts';
import { emptyBooks, type Books } from '../../src/reconcile/books.ts';
import { fold, foldAll } from '../../src/reconcile/fold.ts';
import { step, type Choice } from '../support/random-life.ts';
import { createStory } from '../support/story.ts';

const choices = (minLength: number) =>
  fc.array(fc.tuple(fc.nat({ max: 10_000 }), fc.nat({ max: 1_000_000 })), { minLength, maxLength: 120 });

const lifeOf = (steps: readonly Choice[]): readonly LedgerRecord[] => {
  const story = createStory();
  for (const one of steps) step(story, one);
  return story.records;
};

/** A ledger in memory that keeps a snapshot as it was handed over. */
const keeping = (records: readonly LedgerRecord[]): Ledger => {
  let kept: Snapshot | null = null;
  return {
    ...memoryLedger(records),
    snapshots: {
      snapshot: () => (kept === null ? { kind: 'none' } : { kind: 'kept', ...kept }),
      keepSnapshot: (snapshot) => {
        kept = snapshot;
        return null;
      },
      writtenBefore: (atMs) => records.findLast((one) => one.atMs < atMs)?.seq ?? 0,
    },
  };
};

const problems: string[] = [];
const keeperOf = (ledger: Ledger, nowMs: number, worthIt = 1, olderMs = 0) =>
  createSnapshotKeeper({
    clock: { now: () => nowMs, monotonic: () => 0 },
    ledger,
    olderMs,
    worthIt,
    onProblem: (what, message) => void problems.push(`${what}: ${message}`),
  });

const keep = async (ledger: Ledger, nowMs: number, worthIt = 1, olderMs = 0): Promise<void> => {
  const keeper = keeperOf(ledger, nowMs, worthIt, olderMs);
  keeper.poll();
  await keeper.idle();
};

/** The books of a reader that opens the ledger anew, and where its reading began. */
const opened = async (ledger: Ledger): Promise<{ books: Books; from: number }> => {
  let from = -1;
  const watched: Ledger = {
    ...ledger,
    read: (after) => {
      from = after;
      return ledger.read(after);
    },
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  const random = { next: () => 0 };
  const result = await openBooks({ clock, ledger: watched, random, namePrefix: 'bk', start: null });
  if (!result.ok) throw new Error(result.message);
  return { books: result.books, from };
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-snapshots-'));
  problems.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const FIXED = Array.from({ length: 80 }, (_, index): Choice => [
  (index * 7919) % 9973,
  (index * 104_729) % 999_983,
]);

/** A ledger on disk with a life of its own; each record is appended at its own time. */
const stored = async (records: readonly LedgerRecord[], name = 'ledger.db'): Promise<StoredLedger> => {
  const ledger = openLedger({ path: join(folder, name) });
  for (const { seq, atMs, entry } of records) await ledger.append([entry], atMs, seq - 1);
  return ledger;
};

/** Changes the file behind the ledger's back. */
const tamper = (sql: string, ...values: Value[]): void => {
  const database = openDatabase(join(folder, 'ledger.db'), { readOnly: false, busyMs: 1000 });
  database.prepare(sql).run(...values);
  database.close();
};

describe('a snapshot and what came after it', () => {
  test('fold to the books that all entries fold to, in the same order, and go on folding like them.', async () => {
    await fc.assert(
      fc.asyncProperty(
        choices(20),
        choices(0),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (past, future, share) => {
          const story = createStory();
          for (const one of past) step(story, one);
          const cut = story.records[Math.floor((story.records.length - 1) * share)];
          const ledger = keeping(story.records);
          await keep(ledger, (cut?.atMs ?? 0) + 1);
          const { books, from } = await opened(ledger);
          if (cut !== undefined && story.records.at(-1)?.atMs !== cut.atMs) expect(from).toBeGreaterThan(0);
          expect(areSameBooks(books, foldAll(emptyBooks(), story.records))).toBe(true);
          const known = story.records.length;
          for (const one of future) step(story, one);
          for (const record of story.records.slice(known)) fold(books, record);
          expect(areSameBooks(books, story.books)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
    expect(problems).toEqual([]);
  });

  test('taken again and again, each from the one before, agree with the fold from the first entry.', async () => {
    const records = lifeOf(FIXED);
    const ledger = keeping(records);
    for (const { seq, atMs } of records) {
      await keep(ledger, atMs + 1);
      const kept = booksKept(ledger);
      expect(kept?.seq).toBeGreaterThanOrEqual(seq);
    }
    expect(areSameBooks((await opened(ledger)).books, foldAll(emptyBooks(), records))).toBe(true);
  });

  test('share their nodes between the books and the fleets, as folded books do.', async () => {
    const story = createStory();
    const node = story.running(0);
    const ledger = keeping(story.records);
    await keep(ledger, story.nowMs + 1);
    const kept = booksKept(ledger);
    expect(kept?.nodes.get(node)).toBeDefined();
    expect(kept?.fleets.get('train')?.nodes.get(node)).toBe(kept?.nodes.get(node));
  });
});

describe('the keeper', () => {
  test('folds what is older than the stated age and leaves younger entries to the start.', async () => {
    const records = lifeOf(FIXED);
    const first = records[0]?.atMs ?? 0;
    const span = (records.at(-1)?.atMs ?? 0) - first;
    const ledger = await stored(records);
    await keep(ledger, first + span / 2 + DAY_MS, 1, DAY_MS);
    const seq = booksKept(ledger)?.seq ?? 0;
    expect(seq).toBeGreaterThan(0);
    expect(records[seq - 1]?.atMs).toBeLessThan(first + span / 2);
    expect(records[seq]?.atMs).toBeGreaterThanOrEqual(first + span / 2);
    expect((await opened(ledger)).from).toBe(seq);
    ledger.close();
  });

  test('does nothing for a few entries, and asks once an hour.', async () => {
    const records = lifeOf(FIXED);
    const ledger = keeping(records);
    await keep(ledger, Number.MAX_SAFE_INTEGER, records.length + 1);
    expect(booksKept(ledger)).toBeNull();
    let realMs = 0;
    let asked = 0;
    const store = ledger.snapshots;
    if (store === undefined) throw new Error('no store');
    const counting: Ledger = {
      ...ledger,
      snapshots: {
        ...store,
        writtenBefore: (atMs) => {
          asked += 1;
          return store.writtenBefore(atMs);
        },
      },
    };
    const clock = { now: () => 0, monotonic: () => realMs };
    const keeper = createSnapshotKeeper({ clock, ledger: counting, olderMs: 0, onProblem: () => undefined });
    for (realMs = 0; realMs < 120 * MINUTE_MS; realMs += MINUTE_MS) {
      keeper.poll();
      await keeper.idle();
    }
    expect(asked).toBe(2);
  });

  test('changes no entry: the chain is the same before and after, and whole.', async () => {
    const ledger = await stored(lifeOf(FIXED));
    const before = [...ledger.rows(0)];
    await keep(ledger, Number.MAX_SAFE_INTEGER);
    expect(booksKept(ledger)).not.toBeNull();
    expect([...ledger.rows(0)]).toEqual(before);
    expect((await verifyChain(ledger)).problems).toEqual([]);
    ledger.close();
  });

  test('that cannot write says so once a round, and the ledger goes on.', async () => {
    const records = lifeOf(FIXED);
    (await stored(records)).close();
    const reader = openLedger({ path: join(folder, 'ledger.db'), readOnly: true });
    await keep(reader, Number.MAX_SAFE_INTEGER);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('cannot keep a snapshot');
    expect(areSameBooks((await opened(reader)).books, foldAll(emptyBooks(), records))).toBe(true);
    reader.close();
  });
});

describe('a start folds everything from the first entry', () => {
  const damages: readonly (readonly [string, () => void])[] = [
    [
      'a byte of the snapshot was changed',
      () => tamper("UPDATE snapshot SET state = CAST('x' || substr(state, 2) AS BLOB)"),
    ],
    ['the snapshot claims to be of another entry', () => tamper('UPDATE snapshot SET seq = seq - 1')],
    ['it is bound to another hash', () => tamper('UPDATE snapshot SET entry_hash = ?', '0'.repeat(64))],
    ['its own hash was changed', () => tamper('UPDATE snapshot SET digest = ?', 'f'.repeat(64))],
    ['its columns make no sense', () => tamper('UPDATE snapshot SET state = ?', new Uint8Array())],
    ['the row is gone', () => tamper('DELETE FROM snapshot')],
    ['the table is gone', () => tamper('DROP TABLE snapshot')],
  ];

  test.each(damages)('when %s', async (_, damage) => {
    const records = lifeOf(FIXED);
    const ledger = await stored(records);
    await keep(ledger, Number.MAX_SAFE_INTEGER);
    expect((await opened(ledger)).from).toBe(-1);
    damage();
    const { books, from } = await opened(ledger);
    expect(from).toBe(0);
    expect(areSameBooks(books, foldAll(emptyBooks(), records))).toBe(true);
    ledger.close();
  });

  test('when the snapshot was made by a program that folds otherwise, or cannot be read at all', async () => {
    const records = lifeOf(FIXED);
    const foreign = serialize({ form: 'another', books: foldAll(emptyBooks(), records) });
    for (const state of [foreign, Buffer.from('not of this program'), new Uint8Array([255, 15, 111])]) {
      const ledger = keeping(records);
      ledger.snapshots?.keepSnapshot({ seq: records.length, state });
      expect((await opened(ledger)).from).toBe(0);
    }
  });

  test('when the snapshot is whole but of another ledger', async () => {
    const mine = lifeOf(FIXED);
    const other = await stored(lifeOf(FIXED.toReversed()), 'other.db');
    await keep(other, Number.MAX_SAFE_INTEGER);
    expect(booksKept(other)?.seq).toBeLessThanOrEqual(mine.length);
    other.close();
    const ledger = await stored(mine);
    await keep(ledger, Number.MAX_SAFE_INTEGER);
    const database = openDatabase(join(folder, 'ledger.db'), { readOnly: false, busyMs: 1000 });
    database.exec(`ATTACH DATABASE '${join(folder, 'other.db')}' AS other`);
    database.exec('DELETE FROM main.snapshot; INSERT INTO main.snapshot SELECT * FROM other.snapshot');
    database.close();
    const { books, from } = await opened(ledger);
    expect(from).toBe(0);
    expect(areSameBooks(books, foldAll(emptyBooks(), mine))).toBe(true);
    ledger.close();
  });
});
