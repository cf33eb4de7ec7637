// How vitest runs the tests: two files at a time (the machines we test on have two cores), each in a process
// of its own. Tests of `test/process/` start the real program, kill it and starve it; those of `test/prometheus/` and
// `test/browser/` watch it with programs of the system. They get more time. What had to be left out is said at the end.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const processTests = ['process', 'prometheus', 'browser'].map((room) => `test/${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: false,
    reporters: ['default', './test/support/not-run-reporter.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: processTests, testTimeout: 30_000 },
      },
      {
        extends: true,
        test: { name: 'process', include: processTests, testTimeout: 120_000, hookTimeout: 120_000 },
      },
    ],
  },
});
