// Watches the settings file by asking for its state again and again: an editor that renames a new file into place and a
// Kubernetes ConfigMap that swaps a link are both seen, which a watch on the file itself would lose.
import { unwatchFile, watchFile, type StatsListener } from 'node:fs';
import type { DurationMs } from '../domain/time.ts';

const EVERY_MS: DurationMs = 2000;

/** Calls `changed` when the file has another content or is another file; not while there is none. */
export const watchSettings = (file: string, changed: () => void): { readonly close: () => void } => {
  const look: StatsListener = (now, before) => {
    const same = now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino;
    if (now.nlink > 0 && !same) changed();
  };
  watchFile(file, { interval: EVERY_MS, persistent: false }, look);
  return { close: () => unwatchFile(file, look) };
};
