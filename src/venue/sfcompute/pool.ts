// Many small readings with a bound on how many are under way at once. In order of the list; a stop leaves the rest undone.

export interface PoolOptions<Item> {
  readonly items: readonly Item[];
  readonly atOnce: number;
  /** Asked before each item: true leaves this and all later ones out. */
  readonly stopped: () => boolean;
  readonly run: (item: Item) => Promise<void>;
}

/** Resolves when everything that was begun has ended; rejects with the first rejection of `run`. */
export const runPool = async <Item>(options: PoolOptions<Item>): Promise<void> => {
  const waiting = options.items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (options.stopped()) return;
      await options.run(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.atOnce, options.items.length) }, worker));
};
