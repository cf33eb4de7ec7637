// When the daemon looked: its report is read again and again, so that what it says about time can be held to the distance
// between its looks, on a fast machine and on a slow one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Floor } from './floor.ts';

export interface Looks {
  /** Milliseconds of the market between the looks before and after an instant; a look that was not noticed widens it. */
  readonly gapAround: (atMs: number) => number;
  readonly stop: () => Promise<void>;
}

const READ_EVERY_MS = 100;

export const watchLooks = (floor: Floor): Looks => {
  const seen: number[] = [];
  const stopping = new AbortController();
  const watching = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const atMs = (await floor.status())?.atMs;
      if (atMs !== undefined && atMs !== seen.at(-1)) seen.push(atMs);
      await delay(READ_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    gapAround: (atMs) => (seen.find((one) => one >= atMs) ?? 0) - (seen.findLast((one) => one < atMs) ?? 0),
    stop: async () => {
      // One more reading, so that the last look is known.
      await delay(2 * READ_EVERY_MS);
      stopping.abort();
      await watching;
    },
  };
};
