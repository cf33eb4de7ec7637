import { describe, expect, it } from 'vitest';
import type { Fault, FaultRule } from '../../src/market/faults.ts';
import { hoursOn, openWorld, START, type World } from './world.ts';

const post = (fault: Fault, over: Partial<FaultRule> = {}): FaultRule => ({
  id: 'f',
  method: 'POST',
  path: '/v1/nodes',
  calls: [1],
  ...over,
  fault,
});

const struck = (fault: Fault, over: Partial<FaultRule> = {}): World => {
  const world = openWorld();
  world.market.addFaults([post(fault, over)]);
  return world;
};

const namesAlive = (world: World): readonly string[] =>
  world.call('GET', '/v1/nodes').body.data.map((node: { name: string }) => node.name);

describe('a fault that hides what became of a purchase', () => {
  it.each<[string, Fault, string, number]>([
    ['lost before the commit buys nothing', { kind: 'lost_before_commit' }, 'drop', 0],
    ['lost after the commit buys', { kind: 'lost_after_commit' }, 'drop', 1],
    ['a hang buys nothing', { kind: 'hang' }, 'hang', 0],
    ['a hang after the commit buys', { kind: 'hang', commit: true }, 'hang', 1],
    ['a 500 buys nothing', { kind: 'status', status: 500 }, 'response', 0],
    ['a 503 after the commit buys', { kind: 'status', status: 503, commit: true }, 'response', 1],
    ['a proxy page with 502 buys nothing', { kind: 'html', status: 502 }, 'response', 0],
    [
      'a proxy page with 200 after the commit buys',
      { kind: 'html', status: 200, commit: true },
      'response',
      1,
    ],
    ['a truncated answer buys', { kind: 'truncated', share: 0.5 }, 'response', 1],
    ['a slow drip buys', { kind: 'drip', bytes: 10, everyMs: 5 }, 'drip', 1],
  ])('%s', (_, fault, kind, bought) => {
    const world = struck(fault);
    expect(world.create(1000, { names: ['a'] }).answer.kind).toBe(kind);
    expect(world.market.records().bills).toHaveLength(bought);
    expect(world.market.records().requests).toMatchObject([
      { names: ['a'], limit: 1000, fault: 'f', answered: kind },
    ]);
    expect(world.create(1000, { names: ['b'] }).status).toBe(201);
  });

  it('a late commit drops now and buys minutes later, at the price of then', () => {
    const world = struck({ kind: 'late_commit', afterMs: 20 * 60_000 });
    expect(world.create(1000, { names: ['late'] }).answer.kind).toBe('drop');
    expect(namesAlive(world.at(19))).toEqual([]);
    expect(namesAlive(world.at(20))).toEqual(['late']);
    expect(world.market.records().bills).toMatchObject([{ atMs: START + 20 * 60_000, cost: 667 }]);
    expect(world.market.records().requests.map((row) => row.status)).toEqual([0, 201]);
  });

  it('a late commit of a name that was taken meanwhile buys nothing', () => {
    const world = struck({ kind: 'late_commit', afterMs: 60_000 });
    world.create(1000, { names: ['one'] });
    world.create(1000, { names: ['one'] });
    world.at(5);
    expect(world.market.records().bills).toHaveLength(1);
  });
});

describe('a fault that refuses', () => {
  it('answers 429 with and without Retry-After', () => {
    const world = struck({ kind: 'status', status: 429, retryAfterSeconds: 7 });
    expect(world.create(1000)).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    world.market.addFaults([post({ kind: 'status', status: 429 })]);
    expect(world.create(1000).headers).not.toHaveProperty('retry-after');
  });

  it.each([
    [401, 'authentication_error'],
    [402, 'payment_required'],
    [403, 'forbidden'],
    [500, 'api_error'],
    [503, 'service_unavailable'],
  ])('answers %i in the documented shape', (status, type) => {
    const world = struck({ kind: 'status', status });
    expect(world.create(1000)).toMatchObject({ status, body: { error: { type } } });
  });

  it('answers 403 on raising and on nothing else, by its pattern', () => {
    const world = openWorld();
    world.market.addFaults([
      { method: 'PATCH', bodyPattern: 'buy_limit', fault: { kind: 'status', status: 403 } },
    ]);
    const { procurement_id } = world.create(800).body.data[0];
    expect(world.raise(procurement_id, 1000).status).toBe(403);
    expect(world.call('PATCH', `/v0/procurements/${procurement_id}`, { desired_quantity: 0 }).status).toBe(
      200,
    );
  });
});

