import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cents } from '../../src/domain/money.ts';
import type { PaymentRule } from '../../src/domain/simulated-market.ts';
import { HOUR_MS } from '../../src/domain/time.ts';
import { openWorld, path, type World } from './world.ts';

const costs = (world: World): readonly number[] => world.market.records().bills.map((bill) => bill.cost);

describe('what a purchase pays', () => {
  it.each([
    ['clear', [1000, 800]],
    ['maker', [1000, 1200]],
    ['bid', [1200, 1200]],
  ] as const)(
    'under %s a crossing bid and then a standing one that is hit pay %j',
    (paymentRule, expected) => {
      const world = openWorld({ paymentRule, ask: path([0, 1000], [10, 1600], [55, 800]) });
      world.create(1200, { names: ['crosses'] });
      world.at(12).create(1200, { names: ['stands'] });
      world.at(56);
      expect(costs(world)).toEqual([expected[0], Math.ceil(expected[1] / 12)]);
    },
  );

  it.each([
    ['clear', 1000],
    ['maker', 1000],
    ['bid', 1200],
  ] as const)('under %s a renewal pays %i, as a crossing bid does', (paymentRule, price) => {
    const world = openWorld({ paymentRule });
    world.create(1200);
    world.at(61);
    expect(costs(world)).toEqual([price, price]);
  });

  it('pays for part of an hour by the second, rounded up to a cent', () => {
    const world = openWorld({ ask: path([0, 1001]) });
    world.at(40.5).create(1008);
    expect(costs(world)).toEqual([Math.ceil((1001 * 19.5 * 60) / 3600)]);
  });

  it('shows each bought block as one contract, one filled order and one transaction of the same cents', () => {
    const world = openWorld();
    const { procurement_id } = world.create(1000).body.data[0];
    world.at(61);
    const contracts = world.call('GET', '/v0/contracts?include_nodes=true&include_procurements=true').body
      .data;
    expect(contracts.map((row: { procurement_id: string }) => row.procurement_id)).toEqual([
      procurement_id,
      procurement_id,
    ]);
    const orders = contracts.flatMap(
      (row: { id: string }) =>
        world.call('GET', `/v0/orders?contract_id=${row.id}&only_filled=true`).body.data,
    );
    expect(orders).toMatchObject([
      { execution_price: 1000, start_at: '2026-11-23T15:00:00.000Z', end_at: '2026-11-23T16:00:00.000Z' },
      { execution_price: 1000, start_at: '2026-11-23T14:00:00.000Z', end_at: '2026-11-23T15:00:00.000Z' },
    ]);
    const transactions = world.call('GET', '/v1/transactions?transaction_type=buy_order').body.data;
    expect(transactions.map((row: { details: { order_id: string } }) => row.details.order_id)).toEqual(
      orders.map((order: { id: string }) => order.id),
    );
    expect(transactions.map((row: { amount_cents: number }) => row.amount_cents)).toEqual([-1000, -1000]);
  });

  it('charges a reserved block its premium, exact over its hours and rounded up once', () => {
    const world = openWorld({ reservedPremium: 1234, ask: path([0, 1001]) });
    world.at(30).create(9999, { end_at: hours(3) });
    expect(costs(world)).toEqual([Math.ceil((1001 * 2.5 * 11_234) / 10_000)]);
  });

  it('makes each further node dearer when the settings give a depth', () => {
    const world = openWorld({ depthCentsPerNode: 10, ask: path([0, 1000]) });
    world.create(1016, { desired_count: 3 });
    expect(costs(world)).toEqual([1000, 1010]);
    expect(world.call('GET', '/v1/nodes').body.data.map((node: { status: string }) => node.status)).toEqual([
      'running',
      'running',
      'pending',
    ]);
  });

  it('does not renew what the balance cannot pay, and says so on the procurement', () => {
    const world = openWorld({ balance: 1500 as Cents });
    const { procurement_id, name } = world.create(1000).body.data[0];
    world.at(61);
    expect(world.node(name).body.status).toBe('terminated');
    expect(world.call('GET', `/v0/procurements/${procurement_id}`).body.last_message).toBe(
      'insufficient_balance',
    );
    expect(world.market.balance()).toBe(500);
  });

  it('pages through transactions by cursor in both directions', () => {
    const world = openWorld();
    world.create(1000, { desired_count: 5 });
    const page = (query: string) => world.call('GET', `/v1/transactions?limit=2${query}`).body;
    const cursors = (body: { data: { cursor: string }[] }) => body.data.map((row) => row.cursor);
    const first = page('');
    const second = page(`&starting_after_cursor=${cursors(first)[1]}`);
    const third = page(`&starting_after_cursor=${cursors(second)[1]}`);
    expect(new Set([...cursors(first), ...cursors(second), ...cursors(third)]).size).toBe(6);
    expect([first.has_more, second.has_more, third.has_more]).toEqual([true, true, false]);
    expect(cursors(page(`&ending_before_cursor=${cursors(second)[0]}`))).toEqual(cursors(first));
    expect(cursors(page('&sort=asc'))).toEqual([...cursors(third)].reverse());
  });
});

const hours = (count: number): number => 1_795_442_400 + count * 3600;

