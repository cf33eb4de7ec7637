// Which bidkeeper this is: the version of its package and, where it can be known, the commit it was made from. A packed
// package and an image carry the commit with them; a clone says what git has checked out. Read without running git.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from './load.ts';

export interface Release {
  readonly version: string;
  /** Short; null where it is not known. */
  readonly commit: string | null;
}

const COMMIT = /^[0-9a-f]{7,40}$/;
const SHORT = 12;

/** `root`: the folder of package.json. */
export const readRelease = (root: string, env: Environment): Release => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const found = [
    () => env['BIDKEEPER_COMMIT'] ?? null,
    () => textOf(join(root, 'dist', 'commit')),
    () => checkedOut(root),
  ];
  for (const look of found) {
    const commit = look()?.trim() ?? '';
    if (COMMIT.test(commit)) return { version, commit: commit.slice(0, SHORT) };
  }
  return { version, commit: null };
};

/** `0.1.0 (1a2b3c4d5e6f)`. */
export const releaseText = ({ version, commit }: Release): string =>
  commit === null ? version : `${version} (${commit})`;

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** The commit that HEAD names, in a clone or a worktree; null where there is neither. */
const checkedOut = (root: string): string | null => {
  const git = join(root, '.git');
  if (!existsSync(git)) return null;
  const folder = statSync(git).isDirectory()
    ? git
    : resolve(
        root,
        textOf(git)
          ?.replace(/^gitdir:\s*/, '')
          .trim() ?? '',
      );
  const head = textOf(join(folder, 'HEAD'))?.trim() ?? '';
  const [, ref] = /^ref: (\S+)$/.exec(head) ?? [];
  if (ref === undefined) return head;
  const common = resolve(folder, textOf(join(folder, 'commondir'))?.trim() ?? '.');
  const loose = textOf(join(folder, ref)) ?? textOf(join(common, ref));
  if (loose !== null) return loose;
  const packed = textOf(join(common, 'packed-refs')) ?? '';
  return (
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0] ?? null
  );
};
