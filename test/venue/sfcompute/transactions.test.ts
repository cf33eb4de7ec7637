// The account's transactions: read to the end, resumable, whole or not at all.
import { expect, test } from 'vitest';
import type { TransportAnswer, TransportRequest } from '../../../src/venue/sfcompute/transport.ts';
import { memoryBench, response } from './bench.ts';

const row = (number: number, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  cursor: `t_${number}`,
  transaction_time: 1_760_000_000 + number,
  amount_cents: -number,
  balance: 0,
  details: { type: 'buy_order', order_id: `o_${number}` },
  ...over,
});
const numbered = (count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, at) => row(at + 1));

/** A venue that gives pages of 100, oldest first, and breaks at page `breaksAt`. */
const account =
  (all: readonly Record<string, unknown>[], asked: URLSearchParams[] = [], breaksAt = Infinity) =>
  (request: TransportRequest): TransportAnswer => {
    const query = new URL(request.path, 'http://x').searchParams;
    asked.push(query);
    if (asked.length === breaksAt) return response(400, {});
    const cursor = query.get('starting_after_cursor');
    const from = cursor === null ? 0 : all.findIndex((one) => one['cursor'] === cursor) + 1;
    const data = all.slice(from, from + 100);
    return response(200, { data, has_more: from + data.length < all.length });
  };

const FROM_START = { afterMs: 1_760_000_000_000, from: null };

test('pages are read to the end, by cursor, from the instant that was asked for', async () => {
  const asked: URLSearchParams[] = [];
  const { venue } = memoryBench(account(numbered(250), asked));
  const read = await venue.transactions(FROM_START);
  expect(read.ok && [read.value.rows.length, read.value.next]).toEqual([250, null]);
  expect(read.ok && read.value.rows[0]).toEqual({
    cursor: 't_1',
    atMs: 1_760_000_001_000,
    category: 'buy_order',
    amount: -1,
    orderId: 'o_1',
  });
  expect(asked.map((query) => query.get('starting_after_cursor'))).toEqual([null, 't_100', 't_200']);
  expect(asked[0]?.get('after_time')).toBe('1760000000');
});

test('a reading that breaks off gives what it has and where to go on; nothing is lost and nothing is read twice', async () => {
  const all = numbered(250);
  const { venue } = memoryBench(account(all, [], 3));
  const first = await venue.transactions(FROM_START);
  if (!first.ok) throw new Error(first.message);
  expect([first.value.rows.length, first.value.next]).toEqual([200, 't_200']);
  const rest = await venue.transactions({ ...FROM_START, from: first.value.next });
  expect(rest.ok && [rest.value.rows.length, rest.value.next]).toEqual([50, null]);
});

test('rows in no order of time are believed only when all of them were read', async () => {
  const shuffled = numbered(250).reverse();
  const whole = await memoryBench(account(shuffled)).venue.transactions(FROM_START);
  expect(whole.ok && [whole.value.rows.length, whole.value.rows[0]?.cursor]).toEqual([250, 't_1']);
  const broken = await memoryBench(account(shuffled, [], 3)).venue.transactions(FROM_START);
  expect(broken.ok).toBe(false);
});

test('a type that is new to us is `other`; an amount or a time that cannot be read makes the answer unreadable', async () => {
  const fresh = await memoryBench(
    account([row(1, { details: { type: 'gift' } }), row(2, { details: null })]),
  ).venue.transactions(FROM_START);
  expect(fresh.ok && fresh.value.rows.map((one) => [one.category, one.orderId])).toEqual([
    ['other', null],
    ['other', null],
  ]);
  for (const broken of [{ amount_cents: 1.5 }, { transaction_time: null }, { cursor: '' }]) {
    const read = await memoryBench(account([row(1), row(2, broken)])).venue.transactions(FROM_START);
    expect(read).toMatchObject({ ok: false, code: 'garbled' });
  }
});

test('a venue that repeats its last page for ever is asked no further', async () => {
  const asked: URLSearchParams[] = [];
  const { venue } = memoryBench((request) => {
    asked.push(new URL(request.path, 'http://x').searchParams);
    return response(200, { data: numbered(3), has_more: true });
  });
  const read = await venue.transactions(FROM_START);
  expect(read.ok && read.value.rows.length).toBe(3);
  expect(asked).toHaveLength(2);
});
