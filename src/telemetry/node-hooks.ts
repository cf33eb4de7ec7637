// Hooks: a command or a webhook that is told when a node is going to end, so that a scheduler can drain it. Told at once when
// the node was let go, or when a block nears its end unextended; each time-boxed and beside the tick, which never waits. What
// is told twice after a restart is told with the same words; a hook must bear that.
import { spawn } from 'node:child_process';
import type { NodeReport, TickReport } from '../domain/report.ts';
import { formatInstant, type DurationMs } from '../domain/time.ts';

export interface HookSettings {
  /** Words of a command, no shell; null without one. */
  readonly command: readonly string[] | null;
  /** Where the event is posted as JSON; null without one. */
  readonly url: string | null;
  /** How long before its paid time ends a node is let go, and an unextended block is told. */
  readonly leadMs: DurationMs;
  /** Real time. */
  readonly timeoutMs: DurationMs;
}

export const HOOK_OUTCOMES = ['ok', 'failed', 'timeout'] as const;
export type HookOutcome = (typeof HOOK_OUTCOMES)[number];

export interface HookEvent {
  /** `releasing`: let go, runs to `ends_at`. `expiring`: a block that was not extended yet and may lapse then. */
  readonly event: 'releasing' | 'expiring';
  readonly node: string;
  readonly node_id: string;
  readonly fleet: string;
  readonly zone: string;
  readonly ends_at: string;
}

export interface HookDeps {
  readonly settings: HookSettings;
  readonly note: (outcome: HookOutcome) => void;
  readonly warn: (text: string) => void;
}

export interface NodeHooks {
  /** Starts what is due after a finished tick; returns at once. */
  readonly record: (report: TickReport) => void;
  /** Resolves when no call runs; kills what does. */
  readonly close: () => Promise<void>;
}

const AT_ONCE = 4;

export const createNodeHooks = ({ settings, note, warn }: HookDeps): NodeHooks => {
  const told = new Set<string>();
  const waiting: HookEvent[] = [];
  const running = new Set<Promise<void>>();
  const ending = new AbortController();

  const next = (): void => {
    while (running.size < AT_ONCE && !ending.signal.aborted) {
      const event = waiting.shift();
      if (event === undefined) return;
      const call = tell(settings, event, ending.signal).then(({ outcome, detail }) => {
        note(outcome);
        if (outcome !== 'ok') warn(`the hook for ${event.node} (${event.event}) ${detail}`);
        running.delete(call);
        next();
      });
      running.add(call);
    }
  };

  return {
    record: (report) => {
      const alive = new Set(report.nodes.map(({ name }) => name));
      for (const key of told) if (!alive.has(key.split(' ')[0] ?? '')) told.delete(key);
      for (const node of report.nodes) {
        const event = eventOf(node, report.atMs, settings);
        const key = `${node.name} ${event?.event ?? ''} ${event?.ends_at ?? ''}`;
        if (event === null || told.has(key)) continue;
        told.add(key);
        waiting.push(event);
      }
      next();
    },
    close: async () => {
      ending.abort();
      await Promise.allSettled(running);
    },
  };
};

const eventOf = (node: NodeReport, nowMs: number, { leadMs }: HookSettings): HookEvent | null => {
  const { name, nodeId, fleet, zone, hold, state, endAtMs } = node;
  if (nodeId === null || endAtMs === null || endAtMs <= nowMs) return null;
  const near = hold === 'reserved' && state !== 'waiting' && endAtMs - nowMs <= leadMs;
  if (state !== 'releasing' && !near) return null;
  const event = state === 'releasing' ? 'releasing' : 'expiring';
  return { event, node: name, node_id: nodeId, fleet, zone, ends_at: formatInstant(endAtMs) };
};

interface Told {
  readonly outcome: HookOutcome;
  /** Words for a person; says nothing of what the hook printed. */
  readonly detail: string;
}

const tell = async (settings: HookSettings, event: HookEvent, ending: AbortSignal): Promise<Told> => {
  const late = AbortSignal.timeout(settings.timeoutMs);
  const signal = AbortSignal.any([late, ending]);
  const results = await Promise.all([
    settings.command === null ? null : runCommand(settings.command, event, signal),
    settings.url === null ? null : post(settings.url, event, signal),
  ]);
  const failure = results.find((one) => one !== null && one !== '');
  if (failure === undefined || failure === null) return { outcome: 'ok', detail: '' };
  return late.aborted
    ? { outcome: 'timeout', detail: `took longer than ${settings.timeoutMs / 1000} s and was ended` }
    : { outcome: 'failed', detail: failure };
};

/** Empty when it went well. The command sees the event in its environment and nothing of the daemon's own but PATH and HOME. */
const runCommand = (command: readonly string[], event: HookEvent, signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    const [file = '', ...args] = command;
    const words: readonly (readonly [string, string])[] = Object.entries(event);
    const facts = words.map(([key, value]) => [`BIDKEEPER_${key.toUpperCase()}`, value] as const);
    const { PATH = '/usr/bin:/bin', HOME = '/' } = process.env;
    const child = spawn(file, args, {
      env: { PATH, HOME, ...Object.fromEntries(facts) },
      stdio: 'ignore',
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('error', (error) => resolve(`could not be run: ${error.message}`));
    child.once('exit', (code, name) => resolve(code === 0 ? '' : `ended with ${code ?? name ?? 'nothing'}`));
  });

const post = async (url: string, event: HookEvent, signal: AbortSignal): Promise<string> => {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
      redirect: 'error',
      signal,
    });
    await answer.body?.cancel();
    return answer.ok ? '' : `was answered ${answer.status}`;
  } catch (error) {
    return `could not be posted: ${error instanceof Error ? error.name : 'unknown'}`;
  }
};
