// What the status page is told: a day back and ahead, what was decided, sums; after a restart from the ledger, and nothing made up.
import { describe, expect, test } from 'vitest';
import type { History } from '../../src/domain/overview.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { Decision, TickReport } from '../../src/domain/report.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type UnixMs } from '../../src/domain/time.ts';
import { desireOf } from '../../src/daemon/daemon.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { createWatcher, type Watcher } from '../../src/daemon/overview.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { fleetPolicy, processPolicy, START_MS } from '../simulation/world.ts';
import { basis, createStory, price, type Story } from '../support/story.ts';
import { fleetReport, reportOf } from '../telemetry/reports.ts';

const HASH = 'a'.repeat(64);
const policy = processPolicy({ fleets: [fleetPolicy({ name: 'train' })] });

const watching = (startMs: UnixMs = START_MS, change: { readonly policy?: typeof policy } = {}): Watcher =>
  createWatcher({
    policy,
    periodOf,
    desire: desireOf,
    startMs,
    silenceMs: 10 * MINUTE_MS,
    settingsHash: HASH,
    ...change,
  });

const decision = (change: Partial<Decision> = {}): Decision => ({
  fleet: 'train',
  action: 'create',
  zone: 'hayesvalley',
  name: null,
  limit: centsPerNodeHour(1600),
  refusedBy: null,
  reason: 'shortfall',
  why: '1 of 1 nodes are missing',
  ...change,
});

const seenAt = (atMs: UnixMs, runningNodes: number, change: Partial<TickReport> = {}): TickReport =>
  reportOf(['train'], { atMs, fleets: [fleetReport('train', { runningNodes })], market: [], ...change });

const historyOf = (watcher: Watcher): History => {
  const history = watcher.history();
  if (history === null) throw new Error('no history yet');
  return history;
};

const heldOf = (watcher: Watcher): readonly (readonly [number, number | null])[] => {
  const past = historyOf(watcher).fleets[0]?.past;
  return (past?.atMs ?? []).map((atMs, index) => [
    (atMs - START_MS) / MINUTE_MS,
    past?.heldGpus[index] ?? null,
  ]);
};

describe('a day back', () => {
  test('is one step for each change of what is held, and none while nothing changes', () => {
    const watcher = watching();
    for (let minute = 0; minute < 60; minute += 1) {
      watcher.see(seenAt(START_MS + minute * MINUTE_MS, minute < 20 ? 2 : minute < 40 ? 8 : 1));
    }
    expect(heldOf(watcher)).toEqual([
      [0, 16],
      [20, 64],
      [40, 8],
    ]);
  });

  test('forgets what is older than a day, and stays bounded while everything changes at every tick', () => {
    const watcher = watching();
    for (let at = 0; at < 3 * DAY_MS; at += MINUTE_MS / 2) {
      const market = [
        { zone: 'z', gpu: 'h100', ask: price(1000 + (at % 7)), median: null, askedAtMs: START_MS + at },
      ];
      watcher.see(seenAt(START_MS + at, (at / 30_000) % 9, { market }));
    }
    const history = historyOf(watcher);
    const slots = DAY_MS / history.slotMs;
    const atMs = history.fleets[0]?.past.atMs ?? [];
    expect(atMs.length).toBeGreaterThan(slots / 2);
    expect(atMs.length).toBeLessThanOrEqual(slots + 2);
    expect(atMs[1]).toBeGreaterThan(history.fromMs);
    expect(history.asks[0]?.atMs.length).toBeLessThanOrEqual(slots + 1);
  });

  test('says when nobody looked: the venue silent, or no report at all', () => {
    const watcher = watching();
    watcher.see(seenAt(START_MS, 2));
    watcher.see(seenAt(START_MS + 5 * MINUTE_MS, 2, { end: 'no_look', problem: 'timeout' }));
    watcher.see(seenAt(START_MS + 8 * MINUTE_MS, 2, { end: 'no_look', problem: 'timeout' }));
    expect(historyOf(watcher).blind).toMatchObject([{ fromMs: START_MS + 5 * MINUTE_MS, why: 'no_look' }]);
    watcher.see(seenAt(START_MS + 9 * MINUTE_MS, 2));
    watcher.see(seenAt(START_MS + 60 * MINUTE_MS, 2));
    expect(historyOf(watcher).blind).toEqual([
      { fromMs: START_MS + 5 * MINUTE_MS, toMs: START_MS + 9 * MINUTE_MS, why: 'no_look' },
      { fromMs: START_MS + 9 * MINUTE_MS, toMs: START_MS + 60 * MINUTE_MS, why: 'silent' },
    ]);
  });

  test('begins anew where the clock was set back', () => {
    const watcher = watching();
    watcher.see(seenAt(START_MS, 2));
    watcher.see(seenAt(START_MS + 60 * MINUTE_MS, 8));
    watcher.see(seenAt(START_MS + 10 * MINUTE_MS, 4));
    expect(heldOf(watcher)).toEqual([
      [0, 16],
      [10, 32],
    ]);
  });
});

