// A backup is one state of the ledger, whole and verified, or it is not there at all.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backUp } from '../../src/ledger/backup.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { verifyChain } from '../../src/ledger/verify.ts';
import { numbered, ONE_OF_EACH } from './entries.ts';
import { startProcess } from './processes.ts';

let directory = '';
let from = '';
let to = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-backup-'));
  from = join(directory, 'bidkeeper.db');
  to = join(directory, 'copy.db');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

it('copies every entry with its hash, and the copy takes entries as the ledger would', async () => {
  const ledger = openLedger({ path: from });
  await ledger.append(ONE_OF_EACH, 1, 0);
  const report = await backUp({ from, to });
  expect(report).toEqual(await verifyChain(ledger));
  ledger.close();
  const copy = openLedger({ path: to });
  expect(await copy.append([numbered(1)], 2, report.head)).toMatchObject({ kind: 'appended' });
  expect((await verifyChain(copy)).problems).toEqual([]);
  copy.close();
});

it('beside a process that writes as fast as it can: each copy is whole, ends with a whole batch, and nobody waits', async () => {
  const writer = startProcess(new URL('./writer.ts', import.meta.url), [from]);
  await writer.line();
  const heads: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const before = writer.lines.length;
    const report = await backUp({ from, to: `${to}.${round}` });
    expect(report.problems).toEqual([]);
    expect(report.head % 3).toBe(0);
    heads.push(report.head);
    await writer.line((line) => writer.lines.indexOf(line) >= before);
  }
  await writer.kill();
  expect(heads.toSorted((a, b) => a - b)).toEqual(heads);
  expect(heads.at(-1)).toBeGreaterThan(heads[0] ?? 0);
});

it('is readable by its owner alone and leaves nothing beside itself', async () => {
  openLedger({ path: from }).close();
  await backUp({ from, to });
  expect(statSync(to).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory).filter((name) => name.startsWith('copy'))).toEqual(['copy.db']);
});

it('never overwrites: the file that is there stays as it is', async () => {
  openLedger({ path: from }).close();
  writeFileSync(to, 'mine');
  await expect(backUp({ from, to })).rejects.toMatchObject({ code: 'E_LEDGER_EXISTS' });
  expect(statSync(to).size).toBe(4);
});

it.each([
  ['a ledger that is not there', 'E_LEDGER_PATH', () => undefined],
  ['another program’s database', 'E_LEDGER_OPEN', () => writeFileSync(from, 'SQLite format 3\0 but no more')],
  ['an empty file', 'E_LEDGER_OPEN', () => writeFileSync(from, '')],
])('%s gives %s and no file', async (_, code, prepare) => {
  prepare();
  await expect(backUp({ from, to })).rejects.toMatchObject({ code });
  expect(existsSync(to)).toBe(false);
});

it('a directory that is not there gives E_LEDGER_PATH', async () => {
  openLedger({ path: from }).close();
  await expect(backUp({ from, to: join(directory, 'no', 'copy.db') })).rejects.toMatchObject({
    code: 'E_LEDGER_PATH',
  });
});

it('a ledger on a read-only disk can be copied elsewhere', async () => {
  mkdirSync(join(directory, 'elsewhere'));
  const ledger = openLedger({ path: from });
  await ledger.append([numbered(1)], 1, 0);
  ledger.close();
  chmodSync(from, 0o400);
  expect((await backUp({ from, to: join(directory, 'elsewhere', 'copy.db') })).head).toBe(1);
});
