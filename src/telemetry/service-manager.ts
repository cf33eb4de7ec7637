// Tells systemd how the daemon is: ready after its first tick, alive as long as its loop turns, stopping. Node cannot send to
// systemd's socket itself (a datagram socket of the local kind, which it has no call for), so the program `systemd-notify`
// does; where it is missing, that is said once and the daemon goes on. Outside of systemd nothing happens.
import { execFile } from 'node:child_process';
import type { DurationMs } from '../domain/time.ts';

export interface ServiceManagerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly health: () => { readonly alive: boolean; readonly ready: boolean };
  readonly warn: (text: string) => void;
}

export interface ServiceManager {
  /** Says that the daemon stops, and reports no more. */
  readonly stop: () => void;
}

/** How often is looked whether the daemon is ready. */
const LOOK_MS: DurationMs = 500;
const PROGRAM = 'systemd-notify';

/** Half of what the watchdog allows, so that one late report is none too late; null without a watchdog. */
const reportEveryMs = (environment: ServiceManagerOptions['environment']): DurationMs | null => {
  const micros = Number(environment['WATCHDOG_USEC'] ?? 0);
  return Number.isSafeInteger(micros) && micros > 0 ? Math.max(1, Math.floor(micros / 2000)) : null;
};

export const tellServiceManager = (options: ServiceManagerOptions): ServiceManager => {
  const { environment, health, warn } = options;
  if ((environment['NOTIFY_SOCKET'] ?? '') === '') return { stop: () => undefined };
  let failed = false;
  const tell = (words: string): void => {
    execFile(PROGRAM, [words], { timeout: 10_000 }, (error) => {
      if (error === null || failed) return;
      failed = true;
      warn(`systemd is not told how this is: ${PROGRAM} does not work here (${reasonOf(error)})`);
    });
  };
  const everyMs = reportEveryMs(environment);
  let timer = setInterval(() => {
    if (!health().ready) return;
    clearInterval(timer);
    tell('READY=1');
    if (everyMs === null) return;
    timer = setInterval(() => {
      if (health().alive) tell('WATCHDOG=1');
    }, everyMs);
    timer.unref();
  }, LOOK_MS);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      tell('STOPPING=1');
    },
  };
};

const reasonOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : (error.message.split('\n')[0] ?? '');
