// The ledger on a real disk that fills up, turns read-only, is damaged, replaced, or written by two at once.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { GENESIS, chainHash } from '../../src/ledger/encoding.ts';
import { LEDGER_ERRORS, LedgerError } from '../../src/ledger/errors.ts';
import { copyInMemory } from '../../src/ledger/memory.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import type { StoredLedger } from '../../src/ledger/stored-ledger.ts';
import { verifyChain } from '../../src/ledger/verify.ts';
import { ONE_OF_EACH, numbered } from './entries.ts';
import { startProcess } from './processes.ts';

const run = (command: string, ...args: readonly string[]): void => {
  execFileSync(command, args, { stdio: 'pipe' });
};

/** Root in a container may still not be allowed to mount. */
const mayMount = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'bidkeeper-mount-'));
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=100k', 'bidkeeper-test', probe);
    run('umount', probe);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
})();

let directory = '';
let path = '';
const opened: StoredLedger[] = [];
const open = (options: { readOnly?: boolean; busyMs?: number; path?: string } = {}): StoredLedger => {
  const ledger = openLedger({ path, ...options });
  opened.push(ledger);
  return ledger;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-disk-'));
  path = join(directory, 'data', 'bidkeeper.db');
});
afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
  rmSync(directory, { recursive: true, force: true });
});

const readAll = async (ledger: StoredLedger): Promise<LedgerRecord[]> => {
  const all: LedgerRecord[] = [];
  for await (const batch of ledger.read(0)) all.push(...batch);
  return all;
};

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof LedgerError ? error.code : String(error);
  }
  return 'nothing was thrown';
};

const readingCode = async (ledger: StoredLedger): Promise<string> => {
  try {
    await readAll(ledger);
  } catch (error) {
    return error instanceof LedgerError ? `${error.code} ${error.message}` : String(error);
  }
  return 'nothing was thrown';
};

/** Changes the closed file behind the ledger's back, its triggers dropped first. */
const tamper = (sql: string): void => {
  const raw = new DatabaseSync(path);
  raw.exec(
    'DROP TRIGGER entry_never_changed; DROP TRIGGER entry_never_removed; DROP TRIGGER entry_in_order;',
  );
  raw.exec(sql);
  raw.close();
};

describe('opening', () => {
  it('makes the directory and a file that only its owner may read, write-ahead log included', async () => {
    const ledger = open();
    await ledger.append([numbered(1)], 1, 0);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'data')).mode & 0o777).toBe(0o700);
  });

  it('syncs every commit into a write-ahead log', () => {
    open();
    const raw = new DatabaseSync(path);
    expect(raw.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    raw.close();
  });

  it('keeps everything over a close and a reopening', async () => {
    const first = open();
    await first.append(ONE_OF_EACH, 1, 0);
    const before = await readAll(first);
    first.close();
    first.close();
    expect(await readAll(open())).toEqual(before);
  });

  it('refuses a place that cannot hold a ledger, with a code that says why', () => {
    mkdirSync(join(directory, 'folder'));
    writeFileSync(join(directory, 'file'), 'x');
    expect(codeOf(() => openLedger({ path: join(directory, 'folder') }))).toBe('E_LEDGER_PATH');
    expect(codeOf(() => openLedger({ path: join(directory, 'file', 'x.db') }))).toBe('E_LEDGER_PATH');
    expect(codeOf(() => openLedger({ path: '' }))).toBe('E_LEDGER_PATH');
    expect(codeOf(() => openLedger({ path, readOnly: true }))).toBe('E_LEDGER_PATH');
    expect(existsSync(path)).toBe(false);
  });

  it('refuses a file of another program and leaves it as it was', () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(path, 'certainly not a database, but long enough to look like one '.repeat(40));
    const before = readFileSync(path);
    expect(codeOf(() => openLedger({ path }))).toBe('E_LEDGER_OPEN');
    expect(readFileSync(path)).toEqual(before);
    rmSync(path);
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE customers (name TEXT)');
    foreign.close();
    expect(codeOf(() => openLedger({ path }))).toBe('E_LEDGER_OPEN');
  });

  it('refuses a ledger of a newer form', () => {
    open().close();
    const raw = new DatabaseSync(path);
    raw.exec("UPDATE meta SET value = '99'");
    raw.close();
    expect(codeOf(() => openLedger({ path }))).toBe('E_LEDGER_NEWER');
    expect(codeOf(() => openLedger({ path, readOnly: true }))).toBe('E_LEDGER_NEWER');
  });

  it('refuses a whole entry of a kind that only a newer version knows', async () => {
    open().close();
    const row = { seq: 1, atMs: 1, kind: 'moon_phase', body: '{"kind":"moon_phase"}' };
    const raw = new DatabaseSync(path);
    raw
      .prepare('INSERT INTO entry VALUES (?, ?, ?, ?, ?)')
      .run(...Object.values(row), chainHash(GENESIS.hash, row));
    raw.close();
    expect(await readingCode(open())).toMatch(/^E_LEDGER_NEWER .*entry 1: the kind `moon_phase`/);
  });

  it('makes a ledger of an empty file, which a reader alone refuses', async () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(path, '');
    expect(codeOf(() => openLedger({ path, readOnly: true }))).toBe('E_LEDGER_OPEN');
    expect(open().head()).toBe(0);
  });

  it('gives every refusal a meaning and a remedy', () => {
    for (const [code, { meaning, remedy }] of Object.entries(LEDGER_ERRORS)) {
      expect(code).toMatch(/^E_(LEDGER|LEASE)_[A-Z]+$/);
      expect(meaning.length).toBeGreaterThan(20);
      expect(remedy.length).toBeGreaterThan(20);
    }
  });
});

