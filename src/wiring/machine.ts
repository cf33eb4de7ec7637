// This process as the rest of the wiring sees it: its release, the real clock and timer, chance, and who runs it.
// Made here once and handed on from here, so that no other room reaches for them.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { readRelease } from '../settings/release.ts';

export const RELEASE = readRelease(fileURLToPath(new URL('../..', import.meta.url)), process.env);
export const { version: VERSION } = RELEASE;
export const monotonic = (): number => performance.now();
export const realClock: Clock = { now: () => Date.now(), monotonic };

export const timer: Timer = {
  sleep: (realMs, signal) =>
    delay(realMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};

export const random: Random = { next: () => randomInt(2 ** 47) / 2 ** 47 };

/** Who runs this command. */
export const operator = (): string => process.env['USER'] ?? 'unknown';
