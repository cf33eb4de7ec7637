import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/domain/time.ts';
import { hoursOn, openWorld, path, START, type World } from './world.ts';

const statuses = (world: World): readonly string[] =>
  world.call('GET', '/v1/nodes').body.data.map((node: { status: string }) => node.status);

const bought = (world: World): readonly (readonly [string, string])[] =>
  world.market.records().bills.map((bill) => [bill.nodeName, bill.why] as const);

describe('a step of the market', () => {
  it('moves the ask before it hits standing bids', () => {
    const world = openWorld({ ask: path([0, 1200], [5, 1000]) });
    world.create(1000, { names: ['stands'] });
    expect(statuses(world)).toEqual(['pending']);
    world.at(5);
    expect(bought(world)).toEqual([['stands', 'hit']]);
  });

  it('hits the highest limit first, and of equal limits the oldest, while capacity lasts', () => {
    const world = openWorld({ ask: path([0, 2000], [5, 1000]) });
    world.market.happen({ kind: 'set_capacity', zone: 'hayesvalley', nodes: 3 });
    for (const [name, limit] of [
      ['low', 1000],
      ['older', 1200],
      ['younger', 1200],
      ['high', 1400],
    ] as const) {
      world.create(limit, { names: [name] });
    }
    world.at(5);
    expect(bought(world).map(([name]) => name)).toEqual(['high', 'older', 'younger']);
  });

  it('lets requests of an instant come after its ask and hits, and before its renewals and ends', () => {
    const world = openWorld({ ask: path([0, 1000], [60, 1100]) });
    const { procurement_id } = world.create(1000, { names: ['held'] }).body.data[0];
    world.at(60);
    expect(world.market.ask('hayesvalley')).toBe(1100);
    expect(world.node('held').body).toMatchObject({ status: 'running', end_at: hoursOn(1) });
    world.raise(procurement_id, 1104);
    world.at(60.1);
    expect(world.node('held').body).toMatchObject({ status: 'running', end_at: hoursOn(2) });
    expect(world.market.records().bills.at(-1)).toMatchObject({ why: 'renewal', cost: 1100 });
  });

  it('fills a raise that crosses at once, as a crossing bid', () => {
    const world = openWorld({ ask: path([0, 1200]), paymentRule: 'maker' });
    const { procurement_id } = world.create(1000, { names: ['raised'] }).body.data[0];
    world.at(7).raise(procurement_id, 1304);
    expect(world.node('raised').body).toMatchObject({ status: 'running', max_price_per_node_hour: 1304 });
    expect(world.market.records().bills).toMatchObject([{ why: 'cross', cost: Math.ceil((1200 * 53) / 60) }]);
  });

  it('keeps the places of nodes that may renew from bids that wait', () => {
    const world = openWorld({ ask: path([0, 1000]) });
    world.market.happen({ kind: 'set_capacity', zone: 'hayesvalley', nodes: 1 });
    world.create(1000, { names: ['held'] });
    world.create(2000, { names: ['waits'] });
    world.at(61);
    expect(world.node('held').body.status).toBe('running');
    expect(world.node('waits').body.status).toBe('pending');
  });

  it('gives the place of a node that will not renew to a waiting bid, from the hour on which it is free', () => {
    const world = openWorld({ ask: path([0, 1000]) });
    world.market.happen({ kind: 'set_capacity', zone: 'hayesvalley', nodes: 1 });
    world.create(1000, { names: ['held'] });
    world.create(1000, { names: ['waits'] });
    world.call('PATCH', '/v1/nodes/held/release', {});
    world.at(59);
    expect(statuses(world)).toEqual(['released', 'pending']);
    world.at(61);
    expect(statuses(world)).toEqual(['terminated', 'running']);
  });

  it('renews by limit, then age, when a reservation has taken the room', () => {
    const world = openWorld({ ask: path([0, 1000]) });
    world.market.happen({ kind: 'set_capacity', zone: 'hayesvalley', nodes: 2 });
    world.create(1000, { names: ['weaker'] });
    world.create(1200, { names: ['stronger'] });
    world.create(1000, { names: ['block'], start_at: hoursOn(1), end_at: hoursOn(2) });
    world.at(61);
    expect(world.node('stronger').body.status).toBe('running');
    expect(world.node('weaker').body.status).toBe('terminated');
    expect(world.node('block').body.status).toBe('running');
  });

  it('fills nothing while nothing is for sale, and then what still stands', () => {
    const world = openWorld({ ask: path([0, null], [10, 900]) });
    world.create(1000, { names: ['waits'] });
    expect(world.call('GET', '/v0/zones/hayesvalley').body.available_capacity).toEqual([]);
    world.at(9);
    expect(statuses(world)).toEqual(['pending']);
    world.at(10);
    expect(statuses(world)).toEqual(['running']);
  });
});

