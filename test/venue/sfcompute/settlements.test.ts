// What was really paid: every order of every contract of ours, once, and no sum with a hole in it.
import { describe, expect, test } from 'vitest';
import type { TransportAnswer, TransportRequest } from '../../../src/venue/sfcompute/transport.ts';
import { memoryBench, response, wireError } from './bench.ts';

const at = (hour: number): string => new Date(Date.UTC(2026, 10, 23, hour)).toISOString();
const ms = (hour: number): number => Date.UTC(2026, 10, 23, hour);

const contract = (id: string, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  object: 'contract',
  id,
  status: 'active',
  instance_type: 'h100v',
  procurement_id: 'proc_1',
  zone: 'hayesvalley',
  shape: { intervals: [at(13), at(15)], quantities: [1] },
  ...over,
});

const order = (id: string, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  object: 'order',
  id,
  side: 'buy',
  status: 'filled',
  quantity: 1,
  start_at: at(14),
  end_at: at(15),
  price: 2000,
  execution_price: 1600,
  executed: true,
  cancelled: false,
  ...over,
});

type Orders = Readonly<Record<string, readonly unknown[]>>;

const market =
  (contracts: readonly unknown[], orders: Orders) =>
  (request: TransportRequest): TransportAnswer => {
    const url = new URL(request.path, 'http://x');
    if (url.pathname === '/v0/contracts') return response(200, { data: contracts });
    const all = orders[url.searchParams.get('contract_id') ?? ''] ?? [];
    const offset = Number(url.searchParams.get('offset'));
    const count = Number(url.searchParams.get('limit'));
    const data = all.slice(offset, offset + count);
    return response(200, { data, has_more: offset + data.length < all.length });
  };

const OURS = { procurementIds: ['proc_1'], sales: false, sinceMs: 0, reserved: [] };

test('an executed buy order is settled at its execution price, with what tells whose it is', async () => {
  const { venue } = memoryBench(market([contract('c_1')], { c_1: [order('o_1')] }));
  expect(await venue.settlements(OURS)).toEqual({
    ok: true,
    value: [
      {
        orderId: 'o_1',
        side: 'buy',
        contractId: 'c_1',
        procurementId: 'proc_1',
        zone: 'hayesvalley',
        nodes: 1,
        fromMs: ms(14),
        toMs: ms(15),
        cost: 1600,
      },
    ],
  });
});

test('orders not carried out and orders whose price is not down yet are no cost; a sale says that it is one', async () => {
  const orders = [
    order('sold', { side: 'sell' }),
    order('open', { executed: false }),
    order('unpriced', { execution_price: null }),
    order('paid'),
  ];
  const { venue } = memoryBench(market([contract('c_1')], { c_1: orders }));
  const read = await venue.settlements(OURS);
  expect(read.ok && read.value.map((one) => [one.orderId, one.side])).toEqual([
    ['sold', 'sell'],
    ['paid', 'buy'],
  ]);
});

test('contracts of strangers are not even asked about', async () => {
  const contracts = [
    contract('c_1', { procurement_id: 'proc_2' }),
    contract('c_2', { procurement_id: null }),
  ];
  const { venue, requests } = memoryBench(market(contracts, { c_1: [order('o')], c_2: [order('o')] }));
  expect(await venue.settlements(OURS)).toEqual({ ok: true, value: [] });
  expect(requests).toHaveLength(1);
});

test('every page is read to the end, and an order that moved between pages counts once', async () => {
  const orders = Array.from({ length: 250 }, (_, index) => order(`o_${index === 200 ? 199 : index}`));
  for (const says of [true, false]) {
    const serve = market([contract('c_1')], { c_1: orders });
    const { venue, requests } = memoryBench((request) => {
      const answer = serve(request);
      if (says || answer.kind !== 'response') return answer;
      return { ...answer, body: answer.body.replace(/,"has_more":\w+/, '') };
    });
    const read = await venue.settlements(OURS);
    expect(read.ok && read.value).toHaveLength(249);
    expect(requests).toHaveLength(4);
  }
});

