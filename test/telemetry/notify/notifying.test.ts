// Notices on their way to a real receiver that works, fails, hangs and lies; kept over restarts; never in the way of a tick.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOTICE_EVENTS } from '../../../src/domain/notice.ts';
import type { TickReport } from '../../../src/domain/report.ts';
import { createNotifying, testNotices } from '../../../src/telemetry/notify/notifying.ts';
import type { Notifying, NotifyOptions } from '../../../src/telemetry/notify/notifying.ts';
import { fleetReport, pauseOf, reportOf } from '../reports.ts';
import { answering, startReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';

const SECRET = 'a secret of the webhook';
const LONG = { timeout: 30_000, interval: 5 };

let folder = '';
let receiver: Receiver;
let warnings: string[] = [];
let outcomes: string[] = [];
const open: Notifying[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidkeeper-notify-'));
  receiver = await startReceiver();
  warnings = [];
  outcomes = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (changes: Partial<NotifyOptions> = {}): Notifying => {
  const made = createNotifying({
    addresses: [{ channel: 'webhook', url: `${receiver.url}/hook`, secret: SECRET }],
    rules: { events: NOTICE_EVENTS, quietMs: 0, patienceMs: 0, perHour: 1000 },
    from: { version: '1.2.3', name: 'bk@test' },
    path: join(folder, 'store.notices'),
    timer: { sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined) },
    random: { next: () => 0.5 },
    realNow: Date.now,
    onOutcome: (channel, outcome) => outcomes.push(`${channel} ${outcome}`),
    onHeldBack: () => outcomes.push('held back'),
    warn: (text) => warnings.push(text),
    deadlineMs: 20_000,
    pauses: { firstMs: 2, mostMs: 20, giveUpMs: 3_600_000 },
    lastWordsMs: 100,
    ...changes,
  });
  open.push(made);
  return made;
};

const stop = async (one: Notifying): Promise<void> => {
  open.splice(open.indexOf(one), 1);
  await one.close();
};

const quiet = (changes: Partial<TickReport> = {}): TickReport =>
  reportOf(['train'], {
    fleets: [fleetReport('train', { runningNodes: 8, shortfallSinceMs: 0 })],
    budgets: [],
    ...changes,
  });
const paused = quiet({ pause: pauseOf() });
const PAUSED = expect.stringMatching(/^paused since /);
const RESUMED = expect.stringMatching(/^resumed: /);
const arrived = (count: number): Promise<void> =>
  vi.waitFor(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count), LONG);
const counted = (outcome: string, count = 1): Promise<void> =>
  vi.waitFor(
    () => expect(outcomes.filter((one) => one === outcome).length).toBeGreaterThanOrEqual(count),
    LONG,
  );