describe('after a restart', () => {
  /** Folds a told ledger at a start `later` after its end. */
  const restart = async (story: Story, later: number, hash = HASH): Promise<Watcher> => {
    const startMs = story.nowMs + later;
    const watcher = watching(startMs);
    const ledger = memoryLedger();
    for (const { entry, atMs, seq } of story.records) await ledger.append([entry], atMs, seq - 1);
    const opened = await openBooks({
      clock: { now: () => startMs, monotonic: () => 0 },
      ledger,
      random: { next: () => 0 },
      namePrefix: 'bk',
      start: { version: '1', mode: 'live', settingsHash: hash },
      beforeEach: watcher.remember,
    });
    if (!opened.ok) throw new Error(opened.message);
    watcher.remembered(opened.books);
    watcher.see(seenAt(startMs, 2, { fleets: [fleetReport('train', { runningNodes: 2 })] }));
    return watcher;
  };
  const cover = (story: Story, wantedNodes: number, runningNodes: number): void => {
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes, runningNodes });
  };
  const started = (story: Story, settingsHash: string): void => {
    story.tell({ kind: 'daemon_started', version: '1', mode: 'live', settingsHash });
  };

  test('the past is what the ledger tells: coverage, limits, asks, and the ceiling of the same settings', async () => {
    const story = createStory();
    started(story, 'b'.repeat(64));
    cover(story, 4, 0);
    story.later(10 * MINUTE_MS);
    started(story, HASH);
    story.later(10 * MINUTE_MS);
    const asked = { ...basis, ask: price(1180), askedAtMs: story.nowMs };
    story.running(0, {}, { limit: price(1200), basis: asked });
    cover(story, 4, 1);
    story.later(20 * MINUTE_MS);
    cover(story, 4, 2);
    story.later(MINUTE_MS);
    const watcher = await restart(story, MINUTE_MS);
    const history = historyOf(watcher);
    expect(heldOf(watcher)).toEqual([
      [0, 0],
      [10, 0],
      [20, 8],
      [40, 16],
      [42, 16],
    ]);
    expect(history.fleets[0]?.past.limit).toEqual([null, null, 1200, 1200, 1600]);
    const ceiling = policy.fleets[0]?.bid.ceiling;
    expect(history.fleets[0]?.past.ceiling).toEqual([null, ceiling, ceiling, ceiling, 2000]);
    expect(history.asks).toEqual([{ zone: 'hayesvalley', atMs: [START_MS + 20 * MINUTE_MS], ask: [1180] }]);
  });

  test('the time without a daemon is not known, and asking for a pause meanwhile does not make it known', async () => {
    const story = createStory();
    started(story, HASH);
    cover(story, 4, 4);
    story.later(3 * HOUR_MS);
    story.tell({ kind: 'pause_requested', by: 'ada', why: 'lunch' });
    const watcher = await restart(story, HOUR_MS);
    expect(historyOf(watcher).blind).toEqual([
      { fromMs: START_MS, toMs: START_MS + 4 * HOUR_MS, why: 'not_running' },
    ]);
  });

  test('entries older than a day tell only how the day began', async () => {
    const story = createStory();
    started(story, HASH);
    cover(story, 4, 1);
    story.later(HOUR_MS);
    cover(story, 4, 3);
    story.later(2 * DAY_MS);
    cover(story, 4, 4);
    const watcher = await restart(story, 2 * HOUR_MS);
    const { fromMs } = historyOf(watcher);
    const minutes = (atMs: number): number => (atMs - START_MS) / MINUTE_MS;
    expect(heldOf(watcher).slice(0, 2)).toEqual([
      [minutes(fromMs), 24],
      [minutes(START_MS + HOUR_MS + 2 * DAY_MS), 32],
    ]);
  });

  test('what was decided is told from the intents and the answers to them', async () => {
    const story = createStory();
    started(story, HASH);
    const first = story.create({ slot: 0, why: '2 of 2 nodes are missing' });
    story.create({ slot: 1, why: '2 of 2 nodes are missing' });
    story.later(MINUTE_MS);
    const refusal = { kind: 'change_refused', intent: first, change: 'create', code: 'price' } as const;
    story.tell({ ...refusal, status: 400, message: 'too <b>low</b>' });
    const watcher = await restart(story, MINUTE_MS);
    expect(watcher.overview(emptyBooks())?.said).toMatchObject([
      {
        kind: 'refused',
        action: 'create',
        reason: 'price',
        why: 'too <b>low</b>',
        name: 'bk-ab12-train-0-g1',
      },
      { kind: 'did', action: 'create', nodes: 2, limit: 1200, why: '2 of 2 nodes are missing' },
    ]);
  });
});

