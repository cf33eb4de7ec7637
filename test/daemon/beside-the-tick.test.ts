// What runs beside the tick: the quote poller, settlement, and the opening of the books.
import { describe, expect, test } from 'vitest';
import type { SettledOrder, SettlementNews } from '../../src/domain/look.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { createMarketWatch } from '../../src/daemon/market-watch.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { createSettlement } from '../../src/daemon/settlement.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import type { Reading } from '../../src/ports/venue.ts';
import type { Quote } from '../../src/domain/market.ts';
import { START_MS } from '../simulation/world.ts';
import { marketOf, quoteOf } from '../support/scene.ts';
import { createStory } from '../support/story.ts';

const failed = { ok: false, code: 'timeout', status: null, message: 'no answer' } as const;
const zone = marketOf([]).zones[0] ?? { name: '', region: '', instanceType: '', gpu: '' };
const want = (nodes: number) => ({ zone, hold: 'autoreserved' as const, nodes, durationMs: HOUR_MS });

const watching = () => {
  const state = {
    nowMs: START_MS,
    realMs: 0,
    answer: async (): Promise<Reading<Quote>> => ({ ok: true, value: quoteOf(1000, state.nowMs) }),
  };
  const asked: number[] = [];
  const problems: string[] = [];
  let zoneCalls = 0;
  const watch = createMarketWatch({
    clock: { now: () => state.nowMs, monotonic: () => state.realMs },
    venue: {
      quote: (request) => {
        asked.push(request.nodes);
        return state.answer();
      },
      zones: async () => {
        zoneCalls += 1;
        return { ok: true, value: [zone] };
      },
    },
    onProblem: (what, message) => void problems.push(`${what}: ${message}`),
  });
  return { state, watch, asked, problems, zoneCalls: () => zoneCalls };
};

describe('the quote poller', () => {
  test('Has one call in flight a zone, asks at most once a minute, and for the largest wish.', async () => {
    const { state, watch, asked } = watching();
    let answer: (quote: Reading<Quote>) => void = () => undefined;
    state.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    watch.poll([want(2), want(5), want(3)]);
    state.nowMs += 5 * MINUTE_MS;
    watch.poll([want(9)]);
    expect(asked).toEqual([5]);
    answer({ ok: true, value: quoteOf(1000, START_MS) });
    await watch.idle();
    expect(watch.view().quotes.get(zone.name)?.ask).toBe(1000);
    watch.poll([want(9)]);
    state.nowMs += MINUTE_MS - 1;
    watch.poll([want(8)]);
    expect(asked).toEqual([5, 9]);
  });

  test('A failure leaves the last answer standing with its age, and is told once.', async () => {
    const { state, watch, asked, problems } = watching();
    watch.poll([want(1)]);
    await watch.idle();
    state.answer = async () => failed;
    for (let minute = 0; minute < 3; minute += 1) {
      state.nowMs += MINUTE_MS;
      watch.poll([want(1)]);
      await watch.idle();
    }
    expect(asked).toHaveLength(4);
    expect(problems).toHaveLength(1);
    expect(watch.view().quotes.get(zone.name)).toMatchObject({ ask: 1000, askedAtMs: START_MS });
  });

  test('A quiet world asks for nothing but the zones, every ten minutes, and on a fast clock not more than every five real seconds.', async () => {
    const { state, watch, asked, zoneCalls } = watching();
    for (let minute = 0; minute < 10; minute += 1) {
      watch.poll([]);
      await watch.idle();
      state.nowMs += MINUTE_MS;
      state.realMs += MINUTE_MS;
    }
    expect([asked.length, zoneCalls()]).toEqual([0, 1]);
    watch.poll([]);
    await watch.idle();
    expect(zoneCalls()).toBe(2);
    state.nowMs += HOUR_MS;
    state.realMs += 4 * SECOND_MS;
    watch.poll([]);
    expect(zoneCalls()).toBe(2);
    expect(watch.view().zones).toEqual([zone]);
  });
});

