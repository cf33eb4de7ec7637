// How vitest runs the tests: two files at a time (the machines we test on have two cores), each in a process
// of its own. Tests of `test/process/` start the real program, kill it and starve it, so they get more time.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const processTests = 'test/process/**/*.test.ts';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: [processTests], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: { name: 'process', include: [processTests], testTimeout: 120_000, hookTimeout: 120_000 },
      },
    ],
  },
});
