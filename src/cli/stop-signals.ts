// Being told by signals: SIGTERM from a supervisor or SIGINT from a terminal stop the daemon (npm and a terminal may both send
// one), SIGUSR2 pauses it, SIGQUIT drains it, SIGHUP has it load its settings anew. What comes before the daemon listens is kept for it.

export interface Told {
  /** Resolves with the name of the first signal; later ones change nothing. */
  readonly stop: Promise<string>;
  /** Aborts at the same moment. */
  readonly signal: AbortSignal;
  /** From now on, and for what came before, `obey` is told what to do and by which signal. */
  readonly onOrder: (obey: (order: Order, by: string) => void) => void;
}

export type Order = (typeof ORDERS)[keyof typeof ORDERS];

const ORDERS = { SIGUSR2: 'pause', SIGQUIT: 'drain', SIGHUP: 'reload' } as const;

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
  const kept: (keyof typeof ORDERS)[] = [];
  let obey: Parameters<Told['onOrder']>[0] | null = null;
  for (const name of ['SIGUSR2', 'SIGQUIT', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (obey === null) kept.push(name);
      else obey(ORDERS[name], name);
    });
  }
  return {
    stop,
    signal: controller.signal,
    onOrder: (told) => {
      obey = told;
      for (const name of kept.splice(0)) told(ORDERS[name], name);
    },
  };
};
