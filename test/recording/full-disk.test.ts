// The recorder on a disk that is full (needs the right to mount): said once, nothing thrown, and gone on with when there is room.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createRecorder } from '../../src/recording/recorder.ts';
import { openRecording } from '../../src/recording/recording.ts';

const run = (command: string, ...args: readonly string[]): void =>
  void execFileSync(command, args, { stdio: 'pipe' });

const mounted = (): { readonly folder: string; readonly free: () => void } | null => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-full-'));
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=600k', 'bidkeeper-test', folder);
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  const free = (): void => {
    run('umount', folder);
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, free };
};

test('A full disk is said once and survived; what waited is written when there is room again.', ({
  skip,
}) => {
  const disk = mounted();
  if (disk === null) return skip('this user may not mount');
  try {
    const problems: string[] = [];
    const path = join(disk.folder, 'data', 'market.recording');
    mkdirSync(join(disk.folder, 'data'));
    const recorder = createRecorder({
      path,
      keepMs: 10_000 * HOUR_MS,
      mostBytes: 1024 * 1024 * 1024,
      onProblem: (message) => void problems.push(message),
      flushMs: HOUR_MS,
    });
    const filler = join(disk.folder, 'filler');
    writeFileSync(filler, Buffer.alloc(300_000));
    for (let index = 0; index < 6000; index += 1) {
      const askedAtMs = 1_767_225_600_000 + index * MINUTE_MS;
      const said = { noQuoteReason: null, quantity: 1, answeredAtMs: askedAtMs };
      recorder.onQuote(
        { zone: 'z', gpu: 'h100', ask: centsPerNodeHour(index), askedAtMs, ...said },
        'reserved',
      );
      if (index % 200 === 0) recorder.flush();
    }
    recorder.flush();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the disk is full');
    rmSync(filler);
    run('mount', '-o', 'remount,size=8m', disk.folder);
    recorder.flush();
    expect(problems[1]).toBe('the market is recorded again');
    const recording = openRecording(path);
    expect(recording.questions()).toMatchObject([{ quotes: 6000 }]);
    recording.close();
    recorder.close();
  } finally {
    disk.free();
  }
});
