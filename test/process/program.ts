// The real program as processes: started from its source with this Node, listened to line by line, told to stop, killed.
// Whatever a test started is killed at the latest when its file ends, so that a failed test leaves nothing running.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Compiled code of the program, kept from process to process: it halves what a start costs. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/bidkeeper-process', import.meta.url));
/** A token that no output may ever show. */
export const TOKEN = 'sk-process-test-0a1b2c3d4e5f';

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Program {
  /** Everything it said so far, on both outputs. */
  readonly said: readonly string[];
  /** The first line that fits, said already or still to come; rejects when the program ends first or it takes too long. */
  readonly line: (wanted: RegExp, withinMs?: number) => Promise<string>;
  readonly ended: Promise<Ended>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** SIGKILL, then waits until it is gone. */
  readonly kill: () => Promise<void>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Shell text that runs before the program takes the shell's place: `ulimit -f 100`. */
  readonly limits?: string;
}

const LINE_WITHIN_MS = 90_000;
const running = new Set<Program>();

export const startProgram = (args: readonly string[], options: StartOptions = {}): Program => {
  const child = spawnMain(args, options);
  const said: string[] = [];
  const listeners = new Set<() => void>();
  let end: Ended | null = null;
  const wake = (): void => {
    for (const listener of listeners) listener();
  };
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      said.push(line);
      wake();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      end = { code, signal };
      running.delete(program);
      wake();
      resolve(end);
    });
  });
  const line = (wanted: RegExp, withinMs = LINE_WITHIN_MS): Promise<string> =>
    new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        listeners.delete(look);
        clearTimeout(late);
        act();
      };
      const fail = (why: string): void =>
        finish(() => reject(new Error(`${why} ${wanted}; it said:\n${said.slice(-40).join('\n')}`)));
      const look = (): void => {
        const found = said.find((one) => wanted.test(one));
        if (found !== undefined) finish(() => resolve(found));
        else if (end !== null) fail('the program ended without');
      };
      const late = setTimeout(() => fail(`no line within ${withinMs} ms fits`), withinMs);
      listeners.add(look);
      look();
    });
  const program: Program = {
    said,
    line,
    ended,
    signal: (name) => void child.kill(name),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
  running.add(program);
  return program;
};

type Listened = ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };

const spawnMain = (args: readonly string[], { environment, limits }: StartOptions): Listened => {
  const own = { SFC_API_TOKEN: TOKEN, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILED };
  const env: NodeJS.ProcessEnv = { ...process.env, ...own, ...environment };
  const command = [process.execPath, MAIN, ...args];
  // vitest passes options of its own down; the program is started as a person would.
  delete env['NODE_OPTIONS'];
  const [file = '', ...rest] =
    limits === undefined ? command : ['/bin/sh', '-c', `${limits}; exec "$0" "$@"`, ...command];
  return spawn(file, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
};

export interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a verb to its end. */
export const runVerb = (args: readonly string[], options: StartOptions = {}): Promise<Answer> => {
  const child = spawnMain(args, options);
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, ...texts }));
  });
};

/** For `beforeAll`: killed processes leave no compiled code behind, one that ends by itself does. */
export const warmUp = async (): Promise<void> => {
  await runVerb(['--help']);
};

/** For `afterAll`. */
export const killAll = async (): Promise<void> => {
  await Promise.all([...running].map((program) => program.kill()));
};
