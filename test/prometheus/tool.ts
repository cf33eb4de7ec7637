// Runs a program of the system to its end, with text on its standard input.
import { spawn } from 'node:child_process';

export interface ToolAnswer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const runTool = (path: string, args: readonly string[], input = ''): Promise<ToolAnswer> => {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  // A program that refuses its arguments closes its input early.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
};
