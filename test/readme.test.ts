// The README's tables are made from the program: settings from the schema, error codes from the registries. Run with
// UPDATE_README=1 to write them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
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

const README = new URL('../README.md', import.meta.url);

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

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const errorTable = (): string =>
  [
    '| code | means | what to do |',
    '| --- | --- | --- |',
    ...registries.flatMap((registry) =>
      Object.entries(registry).map(
        ([code, { meaning, remedy }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(remedy)} |`,
      ),
    ),
  ].join('\n');

const between = (text: string, name: string): string =>
  text.split(`<!-- ${name} -->`)[1]?.split(`<!-- /${name} -->`)[0]?.trim() ?? '';

const withSection = (text: string, name: string, body: string): string =>
  text.replace(
    new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`),
    () => `<!-- ${name} -->\n${body}\n<!-- /${name} -->`,
  );

describe('the README', () => {
  const sections = { settings: settingsReference().trim(), errors: errorTable() };
  if (process.env['UPDATE_README'] === '1') {
    let text = readFileSync(README, 'utf8');
    for (const [name, body] of Object.entries(sections)) text = withSection(text, name, body);
    writeFileSync(README, text);
  }
  const readme = readFileSync(README, 'utf8');

  it('explains every settings key as the schema has it', () => {
    expect(between(readme, 'settings')).toBe(sections.settings);
  });

  it('explains every error code a person can meet, and no other', () => {
    expect(between(readme, 'errors')).toBe(sections.errors);
    const known = new Set(registries.flatMap((registry) => Object.keys(registry)));
    expect([...readme.matchAll(/\bE_[A-Z]+_[A-Z_]+\b/g)].filter(([code]) => !known.has(code))).toEqual([]);
  });

  it('has no place left to fill in', () => {
    expect(readme).not.toMatch(/@@|TODO|TBD/);
  });
});
