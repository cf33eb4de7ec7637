// `npm test` and `npm run check`, after the set-up, on Node 24: type-check, lint, format and unused code, two
// at a time, then (unless it is only the check) the tests. With arguments it is the tests alone, and the
// arguments go to vitest, such as the name of a file. A failed check ends the run before the tests, as their
// answer would come last and look like the verdict.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, runOn } from './runtime.mjs';

const checks = [
  { title: 'type-check', tool: 'typescript/bin/tsc', options: [] },
  { title: 'type-check of the page', tool: 'typescript/bin/tsc', options: ['--noEmit', '-p', 'src/page'] },
  { title: 'lint', tool: 'oxlint/bin/oxlint', options: [] },
  { title: 'format', tool: 'oxfmt/bin/oxfmt', options: ['--check'] },
  { title: 'unused code', tool: 'knip/bin/knip.js', options: [] },
];

/**
 * @param {(typeof checks)[number]} check
 * @returns {Promise<boolean>}
 */
function passes({ title, tool, options }) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', tool), ...options], { cwd: root });
    let told = '';
    /** @param {string} text */
    const listen = (text) => (told += text);
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      process.stdout.write(`${title}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
      if (code !== 0) process.stdout.write(`${told}\n`);
      resolve(code === 0);
    });
  });
}

async function allPass() {
  const waiting = [...checks];
  /** @type {boolean[]} */
  const answers = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      answers.push(await passes(next));
    }
  };
  await Promise.all([work(), work()]);
  return answers.every(Boolean);
}

const given = process.argv.slice(2);
const onlyCheck = given[0] === '--check';

if ((onlyCheck || given.length === 0) && !(await allPass())) {
  process.exitCode = 1;
} else if (!onlyCheck) {
  const vitest = ['run', '--config', 'test/vitest.config.ts', ...given];
  await runOn(process.execPath, 'node_modules/vitest/vitest.mjs', vitest);
}