describe('entries', () => {
  it('can be neither changed nor removed nor replaced nor numbered with a gap, even by an SQLite shell', async () => {
    await open().append([numbered(1), numbered(2)], 1, 0);
    const raw = new DatabaseSync(path);
    expect(() => raw.exec("UPDATE entry SET body = '{}' WHERE seq = 1")).toThrow('never changed');
    expect(() => raw.exec('DELETE FROM entry')).toThrow('never removed');
    expect(() => raw.exec("INSERT OR REPLACE INTO entry VALUES (1, 1, 'a', 'b', 'c')")).toThrow(
      'without gaps',
    );
    expect(() => raw.exec("INSERT INTO entry VALUES (4, 1, 'a', 'b', 'c')")).toThrow('without gaps');
    raw.close();
  });

  it.each([
    [
      'a changed body',
      `UPDATE entry SET body = replace(body, '"wantedNodes":2', '"wantedNodes":3') WHERE seq = 2`,
    ],
    ['a changed time', 'UPDATE entry SET at_ms = 5 WHERE seq = 2'],
    ['a body that is cut off', 'UPDATE entry SET body = substr(body, 1, 20) WHERE seq = 2'],
    ['a removed entry', 'DELETE FROM entry WHERE seq = 2'],
  ])('stop reading with the number of the entry and a remedy after %s', async (_what, sql) => {
    const ledger = open();
    await ledger.append([numbered(1), numbered(2), numbered(3)], 1, 0);
    ledger.close();
    tamper(sql);
    const told = await readingCode(open());
    expect(told).toMatch(/^E_LEDGER_CORRUPT .*entry 2 .*backup/);
  });

  it('are found by verification, every damaged one of them', async () => {
    const ledger = open();
    await ledger.append([1, 2, 3, 4, 5].map(numbered), 1, 0);
    ledger.close();
    tamper(`UPDATE entry SET at_ms = 9 WHERE seq IN (2, 4)`);
    const report = await verifyChain(open({ readOnly: true }));
    expect(report.entries).toBe(5);
    expect(report.problems.map((problem) => problem.seq)).toEqual([2, 4]);
  });

  it('stop reading when one byte of the file has flipped', async () => {
    const ledger = open();
    await ledger.append([1, 2, 3].map(numbered), 1, 0);
    ledger.close();
    const bytes = readFileSync(path);
    const at = bytes.indexOf('"fleet":"train"');
    expect(at).toBeGreaterThan(0);
    bytes[at + 10] = (bytes[at + 10] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(await readingCode(open())).toMatch(/^E_LEDGER_CORRUPT .*entry \d .*hash/);
  });

  it('stop reading when a page of the file is lost', async () => {
    const ledger = open();
    await ledger.append(
      Array.from({ length: 500 }, (_, count) => numbered(count)),
      1,
      0,
    );
    ledger.close();
    const bytes = readFileSync(path);
    bytes.fill(0, bytes.length - 8192, bytes.length - 4096);
    writeFileSync(path, bytes);
    const damaged = open();
    expect(await readingCode(damaged)).toMatch(/^E_LEDGER_CORRUPT/);
    expect((await verifyChain(damaged)).problems).not.toEqual([]);
  });
});

describe('writing', () => {
  it('tells one of two writers that the head has moved, whoever comes second', async () => {
    const [first, second] = [open(), open()];
    expect(await first.append([numbered(1)], 1, 0)).toMatchObject({ kind: 'appended' });
    expect(second.head()).toBe(1);
    expect(await second.append([numbered(2)], 1, 0)).toEqual({ kind: 'moved' });
    expect(await second.append([numbered(2)], 1, 1)).toMatchObject({ kind: 'appended' });
    expect(first.head()).toBe(2);
  });

  it('fails with E_LEDGER_BUSY while another program holds the write lock, and works when it lets go', async () => {
    const ledger = open({ busyMs: 50 });
    const raw = new DatabaseSync(path);
    raw.exec('BEGIN IMMEDIATE');
    expect(await ledger.append([numbered(1)], 1, 0)).toMatchObject({ kind: 'failed', code: 'E_LEDGER_BUSY' });
    raw.exec('ROLLBACK');
    raw.close();
    expect(await ledger.append([numbered(1)], 1, 0)).toMatchObject({ kind: 'appended' });
  });

  it('fails with E_LEDGER_READONLY on a ledger that was opened for reading, while the daemon goes on writing', async () => {
    const writer = open();
    await writer.append([numbered(1)], 1, 0);
    const reader = open({ readOnly: true });
    expect(await reader.append([numbered(2)], 1, 1)).toMatchObject({
      kind: 'failed',
      code: 'E_LEDGER_READONLY',
    });
    await writer.append([numbered(2)], 1, 1);
    expect(reader.head()).toBe(2);
    expect(await readAll(reader)).toHaveLength(2);
  });

  it('fails with E_LEDGER_REPLACED when the file was deleted, or another one put in its place', async () => {
    const ledger = open();
    await ledger.append([numbered(1)], 1, 0);
    copyFileSync(path, `${path}.backup`);
    rmSync(path);
    expect(await ledger.append([numbered(2)], 1, 1)).toMatchObject({
      kind: 'failed',
      code: 'E_LEDGER_REPLACED',
    });
    expect(codeOf(() => ledger.head())).toBe('E_LEDGER_REPLACED');
    renameSync(`${path}.backup`, path);
    expect(await ledger.append([numbered(2)], 1, 1)).toMatchObject({
      kind: 'failed',
      code: 'E_LEDGER_REPLACED',
    });
  });

  it('fails with E_LEDGER_CLOSED after the end', async () => {
    const ledger = open();
    ledger.close();
    expect(await ledger.append([numbered(1)], 1, 0)).toMatchObject({
      kind: 'failed',
      code: 'E_LEDGER_CLOSED',
    });
  });

  it('into a copy in memory leaves the ledger alone', async () => {
    const ledger = open();
    await ledger.append(ONE_OF_EACH, 1, 0);
    const copy = await copyInMemory(ledger);
    expect((await verifyChain(copy)).headHash).toBe((await verifyChain(ledger)).headHash);
    expect(await copy.append([numbered(1)], 2, ONE_OF_EACH.length)).toMatchObject({ kind: 'appended' });
    expect(ledger.head()).toBe(ONE_OF_EACH.length);
  });
});

describe.runIf(mayMount)('on a disk of its own (needs the right to mount)', () => {
  let mount = '';
  beforeEach(() => {
    mount = join(directory, 'mount');
    mkdirSync(mount);
    run('mount', '-t', 'tmpfs', '-o', 'size=300k', 'bidkeeper-test', mount);
    path = join(mount, 'bidkeeper.db');
  });
  afterEach(() => {
    for (const ledger of opened.splice(0)) ledger.close();
    run('umount', mount);
  });

  it('fails with E_LEDGER_FULL when the disk is full, tears nothing, and goes on when there is room again', async () => {
    const filler = join(mount, 'filler');
    writeFileSync(filler, Buffer.alloc(100_000));
    const ledger = open();
    let head = 0;
    let result = await ledger.append([numbered(1)], 1, head);
    while (result.kind === 'appended') {
      head += result.records.length;
      result = await ledger.append([numbered(1), numbered(2), numbered(3)], 1, head);
    }
    expect(result).toMatchObject({ kind: 'failed', code: 'E_LEDGER_FULL' });
    expect(head).toBeGreaterThan(3);
    expect(ledger.head()).toBe(head);
    expect(await verifyChain(open({ readOnly: true }))).toMatchObject({ entries: head, problems: [] });
    rmSync(filler);
    expect(await ledger.append([numbered(4)], 1, head)).toMatchObject({ kind: 'appended' });
  });

  it('is refused with E_LEDGER_READONLY when the disk is read-only, and opens again when it is not', async () => {
    const ledger = open();
    await ledger.append([numbered(1)], 1, 0);
    ledger.close();
    run('mount', '-o', 'remount,ro', mount);
    expect(codeOf(() => openLedger({ path }))).toBe('E_LEDGER_READONLY');
    run('mount', '-o', 'remount,rw', mount);
    expect(open().head()).toBe(1);
  });
});

describe('a process without rights or room', () => {
  it('is told E_LEDGER_READONLY when it may read the file but not write it', async () => {
    open().close();
    for (const place of [directory, join(directory, 'data')]) chmodSync(place, 0o755);
    chmodSync(path, 0o444);
    expect(await startProcess(new URL('./writer.ts', import.meta.url), [path, '65534']).line()).toBe(
      'E_LEDGER_READONLY',
    );
  });

  it('keeps a whole ledger when no file of it may grow any more', async () => {
    const told = await startProcess(new URL('./writer.ts', import.meta.url), [path], 'ulimit -f 300').line(
      (line) => line.startsWith('E_'),
    );
    const [, code, head] = /^(E_\w+) behind (\d+)$/.exec(told) ?? [];
    expect(code).toMatch(/^E_LEDGER_(FULL|IO)$/);
    expect(await verifyChain(open())).toMatchObject({ entries: Number(head), problems: [] });
  });
});
