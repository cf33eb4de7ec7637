// The same number is the same run: every failure can be played again, and nothing from outside gets in.
import { expect, test } from 'vitest';
import { createByteDisk } from './byte-disk.ts';
import { drawScenario } from './draw-scenario.ts';
import { createEventHeap } from './event-heap.ts';
import { forbidGlobals } from './forbidden-globals.ts';
import { runSwarm } from './swarm.ts';

const SEEDS = Array.from({ length: 100 }, (_, index) => index + 1);

const hashesOf = async (seeds: readonly number[]): Promise<ReadonlyMap<number, string>> => {
  const hashes = new Map<number, string>();
  const jobs = seeds.map((seed) => ({ seed, ticks: 120 }));
  await runSwarm({ jobs, threads: 2, onResult: ({ seed, hash }) => hashes.set(seed, hash) });
  return hashes;
};

test(
  'A hundred seeds run twice, in another order, give the same chain of events',
  { timeout: 120_000 },
  async () => {
    const first = await hashesOf(SEEDS);
    const second = await hashesOf(SEEDS.toReversed());
    expect(first.size).toBe(SEEDS.length);
    for (const seed of SEEDS) expect(second.get(seed)).toBe(first.get(seed));
    expect(new Set(first.values()).size).toBe(SEEDS.length);
  },
);

test('A scenario is drawn from its seed alone', () => {
  expect(JSON.stringify(drawScenario(7, 500))).toBe(JSON.stringify(drawScenario(7, 500)));
  expect(JSON.stringify(drawScenario(8, 500))).not.toBe(JSON.stringify(drawScenario(7, 500)));
});

test('Inside a simulated world real time, chance and the network throw by name', () => {
  const allow = forbidGlobals();
  try {
    expect(() => Date.now()).toThrow('Date.now');
    expect(() => new Date()).toThrow('new Date()');
    expect(() => Math.random()).toThrow('Math.random');
    expect(() => setTimeout(() => undefined, 1)).toThrow('setTimeout');
    expect(() => fetch('http://127.0.0.1')).toThrow('fetch');
    expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
  } finally {
    allow();
  }
  expect(Date.now()).toBeGreaterThan(0);
});

test('Events of one instant happen in the order in which they were planned', () => {
  const heap = createEventHeap();
  const done: string[] = [];
  for (const [atMs, label] of [
    [5, 'c'],
    [1, 'a'],
    [5, 'd'],
    [3, 'b'],
    [5, 'e'],
  ] as const) {
    heap.plan(atMs, label, () => done.push(label));
  }
  for (let event = heap.take(); event !== undefined; event = heap.take()) event.run();
  expect(done.join('')).toBe('abcde');
});

test('After a crash while it wrote, the ledger opens with everything synced before and nothing of the torn batch', () => {
  const disk = createByteDisk();
  const resumed = (seq: number) =>
    ({ seq, atMs: 1, entry: { kind: 'resume_requested', by: 'test', why: 'test' } }) as const;
  disk.write([resumed(1), resumed(2)]);
  const whole = disk.bytes();
  disk.tear([resumed(3)], 0.6);
  expect(disk.bytes().length).toBeGreaterThan(whole.length);
  disk.recover();
  expect(disk.bytes()).toBe(whole);
  expect(disk.read(0).map((record) => record.seq)).toEqual([1, 2]);
  disk.damage();
  expect(() => disk.read(0)).toThrow('does not match its hash');
  expect(disk.restore(2)).toBe(2);
});
