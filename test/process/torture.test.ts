// A short round of torture by stop signals, bad wires, a small disk, a second daemon and kill -9, all in one life of a ledger. The
// long one is `npm run torture`.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAll, warmUp } from './program.ts';
import { torture } from './torture.ts';

beforeAll(warmUp);
afterAll(killAll);

test(
  'Stopped and continued, with a bad wire, a small disk and a rival, then killed: it reaches its target and its ledger agrees with the venue',
  { timeout: 420_000 },
  async () => {
    const { wrong, wireStruck, seconds, verify } = await torture({
      torments: ['deaf', 'stop', 'second', 'drip', 'small_disk', 'black_hole', 'cut', 'kill'],
      chance: () => 0.5,
      longestMs: 2000,
    });
    expect(wrong).toEqual([]);
    expect(wireStruck).toBeGreaterThan(0);
    expect(seconds).toHaveLength(1);
    expect(verify.out).toMatch(/sound|own/i);
  },
);
