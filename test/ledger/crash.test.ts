// A real process that appends as fast as it can and is killed without warning, again and again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { verifyChain } from '../../src/ledger/verify.ts';
import { startProcess } from './processes.ts';

it('loses no acknowledged entry and tears no batch when its writer is killed at random moments', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bidkeeper-crash-'));
  const path = join(directory, 'bidkeeper.db');
  let acknowledged = 0;
  for (let round = 0; round < 15; round += 1) {
    const writer = startProcess(new URL('./writer.ts', import.meta.url), [path]);
    await writer.line();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    await writer.kill();
    // The last line may have been cut by the kill; the one before it is whole.
    acknowledged = Math.max(acknowledged, Number(writer.lines.at(-2) ?? writer.lines.at(-1)));
    const ledger = openLedger({ path, readOnly: round % 2 === 1 });
    const report = await verifyChain(ledger);
    ledger.close();
    expect(report.problems).toEqual([]);
    expect(report.head).toBeGreaterThanOrEqual(acknowledged);
    expect(report.head % 3).toBe(0);
  }
  expect(acknowledged).toBeGreaterThan(15 * 3);
  rmSync(directory, { recursive: true });
});
