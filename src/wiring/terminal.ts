// What a verb says and asks on the terminal, and the file that it writes for the user. Output goes to stdout,
// complaints, progress and questions to stderr; where no terminal is, a question is answered with no.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { CliError } from '../cli/errors.ts';

export const write = (text: string): void => void process.stdout.write(`${text}\n`);

export const print = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
};

export const complain = (text: string): void => void process.stderr.write(`${text}\n`);

/** A line on the terminal that the next one writes over; null takes it away. */
export const progress = (line: string | null): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line ?? ''}`);
};

export const confirm = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
};

export const save = (file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError('E_OUT_FILE', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
