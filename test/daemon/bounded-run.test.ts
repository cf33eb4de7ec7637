// A strategy is plain code, and code may loop. The daemon cuts it off and goes on as after a strategy that throws: nothing is
// bought any more, looking goes on, and health says why.
import { afterEach, expect, test, vi } from 'vitest';
import { createBoundedRun } from '../../src/daemon/bounded-run.ts';
import { createDaemon } from '../../src/daemon/daemon.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { ladder } from '../../src/strategy/ladder.ts';
import { processPolicy } from '../simulation/world.ts';
import { lookOf, marketOf } from '../support/scene.ts';

afterEach(() => vi.restoreAllMocks());

const endless = (): never => {
  for (;;);
};

test('What loops is cut off twice and then not run again', () => {
  const bounded = createBoundedRun(20);
  let runs = 0;
  const loop = (): never => {
    runs += 1;
    return endless();
  };
  expect(() => bounded(loop)).toThrow('did not come to an end');
  expect(runs).toBe(2);
  expect(() => bounded(() => 1)).toThrow('did not come to an end');
});

test('What was cut off once, as by a machine that stood still, and ends the second time is an answer like any other', () => {
  const bounded = createBoundedRun(1500);
  let runs = 0;
  expect(
    bounded(() => {
      runs += 1;
      return runs === 1 ? endless() : 'decided';
    }),
  ).toBe('decided');
  expect(bounded(() => runs)).toBe(2);
});

test('What it throws is thrown as it is', () => {
  const bounded = createBoundedRun(10_000);
  const error = new Error('a fault of the strategy');
  expect(() =>
    bounded(() => {
      throw error;
    }),
  ).toThrow(error);
  expect(bounded(() => 7)).toBe(7);
});

test(
  'A strategy that loops stops the buying and not the daemon, and its health says so',
  { timeout: 60_000 },
  async () => {
    const bid = vi.spyOn(ladder, 'bid').mockImplementation(endless);
    let looks = 0;
    const faults: unknown[] = [];
    const unread = async () => ({ ok: false, code: 'http', status: 404, message: 'not asked' }) as const;
    const ledger = memoryLedger();
    const created = await createDaemon({
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      ledger,
      random: { next: () => 0 },
      venue: {
        look: async () => {
          looks += 1;
          return { ok: true, value: lookOf(Date.now()) };
        },
        send: async () => {
          throw new Error('nothing may be sent');
        },
        zones: async () => ({ ok: true, value: marketOf([]).zones }),
        quote: unread,
        settlements: unread,
        balance: unread,
        transactions: unread,
      },
      timer: { sleep: async () => undefined },
      lease: { held: () => true },
      policy: processPolicy(),
      pace: { cron: '* * * * * *', gapMs: 1000, heartbeatMs: 50 },
      deadlines: { tickMs: 60_600, changeMs: 60_000 },
      changesAtOnce: 1,
      snapshotAfterMs: 1e12,
      lowRunwayMs: 0,
      start: { version: 'test', settingsHash: '' },
      onReport: () => undefined,
      onFault: (error) => faults.push(error),
      onProblem: () => undefined,
    });
    if (!created.ok) throw new Error(created.message);
    const { daemon } = created;
    daemon.start();
    await vi.waitFor(() => expect(faults.length).toBeGreaterThan(1), { timeout: 50_000, interval: 50 });
    expect(bid).toHaveBeenCalledTimes(2);
    expect(looks).toBeGreaterThan(1);
    expect(daemon.health()).toMatchObject({
      alive: false,
      reason: expect.stringContaining('did not come to an end'),
    });
    await daemon.stop({ withdraw: false });
  },
);