describe('settlement', () => {
  const settling = (answer: () => Promise<Reading<readonly SettledOrder[]>>) => {
    const state = { nowMs: START_MS, realMs: 0 };
    const asked: unknown[] = [];
    const delivered: SettlementNews[] = [];
    const after: number[] = [];
    const problems: string[] = [];
    const settlement = createSettlement({
      clock: { now: () => state.nowMs, monotonic: () => state.realMs },
      venue: {
        transactions: async ({ afterMs }) => {
          after.push(afterMs);
          return { ok: true, value: { rows: [], next: null } };
        },
        settlements: (request) => {
          asked.push(request);
          return answer();
        },
      },
      deliver: (news) => void delivered.push(...news),
      onProblem: (what, message) => void problems.push(`${what}: ${message}`),
    });
    return { state, settlement, asked, after, delivered, problems };
  };

  test('Asks only about time whose price is not known, every five minutes, one round at a time.', async () => {
    const story = createStory();
    const { state, settlement, asked } = settling(async () => ({ ok: true, value: [] }));
    const wait = async (span: number): Promise<void> => {
      state.nowMs += span;
      state.realMs += span;
      settlement.poll(story.books);
      settlement.poll(story.books);
      await settlement.idle();
    };
    await wait(0);
    expect(asked).toEqual([]);
    const node = story.running(0);
    await wait(5 * MINUTE_MS);
    await wait(5 * MINUTE_MS - 1);
    expect(asked).toMatchObject([{ procurementIds: [`p_${node}`], reserved: [] }]);
    await wait(1);
    expect(asked).toHaveLength(2);
  });

  test('What brought nothing new is asked for at twice the time, at most once an hour; the account at every round.', async () => {
    const story = createStory();
    story.running(0);
    const { state, settlement, asked, after } = settling(async () => ({ ok: true, value: [] }));
    const askedAt: number[] = [];
    for (let minute = 0; minute < 6 * 60; minute += 1) {
      const before = asked.length;
      settlement.poll(story.books);
      await settlement.idle();
      if (asked.length > before) askedAt.push(minute);
      state.nowMs += MINUTE_MS;
      state.realMs += MINUTE_MS;
    }
    expect(askedAt).toEqual([0, 5, 15, 35, 75, 135, 195, 255, 315]);
    expect(after).toHaveLength((6 * 60) / 5);
    story.running(1);
    settlement.poll(story.books);
    await settlement.idle();
    expect(asked).toHaveLength(askedAt.length + 1);
  });

  test('A failure is told once and tried again at the next round.', async () => {
    const story = createStory();
    story.running(0);
    const { state, settlement, asked, problems } = settling(async () => failed);
    for (let round = 0; round < 3; round += 1) {
      settlement.poll(story.books);
      await settlement.idle();
      state.nowMs += 5 * MINUTE_MS;
      state.realMs += 5 * MINUTE_MS;
    }
    expect([asked.length, problems.length]).toEqual([3, 1]);
  });
});

describe('opening the books', () => {
  const deps = (
    ledger = memoryLedger(),
    start: Parameters<typeof openBooks>[0]['start'] = { version: '1', mode: 'live', settingsHash: 'h' },
  ) => ({
    clock: { now: () => START_MS, monotonic: () => 0 },
    ledger,
    random: { next: () => 0.999 },
    namePrefix: 'bk',
    start,
  });

  test('A new ledger gets four characters of its own once; every start is an entry; the books are those of all entries.', async () => {
    const ledger = memoryLedger();
    const first = await openBooks(deps(ledger));
    const second = await openBooks(deps(ledger));
    if (!first.ok || !second.ok) throw new Error('a ledger in memory opens');
    expect(first.books.ledgerId).toMatch(/^[a-z0-9]{4}$/);
    expect(second.books.ledgerId).toBe(first.books.ledgerId);
    expect(second.books.seq).toBe(3);
    expect(ledger.head()).toBe(3);
  });

  test('A reader writes nothing.', async () => {
    const ledger = memoryLedger();
    expect(await openBooks(deps(ledger, null))).toMatchObject({ ok: true, books: { ledgerId: null } });
    expect(ledger.head()).toBe(0);
  });

  test('A ledger that cannot be read or written says why.', async () => {
    const ledger = memoryLedger();
    const broken = {
      ...ledger,
      append: async () => ({ kind: 'failed', code: 'E_LEDGER_FULL', message: 'disk full' }) as const,
    };
    expect(await openBooks(deps(broken))).toEqual({ ok: false, message: 'E_LEDGER_FULL: disk full' });
    const corrupt = {
      ...ledger,
      head: () => {
        throw new Error('E_LEDGER_CORRUPT: hash');
      },
    };
    expect(await openBooks(deps(corrupt))).toEqual({ ok: false, message: 'E_LEDGER_CORRUPT: hash' });
  });

  test('Another writer in between is read first; nothing is written twice.', async () => {
    const ledger = memoryLedger();
    let first = true;
    const raced = {
      ...ledger,
      append: async (...given: Parameters<typeof ledger.append>) => {
        if (first) {
          first = false;
          await ledger.append([{ kind: 'ledger_opened', ledgerId: 'zz99', namePrefix: 'bk' }], START_MS, 0);
        }
        return ledger.append(...given);
      },
    };
    expect(await openBooks(deps(raced))).toMatchObject({ ok: true, books: { ledgerId: 'zz99', seq: 2 } });
  });
});
