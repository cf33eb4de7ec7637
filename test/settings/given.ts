// Settings texts for the tests: the smallest one that starts, and a way to ask for the refusals of a changed one.
import type { SettingsProblem } from '../../src/settings/errors.ts';
import { type Environment, loadSettings } from '../../src/settings/load.ts';
import type { Settings } from '../../src/settings/settings.ts';

export const NOW = Date.parse('2026-11-23T12:00:00Z');

/** The smallest settings that start, with `extra` lines at the root and in the one fleet. */
export const settingsText = (root = '', fleet = '', bid = 'bid: { ceiling: $2.00/gpu-hour }'): string =>
  [
    root,
    'fleets:',
    '  - name: train',
    '    gpu: h100',
    '    gpus: 64',
    `    ${bid}`,
    ...(fleet === '' ? [] : [`    ${fleet}`]),
    '',
  ]
    .filter((line, index) => index > 0 || line !== '')
    .join('\n');

export const refusals = (text: string, env: Environment = {}): readonly SettingsProblem[] => {
  const result = loadSettings({ text }, env, NOW);
  return result.ok ? [] : result.problems;
};

export const accepted = (text: string, env: Environment = {}, directory?: string): Settings => {
  const result = loadSettings(directory === undefined ? { text } : { text, directory }, env, NOW);
  if (!result.ok)
    throw new Error(
      result.problems
        .map(({ line, column, code, reason }) => `${line}:${column} ${code} ${reason}`)
        .join('\n'),
    );
  return result.settings;
};

/** `line:column CODE value` of every refusal. */
export const brief = (text: string, env: Environment = {}): readonly string[] =>
  refusals(text, env).map(({ line, column, code, value }) => `${line}:${column} ${code} ${value ?? '–'}`);
