// The loop: ticks at its pace and never two at once, a watchdog beside it, and a stop that ends. Real time, in small amounts.
import { afterEach, describe, expect, test } from 'vitest';
import type { TickReport } from '../../src/domain/report.ts';
import { createLoop, type Loop, type LoopDeps } from '../../src/daemon/loop.ts';
import type { TickMemory, TickOptions } from '../../src/daemon/tick.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { noSightings } from '../../src/reconcile/close.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (what: () => boolean): Promise<void> => {
  const end = performance.now() + 5000;
  while (!what()) {
    if (performance.now() > end) throw new Error('it did not happen within five seconds');
    await sleep(5);
  }
};

let loop: Loop | null = null;
afterEach(async () => {
  await loop?.stop({ withdraw: false });
  loop = null;
});

/** A loop whose pace never comes within a test, unless asked for. */
const looping = (change: Partial<LoopDeps> & { wakeAtMs?: number | null; tookMs?: number } = {}) => {
  const { wakeAtMs = null, tookMs = 0, ...deps } = change;
  const memory: TickMemory = { books: emptyBooks(), sightings: noSightings(), settled: [], quoteWants: [] };
  const state = {
    running: 0,
    most: 0,
    ticks: 0,
    polls: 0,
    head: 0,
    nowMs: 1000,
    reports: 0,
    faults: [] as unknown[],
    options: [] as TickOptions[],
  };
  const report = { wakeAtMs } as TickReport;
  loop = createLoop({
    clock: { now: () => state.nowMs, monotonic: () => performance.now() },
    ledger: { head: () => state.head },
    memory,
    marketWatch: {
      view: () => ({ zones: [], quotes: new Map() }),
      poll: () => {
        state.polls += 1;
      },
      idle: async () => undefined,
    },
    settlement: { poll: () => undefined, idle: async () => undefined },
    snapshots: { poll: () => undefined },
    funds: { poll: () => undefined },
    tick: async (options = {}) => {
      state.running += 1;
      state.ticks += 1;
      state.most = Math.max(state.most, state.running);
      state.options.push(options);
      await sleep(tookMs);
      state.running -= 1;
      return report;
    },
    onReport: () => {
      state.reports += 1;
    },
    onFault: (error) => void state.faults.push(error),
    pace: '0 0 0 1 1 *',
    paceGapMs: 60_000,
    tickDeadlineMs: 60_000,
    heartbeatMs: 5,
    ...deps,
  });
  loop.start();
  return { loop, state, memory };
};

describe('the loop', () => {
  test('ticks at once when it starts, then at its pace.', async () => {
    const { state } = looping({ pace: '* * * * * *' });
    await until(() => state.ticks === 1);
    await until(() => state.ticks >= 2);
    expect(state.reports).toBeGreaterThanOrEqual(1);
  });

  test('never runs two ticks at once, however slow one is and however much calls for another.', async () => {
    const { state } = looping({ tookMs: 60, paceGapMs: 1, pace: '* * * * * *' });
    state.head = 7;
    await until(() => state.ticks >= 5);
    expect(state.most).toBe(1);
  });

  test('ticks when the pace was lost, when the report said to wake, and when somebody wrote to the ledger; a quiet time brings none.', async () => {
    const quiet = looping();
    await until(() => quiet.state.ticks === 1);
    await sleep(60);
    expect(quiet.state.ticks).toBe(1);
    quiet.state.head = 1;
    await until(() => quiet.state.ticks >= 2);
    await quiet.loop.stop({ withdraw: false });

    const lost = looping({ paceGapMs: 10 });
    await until(() => lost.state.ticks >= 3);
    await lost.loop.stop({ withdraw: false });

    const waking = looping({ wakeAtMs: 2000 });
    await until(() => waking.state.ticks === 1);
    await sleep(40);
    expect(waking.state.ticks).toBe(1);
    waking.state.nowMs = 2000;
    await until(() => waking.state.ticks === 2);
    await sleep(40);
    expect(waking.state.ticks).toBe(2);
  });

  test('A tick that rejects stops all buying through the books, is told, and looking goes on.', async () => {
    let ticks = 0;
    const {
      loop: running,
      state,
      memory,
    } = looping({
      paceGapMs: 10,
      tick: async () => {
        ticks += 1;
        throw new Error('a bug');
      },
    });
    await until(() => ticks >= 2);
    expect(memory.books.contradiction).toMatch(/a bug/);
    expect(running.health()).toEqual({ ok: false, why: expect.stringContaining('a bug') });
    expect(state.faults.length).toBeGreaterThanOrEqual(1);
  });

  test('A tick that hangs makes the loop unhealthy, and so does a silence.', async () => {
    const hanging = looping({ tickDeadlineMs: 10, tick: () => new Promise(() => undefined) });
    await until(() => !hanging.loop.health().ok);
    expect(hanging.loop.health()).toEqual({ ok: false, why: 'a tick outlived its deadline' });
    const good = looping();
    await until(() => good.state.reports === 1);
    expect(good.loop.health()).toEqual({ ok: true });
  });

  test('Stopping waits for the running tick and starts none after; with `withdraw` one last tick takes back waiting bids.', async () => {
    const { loop: running, state } = looping({ tookMs: 40, paceGapMs: 1 });
    await until(() => state.running === 1);
    expect(await running.stop({ withdraw: true })).toMatchObject({ wakeAtMs: null });
    expect(state.running).toBe(0);
    expect(state.options.at(-1)).toEqual({ stopping: true });
    expect(state.options.filter((one) => one.stopping === true)).toHaveLength(1);
    const { ticks } = state;
    await sleep(60);
    expect(state.ticks).toBe(ticks);
  });
});
