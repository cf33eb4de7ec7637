import { describe, expect, it } from 'vitest';
import type { Cents } from '../../src/domain/money.ts';
import { hoursOn, openWorld, path } from './world.ts';

const valid = { desired_count: 1, max_price_per_node_hour: 1000, zone: 'hayesvalley' };

describe('a create is refused whole, with the documented error', () => {
  it.each([
    ['no count', { ...valid, desired_count: undefined }, 'desired_count'],
    ['a count of 0', { ...valid, desired_count: 0 }, 'desired_count'],
    ['a count in a text', { ...valid, desired_count: '1' }, 'desired_count'],
    ['no price', { ...valid, max_price_per_node_hour: undefined }, 'max_price_per_node_hour'],
    [
      'a price with a fraction of a cent',
      { ...valid, max_price_per_node_hour: 10.5 },
      'max_price_per_node_hour',
    ],
    ['a price in a text', { ...valid, max_price_per_node_hour: '1000' }, 'max_price_per_node_hour'],
    [
      'a price under a cent per GPU-hour',
      { ...valid, max_price_per_node_hour: 7 },
      'max_price_per_node_hour',
    ],
    ['a negative price', { ...valid, max_price_per_node_hour: -8 }, 'max_price_per_node_hour'],
    ['no zone for an autoreserved node', { ...valid, zone: undefined }, 'zone'],
    ['a zone that is not there', { ...valid, zone: 'nowhere' }, 'zone'],
    ['a start for an autoreserved node', { ...valid, start_at: hoursOn(1) }, 'start_at'],
    ['an end beside autoreserved', { ...valid, node_type: 'autoreserved', end_at: hoursOn(2) }, 'end_at'],
    ['no end beside reserved', { ...valid, node_type: 'reserved' }, 'end_at'],
    ['an end that is not on the hour', { ...valid, end_at: hoursOn(2) + 1 }, 'end_at'],
    [
      'an end in milliseconds, which is not on the hour of seconds',
      { ...valid, end_at: hoursOn(2) * 1000 + 1 },
      'end_at',
    ],
    ['times in milliseconds', { ...valid, start_at: hoursOn(1) * 1000, end_at: hoursOn(2) * 1000 }, 'end_at'],
    ['an end that is past', { ...valid, end_at: hoursOn(-1) }, 'end_at'],
    ['a start that is past', { ...valid, start_at: hoursOn(-1), end_at: hoursOn(2) }, 'start_at'],
    ['an end before the start', { ...valid, start_at: hoursOn(3), end_at: hoursOn(2) }, 'end_at'],
    ['a node type that is not known', { ...valid, node_type: 'spot' }, 'node_type'],
    ['a name that begins with vm_', { ...valid, names: ['vm_a'] }, 'names'],
    ['a name that begins with n_', { ...valid, names: ['n_a'] }, 'names'],
    ['a name that is a number', { ...valid, names: ['123'] }, 'names'],
    ['an empty name', { ...valid, names: [''] }, 'names'],
    ['a name of 129 characters', { ...valid, names: ['a'.repeat(129)] }, 'names'],
    ['more names than nodes', { ...valid, names: ['a', 'b'] }, 'names'],
    ['one name twice', { ...valid, desired_count: 2, names: ['a', 'a'] }, 'names'],
    [
      'cloud-init that is not base64',
      { ...valid, cloud_init_user_data: '#!/bin/sh' },
      'cloud_init_user_data',
    ],
    ['a port flag that is no flag', { ...valid, forward_443: 'yes' }, 'forward_443'],
    ['a field that is not known', { ...valid, desired_quantity: 2 }, 'desired_quantity'],
  ])('%s', (_, body, field) => {
    const world = openWorld();
    const refused = world.call('POST', '/v1/nodes', body);
    expect(refused.status).toBe(400);
    expect(refused.body.error.type).toBe('invalid_request_error');
    expect(refused.body.error.message).toEqual(expect.any(String));
    expect(refused.body.error.details.map((detail: { field: string }) => detail.field)).toContain(field);
    expect(world.market.records()).toMatchObject({ nodes: [], bills: [], balance: 1_000_000 });
  });

  it.each(['{', '[]', 'null', '"text"', '3'])('a body that is no JSON object: %s', (body) => {
    expect(openWorld().call('POST', '/v1/nodes', body).status).toBe(400);
  });

  it('a name of 128 characters is taken', () => {
    expect(openWorld().create(1000, { names: ['a'.repeat(128)] }).status).toBe(201);
  });

  it('a name that a known node has, until that node is deleted', () => {
    const world = openWorld();
    world.create(800, { names: ['twice'] });
    const refused = world.create(800, { names: ['twice'] });
    expect([refused.status, refused.body.error.type]).toEqual([409, 'conflict']);
    expect(refused.body.error.details).toMatchObject([{ code: 'name_taken', field: 'names' }]);
    world.call('PATCH', '/v1/nodes/twice/release', {});
    expect(world.create(800, { names: ['twice'] }).status).toBe(409);
    world.call('DELETE', '/v1/nodes/twice');
    expect(world.create(800, { names: ['twice'] }).status).toBe(201);
  });

  it('a second node of one name is sold where names need not be unique', () => {
    const world = openWorld({ uniqueNames: false });
    world.create(1000, { names: ['twice'] });
    expect(world.create(1000, { names: ['twice'] }).status).toBe(201);
    expect(world.call('GET', '/v1/nodes?name=twice').body.data).toHaveLength(2);
  });

  it('a block whose limit is one cent under its price', () => {
    const world = openWorld({ reservedPremium: 1000 });
    const refused = world.create(1099, { end_at: hoursOn(2) });
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatchObject({
      type: 'invalid_request_error',
      details: [{ code: 'bid_price_too_low' }],
    });
    expect(world.create(1100, { end_at: hoursOn(2) }).status).toBe(201);
  });

  it('a block for which some hour has no room', () => {
    const world = openWorld();
    world.create(2000, { desired_count: 8, start_at: hoursOn(2), end_at: hoursOn(3) });
    const refused = world.create(2000, { end_at: hoursOn(4) });
    expect([refused.status, refused.body.error.details[0].code]).toEqual([400, 'no_availability']);
    expect(world.create(2000, { end_at: hoursOn(2) }).status).toBe(201);
  });

  it('what the balance cannot pay: a block, or the worst case of the first hour', () => {
    const world = openWorld({ balance: 1999 as Cents });
    const block = world.create(1000, { end_at: hoursOn(2) });
    expect([block.status, block.body.error.type]).toEqual([402, 'payment_required']);
    expect(world.create(1000, { desired_count: 2 }).status).toBe(402);
    expect(world.create(1000).status).toBe(201);
  });
});

