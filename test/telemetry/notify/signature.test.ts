// What the documentation tells a receiver to do, done: its snippet is run against real messages.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOTICE_EVENTS, NOTICE_OUTCOMES } from '../../../src/domain/notice.ts';
import type { Notice } from '../../../src/domain/notice.ts';
import { letterOf } from '../../../src/telemetry/notify/letter.ts';

const page = readFileSync(new URL('../../../docs/how-to/notifications.md', import.meta.url), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';

type IsGenuine = (
  headers: Readonly<Record<string, string>>,
  body: string,
  secret: string,
  nowMs?: number,
) => boolean;

const SENT_MS = Date.UTC(2026, 10, 23, 14, 0, 1);
const notice: Notice = {
  id: 'target.train.begun.1795442400000',
  event: 'target',
  state: 'begun',
  severity: 'critical',
  fleet: 'train',
  atMs: Date.UTC(2026, 10, 23, 14),
  mode: 'live',
  text: 'train lost its target: it holds 6 of 8 nodes (48 of 64 GPUs)',
  figures: {
    wantedNodes: 8,
    heldNodes: 6,
    wantedGpus: 64,
    heldGpus: 48,
    limitCents: 1600,
    ceilingCents: 2000,
    askCents: 1520,
  },
};
const letter = (secret: string) =>
  letterOf(
    notice,
    { channel: 'webhook', url: 'https://ops.example.com', secret },
    { version: '0.1.0', name: 'bk@gpu-buyer' },
    SENT_MS,
  );

let folder = '';
let isGenuine: IsGenuine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-snippet-'));
  const file = join(folder, 'snippet.mjs');
  writeFileSync(file, block('js'));
  ({ isGenuine } = (await import(file)) as { isGenuine: IsGenuine });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the snippet of the documentation', () => {
  it.each(['sixteen letters!', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
    'takes a message signed with %s, and none that was changed, is old, or has another secret',
    (secret) => {
      const { headers, body } = letter(secret);
      const judge = (
        changes: Readonly<Record<string, string>>,
        text = body,
        with_ = secret,
        nowMs = SENT_MS,
      ) => isGenuine({ ...headers, ...changes }, text, with_, nowMs);
      expect(judge({})).toBe(true);
      expect(judge({}, body.replace('6 of 8', '7 of 8'))).toBe(false);
      expect(judge({ 'webhook-id': 'another' })).toBe(false);
      expect(judge({ 'webhook-signature': '' })).toBe(false);
      expect(judge({}, body, 'another secret here')).toBe(false);
      expect(judge({}, body, secret, SENT_MS + 301_000)).toBe(false);
      expect(judge({ 'webhook-timestamp': String(SENT_MS / 1000 + 100) })).toBe(false);
    },
  );

  it('agrees with the published example of Standard Webhooks', () => {
    // https://github.com/standard-webhooks/standard-webhooks: secret, id, time, body and signature of its test vectors.
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(isGenuine(headers, '{"test": 2432232314}', secret, 1_614_265_330_000)).toBe(true);
  });
});

describe('the documentation', () => {
  it('shows a message as it is sent', () => {
    expect(JSON.parse(block('json'))).toEqual(JSON.parse(letter('sixteen letters!').body));
  });

  it('names every event and every outcome', () => {
    for (const event of NOTICE_EVENTS) expect(page).toContain(`| \`${event}\` |`);
    for (const outcome of NOTICE_OUTCOMES) expect(page).toContain(`\`${outcome}\``);
  });
});