describe('a notice', () => {
  it('reaches the webhook as signed JSON that says what, who, and how it stands', async () => {
    start().take(paused);
    await counted('webhook delivered');
    const [{ headers, body, path } = { headers: {}, body: '{}', path: '' }] = receiver.received;
    expect(path).toBe('/hook');
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'bidkeeper/1.2.3',
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    expect(JSON.parse(body)).toMatchObject({
      type: 'bidkeeper.pause.begun',
      timestamp: '2026-11-23T14:00:00Z',
      data: { id: headers['webhook-id'], daemon: 'bk@test', severity: 'warning', mode: 'live' },
    });
  });

  it('reaches Slack as one line in which nothing a venue says can mention anybody', async () => {
    const slack = [{ channel: 'slack' as const, url: `${receiver.url}/services/T/B/x` }];
    start({ addresses: slack }).take(
      quiet({ alarms: [{ code: 'breaker', fleet: null, text: '<!channel> & 403' }] }),
    );
    await arrived(1);
    expect(receiver.texts()).toEqual([
      ':rotating_light: &lt;!channel&gt; &amp; 403 (bk@test, 2026-11-23T14:00:00Z)',
    ]);
    expect(receiver.received[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it('goes by every channel, and one that is away does not hold up the other', async () => {
    const addresses = [
      { channel: 'webhook' as const, url: 'http://127.0.0.1:9/', secret: SECRET },
      { channel: 'slack' as const, url: receiver.url },
    ];
    start({ addresses }).take(paused);
    await counted('slack delivered');
    await counted('webhook retried', 3);
    expect(warnings.filter((text) => text.includes('could not be sent'))).toHaveLength(1);
  });

  it('is tried again after failures with the same id until it is delivered, in order', async () => {
    receiver.behave((response) => {
      const status = [500, 429, 503, 408][receiver.received.length - 1] ?? 200;
      response.writeHead(status, { 'retry-after': '0' }).end();
    });
    const notifying = start();
    notifying.take(paused);
    notifying.take(quiet());
    await counted('webhook delivered', 2);
    expect(receiver.texts()).toEqual([PAUSED, PAUSED, PAUSED, PAUSED, PAUSED, RESUMED]);
    expect(new Set(receiver.received.slice(0, 5).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(outcomes.filter((one) => one === 'webhook retried')).toHaveLength(4);
    expect(warnings.at(-1)).toBe('notices reach webhook again');
  });

  it.each([400, 401, 403, 404, 410, 302])(
    'that is answered %i is given up at once, and the next one is sent',
    async (status) => {
      receiver.behave(answering(status, { location: `${receiver.url}/elsewhere` }));
      const notifying = start();
      notifying.take(paused);
      await counted('webhook refused');
      receiver.behave(answering(204));
      notifying.take(quiet());
      await counted('webhook delivered');
      expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/hook']);
      expect(warnings.join()).toMatch(new RegExp(`E_NOTIFY_DELIVERY.*HTTP ${status}`));
    },
  );

  it('that nobody takes for hours is given up as old news', async () => {
    receiver.behave(answering(503));
    let nowMs = Date.now();
    const notifying = start({ realNow: () => nowMs });
    notifying.take(paused);
    await counted('webhook retried');
    nowMs += 3_600_001;
    await counted('webhook expired');
    expect(warnings.join()).toContain('given up (expired)');
  });

  it('is sent once where many wait: the oldest of too many are given up', async () => {
    receiver.behave(() => undefined);
    const notifying = start();
    for (let turn = 0; turn < 250; turn += 1)
      notifying.take(quiet({ atMs: turn, pause: turn % 2 === 0 ? pauseOf() : null }));
    expect(outcomes.filter((one) => one === 'webhook dropped')).toHaveLength(50);
    notifying.tell([]);
    expect(outcomes.filter((one) => one === 'webhook dropped')).toHaveLength(50);
  });
});

describe('a receiver that', () => {
  it('never answers costs its deadline, again and again, and no tick', async () => {
    receiver.behave(() => undefined);
    const notifying = start({ deadlineMs: 30 });
    const startedMs = performance.now();
    notifying.take(paused);
    const tookMs = performance.now() - startedMs;
    await counted('webhook retried', 2);
    // Only that taking a report does not wait: an attempt alone would cost its deadline.
    expect(tookMs).toBeLessThan(1000);
    expect(warnings.join()).toContain('no answer within');
  });

  it('drips or floods its answer is left at its status', async () => {
    receiver.behave((response) => {
      response.writeHead(200, { 'content-length': '999999999' });
      const drip = setInterval(() => response.write('x'.repeat(100_000)), 1);
      response.on('close', () => clearInterval(drip));
    });
    start().take(paused);
    await counted('webhook delivered');
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    ['closes the connection', (socket: { destroy: () => void }) => socket.destroy()],
    [
      'speaks no HTTP',
      (socket: { end: (text: string) => void }) => socket.end('220 smtp.example.com ready\r\n\r\n'),
    ],
  ])('%s is tried again', async (_what, act) => {
    receiver.behave((response, _) => {
      if (receiver.received.length > 2) response.writeHead(200).end();
      else if (response.socket !== null) act(response.socket);
    });
    start().take(paused);
    await counted('webhook delivered');
    expect(receiver.received).toHaveLength(3);
  });
});

describe('after a restart', () => {
  it('old news is not repeated, what is open is not forgotten, and its end is told', async () => {
    const first = start();
    first.take(paused);
    await counted('webhook delivered');
    await stop(first);
    const second = start();
    second.take(paused);
    second.take(quiet());
    await counted('webhook delivered', 2);
    expect(receiver.texts()).toEqual([PAUSED, RESUMED]);
  });

  it('what could not be sent is sent, with the id it had', async () => {
    receiver.behave(answering(503));
    const first = start();
    first.take(paused);
    await counted('webhook retried');
    await stop(first);
    const before = receiver.received.length;
    receiver.behave(answering(200));
    start().take(paused);
    await counted('webhook delivered');
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThan(before);
    expect(new Set(ids).size).toBe(1);
  });

  it('of a process that was killed, what was on disk counts', async () => {
    start().take(paused);
    const kept = join(folder, 'store.notices');
    await vi.waitFor(() => expect(readFileSync(kept, 'utf8')).toContain('"told":true'), LONG);
    await counted('webhook delivered');
    const copy = join(folder, 'copy.notices');
    writeFileSync(copy, readFileSync(kept));
    start({ path: copy }).take(quiet());
    await vi.waitFor(() => expect(receiver.texts()).toContainEqual(RESUMED), LONG);
  });

  it('a damaged file is said and begun anew: news is told twice rather than never', async () => {
    writeFileSync(join(folder, 'store.notices'), '{"version":1,"memory":');
    start().take(paused);
    await counted('webhook delivered');
    expect(warnings.join()).toMatch(/E_NOTIFY_STATE .* is damaged/);
  });

  it('a file that cannot be written is said once, and people are told all the same', async () => {
    const notifying = start({ path: join(folder, 'nowhere', 'store.notices') });
    notifying.take(paused);
    notifying.take(quiet());
    await counted('webhook delivered', 2);
    await stop(notifying);
    expect(warnings.filter((text) => text.includes('E_NOTIFY_STATE'))).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('gives the last words a moment', async () => {
    const notifying = start({ lastWordsMs: 20_000 });
    notifying.take(paused);
    await stop(notifying);
    expect(receiver.texts()).toEqual([PAUSED]);
  });

  it('does not wait for a receiver that hangs', async () => {
    receiver.behave(() => undefined);
    const notifying = start();
    notifying.take(paused);
    await arrived(1);
    await stop(notifying);
    expect(outcomes).toEqual([]);
    expect(readFileSync(join(folder, 'store.notices'), 'utf8')).toContain('pause.begun');
  });
});

describe('no secret', () => {
  it('is in a warning or in what is kept, whatever fails', async () => {
    const addresses = [
      { channel: 'webhook' as const, url: receiver.url, secret: SECRET },
      { channel: 'slack' as const, url: 'http://127.0.0.1:9/services/T0/B0/verysecret' },
    ];
    receiver.behave(answering(403, {}, SECRET));
    const notifying = start({ addresses });
    notifying.take(paused);
    await counted('webhook refused');
    await counted('slack retried');
    await stop(notifying);
    const out = `${warnings.join()} ${readFileSync(join(folder, 'store.notices'), 'utf8')}`;
    expect(out).not.toMatch(/verysecret|a secret of the webhook/);
  });
});

describe('a test notice', () => {
  it('says of each channel what came of it', async () => {
    receiver.behave((response, { path }) => void response.writeHead(path === '/hook' ? 200 : 404).end());
    const results = await testNotices({
      addresses: [
        { channel: 'webhook', url: `${receiver.url}/hook`, secret: SECRET },
        { channel: 'slack', url: `${receiver.url}/other` },
      ],
      from: { version: '1.2.3', name: 'bk@test' },
      realNow: Date.now,
    });
    expect(results).toEqual([
      { channel: 'webhook', ok: true, words: 'HTTP 200' },
      { channel: 'slack', ok: false, words: 'HTTP 404' },
    ]);
    expect(receiver.texts()[0]).toMatch(/this is a test/);
  });
});
