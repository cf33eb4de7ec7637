// A program of its own that is listened to line by line and told to stop.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Started {
  /** The first line that fits; rejects with everything said when the program ends before. */
  readonly line: (wanted: RegExp) => Promise<string>;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** SIGTERM. */
  readonly stop: () => void;
}

export const startBin = (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Started => {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return {
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (line: string): void => {
          if (wanted.test(line)) resolve(line);
        };
        for (const line of said) look(line);
        lines.on('line', look);
        void ended.then(() => reject(new Error(`it ended without ${wanted}:\n${said.join('\n')}`)));
      }),
    ended,
    stop: () => void child.kill('SIGTERM'),
  };
};