describe('a reserved node, which has no procurement', () => {
  const reserved = [{ zone: 'hayesvalley', fromMs: ms(14), toMs: ms(15) }];
  const asked = { procurementIds: [], sales: false, sinceMs: 0, reserved };
  const ids = async (contracts: readonly unknown[], orders: Orders) => {
    const read = await memoryBench(market(contracts, orders)).venue.settlements(asked);
    return read.ok ? read.value.map((one) => one.orderId) : read.code;
  };

  test('is settled by contracts of its zone that overlap its time', async () => {
    const free = { procurement_id: null };
    const contracts = [
      contract('here', free),
      contract('there', { ...free, zone: 'richmond' }),
      contract('later', { ...free, shape: { intervals: [at(15), at(16)], quantities: [1] } }),
      contract('bought', {}),
    ];
    const orders = { here: [order('h')], there: [order('t')], later: [order('l')], bought: [order('b')] };
    expect(await ids(contracts, orders)).toEqual(['h']);
  });

  test('is settled by an order in its zone when the contract names none', async () => {
    const contracts = [contract('c', { procurement_id: null, zone: null, shape: null })];
    const orders = {
      c: [order('here', { cluster: 'hayesvalley' }), order('there', { cluster: 'richmond' })],
    };
    expect(await ids(contracts, orders)).toEqual(['here']);
  });

  test('is not settled by an order of another hour in the same contract', async () => {
    const contracts = [contract('c', { procurement_id: null })];
    const orders = { c: [order('before', { start_at: at(13), end_at: at(14) }), order('mine')] };
    expect(await ids(contracts, orders)).toEqual(['mine']);
  });
});

describe('a sum with a hole in it is no sum: the reading fails', () => {
  test.each([
    ['an unreadable price', { execution_price: 1600.5 }],
    ['a negative price', { execution_price: -1 }],
    ['an unreadable time', { start_at: 'yesterday' }],
    ['no side', { side: null }],
  ])('with %s', async (_name, over) => {
    const { venue } = memoryBench(market([contract('c_1')], { c_1: [order('o_1'), order('o_2', over)] }));
    expect(await venue.settlements(OURS)).toMatchObject({ ok: false, code: 'garbled' });
  });

  test('when one contract of many cannot be read or answered', async () => {
    const contracts = Array.from({ length: 30 }, (_, index) => contract(`c_${index}`));
    const serve = market(contracts, {});
    const { venue } = memoryBench((request) =>
      request.path.includes('c_17&') ? response(403, wireError('forbidden', 'x')) : serve(request),
    );
    expect(await venue.settlements(OURS)).toMatchObject({ ok: false, code: 'forbidden' });
    const bad = memoryBench(market([contract('c_1'), { id: null }], {})).venue;
    expect(await bad.settlements(OURS)).toMatchObject({ ok: false, code: 'garbled' });
  });

  test('when the pages never end: the calls of one reading are bounded', async () => {
    const { venue, requests } = memoryBench((request) =>
      request.path.startsWith('/v0/contracts')
        ? response(200, { data: [contract('c_1')] })
        : response(200, { data: [order('o_1')], has_more: true }),
    );
    expect(await venue.settlements(OURS)).toMatchObject({ ok: false, code: 'too_large' });
    expect(requests).toHaveLength(2000);
  });
});

test('a contract whose prices are down is read once; a missing price, or a sale that is sought, has it read again', async () => {
  const contracts = [
    contract('done', { shape: { intervals: [at(9), at(10)], quantities: [1] } }),
    contract('priced'),
    contract('open'),
  ];
  const { venue, requests } = memoryBench(
    market(contracts, {
      done: [order('d', { start_at: at(9), end_at: at(10) })],
      priced: [order('p')],
      open: [order('o'), order('later', { execution_price: null })],
    }),
  );
  const times = (id: string): number => requests.filter((request) => request.path.includes(`=${id}&`)).length;
  const first = await venue.settlements(OURS);
  expect(await venue.settlements(OURS)).toEqual(first);
  expect(['done', 'priced', 'open'].map(times)).toEqual([1, 1, 2]);
  expect(await venue.settlements({ ...OURS, sales: true })).toEqual(first);
  expect(['done', 'priced', 'open'].map(times)).toEqual([1, 2, 3]);
});
