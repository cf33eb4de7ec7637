// Numbers out of a noisy machine: the median says what is usual, the quartiles how far one may trust it.

export interface Spread {
  readonly median: number;
  /** A quarter of the samples lies below. */
  readonly low: number;
  /** A quarter of the samples lies above. */
  readonly high: number;
  readonly samples: number;
}

/** The value below which `share` of ascending samples lie, between neighbours by straight line. */
const quantile = (ascending: readonly number[], share: number): number => {
  const place = (ascending.length - 1) * share;
  const below = ascending[Math.floor(place)] ?? Number.NaN;
  const above = ascending[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
};

export const spreadOf = (samples: readonly number[]): Spread => {
  const ascending = samples.toSorted((a, b) => a - b);
  return {
    median: quantile(ascending, 0.5),
    low: quantile(ascending, 0.25),
    high: quantile(ascending, 0.75),
    samples: samples.length,
  };
};

/** How long `work` takes, in milliseconds, with what it gives. */
export const timed = async <Value>(
  work: () => Value | Promise<Value>,
): Promise<{ readonly value: Value; readonly tookMs: number }> => {
  const from = performance.now();
  const value = await work();
  return { value, tookMs: performance.now() - from };
};