describe('a price that no procurement can express', () => {
  it('is rounded down to whole cents per GPU-hour', () => {
    const world = openWorld({ ask: path([0, 1005]) });
    const node = world.create(1007).body.data[0];
    expect(node).toMatchObject({ max_price_per_node_hour: 1000, status: 'pending' });
    const procurement = world.call('GET', `/v0/procurements/${node.procurement_id}`).body;
    expect(procurement.buy_limit_price_per_gpu_hour).toBe(125);
  });

  it('stays as it is for a reserved node, which has no procurement', () => {
    const node = openWorld().create(1007, { end_at: hoursOn(1) }).body.data[0];
    expect(node).toMatchObject({
      max_price_per_node_hour: 1007,
      procurement_id: null,
      node_type: 'reserved',
    });
  });
});

describe('changes of a node are refused', () => {
  it('extending anything but a living reserved node by whole hours with a price', () => {
    const world = openWorld();
    world.create(1000, { names: ['auto'] });
    world.create(1000, { names: ['block'], end_at: hoursOn(1) });
    const extend = (name: string, body: object) =>
      world.call('PATCH', `/v1/nodes/${name}/extend`, body).status;
    const good = { duration_seconds: 3600, max_price_per_node_hour: 1000 };
    expect(extend('auto', good)).toBe(400);
    expect(extend('block', { ...good, duration_seconds: 1800 })).toBe(400);
    expect(extend('block', { ...good, duration_seconds: 5400 })).toBe(400);
    expect(extend('block', { ...good, max_price_per_node_hour: 999 })).toBe(400);
    expect(extend('block', { duration_seconds: 3600 })).toBe(400);
    expect(extend('block', good)).toBe(200);
    expect(world.node('block').body.end_at).toBe(hoursOn(2));
    world.at(121);
    expect(extend('block', good)).toBe(400);
    expect(extend('nobody', good)).toBe(404);
  });

  it('releasing what is reserved, released already, or ended', () => {
    const world = openWorld();
    world.create(1000, { names: ['block'], end_at: hoursOn(1) });
    world.create(1000, { names: ['auto'] });
    const release = (name: string) => world.call('PATCH', `/v1/nodes/${name}/release`).status;
    expect(release('block')).toBe(400);
    expect(release('auto')).toBe(200);
    expect(release('auto')).toBe(400);
    expect(world.node('auto').body).toMatchObject({ status: 'released', end_at: hoursOn(1) });
    world.at(61);
    expect(world.node('auto').body.status).toBe('terminated');
    expect(release('auto')).toBe(400);
  });

  it('deleting a node with a pending or running VM, not one that waits or has ended', () => {
    const world = openWorld({ ask: path([0, 1000]) });
    world.create(1000, { names: ['runs'] });
    world.create(800, { names: ['waits'] });
    const remove = (name: string) => world.call('DELETE', `/v1/nodes/${name}`).status;
    expect(remove('runs')).toBe(400);
    world.at(5);
    expect(remove('runs')).toBe(400);
    expect(remove('waits')).toBe(204);
    expect(world.node('waits').body.status).toBe('deleted');
    expect(remove('waits')).toBe(404);
    world.call('PATCH', '/v1/nodes/runs/release');
    world.at(61);
    expect(remove('runs')).toBe(204);
  });

  it('raising where the account may not', () => {
    const world = openWorld({ raisingAllowed: false });
    const { procurement_id } = world.create(800).body.data[0];
    const refused = world.raise(procurement_id, 1000);
    expect([refused.status, refused.body.error.type]).toEqual([403, 'forbidden']);
    expect(world.call('GET', `/v0/procurements/${procurement_id}`).body.buy_limit_price_per_gpu_hour).toBe(
      100,
    );
  });

  it('a procurement limit that is no whole cents per GPU-hour, and one that changes nothing', () => {
    const world = openWorld();
    const { procurement_id } = world.create(800).body.data[0];
    const patch = (body: object) => world.call('PATCH', `/v0/procurements/${procurement_id}`, body).status;
    expect(patch({ buy_limit_price_per_gpu_hour: 100.5 })).toBe(400);
    expect(patch({ buy_limit_price_per_gpu_hour: '100' })).toBe(400);
    expect(patch({ max_price_per_node_hour: 800 })).toBe(400);
    expect(patch({})).toBe(400);
    expect(world.raise('proc_nobody', 800).status).toBe(404);
  });
});

