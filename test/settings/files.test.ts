// The files under config/: every one loads, the commented one documents every key, and the JSON Schema is the schema's own.
// `UPDATE_SCHEMA=1 vitest run test/settings/files.test.ts` writes the JSON Schema anew (then run oxfmt).
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explain } from '../../src/settings/explain.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { settingsReference } from '../../src/settings/reference.ts';
import { settingsJsonSchema } from '../../src/settings/schema.ts';
import { changesBetween } from '../../src/schedule/target.ts';
import { NOW } from './given.ts';

const config = resolve(import.meta.dirname, '../../config');
const files = [
  ...readdirSync(config).map((name) => join(config, name)),
  ...readdirSync(join(config, 'examples')).map((name) => join(config, 'examples', name)),
].filter((name) => name.endsWith('.yaml'));
const load = (file: string) => {
  const result = loadSettings(file, { SFC_API_TOKEN: 'not-in-any-file' }, NOW);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result;
};

describe('the files under config/', () => {
  test.each(files.map((file) => file.slice(config.length + 1)))('%s starts without a warning', (name) => {
    expect(load(join(config, name)).warnings).toEqual([]);
  });

  test('bidkeeper.yaml documents every key there is', () => {
    const text = readFileSync(join(config, 'bidkeeper.yaml'), 'utf8');
    const keys = [...settingsReference().matchAll(/^\| `([^`]+)`/gm)].map((match) =>
      (match[1] ?? '').replace(/^.*\./, ''),
    );
    expect(keys.length).toBeGreaterThan(90);
    expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(text))).toEqual([]);
  });

  test('bidkeeper.yaml shows as commented-out defaults what the schema has as defaults', () => {
    const text = readFileSync(join(config, 'bidkeeper.yaml'), 'utf8');
    const rows = [...settingsReference().matchAll(/^\| `([^`]+)` \| [^|]*(?:\\\|[^|]*)* \| `([^`]+)` \|/gm)];
    const shown = rows
      .filter(([, path = '']) => !path.includes('.'))
      .map(([, path = '', preset = '']) => ({ path, preset }));
    expect(shown.length).toBeGreaterThan(10);
    for (const { path, preset } of shown) {
      if (path === 'store') continue;
      const line = new RegExp(`^#? ?${path}: "?${RegExp.escape(preset)}"?(?: |$)`, 'm');
      expect(line.test(text) ? '' : `${path}: ${preset}`).toBe('');
    }
  });

  test('bidkeeper.schema.json is the schema that the program checks', () => {
    const file = join(config, 'bidkeeper.schema.json');
    if (process.env['UPDATE_SCHEMA'] === '1')
      writeFileSync(file, `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())));
  });

  test('the demo is the embedded market at an hour a minute, and its target changes within six minutes', () => {
    const { settings } = load(join(config, 'demo.yaml'));
    expect(settings).toMatchObject({
      clockSpeed: 60,
      venue: { kind: 'market' },
      storePath: resolve(config, '../data/demo.db'),
      policy: { mode: 'live' },
    });
    const schedule = settings.policy.fleets[0]?.schedule;
    expect(schedule === undefined ? [] : changesBetween(schedule, NOW, NOW + 6 * 3_600_000)).not.toEqual([]);
  });
});

describe('explain', () => {
  test('shows every price in both units and no secret', () => {
    const text = explain(load(join(config, 'examples/sfcompute-live.yaml')).settings);
    expect(text).toContain('ceiling: $24.00/node-hour ($3.00/gpu-hour)');
    expect(text).toContain('step: $0.40/node-hour ($0.05/gpu-hour)');
    expect(text).toContain('token_env: SFC_API_TOKEN');
    expect(text).toContain('# computed: a look every 2m at the latest');
    expect(text).not.toContain('not-in-any-file');
  });

  test('has a line for everything in every file', () => {
    for (const file of files) expect(explain(load(file).settings)).not.toMatch(/undefined|NaN|\[object/);
  });
});
