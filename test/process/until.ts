// Waiting for a condition instead of a time: tests go on as soon as they may, and say what they saw when they may not.
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;

/** The first value of `look` that is not null; throws with `what` and the words of `seen` after `withinMs`. */
export const until = async <Value>(
  what: string,
  look: () => Promise<Value | null>,
  { withinMs = 120_000, seen = () => '' }: { readonly withinMs?: number; readonly seen?: () => string } = {},
): Promise<Value> => {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms. ${seen()}`);
    await delay(LOOK_EVERY_MS);
  }
};

/** `until` for something that is true or false. */
export const untilTrue = async (
  what: string,
  look: () => Promise<boolean>,
  options: { readonly withinMs?: number; readonly seen?: () => string } = {},
): Promise<void> => {
  await until(what, async () => ((await look()) ? true : null), options);
};
