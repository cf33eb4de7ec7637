// What the log writes, and what it never writes.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/telemetry/log.ts';
import type { Log, LogOptions } from '../../src/telemetry/log.ts';

const capture = (options: Partial<LogOptions> = {}): { log: Log; lines: string[] } => {
  const lines: string[] = [];
  return { lines, log: createLog({ format: 'json', write: (line) => lines.push(line), ...options }) };
};

describe('a JSON line', () => {
  it('is one object with level, ISO time, words and fields', () => {
    const { log, lines } = capture();
    log.info({ fleet: 'train', wanted: 8 }, 'holds 6 of 8 nodes');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('}\n')).toBe(true);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[0-9:.]+Z$/),
      fleet: 'train',
      wanted: 8,
      msg: 'holds 6 of 8 nodes',
    });
  });

  it('is left out below the level that was asked for', () => {
    const { log, lines } = capture({ level: 'warn' });
    log.info('quiet');
    log.warn('loud');
    expect(lines).toHaveLength(1);
  });

  it('tells of an error its kind, code, words and cause, and none of its other properties', () => {
    const { log, lines } = capture();
    const error = Object.assign(new Error('no answer', { cause: new Error('reset') }), {
      code: 'E_VENUE',
      request: { headers: { authorization: 'hidden-in-here' } },
    });
    log.error({ err: error }, 'failed');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      err: { type: 'Error', code: 'E_VENUE', message: 'no answer', cause: { message: 'reset' } },
    });
    expect(lines[0]).not.toContain('hidden-in-here');
  });
});

describe('a secret', () => {
  const token = `sk_${randomBytes(24).toString('base64')}"\\é`;
  const wrapped = { reveal: () => token, toJSON: () => '[redacted]', [inspect.custom]: () => '[redacted]' };

  it.each(['json', 'text'] as const)('never reaches a %s line, wherever it was put', (format) => {
    const { log, lines } = capture({ format, secrets: () => [token] });
    const child = log.child({ fleet: 'train', token: wrapped });
    for (const one of [log, child]) {
      one.info({ token: wrapped, deep: { er: [wrapped] } }, 'wrapped');
      one.info({ anything: token, deep: { er: { est: [`x${token}y`] } } }, 'plain');
      one.warn(`in the words: ${token}`);
      one.warn(`GET https://x/?key=${encodeURIComponent(token)}`);
      one.warn({ basic: Buffer.from(token).toString('base64') }, 'encoded');
      one.error({ err: new Error(`refused ${token}`, { cause: new Error(token) }) }, 'failed');
      one.error(new Error(token));
    }
    const all = lines.join('');
    for (const spelling of [
      token,
      JSON.stringify(token).slice(1, -1),
      token.slice(3, 30),
      encodeURIComponent(token),
    ]) {
      expect(all).not.toContain(spelling);
    }
    expect(all).toContain('[redacted]');
  });

  it('is kept out after it was rotated, the old one as well as the new', () => {
    let current = 'first-secret-value';
    const { log, lines } = capture({ secrets: () => [current] });
    log.info('one');
    current = 'second-secret-value';
    log.info('first-secret-value and second-secret-value');
    expect(lines[1]).toContain('[redacted] and [redacted]');
  });

  it('that the log was never told of is kept out where its field or its form gives it away', () => {
    const { log, lines } = capture();
    log.info(
      { headers: { Authorization: 'abc"123' }, apiToken: 'xyz', cloudInit: 'IyEv', tokens: 7 },
      'Bearer abcdefgh',
    );
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      headers: { Authorization: '[redacted]' },
      apiToken: '[redacted]',
      cloudInit: '[redacted]',
      tokens: 7,
      msg: 'Bearer [redacted]',
    });
  });
});

describe('a line of text', () => {
  const text = (act: (log: Log) => void): string => {
    const { log, lines } = capture({ format: 'text' });
    act(log);
    return lines.join('');
  };

  it('has time, level, fleet and words in columns, then the fields the words do not carry', () => {
    const lines = text((log) => {
      log.info({ at: '2026-11-23T14:05:30Z', fleet: 'train', data: { machine: 1 } }, 'holds 6 of 8 nodes');
      log.warn({ at: '2026-11-23T14:05:31Z', port: 9464, path: 'a b' }, 'listening');
    });
    expect(lines).toBe(
      [
        '11-23 14:05:30 info  train    holds 6 of 8 nodes',
        '11-23 14:05:31 warn           listening  port=9464 path="a b"',
        '',
      ].join('\n'),
    );
  });

  it('shows control characters from outside instead of obeying them', () => {
    const line = text((log) =>
      log.warn({ fleet: 'x\u001b[2J' }, 'venue said \u001b[31mred\u0007\nnext\u202e'),
    );
    expect(line).toContain('venue said \\u001b[31mred\\u0007\\u000anext\\u202e');
    expect(line).not.toContain('\u001b');
  });

  it('tells of an error its code and words, then where it happened', () => {
    const line = text((log) =>
      log.error({ err: Object.assign(new Error('no room'), { code: 'E_X' }) }, 'failed'),
    );
    expect(line).toMatch(/failed — E_X: no room\n {4}at /);
  });
});

describe('standard out', () => {
  const script = `
    import { createLog } from ${JSON.stringify(fileURLToPath(new URL('../../src/telemetry/log.ts', import.meta.url)))};
    const log = createLog();
    for (let n = 0; n < 2000; n += 1) log.info({ n }, 'line');
  `;

  it('has every line, the last one before an abrupt exit too', () => {
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', `${script}; process.exit(0);`], {
      encoding: 'utf8',
      maxBuffer: 10_000_000,
    });
    const lines = out.trim().split('\n');
    expect(lines).toHaveLength(2000);
    expect(JSON.parse(lines[1999] ?? '')).toMatchObject({ n: 1999 });
  });

  it('may be closed by its reader without ending the program', async () => {
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `${script}; setTimeout(() => { log.info('x'); process.exitCode = 7; }, 100);`,
    ]);
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(7);
  });
});