describe('a procurement', () => {
  it('of several nodes is raised as one, and its desired quantity withdraws waiting nodes first', () => {
    const world = openWorld({ ask: path([0, 1000], [10, 1200]) });
    world.market.happen({ kind: 'set_capacity', zone: 'hayesvalley', nodes: 2 });
    const [first] = world.create(1000, { desired_count: 3 }).body.data;
    world.call('PATCH', `/v0/procurements/${first.procurement_id}`, { desired_quantity: 1 });
    const statuses = world.call('GET', '/v1/nodes').body.data.map((node: { status: string }) => node.status);
    expect(statuses).toEqual(['running', 'released', 'terminated']);
    const { desired_quantity, actual_quantity } = world.call(
      'GET',
      `/v0/procurements/${first.procurement_id}`,
    ).body;
    expect([desired_quantity, actual_quantity]).toEqual([1, 1]);
  });

  it('that is disabled neither fills nor renews', () => {
    const world = openWorld({ eviction: 'awaitingcapacity' });
    const { procurement_id, name } = world.create(1000).body.data[0];
    world.call('PATCH', `/v0/procurements/${procurement_id}`, { status: 'disabled' });
    world.at(70);
    expect(world.node(name).body.status).toBe('awaitingcapacity');
    world.call('PATCH', `/v0/procurements/${procurement_id}`, { status: 'active' });
    expect(world.node(name).body.status).toBe('running');
  });

  it('is listed newest first, in pages', () => {
    const world = openWorld();
    for (let index = 0; index < 5; index += 1) world.create(800);
    const page = (query: string) => world.call('GET', `/v0/procurements?${query}`).body;
    expect(page('limit=2&offset=0').data).toHaveLength(2);
    expect([page('limit=2&offset=2').has_more, page('limit=2&offset=4').has_more]).toEqual([true, false]);
    expect(page('limit=0').error.type).toBe('invalid_request_error');
  });
});

