// One daemon at a time on a ledger, with real processes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LedgerError } from '../../src/ledger/errors.ts';
import { acquireLease } from '../../src/ledger/lease.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { startProcess } from './processes.ts';
import type { Started } from './processes.ts';

let directory = '';
let path = '';
const children: Started[] = [];
const start = (): Started => {
  const child = startProcess(new URL('./lease-holder.ts', import.meta.url), [path]);
  children.push(child);
  return child;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-lease-'));
  path = join(directory, 'data', 'bidkeeper.db');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  rmSync(directory, { recursive: true, force: true });
});

const refusal = (): LedgerError => {
  try {
    acquireLease({ path, nowMs: 0 }).release();
  } catch (error) {
    if (error instanceof LedgerError) return error;
  }
  throw new Error('the lease was not refused');
};

it('goes to exactly one of several processes that start at once', async () => {
  const answers = await Promise.all([start(), start(), start()].map((child) => child.line()));
  expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
  expect(answers.filter((answer) => answer.startsWith('E_LEASE_HELD'))).toHaveLength(2);
});

it('names the process that holds it and since when', async () => {
  const holder = start();
  await holder.line();
  expect(refusal()).toMatchObject({ code: 'E_LEASE_HELD' });
  expect(refusal().message).toMatch(
    new RegExp(
      `by process ${holder.process.pid}, started 20\\d\\d-\\d\\d-\\d\\dT[0-9:]+Z\\. Stop the other one first`,
    ),
  );
});

it('is free at once when its holder is killed', async () => {
  const holder = start();
  await holder.line();
  expect(refusal().code).toBe('E_LEASE_HELD');
  await holder.kill();
  const lease = acquireLease({ path, nowMs: 0 });
  expect(lease.held()).toBe(true);
  lease.release();
});

it('is given back by release, and is no longer held then', () => {
  const lease = acquireLease({ path, nowMs: 0 });
  expect(refusal().code).toBe('E_LEASE_HELD');
  lease.release();
  lease.release();
  expect(lease.held()).toBe(false);
  acquireLease({ path, nowMs: 0 }).release();
});

it('is lost when the lock file is deleted, because another process could then lock a new one', () => {
  const lease = acquireLease({ path, nowMs: 0 });
  rmSync(`${path}.lock`);
  expect(lease.held()).toBe(false);
  lease.release();
});

it('does not keep the reading verbs from the ledger', async () => {
  openLedger({ path }).close();
  const holder = start();
  await holder.line();
  const reader = openLedger({ path, readOnly: true });
  expect(reader.head()).toBe(0);
  reader.close();
});
