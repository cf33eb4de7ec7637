// Reloading settings: one at a time, whoever asks (SIGHUP, a changed file, the admin API); judged whole before anything is
// taken over; said in the log with every changed key, in the metrics, and in the ledger by the daemon that takes it over.
import type { UnixMs } from '../domain/time.ts';
import type { InsideResult } from './ask-inside.ts';
import type { Who } from './requests.ts';

export interface ReloadOptions {
  /** Steep rises and abandoned fleets are meant. */
  readonly acknowledged: boolean;
  /** Only says what would change. */
  readonly dryRun: boolean;
}

export type Judged<Settings> =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly problems: readonly string[];
      readonly changes: readonly string[];
    }
  | {
      readonly kind: 'accepted';
      readonly settings: Settings;
      readonly changes: readonly string[];
      readonly warnings: readonly string[];
    };

export type ReloadAnswer =
  | { readonly kind: 'unchanged' }
  | Extract<Judged<never>, { kind: 'refused' }>
  /** `shown`: a dry run that would have been taken over. */
  | { readonly kind: 'reloaded' | 'shown'; readonly changes: readonly string[] };

export interface ReloaderDeps<Settings> {
  readonly judge: (acknowledged: boolean) => Judged<Settings>;
  /** Writes the ledger and takes the settings over between two ticks. */
  readonly take: (settings: Settings, changes: readonly string[], who: Who) => Promise<InsideResult>;
  readonly now: () => UnixMs;
  readonly note: (success: boolean, atMs: UnixMs) => void;
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
}

export type Reloader = (options: ReloadOptions, who: Who) => Promise<ReloadAnswer>;

export const createReloader = <Settings>(deps: ReloaderDeps<Settings>): Reloader => {
  let before: Promise<unknown> = Promise.resolve();
  const reload: Reloader = async ({ acknowledged, dryRun }, who) => {
    const verdict = deps.judge(acknowledged);
    if (dryRun) return verdict.kind === 'accepted' ? { kind: 'shown', changes: verdict.changes } : verdict;
    if (verdict.kind === 'unchanged') {
      deps.note(true, deps.now());
      return verdict;
    }
    const answer = verdict.kind === 'refused' ? verdict : await take(deps, verdict, who);
    deps.note(answer.kind === 'reloaded', deps.now());
    say(deps, answer, who);
    return answer;
  };
  return (options, who) => {
    const mine = before.then(() => reload(options, who));
    before = mine.catch(() => undefined);
    return mine;
  };
};

const take = async <Settings>(
  deps: ReloaderDeps<Settings>,
  { settings, changes, warnings }: Extract<Judged<Settings>, { kind: 'accepted' }>,
  who: Who,
): Promise<ReloadAnswer> => {
  for (const warning of warnings) deps.warn(warning);
  const result = await deps.take(settings, changes, who);
  return result.kind === 'failed'
    ? { kind: 'refused', code: 'E_STOP_WRITE', problems: [result.message], changes }
    : { kind: 'reloaded', changes };
};

const say = (
  { info, warn }: Pick<ReloaderDeps<never>, 'info' | 'warn'>,
  answer: ReloadAnswer,
  { by, why }: Who,
): void => {
  if (answer.kind === 'unchanged') return;
  const tell = answer.kind === 'refused' ? warn : info;
  const head = `settings asked for by ${by} (${why})`;
  if (answer.kind === 'refused') {
    tell(`${head} were refused, the old ones stay: ${answer.code} ${answer.problems.join('; ')}`);
  } else tell(`${head} are in force`);
  for (const line of answer.changes) tell(`  ${answer.kind === 'refused' ? 'not taken over: ' : ''}${line}`);
};
