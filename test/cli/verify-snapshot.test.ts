// `verify` and the snapshot: the entries are the ledger, the snapshot is held against what they fold to.
import { expect, test } from 'vitest';
import { createSnapshotKeeper } from '../../src/daemon/snapshots.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import type { FoundSnapshot, Snapshot, SnapshotStore } from '../../src/ports/ledger.ts';
import { createStory } from '../support/story.ts';
import { runIn } from './fake-shop.ts';

const RECORDS = ((): readonly LedgerRecord[] => {
  const story = createStory();
  story.tell({ kind: 'daemon_started', version: '0.1.0', mode: 'live', settingsHash: 'present' });
  story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 4, runningNodes: 0 });
  for (let slot = 0; slot < 4; slot += 1) story.waiting(slot);
  return story.records;
})();

const storeOf = (found: FoundSnapshot): SnapshotStore => ({
  snapshot: () => found,
  keepSnapshot: () => null,
  writtenBefore: () => 8,
});

/** What the keeper would keep of a ledger with these entries. */
const snapshotOf = async (records: readonly LedgerRecord[]): Promise<Snapshot> => {
  let kept: Snapshot | null = null;
  const store: SnapshotStore = {
    ...storeOf({ kind: 'none' }),
    keepSnapshot: (snapshot) => {
      kept = snapshot;
      return null;
    },
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  const ledger = { ...memoryLedger(records), snapshots: store };
  const keeper = createSnapshotKeeper({ clock, ledger, olderMs: 0, worthIt: 1, onProblem: () => undefined });
  keeper.poll();
  await keeper.idle();
  if (kept === null) throw new Error('nothing was kept');
  return kept;
};

const verify = (found: FoundSnapshot) =>
  runIn({ records: RECORDS, snapshots: storeOf(found), hash: 'present' }, 'verify');

test('a snapshot that is what its entries fold to is said to agree', async () => {
  const run = await verify({ kind: 'kept', ...(await snapshotOf(RECORDS)) });
  expect(run.exit).toBe(0);
  expect(run.out).toContain(
    'snapshot  at entry 8: bound to the chain, and the same as the fold of all entries up to it',
  );
});

test('one that is not fails, although every entry is sound', async () => {
  const others = RECORDS.map((one) =>
    one.entry.kind === 'create_intended'
      ? { ...one, entry: { ...one.entry, why: 'x', zone: 'richmond' } }
      : one,
  );
  const run = await verify({ kind: 'kept', ...(await snapshotOf(others)) });
  expect(run.exit).toBe(1);
  expect(run.out).toContain('at entry 8: NOT WHAT ITS ENTRIES FOLD TO');
});

test('one that is damaged, of another program, or missing does no harm and is told', async () => {
  const damaged = await verify({ kind: 'damaged', detail: 'it does not match its hash' });
  expect([damaged.exit, damaged.out]).toEqual([0, expect.stringContaining('it does not match its hash')]);
  const foreign = await verify({ kind: 'kept', seq: 5, state: Buffer.from('?') });
  expect([foreign.exit, foreign.out]).toEqual([0, expect.stringContaining('of another version')]);
  const none = await verify({ kind: 'none' });
  expect([none.exit, none.out]).toEqual([0, expect.stringContaining('snapshot  none yet')]);
});
