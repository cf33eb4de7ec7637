// The verdict on a settings file that changed under a running daemon: it is loaded and checked whole, as at a start, then
// held against what runs. Nothing of it is taken over unless all of it is.
import { settingsChanges } from './changes.ts';
import type { SettingsCode } from './errors.ts';
import { formatProblem } from './errors.ts';
import type { SettingsResult } from './load.ts';
import type { Settings } from './settings.ts';

export type ReloadVerdict =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'refused';
      readonly code: SettingsCode;
      /** Why not, one reason a line. */
      readonly problems: readonly string[];
      /** What would have changed; empty when the settings could not be read. */
      readonly changes: readonly string[];
    }
  | {
      readonly kind: 'accepted';
      readonly settings: Settings;
      readonly changes: readonly string[];
      readonly warnings: readonly string[];
    };

export interface ReloadInput {
  readonly running: Settings;
  readonly loaded: SettingsResult;
  /** Somebody says that steep rises and abandoned fleets are meant. */
  readonly acknowledged: boolean;
  readonly livingNodes: (fleet: string) => number;
}

export const judgeReload = ({ running, loaded, acknowledged, livingNodes }: ReloadInput): ReloadVerdict => {
  if (!loaded.ok) {
    const code = loaded.problems[0]?.code ?? 'E_SETTINGS_FILE';
    return { kind: 'refused', code, problems: loaded.problems.map(formatProblem), changes: [] };
  }
  const { settings } = loaded;
  const { lines, needRestart, needAcknowledgement } = settingsChanges(running, settings, livingNodes);
  if (lines.length === 0) return { kind: 'unchanged' };
  if (needRestart.length > 0) {
    const problems = needRestart.map((key) => `${key} is read at the start only: restart the daemon for it`);
    return { kind: 'refused', code: 'E_SETTINGS_RESTART', problems, changes: lines };
  }
  if (needAcknowledgement.length > 0 && !acknowledged) {
    return {
      kind: 'refused',
      code: 'E_SETTINGS_ACKNOWLEDGE',
      problems: needAcknowledgement,
      changes: lines,
    };
  }
  return { kind: 'accepted', settings, changes: lines, warnings: loaded.warnings.map(formatProblem) };
};