describe('a day ahead', () => {
  test('is the schedule step by step, and the time that is paid for', () => {
    const schedule = {
      timeZone: 'UTC',
      baseGpus: 16,
      windows: [{ from: '0 20 * * *', forMs: 2 * HOUR_MS, gpus: 32, leadMs: 0 }],
    };
    const watcher = watching(START_MS, { policy: processPolicy({ fleets: [fleetPolicy({ schedule })] }) });
    const atMs = Date.UTC(2026, 5, 1, 12, 10);
    const node = {
      fleet: 'train',
      zone: 'z',
      hold: 'autoreserved',
      limit: price(1600),
      nodeId: 'n',
    } as const;
    const nodes = [
      { ...node, name: 'a', state: 'running' as const, endAtMs: atMs + HOUR_MS },
      { ...node, name: 'b', state: 'releasing' as const, endAtMs: atMs + HOUR_MS },
      { ...node, name: 'c', state: 'running' as const, endAtMs: atMs + 3 * DAY_MS },
      { ...node, name: 'd', state: 'waiting' as const, endAtMs: null },
    ];
    watcher.see(seenAt(atMs, 3, { nodes }));
    const [fleet] = historyOf(watcher).fleets;
    const at = (hour: number): UnixMs => Date.UTC(2026, 5, 1, hour);
    expect(fleet?.wantedAhead).toEqual([
      { atMs, gpus: 16 },
      { atMs: at(20), gpus: 32 },
      { atMs: at(22), gpus: 16 },
    ]);
    expect(fleet?.paidAhead).toEqual([
      { atMs, gpus: 24 },
      { atMs: atMs + HOUR_MS, gpus: 8 },
    ]);
  });
});

describe('what was decided', () => {
  const saidOf = (watcher: Watcher) => watcher.overview(emptyBooks())?.said ?? [];

  test('equal decisions about several nodes are one line, and one that stands is one line from tick to tick', () => {
    const watcher = watching();
    const held = decision({ refusedBy: 'budget', why: 'the day is spent' });
    for (let minute = 0; minute < 30; minute += 1) {
      const decisions = minute === 0 ? [decision(), decision(), held] : [held];
      watcher.see(seenAt(START_MS + minute * MINUTE_MS, 1, { decisions }));
    }
    expect(saidOf(watcher)).toMatchObject([
      { kind: 'held_back', guard: 'budget', fromMs: START_MS, untilMs: START_MS + 29 * MINUTE_MS },
      { kind: 'did', nodes: 2, fromMs: START_MS, untilMs: START_MS },
    ]);
  });

  test('is bounded however much is said, and each fleet keeps its newest line', () => {
    const watcher = watching();
    watcher.see(seenAt(START_MS, 1, { decisions: [decision({ fleet: 'quiet' })] }));
    for (let minute = 1; minute < 500; minute += 1) {
      const decisions = Array.from({ length: 12 }, (_, fleet) =>
        decision({ fleet: `f${fleet}`, limit: price(minute * 8), why: 'x'.repeat(5000) }),
      );
      watcher.see(seenAt(START_MS + minute * MINUTE_MS, 1, { decisions }));
    }
    const said = saidOf(watcher);
    expect(said.length).toBeLessThanOrEqual(53);
    expect(said.some((one) => one.fleet === 'quiet')).toBe(true);
    expect(JSON.stringify(said).length).toBeLessThan(60_000);
  });
});

test('thousands of nodes and alarms make the overview no longer', () => {
  const watcher = watching();
  const alarms = Array.from({ length: 5000 }, (_, node) => ({
    code: 'unknown_purchase',
    fleet: 'train',
    text: `whether n${node} was bought is not known yet`,
  }));
  const decisions = Array.from({ length: 5000 }, (_, node) => decision({ name: `n${node}` }));
  watcher.see(seenAt(START_MS, 1, { alarms, decisions }));
  const overview = watcher.overview(emptyBooks());
  expect(overview?.alarms).toEqual([
    {
      code: 'unknown_purchase',
      fleet: 'train',
      count: 5000,
      text: 'whether n4999 was bought is not known yet',
    },
  ]);
  expect(JSON.stringify(overview).length).toBeLessThan(5000);
});
