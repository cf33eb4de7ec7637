// The real program tells a real receiver: once, over kill -9 too, with no secret anywhere, and a receiver that hangs costs no
// tick.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valueOf } from '../telemetry/exposition.ts';
import { answering, startReceiver } from '../telemetry/notify/receiver.ts';
import { openFloor } from './floor.ts';
import { killAll, runVerb, warmUp } from './program.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('notifications of a running daemon', { timeout: 300_000 }, () => {
  test('tell what happens once, over kill -9, keep every secret, and never hold up a tick', async () => {
    const receiver = await startReceiver();
    const slack = `${receiver.url}/services/T0/B0/slack-s3cret`;
    const environment = { HOOK_SECRET: SECRET, CHAT_URL: slack };
    const floor = await openFloor({
      market: {
        zones: [{ name: 'hayesvalley', nodes: 2, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }],
      },
      daemon: {
        notify: {
          webhook: { url: `${receiver.url}/hook`, secret_env: 'HOOK_SECRET' },
          slack: { url_env: 'CHAT_URL' },
        },
        fleets: [{ name: 'train', gpu: 'h100', gpus: 16, bid: { ceiling: '$2.00/gpu-hour' } }],
      },
    });
    const verb = (...words: readonly string[]) =>
      runVerb([words[0] ?? '', '--config', floor.daemonFile, ...words.slice(1)], { environment });
    const hooked = (text: string): number =>
      receiver.received.filter(({ path, body }) => path === '/hook' && body.includes(text)).length;

    expect(await verb('notify', '--test')).toMatchObject({
      code: 0,
      out: 'webhook: delivered (HTTP 200)\nslack: delivered (HTTP 200)\n',
    });
    const first = await floor.start({ environment });
    expect(await verb('pause')).toMatchObject({ code: 0 });
    await untilTrue('the pause is told by both', async () => {
      const chat = receiver.received.filter(({ path }) => path.startsWith('/services/'));
      return hooked('pause.begun') === 1 && chat.some(({ body }) => body.includes('paused'));
    });
    await untilTrue('that is counted', async () => {
      const delivered = { channel: 'webhook', outcome: 'delivered' };
      return valueOf(await floor.scrape(), 'bidkeeper_notifications_total', delivered) === 1;
    });
    await untilTrue('that is kept', async () =>
      readFileSync(`${floor.ledger}.notices`, 'utf8').includes('"outbox":[]'),
    );
    await first.kill();

    const second = await floor.start({ environment });
    const ticks = (count: number) => {
      const seen = new Set<number>();
      return untilTrue(`${count} ticks end`, async () => {
        const report = await floor.status();
        if (report?.end === 'done') seen.add(report.atMs);
        return seen.size > count;
      });
    };
    await ticks(3);
    expect((await verb('notify')).out).toMatch(/open:\n {2}pause, since /);
    receiver.behave(() => undefined);
    expect(await verb('resume')).toMatchObject({ code: 0 });
    await until('the end of the pause is being told', async () => (hooked('pause.over') > 0 ? true : null));
    await ticks(3);
    expect(hooked('pause.begun')).toBe(1);

    second.signal('SIGTERM');
    expect(await second.ended).toEqual({ code: 0, signal: null });
    receiver.behave(answering(200));
    const third = await floor.start({ environment });
    await untilTrue(
      'what was under way is told after the next start',
      async () => hooked('pause.over') === 2,
    );
    await third.kill();
    const said = [...first.said, ...second.said, ...third.said, (await verb('check')).out].join('\n');
    const files = readFileSync(join(floor.directory, 'bidkeeper.db.notices'), 'utf8');
    for (const secret of [SECRET, SECRET.slice(6), 'slack-s3cret']) {
      expect(said).not.toContain(secret);
      expect(files).not.toContain(secret);
      for (const { body } of receiver.received) expect(body).not.toContain(secret);
    }
    await floor.close();
    await receiver.close();
  });

  test('refuse to start where a secret is missing, with what to do', async () => {
    const floor = await openFloor({
      market: { zones: [{ name: 'hayesvalley', ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }] },
      daemon: {
        notify: { slack: { url_env: 'NOT_SET' } },
        fleets: [{ name: 'train', gpu: 'h100', gpus: 0, bid: { ceiling: '$2.00/gpu-hour' } }],
      },
    });
    const answer = await runVerb(['run', '--config', floor.daemonFile]);
    expect(answer.code).toBe(78);
    expect(answer.err).toContain(
      'E_SETTINGS_NOTIFY the environment variable NOT_SET is not set. Set NOT_SET to',
    );
    await floor.close();
  });
});