/** One thing a customer may do, `minutes` after the one before. */
const deed = fc.record({
  minutes: fc.integer({ min: 0, max: 50 }),
  act: fc.constantFrom('create', 'reserve', 'extend', 'raise', 'release', 'delete', 'quantity'),
  price: fc.integer({ min: 8, max: 2500 }),
  count: fc.integer({ min: 1, max: 3 }),
  pick: fc.nat(),
});
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

const perform = (world: World, { act, price, count, pick }: Deed): void => {
  const nodes = world.call('GET', '/v1/nodes').body.data as { id: string; procurement_id: string | null }[];
  const node = nodes[pick % Math.max(1, nodes.length)];
  if (act === 'create') world.create(price, { desired_count: count });
  if (act === 'reserve')
    world.create(price, { end_at: Math.floor(world.market.now() / HOUR_MS + 1 + count) * 3600 });
  if (node === undefined) return;
  const body = { max_price_per_node_hour: price, duration_seconds: 3600 * count };
  if (act === 'extend') world.call('PATCH', `/v1/nodes/${node.id}/extend`, body);
  if (act === 'release') world.call('PATCH', `/v1/nodes/${node.id}/release`, {});
  if (act === 'delete') world.call('DELETE', `/v1/nodes/${node.id}`);
  if (node.procurement_id === null) return;
  if (act === 'raise') world.raise(node.procurement_id, price - (price % 8));
  if (act === 'quantity')
    world.call('PATCH', `/v0/procurements/${node.procurement_id}`, { desired_quantity: count });
};

/** Plays deeds on a small market with a wild ask; checks on the way what must hold at every instant. */
const play = (deeds: readonly Deed[], rule: PaymentRule, horizonMs: number, seed: number): World => {
  const world = openWorld({
    seed,
    paymentRule: rule,
    horizonMs,
    eviction: seed % 2 === 0 ? 'end' : 'awaitingcapacity',
    reservedPremium: 500,
    depthCentsPerNode: seed % 3,
    balance: 60_000 as Cents,
    zones: [
      {
        name: 'hayesvalley',
        region: 'NorthAmerica',
        gpu: 'h100',
        instanceType: 'h100i',
        capacityNodes: 4,
        ask: { kind: 'synthetic', mean: 1000, volatility: 3000, low: 100, high: 4000 } as never,
      },
    ],
  });
  let minutes = 0;
  for (const one of deeds) {
    minutes += one.minutes;
    world.at(minutes);
    perform(world, one);
    expect(world.market.balance()).toBeGreaterThanOrEqual(0);
  }
  return world.at(minutes + 130);
};

describe('the books of the market', () => {
  const runs = fc.tuple(
    fc.array(deed, { minLength: 1, maxLength: 40 }),
    fc.constantFrom<PaymentRule>('clear', 'maker', 'bid'),
    fc.constantFrom(0, HOUR_MS),
    fc.integer({ min: 0, max: 1_000_000 }),
  );

  it('agree to the cent: orders, transactions and the balance, whatever a customer does', () => {
    fc.assert(
      fc.property(runs, ([deeds, rule, horizonMs, seed]) => {
        const world = play(deeds, rule, horizonMs, seed);
        const { bills, balance } = world.market.records();
        const spent = bills.reduce((sum, bill) => sum + bill.cost, 0);
        expect(balance).toBe(60_000 - spent);
        let sum = 0;
        let offset = 0;
        for (;;) {
          const page = world.call('GET', `/v0/orders?limit=100&offset=${offset}`).body;
          for (const order of page.data) sum += order.execution_price;
          offset += 100;
          if (!page.has_more) break;
        }
        expect(sum).toBe(spent);
        const newest = world.call('GET', '/v1/transactions?limit=1').body.data[0];
        expect(newest.balance).toBe(balance);
      }),
      { numRuns: 150 },
    );
  });

  it('never sell more nodes of an hour than the zone has', () => {
    fc.assert(
      fc.property(runs, ([deeds, rule, horizonMs, seed]) => {
        const sold = new Map<number, number>();
        for (const bill of play(deeds, rule, horizonMs, seed).market.records().bills) {
          for (let hour = Math.floor(bill.fromMs / HOUR_MS); hour * HOUR_MS < bill.toMs; hour += 1) {
            sold.set(hour, (sold.get(hour) ?? 0) + 1);
          }
        }
        expect(Math.max(0, ...sold.values())).toBeLessThanOrEqual(4);
      }),
      { numRuns: 100 },
    );
  });

  it('never charge above the limit in force, nor twice for one second of a node', () => {
    fc.assert(
      fc.property(runs, ([deeds, rule, horizonMs, seed]) => {
        const { bills, nodes } = play(deeds, rule, horizonMs, seed).market.records();
        for (const bill of bills) {
          const most = Math.ceil((bill.limit * (bill.toMs - bill.fromMs)) / HOUR_MS);
          expect(bill.cost).toBeLessThanOrEqual(most);
        }
        for (const node of nodes) {
          const spans = [...node.paid].sort((a, b) => a.fromMs - b.fromMs);
          spans.forEach((span, index) => {
            expect(span.fromMs).toBeGreaterThanOrEqual(spans[index - 1]?.toMs ?? 0);
          });
          for (const run of node.running) {
            // A VM that came up in the very instant in which its bought time ended never ran.
            if (run.toMs === run.fromMs) continue;
            const paid = spans.some((span) => span.fromMs <= run.fromMs && run.fromMs < (span.toMs ?? 0));
            expect(paid).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