describe('an eviction', () => {
  const outbid = path([0, 1000], [60, 1200], [90, 1000]);

  it('ends the node with its bought time when the setting says end', () => {
    const world = openWorld({ eviction: 'end', ask: outbid });
    const { procurement_id } = world.create(1000, { names: ['held'] }).body.data[0];
    world.at(61);
    expect(world.node('held').body).toMatchObject({
      status: 'terminated',
      end_at: hoursOn(1),
      current_vm: null,
    });
    expect(world.call('GET', `/v0/procurements/${procurement_id}`).body.desired_quantity).toBe(0);
    world.at(120);
    expect(bought(world)).toHaveLength(1);
  });

  it('lets the node wait again when the setting says awaitingcapacity, and fills it when the ask is back', () => {
    const world = openWorld({ eviction: 'awaitingcapacity', ask: outbid });
    world.create(1000, { names: ['held'] });
    world.at(61);
    expect(world.node('held').body).toMatchObject({
      status: 'awaitingcapacity',
      end_at: null,
      current_vm: null,
    });
    world.at(90);
    expect(world.node('held').body).toMatchObject({ status: 'running', end_at: hoursOn(2) });
    expect(bought(world)).toEqual([
      ['held', 'cross'],
      ['held', 'hit'],
    ]);
    const [record] = world.at(95).market.records().nodes;
    expect(record?.running).toEqual([
      { fromMs: START + 2 * 60_000, toMs: START + HOUR_MS },
      { fromMs: START + 92 * 60_000, toMs: null },
    ]);
  });
});

describe('the horizon', () => {
  it('of 0 buys the next hour when the bought time ends', () => {
    const world = openWorld({ horizonMs: 0 });
    world.create(1000, { names: ['held'] });
    world.at(59.9);
    expect(world.node('held').body.end_at).toBe(hoursOn(1));
    world.at(60.1);
    expect(world.node('held').body.end_at).toBe(hoursOn(2));
  });

  it('of 60 minutes has at least an hour bought ahead at every instant', () => {
    const world = openWorld({ horizonMs: HOUR_MS });
    world.at(20).create(1000, { names: ['held'] });
    for (let minutes = 20; minutes < 300; minutes += 7.5) {
      const { end_at } = world.at(minutes).node('held').body;
      expect(end_at * 1000 - world.market.now()).toBeGreaterThanOrEqual(HOUR_MS);
      expect(end_at * 1000 - world.market.now()).toBeLessThanOrEqual(2 * HOUR_MS);
    }
  });

  it('of 60 minutes ends a node an hour after it was outbid at its edge', () => {
    const world = openWorld({ horizonMs: HOUR_MS, ask: path([0, 1000], [60, 1200], [65, 1000]) });
    world.create(1000, { names: ['held'] });
    world.at(119);
    expect(world.node('held').body).toMatchObject({ status: 'running', end_at: hoursOn(2) });
    world.at(121);
    expect(world.node('held').body.status).toBe('terminated');
  });

  it('of 60 minutes lets a raise win back the hour that was lost', () => {
    const world = openWorld({ horizonMs: HOUR_MS, ask: path([0, 1000], [60, 1200]) });
    const { procurement_id } = world.at(30).create(1000, { names: ['held'] }).body.data[0];
    world.at(70);
    expect(world.node('held').body.end_at).toBe(hoursOn(2));
    world.raise(procurement_id, 1200);
    expect(world.node('held').body.end_at).toBe(hoursOn(3));
    world.at(121);
    expect(world.node('held').body).toMatchObject({ status: 'running', end_at: hoursOn(4) });
  });

  it('can be changed on a procurement', () => {
    const world = openWorld({ horizonMs: 0 });
    const { procurement_id } = world.create(1000, { names: ['held'] }).body.data[0];
    world.call('PATCH', `/v0/procurements/${procurement_id}`, { horizon: 60 });
    world.at(1);
    expect(world.node('held').body.end_at).toBe(hoursOn(2));
  });
});

describe('time', () => {
  it('gives the same market whether it passes in one go or in many', () => {
    const play = (gaps: number): string => {
      const world = openWorld({
        eviction: 'awaitingcapacity',
        ask: { kind: 'synthetic', mean: 1000, volatility: 2000, low: 200, high: 5000 } as never,
      });
      world.create(1200, { desired_count: 6 });
      for (let minutes = 0; minutes <= 3000; minutes += gaps) world.at(minutes);
      return JSON.stringify(world.at(3001).market.records());
    };
    expect(play(1)).toBe(play(3000));
    expect(play(37)).toBe(play(3000));
  });

  it('never goes back, whatever the caller says', () => {
    const world = openWorld();
    world.at(30);
    world.market.advanceTo(0);
    expect(world.market.now()).toBe(START + HOUR_MS / 2);
  });
});