describe('calls that are wrong in themselves', () => {
  it('without a bearer token are refused, but for the health check', () => {
    const world = openWorld();
    const bare = (path: string) =>
      world.market.handle({ method: 'GET', path, headers: {}, body: null }, world.market.now());
    expect(bare('/v1/nodes')).toMatchObject({ status: 401 });
    expect(bare('/v0/zones')).toMatchObject({ status: 401 });
    expect(bare('/v1/_healthz')).toMatchObject({ status: 200 });
  });

  it('to an unknown path or with a wrong method', () => {
    const world = openWorld();
    expect(world.call('GET', '/v1/pools').body.error.type).toBe('not_found');
    expect(world.call('GET', '/v1/nodes/nobody').body.error.type).toBe('not_found');
    expect(world.call('GET', '/v1/nodes/%E0%A4%A').status).toBe(400);
    expect(world.call('PUT', '/v1/nodes', {}).status).toBe(405);
  });

  it('that combine filters, or ask for too large a page', () => {
    const world = openWorld();
    const statusOf = (target: string) => world.call('GET', target).status;
    expect(statusOf('/v1/nodes?id=n_1&name=a')).toBe(400);
    expect(statusOf('/v1/nodes?name=a&type=reserved')).toBe(400);
    expect(statusOf('/v1/nodes?type=spot')).toBe(400);
    expect(statusOf('/v1/transactions?limit=101')).toBe(400);
    expect(statusOf('/v0/orders?limit=101')).toBe(400);
    expect(statusOf('/v0/contracts?state=Gone')).toBe(400);
  });
});

describe('a quote', () => {
  const quote = (world: ReturnType<typeof openWorld>, query: string) =>
    world.call('GET', `/v0/quote?side=buy&quantity=2&instance_type=h100i&${query}`);

  it('for now and an hour is the ask of that many nodes', () => {
    const world = openWorld({ ask: path([0, 1001]), reservedPremium: 1000, depthCentsPerNode: 10 });
    const { body } = quote(world, 'duration=3600');
    expect(body).toMatchObject({
      quote: { price: 2012, quantity: 2, zone: 'hayesvalley' },
      no_quote_reason: null,
    });
    expect(body.quote).toMatchObject({
      start_at: '2026-11-23T14:00:00.000Z',
      end_at: '2026-11-23T15:00:00.000Z',
    });
  });

  it('for another window is the price of the block, at which a reservation is then sold', () => {
    const world = openWorld({ ask: path([0, 1001]), reservedPremium: 1000 });
    const { price } = quote(world, 'duration=7200&min_start_date=2026-11-23T16:00:00Z').body.quote;
    world.create(1102, { desired_count: 2, start_at: hoursOn(2), end_at: hoursOn(4) });
    expect(world.market.records().bills.reduce((sum, bill) => sum + bill.cost, 0)).toBe(price);
  });

  it('says why there is none', () => {
    const world = openWorld({ ask: path([0, 1000], [5, null]) });
    expect(quote(world, 'duration=3600&cluster=nowhere').body.no_quote_reason).toBe('no_matching_clusters');
    expect(world.call('GET', '/v0/quote?side=buy&quantity=9&cluster=hayesvalley&duration=3600').body).toEqual(
      {
        quote: null,
        no_quote_reason: 'no_availability',
      },
    );
    expect(quote(world.at(5), 'duration=3600').body.no_quote_reason).toBe('no_availability');
  });

  it('is refused without a side, a quantity, a place or a duration of at least an hour', () => {
    const world = openWorld();
    const statusOf = (query: string) => world.call('GET', `/v0/quote?${query}`).status;
    expect(statusOf('quantity=1&instance_type=h100i&duration=3600')).toBe(400);
    expect(statusOf('side=buy&instance_type=h100i&duration=3600')).toBe(400);
    expect(statusOf('side=buy&quantity=1025&instance_type=h100i&duration=3600')).toBe(400);
    expect(statusOf('side=buy&quantity=1&duration=3600')).toBe(400);
    expect(statusOf('side=buy&quantity=1&instance_type=h100i')).toBe(400);
    expect(statusOf('side=buy&quantity=1&instance_type=h100i&duration=1800')).toBe(400);
    expect(statusOf('side=buy&quantity=1&instance_type=h100i&min_duration=3600&max_duration=7200')).toBe(200);
  });

  it('may take minutes and then tells the price of when it was asked for', () => {
    const world = openWorld({ quoteDelayMs: 300_000 });
    expect(quote(world, 'duration=3600').answer).toMatchObject({ kind: 'response', delayMs: 300_000 });
  });
});
