// The process log on pino: one JSON object a line on standard out, written synchronously so that the last line before an
// exit is not lost; readable text when standard out is a terminal. Every line passes the redaction, and a reader that goes
// away never ends the daemon.
import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import { createRedaction } from './redaction.ts';
import { createTextLines } from './text-lines.ts';

export type Log = Logger;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'json' | 'text';

export interface LogOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Default: `text` when standard out is a terminal, else `json`. */
  readonly format?: LogFormat;
  /** Live secrets, asked for every line: whatever holds one of them is written with `[redacted]` in its place. */
  readonly secrets?: () => readonly string[];
  /** Where lines go, newline included; default standard out. */
  readonly write?: (line: string) => void;
}

/** Standard out, synchronous. A closed pipe is ignored: the daemon goes on without a reader. */
const standardOut = (): ((line: string) => void) => {
  const out = destination({ fd: 1, sync: true });
  out.on('error', () => undefined);
  return (line) => {
    out.write(line);
  };
};

/** An error as a log line shows it: no own properties, which may hold a request with its headers. */
const describeError = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
};

export const createLog = (options: LogOptions = {}): Log => {
  const onTerminal = options.write === undefined && process.stdout.isTTY;
  const format = options.format ?? (onTerminal ? 'text' : 'json');
  const color = onTerminal && (process.env['NO_COLOR'] ?? '') === '';
  const asText = format === 'text' ? createTextLines({ color }) : null;
  const redact = createRedaction(options.secrets ?? (() => []));
  const write = options.write ?? standardOut();
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    {
      write: (json: string) => {
        const clean = redact(json);
        write(asText === null ? clean : asText(clean));
      },
    },
  );
};
