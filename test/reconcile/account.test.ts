// The account's transactions in the books: counted once, whatever comes late, changed or goes missing, and each purchase given
// to whom it belongs.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SeenTransaction } from '../../src/domain/account.ts';
import type { SettledOrder, SettlementNews } from '../../src/domain/look.ts';
import { cents } from '../../src/domain/money.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { emptyAccount, seeTransactions } from '../../src/reconcile/account-book.ts';
import { spentBetween } from '../../src/reconcile/books.ts';
import { settle } from '../../src/reconcile/settle.ts';
import { START_MS } from '../simulation/world.ts';
import { createStory, type Story } from '../support/story.ts';

const row = (change: Partial<SeenTransaction> = {}): SeenTransaction => ({
  cursor: 't_1',
  atMs: START_MS,
  category: 'buy_order',
  amount: cents(-900),
  orderId: 'o_1',
  ...change,
});
const bought = (change: Partial<SettledOrder> = {}): SettledOrder => ({
  orderId: 'o_1',
  side: 'buy',
  contractId: 'c_1',
  procurementId: 'p_2',
  zone: null,
  nodes: 1,
  fromMs: START_MS,
  toMs: START_MS + HOUR_MS,
  cost: cents(900),
  ...change,
});
const rows = (...all: readonly SeenTransaction[]): SettlementNews => ({
  kind: 'transactions',
  rows: all,
  completeFromMs: START_MS - HOUR_MS,
});
const looked = (
  story: Story,
  orders: readonly SettledOrder[],
  ...sought: readonly string[]
): SettlementNews => ({
  kind: 'orders',
  orders,
  askedAtMs: story.nowMs,
  sought,
});
const hear = (story: Story, ...news: readonly SettlementNews[]): number => {
  const entries = settle(story.books, news);
  for (const entry of entries) story.tell(entry);
  return entries.length;
};
const sums = ({ books }: Story) => ({
  settled: [...books.sums.values()].reduce((sum, one) => sum + one.settled, 0) / 3600,
  refunded: [...books.fleets.values()].reduce((sum, one) => sum + one.refunded, 0) / 3600,
  spent: spentBetween(books, 'train', START_MS - HOUR_MS, START_MS + DAY_MS) / 3600,
});

