// Settings that change under a running daemon: what it takes over from them, and the judge and taker of new ones.
// Settings that are refused change nothing.
import type { Daemon, Reloadable } from '../daemon/daemon.ts';
import { type Reloader, createReloader } from '../daemon/reloader.ts';
import { loadSettings } from '../settings/load.ts';
import { judgeReload } from '../settings/reload.ts';
import type { Settings } from '../settings/settings.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const HEARTBEAT_MS = 200;

/** What a running daemon takes over from settings. */
export const reloadable = ({ policy, tick, tickGapMs, deadlines, changesAtOnce }: Settings): Reloadable => ({
  policy,
  pace: { cron: tick, gapMs: tickGapMs, heartbeatMs: HEARTBEAT_MS },
  deadlines,
  changesAtOnce,
});

/** Loads the settings file anew for whoever asks; `inForce` gives the settings that the daemon runs on. */
export const reloading = (
  file: string,
  started: Settings,
  { daemon, metrics, log }: { readonly daemon: Daemon; readonly metrics: Metrics; readonly log: Log },
): { readonly reload: Reloader; readonly inForce: () => Settings } => {
  let running = started;
  const note = (success: boolean, atMs: number): void => metrics.onReload({ success, atMs });
  note(true, Date.now());
  const reload = createReloader<Settings>({
    judge: (acknowledged) =>
      judgeReload({
        running,
        loaded: loadSettings({ path: file }, process.env, Date.now()),
        acknowledged,
        livingNodes: daemon.livingNodes,
      }),
    take: async (settings, changes, who) => {
      metrics.learnFleets(settings.policy.fleets);
      const result = await daemon.reload(reloadable(settings), { settingsHash: settings.hash, changes }, who);
      if (result.kind === 'failed') metrics.learnFleets(running.policy.fleets);
      else running = settings;
      return result;
    },
    now: () => Date.now(),
    note,
    info: (text) => log.info(text),
    warn: (text) => log.warn(text),
  });
  return { reload, inForce: () => running };
};
