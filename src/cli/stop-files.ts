// Being told by files: `<store>.pause`, `.drain` and `.stop` beside the ledger. While one exists it holds, whoever resumes;
// taking it away ends nothing by itself. Their first line is the reason. For whoever has a shell and nothing else.
import { closeSync, openSync, readSync } from 'node:fs';
import { STOPS, type Stop } from '../daemon/requests.ts';
import type { DurationMs } from '../domain/time.ts';

export interface StopFile {
  readonly how: Stop;
  readonly path: string;
  readonly why: string;
}

const WHY_BYTES = 400;

/** The stop files that exist beside a store, the mildest first. */
export const stopFilesOf = (store: string): readonly StopFile[] =>
  STOPS.flatMap((how): StopFile[] => {
    const path = `${store}.${how}`;
    const why = firstLineOf(path);
    return why === null ? [] : [{ how, path, why: why === '' ? 'the file exists' : why }];
  });

/** Null when there is no such file; a file that cannot be read exists all the same. */
const firstLineOf = (path: string): string | null => {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(WHY_BYTES);
      const text = bytes.toString('utf8', 0, readSync(file, bytes));
      return (text.split('\n')[0] ?? '').replaceAll(/[^\P{C}]/gu, '').trim();
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : '';
  }
};

/** Tells of every stop file again and again while it exists, the next time only after `found` has settled. */
export const watchStopFiles = (
  store: string,
  everyMs: DurationMs,
  found: (file: StopFile) => Promise<void>,
): { readonly close: () => void } => {
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      for (const file of stopFilesOf(store)) await found(file);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  void look();
  return { close: () => clearInterval(timer) };
};
