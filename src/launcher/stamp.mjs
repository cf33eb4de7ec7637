// Puts the commit into dist before the package is packed, and takes it away afterwards: a package has no .git to ask.

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime.mjs';

const file = join(root, 'dist', 'commit');
rmSync(file, { force: true });
if (process.argv[2] !== '--remove') {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  if (status === 0) writeFileSync(file, stdout);
}
