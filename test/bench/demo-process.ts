// The real program as a process of its own: `dist/main.js run` with the demo's settings, but for a throw-away store and a
// port that the system chose. Its readiness is what a monitoring system would see.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist/main.js');

const GIVE_UP_MS = 120_000;
const STOP_WITHIN_MS = 15_000;
const POLL_MS = 3;

export interface DemoProcess {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process to the first `/readyz` that says 200. */
  readonly readyMs: number;
  readonly stop: () => Promise<void>;
}

/** A folder with the demo's settings, so that several starts may share one store. */
export interface DemoFolder {
  readonly config: string;
  readonly store: string;
  readonly url: string;
  readonly remove: () => void;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

const replaced = (text: string, pattern: RegExp, line: string): string => {
  if (!pattern.test(text)) throw new Error(`config/demo.yaml has no line like ${String(pattern)}`);
  return text.replace(pattern, line);
};

export const demoFolder = async (): Promise<DemoFolder> => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-bench-'));
  const port = await freePort();
  const demo = readFileSync(join(root, 'config/demo.yaml'), 'utf8');
  const elsewhere = replaced(demo, /^store: .*$/m, 'store: sqlite:./demo.db');
  const config = join(folder, 'demo.yaml');
  writeFileSync(config, replaced(elsewhere, /^listen: .*$/m, `listen: 127.0.0.1:${port}`));
  return {
    config,
    store: join(folder, 'demo.db'),
    url: `http://127.0.0.1:${port}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** Starts the program and resolves when it is ready; rejects with what it said when it is not within two minutes. */
export const startDemo = async (folder: DemoFolder): Promise<DemoProcess> => {
  if (!existsSync(program)) throw new Error('there is no dist: run `npm run bench`, which builds it first');
  const startedMs = performance.now();
  const child = spawn(process.execPath, [program, 'run', '--config', folder.config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  while (!(await isReady(folder.url))) {
    if (child.exitCode !== null || performance.now() - startedMs > GIVE_UP_MS) {
      child.kill('SIGKILL');
      throw new Error(`the demo did not get ready: ${complaints}`);
    }
    await sleep(POLL_MS);
  }
  const readyMs = performance.now() - startedMs;
  return { pid: child.pid ?? 0, url: folder.url, readyMs, stop: () => stop(child) };
};

const isReady = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(`${url}/readyz`);
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
};

const stop = async (child: ChildProcess): Promise<void> => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = sleep(STOP_WITHIN_MS, 'late', { ref: false });
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
};

/** Resident megabytes (10⁶ bytes) of a process, as the kernel counts them; null where it does not tell. */
export const residentMb = (pid: number): number | null => {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return line === undefined ? null : (Number(line) * 1024) / 1e6;
  } catch {
    return null;
  }
};
