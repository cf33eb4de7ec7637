import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, tokenSource } from '../../src/settings/token.ts';

let file = '';
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-token-'));
  file = join(directory, 'token');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const reveal = (read: ReturnType<ReturnType<typeof tokenSource>['read']>): string =>
  read.ok ? read.token.reveal() : read.reason;

describe('a secret', () => {
  test('says [redacted] however it is printed', () => {
    const secret = new Secret('hunter2');
    const said = [
      `${secret as unknown as string}`,
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }),
      secret.toString(),
      Object.values(secret).join(''),
    ].join(' ');
    expect(said).not.toContain('hunter2');
    expect(said).toContain('[redacted]');
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('the token', () => {
  test('of the environment is trimmed, and missing or empty is said with the name of the variable', () => {
    const place = { kind: 'env', name: 'SFC_API_TOKEN' } as const;
    expect(reveal(tokenSource(place, { SFC_API_TOKEN: ' abc\n' }).read())).toBe('abc');
    expect(tokenSource(place, {}).read()).toMatchObject({
      ok: false,
      code: 'E_SETTINGS_TOKEN',
      reason: 'the environment variable SFC_API_TOKEN is not set',
    });
    expect(reveal(tokenSource(place, { SFC_API_TOKEN: '  ' }).read())).toContain('is empty');
  });

  test('of a file is kept until it is read again after a 401', () => {
    writeFileSync(file, 'one\n', { mode: 0o600 });
    const source = tokenSource({ kind: 'file', path: file }, {});
    expect(reveal(source.read())).toBe('one');
    writeFileSync(file, 'two\n');
    expect(reveal(source.read())).toBe('one');
    expect(reveal(source.reread())).toBe('two');
    expect(reveal(source.read())).toBe('two');
  });

  test('of a file that is missing, empty or no token is refused without repeating it', () => {
    expect(reveal(tokenSource({ kind: 'file', path: join(directory, 'nowhere') }, {}).read())).toContain(
      'cannot be read (ENOENT)',
    );
    for (const body of ['', '\n', 'two words', 'x'.repeat(70_000)]) {
      writeFileSync(file, body);
      const read = tokenSource({ kind: 'file', path: file }, {}).read();
      expect(read).toMatchObject({ ok: false, code: 'E_SETTINGS_TOKEN' });
      expect(JSON.stringify(read)).not.toContain('two words');
    }
  });

  test('of a file that everybody may read is used with a warning', () => {
    writeFileSync(file, 'one');
    chmodSync(file, 0o644);
    expect(tokenSource({ kind: 'file', path: file }, {}).read()).toMatchObject({
      ok: true,
      warning: expect.stringContaining('chmod 600'),
    });
    chmodSync(file, 0o600);
    expect(tokenSource({ kind: 'file', path: file }, {}).read()).toMatchObject({ ok: true, warning: null });
  });
});
