// The package that `npm pack` makes, installed as a user would and run: with its production dependencies alone, at the versions
// of the lock file, from npm's cache where it has them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBin } from './start-bin.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
};

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
}
interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

let folder = '';
let env: NodeJS.ProcessEnv = {};
/** This Node first on the path, under its usual name: the package asks for 24 or newer. */
const withThisNode = (): NodeJS.ProcessEnv => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  return { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
};
const npm = (cwd: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    [...args, '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd,
      env,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

let files: readonly string[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-package-'));
  env = withThisNode();
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', folder)) as readonly {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (packed === undefined) throw new Error('npm pack made nothing');
  files = packed.files.map(({ path }) => path);
  const user = join(folder, 'user');
  mkdirSync(user);
  const tarball = `file:../${packed.filename}`;
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Readonly<
    Record<'bin' | 'dependencies' | 'engines', Readonly<Record<string, string>>>
  >;
  const { bin, dependencies, engines } = manifest;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const production = Object.entries(locked.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const project = { name: 'user', version: '1.0.0', dependencies: { bidkeeper: tarball } };
  writeFileSync(join(user, 'package.json'), JSON.stringify(project));
  const packages = {
    '': project,
    'node_modules/bidkeeper': { version, resolved: tarball, bin, dependencies, engines },
    ...Object.fromEntries(production),
  };
  writeFileSync(
    join(user, 'package-lock.json'),
    JSON.stringify({ name: 'user', version: '1.0.0', lockfileVersion: 3, packages }),
  );
  npm(user, 'ci', '--ignore-scripts', '--prefer-offline');
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (path: string): string => join(folder, 'user/node_modules/bidkeeper', path);
const run = (...args: readonly string[]) =>
  spawnSync(join(folder, 'user/node_modules/.bin/bidkeeper'), args, { cwd: folder, env, encoding: 'utf8' });

describe('the packed package', { timeout: 120_000 }, () => {
  test('holds the program, its page, settings and documents, and nothing that is only for us', () => {
    for (const wanted of [
      'dist/main.js',
      'dist/commit',
      'src/launcher/bidkeeper.mjs',
      'src/page/index.html',
      'config/demo.yaml',
      'config/systemd/bidkeeper.service',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'SECURITY.md',
      'docs/README.md',
    ])
      expect(files).toContain(wanted);
    const foreign = files.filter(
      (path) => !/^(dist|config|docs|src\/(launcher|page))\/|^[A-Z]+(\.md)?$|^package\.json$/.test(path),
    );
    expect(foreign).toEqual([]);
    expect(
      files.filter((path) => /\.db|\.env|token|config\/data\//.test(path) && !path.startsWith('dist/')),
    ).toEqual([]);
  });

  test('says its version with the commit it was made from', () => {
    const { status, stdout, stderr } = run('--version');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^${RegExp.escape(version)} \\([0-9a-f]{12}\\)\\n$`));
  });

  test('accepts its own example settings', () => {
    const { status, stdout } = run('check', '--config', installed('config/demo.yaml'));
    expect(status).toBe(0);
    expect(stdout).toContain('is accepted.');
  });

  test('holds fleets, shows its page, and stops when told', async () => {
    const settings = readFileSync(installed('config/demo.yaml'), 'utf8')
      .replace(/^store: .*$/m, 'store: sqlite:./demo.db')
      .replace(/^listen: .*$/m, 'listen: 127.0.0.1:0');
    writeFileSync(join(folder, 'demo.yaml'), settings);
    const daemon = startBin(
      join(folder, 'user/node_modules/.bin/bidkeeper'),
      ['run', '--config', join(folder, 'demo.yaml'), '--log', 'json'],
      env,
    );
    try {
      const line = await daemon.line(/bidkeeper \S+ holds /);
      const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      const page = await fetch(`${url}/`);
      expect(await page.text()).toMatch(/<!doctype html>/i);
      for (const name of ['preact.js', 'uplot.js', 'main.js'])
        expect((await fetch(`${url}/page/${name}`)).status).toBe(200);
    } finally {
      daemon.stop();
    }
    expect(await daemon.ended).toBe(0);
  });
});