describe('the account', () => {
  test('A transaction is counted once however often it is read; a changed one counts what it adds, and what it takes back apart.', () => {
    const story = createStory();
    const { account } = story.books;
    expect(hear(story, rows(row()))).toBe(1);
    expect(hear(story, rows(row()), rows(row()))).toBe(0);
    hear(story, rows(row({ amount: cents(-1000) })));
    expect([account.billed.buy_order, account.corrected]).toEqual([1000, 0]);
    hear(story, rows(row({ amount: cents(-700) })));
    expect([account.billed.buy_order, account.corrected, account.spend.open]).toEqual([1000, 300, 700]);
  });

  test('One that vanishes from a complete reading is taken back, and counted again when it is shown again; a late one is counted.', () => {
    const story = createStory();
    const { account } = story.books;
    const other = row({ cursor: 't_2', orderId: 'o_2', atMs: START_MS + HOUR_MS });
    hear(story, rows(row(), other));
    hear(story, rows(other));
    expect([account.billed.buy_order, account.corrected]).toEqual([1800, 900]);
    const late = row({ cursor: 't_0', orderId: 'o_0', atMs: START_MS + MINUTE_MS });
    hear(story, rows(row(), late, other));
    expect(account.billed.buy_order - account.corrected).toBe(2700);
    hear(story, { kind: 'transactions', rows: [other], completeFromMs: null });
    expect(account.billed.buy_order - account.corrected).toBe(2700);
  });

  test('Gross sums only grow, and gross minus what was taken back is the sum of what is shown, whatever happens to a row.', () => {
    const amount = fc.integer({ min: -5000, max: 5000 }).map(cents);
    const category = fc.constantFrom('buy_order', 'refund', 'sell_order', 'credit_grant', 'other');
    const one = fc.record({ cursor: fc.constantFrom('a', 'b', 'c'), category, amount, gone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), (steps) => {
        const account = emptyAccount();
        let before = 0;
        for (const { cursor, gone, ...rest } of steps) {
          const shown = { cursor, atMs: START_MS, orderId: `o_${cursor}`, ...rest };
          seeTransactions(account, {
            kind: 'transactions_seen',
            rows: gone ? [] : [shown],
            gone: gone ? [cursor] : [],
          });
          const gross = Object.values(account.billed).reduce((sum, billed) => sum + billed, 0);
          expect(gross).toBeGreaterThanOrEqual(before);
          before = gross;
          const net = [...account.rows.values()].reduce(
            (sum, known) => sum + (known.category === 'buy_order' ? 0 - known.amount : known.amount),
            0,
          );
          expect(gross - account.corrected).toBe(net);
          const spend = Object.values(account.spend).reduce((sum, cost) => sum + cost, 0);
          const buys = [...account.rows.values()].filter((known) => known.category === 'buy_order');
          expect(spend).toBe(buys.reduce((sum, known) => sum - known.amount, 0));
        }
      }),
    );
  });

  test('A purchase of ours is ours, whether transaction or order comes first; one that no contract of ours holds an hour later is not.', () => {
    const story = createStory();
    story.running(0);
    const { account } = story.books;
    const foreign = row({ cursor: 't_2', orderId: 'o_x', amount: cents(-55) });
    hear(story, rows(row(), foreign), looked(story, [bought()], 'o_1', 'o_x'));
    expect(account.spend).toEqual({ ours: 900, others: 0, unattributed: 0, open: 55 });
    story.later(HOUR_MS);
    hear(story, looked(story, [], 'o_x'));
    expect(account.spend).toEqual({ ours: 900, others: 55, unattributed: 0, open: 0 });
    expect(hear(story, looked(story, [], 'o_x'))).toBe(0);
    const later = bought({ orderId: 'o_2', fromMs: START_MS + HOUR_MS, toMs: START_MS + 2 * HOUR_MS });
    hear(story, looked(story, [later]));
    const third = row({ cursor: 't_3', orderId: 'o_2', atMs: story.nowMs });
    hear(story, rows(row(), foreign, third));
    expect(account.spend.ours).toBe(1800);
  });

  test('A block that two fleets may have bought at different prices cannot be told apart, and is shown as such.', () => {
    const story = createStory();
    const endAtMs = START_MS + HOUR_MS;
    for (const [slot, fleet] of [
      [0, 'train'],
      [0, 'infer'],
    ] as const) {
      const name = `bk-ab12-${fleet}-${slot}-g1`;
      story.running(slot, { name, endAtMs, procurementId: null }, { fleet, name, hold: 'reserved', endAtMs });
    }
    const block = bought({ procurementId: null, zone: 'hayesvalley' });
    hear(story, rows(row()), looked(story, [block], 'o_1'));
    expect(sums(story).settled).toBe(0);
    story.later(HOUR_MS);
    hear(story, looked(story, [block], 'o_1'));
    expect(story.books.account.spend).toMatchObject({ ours: 0, unattributed: 900, open: 0 });
  });
});

describe('money that comes back', () => {
  test('A refund counts once, as refunded, and frees its hours of the budget; a refund and a lower price of one order count the larger.', () => {
    const story = createStory();
    story.running(0);
    const refund = row({ cursor: 't_2', category: 'refund', amount: cents(300) });
    hear(story, rows(row(), refund), looked(story, [bought()]));
    hear(story, rows(refund));
    hear(story, rows(refund));
    expect(sums(story)).toEqual({ settled: 900, refunded: 300, spent: 600 });
    hear(story, rows(row({ amount: cents(-500) })));
    expect(sums(story)).toEqual({ settled: 900, refunded: 400, spent: 500 });
  });

  test('A changed bill of an order that was settled long ago is noticed by its transaction alone.', () => {
    const story = createStory();
    story.running(0);
    hear(story, rows(row()), looked(story, [bought()]));
    story.later(20 * HOUR_MS);
    hear(story, rows(row({ amount: cents(-907) })));
    expect(sums(story)).toMatchObject({ settled: 907, refunded: 0 });
    expect(hear(story, looked(story, [bought()]))).toBe(0);
  });

  test('A sale of bought time is money back, for a bid by its procurement and for a block by its contract.', () => {
    const story = createStory();
    story.running(0);
    const sold = bought({
      orderId: 'o_s',
      side: 'sell',
      fromMs: START_MS + 30 * MINUTE_MS,
      cost: cents(100),
    });
    hear(story, looked(story, [sold, bought()]));
    expect(sums(story)).toEqual({ settled: 900, refunded: 100, spent: 800 });
    expect(hear(story, looked(story, [sold, bought()]))).toBe(0);
    const blocks = createStory();
    const endAtMs = START_MS + HOUR_MS;
    blocks.running(0, { endAtMs, procurementId: null }, { hold: 'reserved', endAtMs });
    const block = { procurementId: null, zone: 'hayesvalley' };
    hear(blocks, looked(blocks, [{ ...sold, ...block }, bought(block)]));
    expect(sums(blocks)).toEqual({ settled: 900, refunded: 100, spent: 800 });
  });
});
