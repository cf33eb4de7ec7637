// What leaves on the wire for each change and reading, byte by byte where money hangs on it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { centsPerNodeHour } from '../../../src/domain/money.ts';
import { getNode, getQuote, listContracts, requestOf } from '../../../src/venue/sfcompute/requests.ts';
import { CHANGES, NOW_MS, createChange } from './bench.ts';

const bodyOf = (change: Parameters<typeof requestOf>[0]): unknown =>
  JSON.parse(requestOf(change).body ?? 'null');

describe('a purchase', () => {
  test('asks for one node of one name and leaves out what was not set', () => {
    expect(requestOf(createChange)).toMatchObject({
      method: 'POST',
      path: '/v1/nodes',
      endpoint: '/v1/nodes',
    });
    expect(bodyOf(createChange)).toEqual({
      desired_count: 1,
      names: ['bk-ab12-train-3-g1'],
      zone: 'hayesvalley',
      node_type: 'autoreserved',
      max_price_per_node_hour: 1600,
    });
  });

  test('of a reserved block carries its times in seconds and the boot settings', () => {
    const endAtMs = Date.UTC(2026, 10, 23, 16);
    const node = { imageId: 'vmi_1', cloudInit: 'IyEvYmluL3No', cloudInitHash: 'x', forward443: true };
    expect(
      bodyOf({ ...createChange, hold: 'reserved', startAtMs: endAtMs - 3_600_000, endAtMs, node }),
    ).toEqual({
      desired_count: 1,
      names: ['bk-ab12-train-3-g1'],
      zone: 'hayesvalley',
      node_type: 'reserved',
      max_price_per_node_hour: 1600,
      start_at: endAtMs / 1000 - 3600,
      end_at: endAtMs / 1000,
      cloud_init_user_data: 'IyEvYmluL3No',
      image_id: 'vmi_1',
      forward_443: true,
    });
  });

  test('whose hold and times contradict each other is never built', () => {
    expect(() => requestOf({ ...createChange, hold: 'reserved' })).toThrow('E_VENUE_REQUEST');
    expect(() => requestOf({ ...createChange, endAtMs: NOW_MS })).toThrow('E_VENUE_REQUEST');
  });
});

describe('a limit', () => {
  test('goes to a procurement per GPU-hour and never above what was meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (eighths) => {
        const body = bodyOf({ ...CHANGES.raise, limit: centsPerNodeHour(eighths * 8) });
        expect(body).toEqual({ buy_limit_price_per_gpu_hour: eighths });
      }),
    );
  });

  test('that no procurement can express is a fault of the program and nothing is built', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 100_000 }), (price) => {
        fc.pre(price <= 0 || price % 8 !== 0);
        for (const change of [CHANGES.create, CHANGES.raise, CHANGES.extend]) {
          expect(() => requestOf({ ...change, limit: centsPerNodeHour(price) })).toThrow('E_VENUE_LIMIT');
        }
      }),
    );
  });
});

test('an extension is asked for in whole hours, at node prices', () => {
  expect(requestOf(CHANGES.extend)).toMatchObject({ method: 'PATCH', path: '/v1/nodes/n_1/extend' });
  expect(bodyOf(CHANGES.extend)).toEqual({ duration_seconds: 3600, max_price_per_node_hour: 1600 });
  expect(() => requestOf({ ...CHANGES.extend, durationMs: 1_800_000 })).toThrow('E_VENUE_REQUEST');
});

test('a release carries an empty object, a deletion carries nothing', () => {
  expect(requestOf(CHANGES.release)).toMatchObject({
    method: 'PATCH',
    path: '/v1/nodes/n_1/release',
    body: '{}',
  });
  expect(requestOf(CHANGES.delete)).toMatchObject({ method: 'DELETE', path: '/v1/nodes/n_1', body: null });
});

test('a name is encoded, so that it cannot reach another resource', () => {
  expect(getNode('a/../b?c').path).toBe('/v1/nodes/a%2F..%2Fb%3Fc');
  for (const name of ['', '.', '..']) expect(() => getNode(name)).toThrow('E_VENUE_REQUEST');
});

test('a quote asks for at least an hour in the one zone, from now or from an instant', () => {
  const zone = { name: 'hayes valley', region: 'r', instanceType: 'h100v', gpu: 'h100' };
  expect(getQuote({ zone, nodes: 3, durationMs: 60_000, startAtMs: null }).path).toBe(
    '/v0/quote?side=buy&quantity=3&instance_type=h100v&cluster=hayes%20valley&duration=3600&min_start_date=NOW&max_start_date=NOW',
  );
  const later = getQuote({
    zone,
    nodes: 1,
    durationMs: 7_200_000,
    startAtMs: Date.UTC(2026, 10, 23, 16),
  }).path;
  expect(later).toContain('duration=7200&min_start_date=2026-11-23T16%3A00%3A00.000Z');
});

test('contracts are asked for whole, finished ones and those behind nodes and procurements too', () => {
  expect(listContracts(0).path).toBe('/v0/contracts?state=All&include_nodes=true&include_procurements=true');
  expect(listContracts(40).path).toContain('&offset=40');
});
