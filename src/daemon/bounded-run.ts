// A strategy is plain synchronous code, and one that loops would block the whole process: no tick, no health, no stop. V8 can
// end a running script from outside, so what must come to an end runs inside one with a time limit. It must change nothing,
// because it is cut off anywhere and tried once more: a process that was stopped (SIGSTOP, a frozen machine) meets the limit
// through no fault of its own. After the second time it is not run again until the process starts anew.
import { createContext, Script } from 'node:vm';
import type { DurationMs } from '../domain/time.ts';
import type { Bounded } from '../ports/bounded.ts';

const TRIES = 2;

const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** `limitMs`: real time for one try. */
export const createBoundedRun = (limitMs: DurationMs): Bounded => {
  const place: { run: () => unknown } = { run: () => undefined };
  const context = createContext(place);
  const script = new Script('run()');
  let endless = false;
  return <Value>(run: () => Value): Value => {
    for (let tries = 0; !endless && tries < TRIES; tries += 1) {
      try {
        place.run = run;
        return script.runInContext(context, { timeout: limitMs }) as Value;
      } catch (error) {
        if (!isTimeout(error)) throw error;
      }
    }
    endless = true;
    throw new Error(
      `a strategy did not come to an end within ${limitMs} ms; it is not asked again before a restart`,
    );
  };
};
