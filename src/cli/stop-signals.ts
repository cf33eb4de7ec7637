// Being told by signals: SIGTERM from a supervisor or SIGINT from a terminal stop the daemon (npm and a terminal may both send
// one), SIGUSR2 pauses it, SIGQUIT drains it. What comes before the daemon listens is kept for it.

export interface Told {
  /** Resolves with the name of the first signal; later ones change nothing. */
  readonly stop: Promise<string>;
  /** Aborts at the same moment. */
  readonly signal: AbortSignal;
  /** From now on, and for what came before, `halt` is told what to do and by which signal. */
  readonly onHalt: (halt: (how: 'pause' | 'drain', by: string) => void) => void;
}

const HALTS = { SIGUSR2: 'pause', SIGQUIT: 'drain' } as const;

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
  const kept: (keyof typeof HALTS)[] = [];
  let halt: Parameters<Told['onHalt']>[0] | null = null;
  for (const name of ['SIGUSR2', 'SIGQUIT'] as const) {
    process.on(name, () => {
      if (halt === null) kept.push(name);
      else halt(HALTS[name], name);
    });
  }
  return {
    stop,
    signal: controller.signal,
    onHalt: (told) => {
      halt = told;
      for (const name of kept.splice(0)) told(HALTS[name], name);
    },
  };
};
