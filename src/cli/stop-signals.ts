// Being told to stop: SIGTERM from a supervisor, SIGINT from a terminal. npm and a terminal may both send one.

export interface Told {
  /** Resolves with the name of the first signal; later ones change nothing. */
  readonly stop: Promise<string>;
  /** Aborts at the same moment. */
  readonly signal: AbortSignal;
}

export const listenForStop = (): Told => {
  const controller = new AbortController();
  const stop = new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        resolve(name);
        controller.abort();
      });
    }
  });
  return { stop, signal: controller.signal };
};
