// A green test run must not hide that part of it did not happen.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { searchPrograms } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-programs-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'promtool'), '#!/bin/sh\n');
chmodSync(join(folder, 'promtool'), 0o755);
const PATH = ['/nowhere', folder].join(delimiter);

it('a program is found on the PATH', () => {
  expect(searchPrograms(['promtool'], { PATH, CI: 'true' })).toEqual({
    found: true,
    paths: [join(folder, 'promtool')],
  });
});

it('a missing program is named with the package that brings it, and leaves the tests that need it out', () => {
  const search = searchPrograms(['promtool', 'amtool', 'chromium'], { PATH });
  expect(search).toMatchObject({ found: false, fatal: false });
  expect(search).toHaveProperty(
    'why',
    'amtool, chromium not found (Debian: apt-get install --no-install-recommends prometheus-alertmanager chromium)',
  );
});

it('with CI=true a missing program is a failure', () => {
  expect(searchPrograms(['chromium'], { PATH, CI: 'true' })).toMatchObject({ found: false, fatal: true });
});
