// Which version and commit the program says it is.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRelease, releaseText } from '../../src/settings/release.ts';

const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
let root = '';
const write = (path: string, text: string): void => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};
const commit = (env: Readonly<Record<string, string>> = {}): string | null => readRelease(root, env).commit;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bidkeeper-release-'));
  write('package.json', '{"version":"1.2.3"}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the release', () => {
  test('is the version alone where no commit is known', () => {
    expect(releaseText(readRelease(root, { BIDKEEPER_COMMIT: '' }))).toBe('1.2.3');
    write('.git/HEAD', 'ref: refs/heads/unborn\n');
    expect(commit()).toBeNull();
  });

  test('has the commit that the image was given, else the package, else what the clone has checked out', () => {
    write('.git/HEAD', `${ONE}\n`);
    expect(releaseText(readRelease(root, {}))).toBe('1.2.3 (111111111111)');
    write('dist/commit', `${TWO}\n`);
    expect(commit()).toBe('222222222222');
    expect(commit({ BIDKEEPER_COMMIT: 'abc1234' })).toBe('abc1234');
    expect(commit({ BIDKEEPER_COMMIT: 'not a commit' })).toBe('222222222222');
  });

  test('follows a branch, loose or packed, in a clone and in a worktree', () => {
    write('.git/HEAD', 'ref: refs/heads/main\n');
    write('.git/packed-refs', `# pack-refs with: peeled\n${ONE} refs/heads/main\n${TWO} refs/heads/other\n`);
    expect(commit()).toBe('111111111111');
    write('.git/refs/heads/main', `${TWO}\n`);
    expect(commit()).toBe('222222222222');
    rmSync(join(root, '.git'), { recursive: true });
    write('main/worktrees/it/HEAD', 'ref: refs/heads/side\n');
    write('main/worktrees/it/commondir', '../..\n');
    write('main/refs/heads/side', `${ONE}\n`);
    write('.git', `gitdir: ${join(root, 'main/worktrees/it')}\n`);
    expect(commit()).toBe('111111111111');
  });
});