describe('a fault that garbles what is shown', () => {
  it('cuts the JSON', () => {
    const world = struck({ kind: 'truncated', share: 0.5 });
    expect(typeof world.create(1000).body).toBe('string');
  });

  it('shows a word for every status that nobody knows', () => {
    const world = openWorld();
    world.create(1000, { names: ['a'] });
    world.market.addFaults([{ path: '/v1/nodes', fault: { kind: 'unknown_status', word: 'hibernating' } }]);
    expect(world.node('a').body).toMatchObject({
      status: 'hibernating',
      current_vm: { status: 'hibernating' },
    });
  });

  it('writes numbers as texts', () => {
    const world = openWorld();
    world.create(1000, { names: ['a'] });
    world.market.addFaults([{ fault: { kind: 'numbers_as_strings' } }]);
    expect(world.node('a').body).toMatchObject({
      max_price_per_node_hour: '1000',
      end_at: String(hoursOn(1)),
    });
  });

  it('lists what was there some time ago, filters and single nodes too', () => {
    const world = openWorld();
    world.market.addFaults([
      { method: 'GET', path: '/v1/nodes', fault: { kind: 'stale_list', agoMs: 10 * 60_000 } },
    ]);
    world.create(1000, { names: ['old'] });
    world.at(5).create(1000, { names: ['new'] });
    expect(namesAlive(world.at(9))).toEqual([]);
    expect(namesAlive(world.at(10))).toEqual(['old']);
    expect(world.node('old').body.current_vm.status).toBe('Pending');
    expect(world.call('GET', '/v1/nodes?name=new').body.data).toEqual([]);
    expect(world.node('new').status).toBe(404);
    expect(namesAlive(world.at(15))).toEqual(['old', 'new']);
  });

  it('lists only a part, by seeded chance', () => {
    const world = openWorld();
    world.create(1000, { desired_count: 8 });
    world.market.addFaults([{ fault: { kind: 'partial_list', share: 0.5 } }]);
    const counts = Array.from({ length: 20 }, () => namesAlive(world).length);
    expect(Math.min(...counts)).toBeLessThan(8);
    expect(new Set(counts).size).toBeGreaterThan(1);
    world.market.removeFaults();
    expect(namesAlive(world)).toHaveLength(8);
  });
});

describe('a fault of the goods', () => {
  it('delivers another zone or GPU, and bills what was asked for', () => {
    const world = struck({ kind: 'wrong_goods', zone: 'elsewhere', gpu: 'h200' });
    expect(world.create(1000).body.data[0]).toMatchObject({ zone: 'elsewhere', gpu_type: 'H200' });
    expect(world.market.records().bills).toMatchObject([{ zone: 'hayesvalley', cost: 1000 }]);
  });

  it('delivers more nodes than asked', () => {
    expect(struck({ kind: 'extra_nodes', count: 2 }).create(1000).body.data).toHaveLength(3);
  });

  it('charges above the limit', () => {
    const world = struck({ kind: 'overpriced', byBasisPoints: 500 });
    world.create(1000);
    expect(world.market.records().bills).toMatchObject([{ limit: 1000, cost: 1050 }]);
  });

  it('lets a VM fail after it ran, or never boot', () => {
    const world = struck({ kind: 'vm_failure', afterMs: 10 * 60_000 });
    world.create(1000, { names: ['fails'] });
    world.market.addFaults([post({ kind: 'slow_boot', bootMs: null })]);
    world.create(1000, { names: ['boots'] });
    world.at(11);
    expect(world.node('fails').body.current_vm.status).toBe('Running');
    world.at(13);
    expect(world.node('fails').body).toMatchObject({
      status: 'running',
      current_vm: { status: 'NodeFailure' },
    });
    expect(world.node('boots').body.current_vm.status).toBe('Pending');
    expect(world.market.records().nodes[0]?.running).toEqual([
      { fromMs: START + 2 * 60_000, toMs: START + 12 * 60_000 },
    ]);
  });

  it('spoils quotes: absent or absurd', () => {
    const world = openWorld();
    world.market.addFaults([{ path: '/v0/quote', calls: [1], fault: { kind: 'no_quote' } }]);
    world.market.addFaults([{ path: '/v0/quote', calls: [2], fault: { kind: 'absurd_quote', factor: 100 } }]);
    const price = () =>
      world.call('GET', '/v0/quote?side=buy&quantity=1&instance_type=h100i&duration=3600').body.quote?.price;
    expect([price(), price(), price()]).toEqual([undefined, 100_000, 1000]);
  });
});

