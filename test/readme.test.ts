// The references under docs/ are made from the program: settings from the schema, error codes from their registries, commands from
// their own help. Run with UPDATE_README=1 to write them anew. The README holds none of them twice.
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { BACKTEST_ERRORS } from '../src/backtest/errors.ts';
import { CLI_ERRORS } from '../src/cli/errors.ts';
import { REQUEST_ERRORS } from '../src/daemon/requests.ts';
import { HTTP_ERRORS } from '../src/http/errors.ts';
import { LEDGER_ERRORS } from '../src/ledger/errors.ts';
import { MARKET_ERRORS } from '../src/market/market-error.ts';
import { RECORDING_ERRORS } from '../src/recording/errors.ts';
import { SETTINGS_ERRORS } from '../src/settings/errors.ts';
import { settingsReference } from '../src/settings/reference.ts';
import { NOTIFY_ERRORS } from '../src/telemetry/notify/errors.ts';
import { VENUE_ERRORS } from '../src/venue/sfcompute/errors.ts';
import { runIn } from './cli/fake-shop.ts';

const urlOf = (path: string): URL => new URL(`../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(urlOf(path), 'utf8');

type Registry = Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>>;

const registries: readonly Registry[] = [
  SETTINGS_ERRORS,
  LEDGER_ERRORS,
  VENUE_ERRORS,
  HTTP_ERRORS,
  MARKET_ERRORS,
  REQUEST_ERRORS,
  CLI_ERRORS,
  BACKTEST_ERRORS,
  RECORDING_ERRORS,
  NOTIFY_ERRORS,
];

const MADE =
  '<!-- Made from the program by test/readme.test.ts (UPDATE_README=1 writes it anew): do not edit. -->';
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const page = (title: string, intro: string, body: string): string =>
  `# ${title}\n\n${MADE}\n\n${intro}\n\n${body.trim()}\n`;

const errors = (): string =>
  page(
    'Error codes',
    'Codes are stable: scripts and runbooks may rely on them. The exit code that goes with one is in the [README](../../README.md#commands).',
    [
      row('code', 'means', 'what to do'),
      row('---', '---', '---'),
      ...registries.flatMap((registry) =>
        Object.entries(registry).map(([code, { meaning, remedy }]) =>
          row(`\`${code}\``, cell(meaning), cell(remedy)),
        ),
      ),
    ].join('\n'),
  );

const settings = (): string =>
  page(
    'Settings',
    'Every key of the settings file. [config/bidkeeper.yaml](../../config/bidkeeper.yaml) shows them in place, with comments.',
    settingsReference(),
  );

/** The names in the list of commands of a help text. */
const verbsOf = (help: string): readonly string[] =>
  [...(help.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');

const commands = async (): Promise<string> => {
  const parts: string[] = [];
  const describeVerb = async (...words: readonly string[]): Promise<void> => {
    const { out } = await runIn({}, ...words, '--help');
    parts.push(`${'#'.repeat(words.length + 1)} ${words.join(' ')}\n\n\`\`\`text\n${out.trim()}\n\`\`\``);
    for (const name of verbsOf(out)) await describeVerb(...words, name);
  };
  for (const verb of verbsOf((await runIn({}, '--help')).out)) await describeVerb(verb);
  return page(
    'Commands',
    'What each verb says of itself with `--help`. Exit codes are in the [README](../../README.md#commands).',
    parts.join('\n\n'),
  );
};

describe('the references', () => {
  const made = new Map<string, string>();
  beforeAll(async () => {
    made.set('docs/reference/settings.md', settings());
    made.set('docs/reference/errors.md', errors());
    made.set('docs/reference/commands.md', await commands());
    if (process.env['UPDATE_README'] !== '1') return;
    for (const [path, text] of made) writeFileSync(urlOf(path), text);
  });

  it.each([
    ['every settings key as the schema has it', 'docs/reference/settings.md'],
    ['every error code a person can meet', 'docs/reference/errors.md'],
    ['every verb and option', 'docs/reference/commands.md'],
  ])('explain %s', (_what, path) => {
    expect(read(path)).toBe(made.get(path));
  });

  it('are long enough to be whole', () => {
    const rows = (path: string): number =>
      read(path)
        .split('\n')
        .filter((line) => line.startsWith('| `')).length;
    expect(rows('docs/reference/settings.md')).toBeGreaterThan(100);
    expect(rows('docs/reference/errors.md')).toBeGreaterThan(70);
    expect(read('docs/reference/commands.md').match(/^#+ /gm)?.length).toBeGreaterThan(12);
  });

  it('stand in one place only', () => {
    expect(read('README.md')).not.toMatch(/<!-- (settings|errors) -->/);
  });
});

/** Every error code there is. */
const knownCodes = new Set(registries.flatMap((registry) => Object.keys(registry)));

describe('the README', () => {
  const readme = read('README.md');

  it('speaks of no error code that does not exist', () => {
    expect([...readme.matchAll(/\bE_[A-Z]+_[A-Z_]+\b/g)].filter(([code]) => !knownCodes.has(code))).toEqual(
      [],
    );
  });

  it('has no place left to fill in', () => {
    expect(readme).not.toMatch(/@@|TODO|TBD/);
  });
});
