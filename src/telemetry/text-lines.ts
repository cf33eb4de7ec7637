// Log lines as a person reads them on a terminal: time, level, fleet, words, and the few fields that the words do not
// already carry. What is under `data` is for machines and stays out. Control characters from outside are made visible, so
// that no server can move a person's cursor.
import { styleText } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;
type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: Readonly<Record<string, Style>> = {
  trace: 'dim',
  debug: 'dim',
  warn: 'yellow',
  error: 'red',
  fatal: ['red', 'bold'],
};

const SHOWN_APART: ReadonlySet<string> = new Set(['level', 'time', 'at', 'fleet', 'msg', 'err', 'data']);
const FLEET_WIDTH_MIN = 8;
const FLEET_WIDTH_MAX = 24;

/** Control characters and the Unicode that turns text around, as visible escapes. */
const visible = (text: string): string =>
  text.replace(
    // oxlint-disable-next-line no-control-regex -- finding them is the purpose
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? visible(text) : JSON.stringify(visible(text));
};

/** `2026-11-23T14:05:30Z` → `11-23 14:05:30`; anything else stays as it is. */
const shortTime = (time: unknown): string => {
  const match = /^\d{4}-(\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(typeof time === 'string' ? time : '');
  return match === null ? String(time) : `${match[1]} ${match[2]}`;
};

const errorText = (err: unknown): string => {
  if (err === null || typeof err !== 'object') return '';
  const { code, message, stack } = err as Fields;
  const head = [code, message]
    .filter((part) => typeof part === 'string')
    .map((part) => visible(String(part)));
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return [` — ${head.join(': ')}`, ...frames.map(visible)].join('\n');
};

/** Null for a line that is not JSON any more, because a redaction fell on its structure. */
const fieldsOf = (json: string): Fields | null => {
  try {
    return JSON.parse(json) as Fields;
  } catch {
    return null;
  }
};

/** Makes the function that turns one JSON line of pino into one readable line. Columns widen as longer fleet names come. */
export const createTextLines = (options: { readonly color: boolean }): ((json: string) => string) => {
  let width = FLEET_WIDTH_MIN;
  const paint = (style: Style | undefined, text: string): string =>
    options.color && style !== undefined ? styleText(style, text, { validateStream: false }) : text;
  return (json) => {
    const fields = fieldsOf(json);
    if (fields === null) return json;
    const level = String(fields['level']);
    const fleet = typeof fields['fleet'] === 'string' ? visible(fields['fleet']) : '';
    width = Math.min(FLEET_WIDTH_MAX, Math.max(width, fleet.length));
    const extras = Object.entries(fields)
      .filter(([key, value]) => !SHOWN_APART.has(key) && value !== null)
      .map(([key, value]) => `${key}=${textOf(value)}`);
    const message = typeof fields['msg'] === 'string' ? visible(fields['msg']) : '';
    const parts = [
      paint('dim', shortTime(fields['at'] ?? fields['time'])),
      paint(LEVEL_STYLES[level], level.padEnd(5)),
      paint('cyan', fleet.padEnd(width)),
      paint(level === 'info' ? undefined : LEVEL_STYLES[level], message) + errorText(fields['err']),
    ];
    const tail = extras.length === 0 ? '' : `  ${paint('dim', extras.join(' '))}`;
    return `${parts.join(' ')}${tail}\n`;
  };
};
