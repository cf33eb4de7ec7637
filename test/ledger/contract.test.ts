// What every engine of the ledger promises, run over each of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry, LedgerRecord } from '../../src/domain/entry.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import { ENTRY_KINDS } from '../../src/ledger/entry-schema.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import type { StoredLedger } from '../../src/ledger/stored-ledger.ts';
import { verifyChain } from '../../src/ledger/verify.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { ONE_OF_EACH, numbered } from './entries.ts';

const readAll = async (ledger: Ledger, after = 0): Promise<LedgerRecord[]> => {
  const all: LedgerRecord[] = [];
  for await (const batch of ledger.read(after)) all.push(...batch);
  return all;
};

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-ledger-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const engines: readonly (readonly [string, () => StoredLedger])[] = [
  ['SQLite', () => openLedger({ path: join(directory, 'a.db') })],
  ['memory', () => memoryLedger()],
];

describe.each(engines)('the ledger on %s', (_engine, open) => {
  let ledger: StoredLedger;
  beforeEach(() => {
    ledger = open();
  });
  afterEach(() => ledger.close());

  it('is empty at first', async () => {
    expect(ledger.head()).toBe(0);
    expect(await readAll(ledger)).toEqual([]);
  });

  it('gives back an entry of every kind exactly as it was appended', async () => {
    expect(new Set(ONE_OF_EACH.map((entry) => entry.kind))).toEqual(new Set(ENTRY_KINDS));
    const result = await ledger.append(ONE_OF_EACH, 1_700_000_000_123, 0);
    const expected = ONE_OF_EACH.map((entry, index) => ({ seq: index + 1, atMs: 1_700_000_000_123, entry }));
    expect(result).toEqual({ kind: 'appended', records: expected });
    expect(await readAll(ledger)).toEqual(expected);
  });

  it('numbers entries 1, 2, 3 … over several appends and reads on from any of them', async () => {
    await ledger.append([numbered(1), numbered(2)], 10, 0);
    await ledger.append([numbered(3)], 11, 2);
    expect(ledger.head()).toBe(3);
    expect((await readAll(ledger, 1)).map((record) => record.seq)).toEqual([2, 3]);
    expect(await readAll(ledger, 3)).toEqual([]);
    expect(await readAll(ledger, 99)).toEqual([]);
  });

  it('reads thousands of entries in order, in batches', async () => {
    await ledger.append(
      Array.from({ length: 2500 }, (_, count) => numbered(count)),
      5,
      0,
    );
    const sizes: number[] = [];
    for await (const batch of ledger.read(0)) sizes.push(batch.length);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect((await readAll(ledger)).every((record, index) => record.seq === index + 1)).toBe(true);
  });

  it('writes nothing when the head has moved', async () => {
    await ledger.append([numbered(1)], 1, 0);
    expect(await ledger.append([numbered(2)], 2, 0)).toEqual({ kind: 'moved' });
    expect(await ledger.append([numbered(2)], 2, 5)).toEqual({ kind: 'moved' });
    expect(ledger.head()).toBe(1);
  });

  it('refuses a batch as a whole when one entry of it could not be read back', async () => {
    const broken = { ...numbered(1), wantedNodes: Number.NaN } as Entry;
    const extra = { ...numbered(1), surprise: 1 } as unknown as Entry;
    const half = { kind: 'coverage_changed', fleet: 'train', wantedNodes: 1, runningNodes: 0.5 } as Entry;
    for (const bad of [broken, extra, half, { kind: 'nonsense' } as unknown as Entry]) {
      const result = await ledger.append([numbered(1), bad], 1, 0);
      expect(result).toMatchObject({ kind: 'failed', code: 'E_LEDGER_ENTRY' });
    }
    expect(await ledger.append([numbered(1)], 1.5, 0)).toMatchObject({
      kind: 'failed',
      code: 'E_LEDGER_ENTRY',
    });
    expect(ledger.head()).toBe(0);
    expect(await ledger.append([numbered(1)], 1, 0)).toMatchObject({ kind: 'appended' });
  });

  it('keeps what was appended when the caller changes its own object afterwards', async () => {
    const entry = { ...numbered(1) };
    await ledger.append([entry], 1, 0);
    (entry as { wantedNodes: number }).wantedNodes = 99;
    expect((await readAll(ledger))[0]?.entry).toEqual(numbered(1));
  });

  it('appends nothing and says so when there is nothing to append', async () => {
    expect(await ledger.append([], 1, 0)).toEqual({ kind: 'appended', records: [] });
    expect(await ledger.append([], 1, 4)).toEqual({ kind: 'moved' });
  });

  it('verifies as whole, with the number and hash of its newest entry', async () => {
    await ledger.append(ONE_OF_EACH, 1, 0);
    const report = await verifyChain(ledger);
    expect(report).toMatchObject({ entries: ONE_OF_EACH.length, head: ONE_OF_EACH.length, problems: [] });
    expect(report.headHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('chains the same entries to the same hash on every engine', async () => {
    await ledger.append([numbered(1), { kind: 'pause_acknowledged' }], 7, 0);
    expect((await verifyChain(ledger)).headHash).toBe(
      'e82bdc5fd7a74e03a3498fb7ba032564f410c207036ec0110300fd1a55939822',
    );
  });

  it('keeps sums up to the largest exact integer', async () => {
    const entry: Entry = {
      kind: 'raise_intended',
      node: Number.MAX_SAFE_INTEGER,
      procurementId: '',
      from: centsPerNodeHour(Number.MAX_SAFE_INTEGER),
      to: centsPerNodeHour(0),
      reason: 'park',
      basis: { lookAtMs: -5, ask: null, askedAtMs: null },
      why: '',
    };
    await ledger.append([entry], -1, 0);
    expect((await readAll(ledger))[0]).toEqual({ seq: 1, atMs: -1, entry });
  });
});
