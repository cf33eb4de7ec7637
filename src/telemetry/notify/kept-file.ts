// Keeps what was notified in a small file beside the ledger, so that a restart neither repeats old news nor forgets what is
// open. Written aside and renamed, never on the path of a tick; the last state wins. A file that cannot be read or written is
// a warning: at worst news is told twice.
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { decodeKept, emptyMemory, encodeKept } from '../notices/memory.ts';
import type { KeptNotices } from '../notices/memory.ts';

export interface KeptFile {
  readonly read: () => KeptNotices;
  /** Writes `state()` soon; further calls meanwhile cost nothing. */
  readonly touch: () => void;
  /** Resolves when the newest state is on disk, or could not be put there. */
  readonly settled: () => Promise<void>;
}

const NOTHING: KeptNotices = { memory: emptyMemory, outbox: [] };

/** `onProblem` is told once for each run of failures. */
export const keptFile = (
  path: string,
  state: () => KeptNotices,
  onProblem: (text: string) => void,
): KeptFile => {
  let dirty = false;
  let failing = false;
  let writing: Promise<void> | null = null;

  const writeAll = async (): Promise<void> => {
    while (dirty) {
      dirty = false;
      try {
        await writeFile(`${path}.new`, encodeKept(state()), { mode: 0o600 });
        await rename(`${path}.new`, path);
        failing = false;
      } catch (error) {
        if (!failing) onProblem(`E_NOTIFY_STATE what was notified cannot be kept: ${wordsOf(error)}`);
        failing = true;
      }
    }
    writing = null;
  };
  return {
    read: () => readKept(path, onProblem),
    touch: () => {
      dirty = true;
      writing ??= writeAll();
    },
    settled: async () => {
      await writing;
    },
  };
};

export const readKept = (path: string, onProblem: (text: string) => void): KeptNotices => {
  try {
    const kept = decodeKept(readFileSync(path, 'utf8'));
    if (kept !== null) return kept;
    onProblem(`E_NOTIFY_STATE ${path} is damaged, so what was notified already is not known; begun anew`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      onProblem(`E_NOTIFY_STATE what was notified cannot be read: ${wordsOf(error)}`);
    }
  }
  return NOTHING;
};

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
