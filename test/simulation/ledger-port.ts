// The ledger port on the simulated disk. A batch passes the gate before it is written, while it is written (then it is torn)
// and after it is durable but before the daemon knows; a full, read-only or broken disk answers as the real engines do.
import type { Ledger } from '../../src/ports/ledger.ts';
import { recordsOf } from '../../src/ledger/encoding.ts';
import { LedgerError } from '../../src/ledger/errors.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { never, type ProcessGate } from './process-gate.ts';
import { nextOrder, type Surroundings } from './surroundings.ts';

const SLOW_MS = 4000;
const CODES = { full: 'E_LEDGER_FULL', readonly: 'E_LEDGER_READONLY', io: 'E_LEDGER_IO' } as const;

/** Writes records that become durable now, and notes them for the checkers. */
export const syncNow = (
  world: Surroundings,
  by: 'daemon' | 'operator',
  records: readonly LedgerRecord[],
): void => {
  const headBefore = world.disk.head();
  const text = world.disk.write(records);
  world.synced.push({ order: nextOrder(world), atMs: world.nowMs, by, headBefore, text });
  world.hash.add(world.disk.head().hash);
  if (world.tell !== null)
    for (const { seq, entry } of records) world.tell(`${by} wrote ${seq} ${JSON.stringify(entry)}`);
};

export const ledgerOf = (world: Surroundings, gate: ProcessGate): Ledger => ({
  head: () => {
    if (world.diskFault === 'io') throw new LedgerError('E_LEDGER_IO', 'the disk reported an error');
    return world.disk.entryCount();
  },
  read: async function* (after) {
    if (!gate.pass('before', 'read')) await never();
    if (world.diskFault === 'io') throw new LedgerError('E_LEDGER_IO', 'the disk reported an error');
    const records = world.disk.read(after);
    if (!gate.pass('after', 'read')) await never();
    if (records.length > 0) yield records;
  },
  append: async (entries, atMs, expectedHead) => {
    if (!gate.pass('before', 'append')) return never();
    if (world.diskSlow) await pause(world, gate, SLOW_MS);
    if (world.diskFault !== null) {
      const code = CODES[world.diskFault];
      return { kind: 'failed', code, message: 'nothing was written' };
    }
    if (world.disk.entryCount() !== expectedHead) return { kind: 'moved' };
    let records: readonly LedgerRecord[];
    try {
      records = recordsOf(expectedHead, entries, atMs);
    } catch (error) {
      return {
        kind: 'failed',
        code: 'E_LEDGER_ENTRY',
        message: error instanceof Error ? error.message : String(error),
      };
    }
    if (!gate.pass('during', 'append')) {
      world.disk.tear(records, world.tornShare);
      return never();
    }
    syncNow(world, 'daemon', records);
    if (!gate.pass('after', 'append')) return never();
    return { kind: 'appended', records };
  },
});

/** Waits in virtual time; a dead caller waits for ever. */
export const pause = (world: Surroundings, gate: ProcessGate, forMs: number): Promise<void> =>
  new Promise((resolve) => {
    world.heap.plan(world.nowMs + forMs, 'waited', () => {
      if (gate.isAlive()) resolve();
    });
  });
