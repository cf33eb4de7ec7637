// The least a job could have cost for somebody who knew every ask: exact dynamic programming, from the deadline back, over look ×
// useful looks still needed × (no node, or a node with so many looks of its boot left). An hour is bought whole to its end, the
// next one at the hour only; outside time may be bought at any look without a boot.
import { BOOT_MS } from './score.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS } from './series.ts';

const BOOT_LOOKS = BOOT_MS / LOOK_MS;
const OUTSIDE_LOOK = OUTSIDE_CENTS / LOOKS_PER_HOUR;
/** More than any job can cost. */
const NEVER = 1e15;

/** Cents by useful looks still needed. */
type Costs = Float64Array;

const costs = (needLooks: number, fill: number): Costs => {
  const made = new Float64Array(needLooks + 1).fill(fill);
  made[0] = 0;
  return made;
};

/** Cents of `needLooks` useful looks within `spanLooks` (whole hours) from `from`, which stands on the hour. */
export const jobOptimum = (
  asks: readonly number[],
  from: number,
  spanLooks: number,
  needLooks: number,
): number => {
  let none = costs(needLooks, NEVER);
  /** By looks of boot left: a node runs up to the hour, and the next one is not paid. */
  let held: readonly Costs[] = Array.from({ length: BOOT_LOOKS + 1 }, () => costs(needLooks, NEVER));
  for (let hour = spanLooks - LOOKS_PER_HOUR; hour >= 0; hour -= LOOKS_PER_HOUR) {
    let running = held;
    for (let look = LOOKS_PER_HOUR - 1; look >= 0; look -= 1) {
      running = runningBefore(running, needLooks);
      const price = ((asks[from + hour + look] ?? NOTHING) * (LOOKS_PER_HOUR - look)) / LOOKS_PER_HOUR;
      none = noneBefore(none, running[BOOT_LOOKS] ?? none, price);
    }
    const first = asks[from + hour] ?? NOTHING;
    const dropped = none;
    held = running.map((paid) => paid.map((cents, need) => Math.min(first + cents, dropped[need] ?? NEVER)));
    for (const one of held) one[0] = 0;
  }
  return none[needLooks] ?? NEVER;
};

/** One look earlier with a paid node: useful when its boot is over, else outside time may be bought. */
const runningBefore = (after: readonly Costs[], needLooks: number): readonly Costs[] =>
  after.map((_, boot) => {
    const next = after[Math.max(0, boot - 1)] ?? costs(needLooks, NEVER);
    const before = costs(needLooks, 0);
    for (let need = 1; need <= needLooks; need += 1) {
      const less = next[need - 1] ?? NEVER;
      before[need] = boot === 0 ? less : Math.min(next[need] ?? NEVER, OUTSIDE_LOOK + less);
    }
    return before;
  });

/** One look earlier without a node: stay so, buy outside time, or start one at `price` for the rest of the hour. */
const noneBefore = (after: Costs, started: Costs, price: number): Costs => {
  const before = costs(after.length - 1, 0);
  for (let need = 1; need < after.length; need += 1) {
    before[need] = Math.min(
      after[need] ?? NEVER,
      OUTSIDE_LOOK + (after[need - 1] ?? NEVER),
      price + (started[need] ?? NEVER),
    );
  }
  return before;
};
