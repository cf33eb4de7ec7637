// A replay is the real tick on a market whose steps and payment rules are DESIGN §10's; and it never looks ahead.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { replay, type Replayed, type ReplayInput } from '../../src/backtest/replay.ts';
import { GAMES } from '../../src/backtest/score.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, type Series } from '../../src/backtest/series.ts';
import { HOUR_MS } from '../../src/domain/time.ts';
import { hourly, seriesFrom } from './small-series.ts';

const play = (asks: readonly number[], change: Partial<ReplayInput> = {}): Promise<Replayed> =>
  replay({
    series: seriesFrom(asks),
    game: 'hold',
    rule: 'clear',
    quoteAgeMs: 0,
    nodes: 1,
    depthCents: 0,
    bid: SHIPPED.follow,
    ...change,
  });

describe('what is paid', () => {
  test('A fill buys the rest of the hour, each next hour is bought on the hour, and a start wastes ten minutes.', async () => {
    const asks = [
      ...Array.from({ length: 6 }, () => NOTHING),
      ...Array.from({ length: 6 }, () => 400),
      ...hourly([600]),
    ];
    const played = await play(asks);
    expect(played).toMatchObject({ starts: 1, interruptions: 0 });
    expect(played.paidCents).toBeCloseTo(400 / 2 + 600, 6);
    expect(played.usefulHours).toBeCloseTo(1.5 - 1 / 6, 6);
  });

  test('Where a fill costs its limit, the limit is paid; else the ask.', async () => {
    const asks = hourly([401, 601]);
    expect((await play(asks)).paidCents).toBeCloseTo(401 + 601, 6);
    expect((await play(asks, { rule: 'maker' })).paidCents).toBeCloseTo(401 + 601, 6);
    expect((await play(asks, { rule: 'bid' })).paidCents).toBeCloseTo(408 + 608, 6);
  });

  test('A ladder whose bid stands is hit at its limit as a maker; follow lets none stand and pays the ask.', async () => {
    // The ask leaps over the offer that the old quote asked for, and then falls far under it.
    const asks = [NOTHING, 1000, 1900, ...Array.from({ length: 9 }, () => 200)];
    const terms = { rule: 'maker', quoteAgeMs: LOOK_MS } as const;
    const stood = await play(asks, { ...terms, bid: SHIPPED.ladder });
    const followed = await play(asks, terms);
    expect(followed.paidCents).toBeCloseTo((200 * 9) / 12, 6);
    expect(stood.paidCents).toBeGreaterThan((1000 * 9) / 12);
  });

  test('With depth each further node held is dearer.', async () => {
    const played = await play(hourly([400, 400]), { nodes: 3, depthCents: 80 });
    // Seen at one ask, offered at one limit: who is not filled is offered more at the next quote, or waits for the hour.
    expect(played.paidCents).toBeGreaterThanOrEqual(2 * 400);
    expect(played.starts).toBeGreaterThanOrEqual(1);
    expect((await play(hourly([400, 400]), { nodes: 3 })).paidCents).toBeCloseTo(3 * 800, 6);
  });

  test('Above the outside price nothing is bought, and a held node whose hour was not bought is counted as interrupted.', async () => {
    const played = await play(hourly([400, 2400, 400]));
    expect(played).toMatchObject({ starts: 2, interruptions: 1 });
    expect(played.paidCents).toBeCloseTo(800, 6);
  });

  test('In hold+extend blocks are bought ahead with a limit of their own.', async () => {
    const played = await play(hourly([400, 400, 400, 400]), { game: 'hold+extend' });
    expect(played).toMatchObject({ interruptions: 0, starts: 1 });
    expect(played.paidCents).toBeCloseTo(4 * 400, 6);
  });
});

/** Every decision of a replay up to and with a look, in words. */
const decisionsOf = async (
  series: Series,
  upTo: number,
  change: Partial<ReplayInput>,
): Promise<readonly string[]> => {
  const lines: string[] = [];
  await replay({
    series,
    game: 'hold',
    rule: 'clear',
    quoteAgeMs: 0,
    nodes: 1,
    depthCents: 0,
    bid: SHIPPED.follow,
    ...change,
    listen: {
      onReport: ({ atMs, decisions }) => {
        if (atMs - series.startMs <= upTo * LOOK_MS) lines.push(JSON.stringify([atMs, decisions]));
      },
    },
  });
  return lines;
};

describe('no look ahead', () => {
  test.each(Object.values(SHIPPED).map((bid) => [bid.strategy, bid] as const))(
    '%s decides the same whatever the asks will be.',
    async (_, bid) => {
      const anAsk = fc.oneof(fc.integer({ min: 150, max: 2600 }), fc.constant(NOTHING));
      const someAsks = fc.array(anAsk, { minLength: 48, maxLength: 48 });
      await fc.assert(
        fc.asyncProperty(
          someAsks,
          someAsks,
          fc.integer({ min: 0, max: 47 }),
          fc.constantFrom(0, LOOK_MS),
          fc.constantFrom(...GAMES),
          async (past, future, look, quoteAgeMs, game) => {
            const other = [...past.slice(0, look + 1), ...future.slice(look + 1)];
            const upTo = LOOKS_PER_HOUR + look;
            const change = { bid, quoteAgeMs, game };
            expect(await decisionsOf(seriesFrom(other), upTo, change)).toEqual(
              await decisionsOf(seriesFrom(past), upTo, change),
            );
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  test('A quote of five minutes does not know this look.', async () => {
    const seen: (number | null)[] = [];
    await replay({
      series: seriesFrom([400, 500, 600, 700, ...hourly([700])]),
      game: 'hold',
      rule: 'clear',
      quoteAgeMs: LOOK_MS,
      nodes: 1,
      depthCents: 0,
      bid: SHIPPED.ladder,
      listen: { onReport: ({ market }) => void seen.push(market[0]?.ask ?? null) },
    });
    const first = seen.indexOf(400);
    expect(seen.slice(first, first + 3)).not.toContain(700);
    expect(seen[first - 1]).toBe(2001);
  });
});

test('The same replay gives the same entries, to the byte.', async () => {
  const asks = hourly([400, 900, 2400, 300, 1500, 600]);
  const entries = async (): Promise<string> => {
    const lines: string[] = [];
    await play(asks, {
      quoteAgeMs: LOOK_MS,
      listen: { onRecords: (records) => void lines.push(...records.map((record) => JSON.stringify(record))) },
    });
    return lines.join('\n');
  };
  const first = await entries();
  expect(first.length).toBeGreaterThan(1000);
  expect(await entries()).toBe(first);
  expect((await play(asks)).looks * LOOK_MS).toBe((asks.length / LOOKS_PER_HOUR + 1) * HOUR_MS);
});
