// `notify:` in the settings: what is accepted, what is refused where, and that no secret of it is ever repeated.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOTICE_EVENTS } from '../../src/domain/notice.ts';
import { explain } from '../../src/settings/explain.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { openSlackAddress, openWebhookSecret } from '../../src/settings/token.ts';
import { NOW, accepted, brief, refusals, settingsText } from './given.ts';

const notify = (inner: string): string => settingsText(`notify: { ${inner} }`);
const WEBHOOK = 'webhook: { url: https://ops.example.com/in, secret_env: HOOK }';
const SLACK = 'slack: { url_file: ./slack }';

describe('notify', () => {
  test('has everything filled in, and tells everything, by default', () => {
    expect(accepted(notify(`${WEBHOOK}, ${SLACK}`), {}, '/etc/bidkeeper').notify).toEqual({
      webhook: { url: 'https://ops.example.com/in', secret: { kind: 'env', name: 'HOOK' } },
      slack: { url: { kind: 'file', path: '/etc/bidkeeper/slack' } },
      events: [...NOTICE_EVENTS],
      quietMs: 600_000,
      patienceMs: 1_800_000,
      perHour: 30,
    });
    expect(accepted(settingsText()).notify).toBeNull();
  });

  test.each([
    ['quiet: 5m', '1:1 E_SETTINGS_NOTIFY –'],
    ['webhook: { url: https://ops.example.com }', '1:11 E_SETTINGS_NOTIFY –'],
    [
      'webhook: { url: https://ops.example.com, secret_env: A, secret_file: ./b }',
      '1:67 E_SETTINGS_NOTIFY –',
    ],
    ['webhook: { secret_env: A }', '1:11 E_SETTINGS_MISSING –'],
    ['webhook: { url: "https://", secret_env: A }', '1:27 E_SETTINGS_VALUE https://'],
    ['webhook: { url: "https://[", secret_env: A }', '1:27 E_SETTINGS_NOTIFY https://['],
    ['webhook: { url: ftp://ops.example.com, secret_env: A }', '1:27 E_SETTINGS_VALUE ftp://ops.example.com'],
    ['slack: {}', '1:11 E_SETTINGS_NOTIFY –'],
    [`${SLACK}, events: [targt]`, '1:50 E_SETTINGS_VALUE targt'],
    [`${SLACK}, events: []`, '1:49 E_SETTINGS_VALUE –'],
    [`${SLACK}, per_hour: 0`, '1:51 E_SETTINGS_VALUE 0'],
    [`${SLACK}, quiet: 10`, '1:48 E_SETTINGS_DURATION 10'],
    [`${SLACK}, qiet: 10m`, '1:41 E_SETTINGS_UNKNOWN_KEY qiet'],
  ])('{ %s } is refused at its place', (inner, problem) => {
    expect(brief(notify(inner))).toEqual([problem]);
  });

  test.each([
    'slack: { url_env: "https://hooks.slack.com/services/T0/B0/s3cret" }',
    'slack: { url_env: "https://chat.example.com/hooks/s3cret" }',
    'slack: { url: "https://hooks.slack.com/services/T0/B0/s3cret" }',
    'webhook: { url: "https://hooks.slack.com/services/T0/B0/s3cret", secret_env: A }',
    'webhook: { url: "https://me:s3cret@ops.example.com", secret_env: A }',
    'webhook: { url: https://ops.example.com, secret: s3cret }',
    'webhook: { url: https://ops.example.com, secret_env: whsec_s3cret0123456789 }',
  ])('{ %s } is a secret in the file: refused and not repeated', (inner) => {
    const problems = refusals(notify(inner));
    expect(problems.map(({ code }) => code)).toContain('E_SETTINGS_SECRET');
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });

  test('an address that may hold a secret in its query is refused', () => {
    const [problem] = refusals(notify('webhook: { url: "https://ops.example.com/in?k=1", secret_env: A }'));
    expect(problem).toMatchObject({ code: 'E_SETTINGS_NOTIFY', path: 'notify.webhook.url' });
  });

  test('what will be missing at the start, or travels in clear, is a warning', () => {
    const text = notify('webhook: { url: http://ops.example.com, secret_env: A }, slack: { url_env: B }');
    const loaded = loadSettings({ text }, {}, NOW);
    expect(loaded.ok && loaded.warnings.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'notify.webhook.url: notices travel in clear',
      'notify.webhook.secret_env: the environment variable A is not set',
      'notify.slack.url_env: the environment variable B is not set',
    ]);
  });

  test('is explained with the places of its secrets and without them', () => {
    const text = explain(
      accepted(notify(`${WEBHOOK}, slack: { url_env: CHAT }`), { HOOK: 's3cret', CHAT: 's3cret' }),
    );
    expect(text).toContain('webhook: { url: https://ops.example.com/in, secret_env: HOOK }');
    expect(text).toContain('slack: { url_env: CHAT }');
    expect(text).not.toContain('s3cret');
  });
});

describe('the secrets of notifications', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bidkeeper-notify-secrets-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const env = (value: string) => ({ HOOK: value });
  const place = { kind: 'env', name: 'HOOK' } as const;
  const silent = (): void => undefined;

  test('come from a variable or a file, trimmed', () => {
    expect(openWebhookSecret(place, env(' sixteen letters!\n'), silent)).toBe('sixteen letters!');
    const path = join(folder, 'slack');
    writeFileSync(path, 'https://hooks.slack.com/services/T/B/x\n', { mode: 0o600 });
    expect(openSlackAddress({ kind: 'file', path }, {}, silent)).toBe(
      'https://hooks.slack.com/services/T/B/x',
    );
    chmodSync(path, 0o604);
    const warnings: string[] = [];
    openSlackAddress({ kind: 'file', path }, {}, (text) => warnings.push(text));
    expect(warnings.join()).toContain('chmod 600');
  });

  test.each(['', 'short-s3cret', 'whsec_s3cret', 'whsec_not*base64*s3cret*0123456789'])(
    'that cannot sign (%s) stop the start without being repeated',
    (secret) => {
      const open = (): unknown => openWebhookSecret(place, env(secret), silent);
      expect(open).toThrow(expect.objectContaining({ code: 'E_SETTINGS_NOTIFY' }));
      expect(open).not.toThrow(/s3cret/);
    },
  );

  test.each(['http://hooks.slack.com/s3cret', 's3cret', 'https://s3cret:99999999', 'https://s3 cret'])(
    'that are no https address (%s) stop the start without being repeated',
    (address) => {
      const open = (): unknown => openSlackAddress(place, env(address), silent);
      expect(open).toThrow(expect.objectContaining({ code: 'E_SETTINGS_NOTIFY' }));
      expect(open).not.toThrow(/s3 ?cret/);
    },
  );
});