describe('without anybody asking', () => {
  it.each(['terminated', 'failed'] as const)('a node is %s in the middle of its paid time', (as) => {
    const world = openWorld();
    world.create(1000, { names: ['lost'] });
    world.at(30).market.happen({ kind: 'end_node', node: 'lost', as });
    expect(world.node('lost').body).toMatchObject({ status: as, current_vm: null });
    world.at(70);
    expect(world.market.records().bills).toHaveLength(1);
  });

  it('a node is evicted and fills again at the next step', () => {
    const world = openWorld();
    world.create(1000, { names: ['evicted'] });
    world.at(31).market.happen({ kind: 'end_node', node: 'evicted', as: 'awaitingcapacity' });
    expect(world.node('evicted').body.status).toBe('awaitingcapacity');
    expect(world.at(35).node('evicted').body.status).toBe('running');
  });

  it('a node vanishes from sight, lives on and is billed', () => {
    const world = openWorld();
    world.create(1000, { names: ['hidden'] });
    world.market.happen({ kind: 'hide_node', node: 'hidden', forMs: 70 * 60_000 });
    expect([namesAlive(world), world.node('hidden').status]).toEqual([[], 404]);
    world.at(71);
    expect(world.node('hidden').body.status).toBe('running');
    expect(world.market.records().bills).toHaveLength(2);
  });

  it('chance picks a living node when none is named, and nothing happens when none does', () => {
    const world = openWorld();
    expect(world.market.happen({ kind: 'fail_vm', node: null })).toBe(false);
    world.create(1000, { names: ['only'] });
    expect(world.market.happen({ kind: 'fail_vm', node: null })).toBe(true);
    expect(world.node('only').body.current_vm.status).toBe('NodeFailure');
  });

  it('an event happens at the planned instant', () => {
    const world = openWorld();
    world.create(1000, { names: ['a'] });
    world.market.plan(START + 10 * 60_000, { kind: 'set_ask', zone: 'hayesvalley', ask: 3000 });
    world.market.plan(START + 70 * 60_000, { kind: 'set_ask', zone: 'hayesvalley', ask: 'source' });
    world.at(61);
    expect(world.node('a').body.status).toBe('terminated');
    world.at(75);
    expect(world.market.ask('hayesvalley')).toBe(1000);
    expect(world.market.records().asks['hayesvalley']?.map((point) => point.ask)).toEqual([1000, 3000, 1000]);
  });

  it('money is given and taken', () => {
    const world = openWorld();
    world.market.happen({ kind: 'move_balance', cents: -999_000 });
    expect(world.create(1008).status).toBe(402);
    expect(world.call('GET', '/v1/transactions').body.data[0]).toMatchObject({
      amount_cents: -999_000,
      balance: 1000,
    });
  });
});

describe('a rule', () => {
  it('strikes within its time, so many times, on the calls it names, by its chance', () => {
    const world = openWorld();
    const health = () => world.call('GET', '/v1/_healthz').status;
    world.market.addFaults([
      {
        id: 'time',
        fromMs: START + 60_000,
        untilMs: START + 120_000,
        times: 2,
        fault: { kind: 'status', status: 500 },
      },
    ]);
    expect(health()).toBe(200);
    world.at(1);
    expect([health(), health(), health()]).toEqual([500, 500, 200]);
    expect(world.at(2) && health()).toBe(200);
    world.market.removeFaults(['time']);
    world.market.addFaults([{ id: 'calls', calls: [2, 4], fault: { kind: 'status', status: 500 } }]);
    expect([health(), health(), health(), health()]).toEqual([200, 500, 200, 500]);
    expect(world.market.faults()).toMatchObject([{ id: 'calls', seen: 4, struck: 2 }]);
    world.market.removeFaults();
    world.market.addFaults([{ probability: 0.3, fault: { kind: 'status', status: 500 } }]);
    const hits = Array.from({ length: 400 }, health).filter((status) => status === 500).length;
    expect(hits).toBeGreaterThan(80);
    expect(hits).toBeLessThan(160);
  });

  it('is not moved by a rule that is added', () => {
    const play = (extra: boolean): readonly number[] => {
      const world = openWorld();
      world.market.addFaults([{ id: 'mine', probability: 0.5, fault: { kind: 'status', status: 500 } }]);
      if (extra)
        world.market.addFaults([{ id: 'other', probability: 0.5, fault: { kind: 'delay', byMs: 0 } }]);
      return Array.from({ length: 50 }, () => world.call('GET', '/v1/_healthz').status);
    };
    expect(play(true)).toEqual(play(false));
  });
});
