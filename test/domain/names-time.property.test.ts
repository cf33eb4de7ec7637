// Names and instants: what is written can be read back, and a span is cut without losing a millisecond.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FLEET_PATTERN,
  formatNodeName,
  hasPrefix,
  parseNodeName,
  PREFIX_PATTERN,
} from '../../src/domain/names.ts';
import { isEnded, isWaiting, type NodeStatus } from '../../src/domain/node.ts';
import {
  formatDuration,
  formatInstant,
  hourCeil,
  hourFloor,
  HOUR_MS,
  secondsBetween,
  splitAt,
} from '../../src/domain/time.ts';

const name = fc.record({
  prefix: fc.stringMatching(PREFIX_PATTERN),
  ledgerId: fc.stringMatching(/^[a-z0-9]{4}$/),
  fleet: fc.stringMatching(FLEET_PATTERN),
  slot: fc.integer({ min: 0, max: 999_999_999 }),
  generation: fc.integer({ min: 0, max: 999_999_999 }),
});

describe('node names', () => {
  test('A name reads back as what it was made of, whatever dashes and digits the fleet’s name has.', () => {
    fc.assert(
      fc.property(name, (one) => {
        expect(parseNodeName(formatNodeName(one))).toEqual(one);
        expect(hasPrefix(formatNodeName(one), one.prefix)).toBe(true);
      }),
    );
    const tricky = { prefix: 'bk', ledgerId: 'ab12', fleet: 'train-3-g2', slot: 0, generation: 7 };
    expect(parseNodeName(formatNodeName(tricky))).toEqual(tricky);
  });

  test('A text that is not exactly a name of ours is none, so no two texts name one node.', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^bk-ab12-[a-z0-9-]{1,8}-\d{1,3}-g\d{1,3}$/)),
        (text) => {
          const read = parseNodeName(text);
          if (read !== null) expect(formatNodeName(read)).toBe(text);
        },
      ),
    );
    for (const text of [
      'bk-ab12-train-00-g1',
      'bk-ab12-train-0-g01',
      'bk-ab123-train-0-g1',
      'bk-ab12-train-0',
      '',
    ]) {
      expect(parseNodeName(text)).toBeNull();
    }
  });

  test('A prefix counts only up to its dash: another prefix that begins alike is not ours.', () => {
    expect(hasPrefix('bk-anything', 'bk')).toBe(true);
    expect(hasPrefix('bkx-ab12-train-0-g1', 'bk')).toBe(false);
  });
});

describe('statuses', () => {
  test('Only terminated, deleted and failed prove an end; a word that is new to us proves nothing.', () => {
    const all: NodeStatus[] = [
      'pending',
      'awaitingcapacity',
      'running',
      'released',
      'terminated',
      'deleted',
      'failed',
      'unknown',
    ];
    expect(all.filter(isEnded)).toEqual(['terminated', 'deleted', 'failed']);
    expect(all.filter(isWaiting)).toEqual(['pending', 'awaitingcapacity']);
  });
});

describe('instants and spans', () => {
  const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });

  test('A span is cut at every multiple of the grain, without a gap and without an empty piece.', () => {
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 0, max: 30 * HOUR_MS }),
        fc.constantFrom(900_000, HOUR_MS),
        (from, length, grain) => {
          const pieces = splitAt(from, from + length, grain);
          let at = from;
          for (const piece of pieces) {
            expect(piece.fromMs).toBe(at);
            expect(piece.toMs).toBeGreaterThan(piece.fromMs);
            expect(Math.floor(piece.fromMs / grain)).toBe(Math.floor((piece.toMs - 1) / grain));
            at = piece.toMs;
          }
          expect(at).toBe(from + length);
        },
      ),
    );
    expect(splitAt(10, 10, 5)).toEqual([]);
    expect(splitAt(10, 3, 5)).toEqual([]);
  });

  test('Paid seconds are rounded up and never negative; hours are cut at the UTC hour.', () => {
    expect([secondsBetween(0, 1), secondsBetween(0, 1000), secondsBetween(5000, 0)]).toEqual([1, 1, 0]);
    fc.assert(
      fc.property(instant, (at) => {
        expect(hourFloor(at) % HOUR_MS).toBe(0);
        expect(hourCeil(at) - hourFloor(at)).toBe(at % HOUR_MS === 0 ? 0 : HOUR_MS);
        expect(hourFloor(at)).toBeLessThanOrEqual(at);
      }),
    );
  });

  test('An instant is shown as the calendar has it, leap days included.', () => {
    fc.assert(
      fc.property(instant, (at) => {
        expect(formatInstant(at)).toBe(new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'));
      }),
    );
  });

  test('A span is shown in its two largest units.', () => {
    expect([0, 90_000, 5_400_000, 90_061_000, -30_000].map(formatDuration)).toEqual([
      '0s',
      '1m 30s',
      '1h 30m',
      '1d 1h',
      '-30s',
    ]);
  });
});
