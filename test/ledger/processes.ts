// Starts a TypeScript file of this folder as a process of its own and reads its standard out line by line.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Started {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves with the line that `wanted` accepts, or rejects when the process ends first. */
  readonly line: (wanted?: (line: string) => boolean) => Promise<string>;
  /** SIGKILL, then waits until it is gone and all it said was read. */
  readonly kill: () => Promise<void>;
}

/** `limits` is shell text that runs before the process takes the shell's place: `ulimit -f 100`. */
export const startProcess = (file: URL, args: readonly string[], limits = ''): Started => {
  const path = fileURLToPath(file);
  const command = [
    '-c',
    `${limits === '' ? '' : `${limits}; `}exec "$0" "$@"`,
    process.execPath,
    path,
    ...args,
  ];
  const child = spawn('/bin/sh', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const wake = (): void => waiting.forEach((check) => check());
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      lines.push(line);
      wake();
    })
    .on('close', () => {
      ended = true;
      wake();
    });
  const line = (wanted: (line: string) => boolean = () => true): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = lines.find(wanted);
        if (found === undefined && !ended) return;
        waiting.delete(check);
        if (found === undefined) reject(new Error(`${path} ended after: ${lines.join(' | ')}`));
        else resolve(found);
      };
      waiting.add(check);
      check();
    });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    if (!ended) await new Promise<void>((resolve) => child.once('close', () => resolve()));
  };
  return { process: child, lines, line, kill };
};
