#!/usr/bin/env node
// The command `bidkeeper`. It runs on any Node from 20 on, finds the Node 24 that the program needs and hands
// over to dist/main.js on it: arguments, signals and exit code pass through. It installs and builds nothing;
// where something is missing it says in one sentence how to get it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exitUnavailable, findNode, root, runOn } from './runtime.mjs';

const node = findNode();
const program = join(root, 'dist', 'main.js');

if (node !== undefined && existsSync(program)) {
  await runOn(node, program, process.argv.slice(2));
} else {
  const missing =
    node === undefined ? `a Node 24 (this one is ${process.versions.node})` : 'dist, its built form';
  // A clone can make itself ready; an installed package cannot.
  const remedy = existsSync(join(root, 'src', 'main.ts'))
    ? `run npm run build (or npm start, or npm test) in ${root} first`
    : node === undefined
      ? 'install Node 24 or newer'
      : 'install the package anew';
  process.stderr.write(`bidkeeper: ${missing} is not here; ${remedy}\n`);
  process.exitCode = exitUnavailable;
}
