// Stops and resume from outside: entries that a daemon acknowledges, or that the asker acknowledges where none runs.
import { describe, expect, test } from 'vitest';
import { request, type StopDeps } from '../../src/daemon/ask-beside.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { processPolicy } from '../simulation/world.ts';
import { createStory, seenNode, type Story } from '../support/story.ts';

const deps = (
  story: Story,
  change: Partial<StopDeps> = {},
): StopDeps & { readonly kinds: () => Promise<readonly string[]> } => {
  const ledger = memoryLedger(story.records);
  let realMs = 0;
  return {
    clock: { now: () => story.nowMs + 1000, monotonic: () => realMs },
    ledger,
    sleep: async (ms) => {
      realMs += ms;
    },
    policy: processPolicy(),
    by: 'anna',
    why: 'audit',
    fastClock: false,
    alone: true,
    waitMs: 500,
    kinds: async () => {
      const kinds: string[] = [];
      for await (const batch of ledger.read(story.records.length))
        kinds.push(...batch.map((one) => one.entry.kind));
      return kinds;
    },
    ...change,
  };
};

const pause = (given: StopDeps) => request(given, { kind: 'pause' });
const resume = (given: StopDeps) => request(given, { kind: 'resume' });

describe('a pause', () => {
  test('without a daemon is acknowledged by the asker, because then nobody can spend', async () => {
    const given = deps(createStory());
    expect(await pause(given)).toMatchObject({ kind: 'acknowledged' });
    expect(await given.kinds()).toEqual(['pause_requested', 'pause_acknowledged']);
    expect(await pause(given)).toMatchObject({ kind: 'unchanged' });
  });

  test('that a running daemon has not confirmed in time is said to be unconfirmed', async () => {
    const given = deps(createStory(), { alone: false });
    expect(await pause(given)).toMatchObject({ kind: 'unconfirmed' });
    expect(await given.kinds()).toEqual(['pause_requested']);
  });
});

describe('a drain', () => {
  test('of what is paused already keeps the acknowledgement, because nothing that adds spend is sent either way', async () => {
    const given = deps(createStory());
    await pause(given);
    expect(await request(given, { kind: 'drain' })).toMatchObject({
      kind: 'acknowledged',
      books: { pause: { drain: true, acknowledged: true } },
    });
    expect(await request(given, { kind: 'drain' })).toMatchObject({ kind: 'unchanged' });
    expect(await given.kinds()).toEqual(['pause_requested', 'pause_acknowledged', 'drain_requested']);
  });

  test('goes on when somebody pauses as well, and ends with a resume', async () => {
    const given = deps(createStory());
    await request(given, { kind: 'drain' });
    expect(await pause(given)).toMatchObject({ kind: 'unchanged', books: { pause: { drain: true } } });
    expect(await resume(given)).toMatchObject({ books: { pause: null } });
  });
});

describe('a stop', () => {
  test('is written for a daemon that runs, and for nobody else', async () => {
    const nobody = deps(createStory());
    expect(await request(nobody, { kind: 'stop' })).toMatchObject({ kind: 'unchanged' });
    const beside = deps(createStory(), { alone: false });
    expect(await request(beside, { kind: 'stop' })).toMatchObject({ books: { stop: { by: 'anna' } } });
    expect(await beside.kinds()).toEqual(['stop_requested']);
  });
});

describe('a resume', () => {
  test('where nothing is stopped writes nothing', async () => {
    const given = deps(createStory());
    expect(await resume(given)).toMatchObject({ kind: 'unchanged' });
    expect(await given.kinds()).toEqual([]);
  });

  test.each<[string, (story: Story) => void]>([
    ['a pause', (story) => void story.tell({ kind: 'pause_requested', by: 'ben', why: 'x' })],
    ['an open breaker', (story) => void story.tell({ kind: 'breaker_opened', cause: '403' })],
    ['a contradiction alone', (story) => story.see(99, seenNode())],
  ])('ends %s', async (_, stop) => {
    const story = createStory();
    stop(story);
    const given = deps(story);
    const result = await resume(given);
    expect(result).toMatchObject({
      kind: 'acknowledged',
      books: { pause: null, breaker: null, contradiction: null },
    });
    expect(await given.kinds()).toEqual(['resume_requested']);
  });
});
