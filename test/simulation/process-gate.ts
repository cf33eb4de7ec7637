// One life of the daemon's process. Every asynchronous call through a port passes the gate twice, before its effect and
// after it, and each passing is a numbered step. At a step a crash may be due: then the call never settles, nor does any
// other call of that life, because a killed process runs no `finally`.
import type { EventHash } from './event-hash.ts';

/** Before a call has its effect, while it has it (a batch half written), and after it, before the caller knows. */
export type Moment = 'before' | 'during' | 'after';

export interface GateOptions {
  readonly hash: EventHash;
  /** The first step of this life is the one after this many. */
  readonly stepsBefore: number;
  /** Asked at every step; true: the process dies here. */
  readonly diesAt: (step: number, moment: Moment, port: string) => boolean;
  readonly onDeath: (step: number, moment: Moment, port: string) => void;
}

export interface ProcessGate {
  readonly isAlive: () => boolean;
  /** Counts a step. True: go on. False: the process is dead and the caller must return `never()`. */
  readonly pass: (moment: Moment, port: string) => boolean;
  readonly steps: () => number;
  /** Ends this life from outside (SIGKILL between two awaits). */
  readonly kill: () => void;
}

/** What a call of a dead process comes back with: nothing, ever. */
export const never = (): Promise<never> => new Promise(() => undefined);

export const createProcessGate = (options: GateOptions): ProcessGate => {
  let alive = true;
  let steps = options.stepsBefore;
  return {
    isAlive: () => alive,
    steps: () => steps,
    kill: () => {
      alive = false;
    },
    pass: (moment, port) => {
      if (!alive) return false;
      steps += 1;
      options.hash.add(`${steps}${moment}${port}`);
      if (!options.diesAt(steps, moment, port)) return true;
      alive = false;
      options.onDeath(steps, moment, port);
      return false;
    },
  };
};
