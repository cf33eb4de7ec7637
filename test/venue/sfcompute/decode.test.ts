// Reading what the venue sends: lenient in description, strict where money hangs on it, and never thrown off by drift.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBody } from '../../../src/venue/sfcompute/body.ts';
import { decodeNode, decodeNodeListing } from '../../../src/venue/sfcompute/decode-node.ts';
import {
  decodeBalance,
  decodeContract,
  decodeOrder,
  decodeProcurement,
  decodeZones,
} from '../../../src/venue/sfcompute/decode.ts';
import { gpuOf, httpDate } from '../../../src/venue/sfcompute/fields.ts';
import { wireNode } from './bench.ts';

describe('a node', () => {
  test('is read in our units', () => {
    const seen = decodeNode(
      wireNode({
        status: 'running',
        start_at: 1_790_000_060,
        end_at: 1_790_002_800,
        current_vm: { id: 'vm_1', status: 'Running', start_at: 1_790_000_100 },
      }),
    );
    expect(seen).toEqual({
      nodeId: 'n_1',
      name: 'bk-ab12-train-3-g1',
      status: 'running',
      statusText: 'running',
      kind: 'autoreserved',
      zone: 'hayesvalley',
      gpu: 'h100',
      createdAtMs: 1_790_000_000_000,
      startAtMs: 1_790_000_060_000,
      endAtMs: 1_790_002_800_000,
      procurementId: 'proc_1',
      limit: 1600,
      vm: { status: 'running', startAtMs: 1_790_000_100_000 },
    });
  });

  test('needs only an id and a name; all else may be missing or null', () => {
    const bare = {
      nodeId: 'n',
      name: 'x',
      status: 'unknown',
      kind: 'unknown',
      zone: null,
      limit: null,
      vm: null,
    };
    expect(decodeNode({ id: 'n', name: 'x' })).toMatchObject(bare);
    const nulls = Object.fromEntries(Object.keys(wireNode()).map((key) => [key, null]));
    expect(decodeNode({ ...nulls, id: 'n', name: 'x' })).toMatchObject({
      ...bare,
      endAtMs: null,
      gpu: '',
    });
  });

  test('in a status that is new to us is unknown, and the word is kept for people', () => {
    for (const word of ['hibernating', 'Terminated', 'DELETED', 'toString', '__proto__']) {
      expect(decodeNode(wireNode({ status: word }))).toMatchObject({ status: 'unknown', statusText: word });
    }
  });

  test('reads numbers that come as strict text, and seconds that come as ISO', () => {
    const seen = decodeNode(
      wireNode({ max_price_per_node_hour: '1600', end_at: '1790002800', start_at: '2026-11-23T14:00:00Z' }),
    );
    expect(seen).toMatchObject({
      limit: 1600,
      endAtMs: 1_790_002_800_000,
      startAtMs: Date.UTC(2026, 10, 23, 14),
    });
  });

  test.each([
    [
      'limit',
      'max_price_per_node_hour',
      [16.5, '16.5', '', ' 16', '0x10', '1e3', -8, true, {}, [], 1e300, '99999999999999999'],
    ],
    ['end', 'end_at', ['soon', '', '2026-11-23T14:00:00', {}, true, -1, 1_790_002_800_000]],
    ['start', 'start_at', ['NOW', [], 1e15]],
    ['id', 'id', ['', 7, null, {}]],
    ['name', 'name', ['', 7, null]],
  ])('with a %s that cannot be believed is unreadable', (_name, key, values) => {
    for (const value of values as unknown[]) {
      expect(decodeNode(wireNode({ [key]: value }))).toBeNull();
    }
  });

  test('shows its newest VM when the answer has no current one', () => {
    const node = wireNode();
    delete node['current_vm'];
    const vms = {
      data: [
        { created_at: 5, status: 'Running' },
        { created_at: 9, status: 'NodeFailure' },
        { created_at: 1 },
      ],
    };
    expect(decodeNode({ ...node, vms })?.vm).toEqual({ status: 'node_failure', startAtMs: null });
    expect(decodeNode({ ...node, vms, current_vm: null })?.vm).toBeNull();
  });

  test('of whatever JSON a venue may send is read or refused, never thrown at us', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => decodeNode(value)).not.toThrow();
      }),
    );
    const keys = fc.constantFrom(...Object.keys(wireNode()), 'vms');
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (over) => {
        const seen = decodeNode(wireNode(over));
        if (seen !== null && seen.limit !== null) expect(Number.isSafeInteger(seen.limit)).toBe(true);
        if (seen !== null && seen.endAtMs !== null) expect(Number.isSafeInteger(seen.endAtMs)).toBe(true);
      }),
    );
  });
});

describe('a listing', () => {
  test('with an unreadable node is still a listing, and says how many it could not read', () => {
    const listing = decodeNodeListing({
      data: [wireNode(), null, wireNode({ id: 'n_2', end_at: 'x' }), wireNode({ id: 'n_3' })],
    });
    expect(listing?.nodes.map((node) => node.nodeId)).toEqual(['n_1', 'n_3']);
    expect(listing?.unreadable).toBe(2);
  });

  test('counts a node once that is listed twice', () => {
    expect(decodeNodeListing({ data: [wireNode(), wireNode()] })?.nodes).toHaveLength(1);
  });

  test('that says there is more than it sent proves no absence', () => {
    expect(decodeNodeListing({ data: [], has_more: true })?.unreadable).toBe(1);
    expect(decodeNodeListing({ data: [], has_more: false })?.unreadable).toBe(0);
  });

  test('is nothing else than an object with data', () => {
    for (const value of [null, [], 'x', 3, {}, { data: {} }, { data: null }])
      expect(decodeNodeListing(value)).toBeNull();
  });
});

test('a procurement is read per node-hour and in milliseconds; a limit with a fraction makes it unreadable', () => {
  const wire = {
    id: 'p',
    buy_limit_price_per_gpu_hour: '200',
    horizon: 60,
    desired_quantity: 1,
    status: 'new',
  };
  expect(decodeProcurement(wire)).toEqual({
    procurementId: 'p',
    limit: 1600,
    horizonMs: 3_600_000,
    desiredNodes: 1,
  });
  expect(decodeProcurement({ id: 'p' })).toMatchObject({ limit: null, horizonMs: null, desiredNodes: null });
  for (const bad of [200.5, -1, 'x', 2e15, Number.MAX_SAFE_INTEGER]) {
    expect(decodeProcurement({ ...wire, buy_limit_price_per_gpu_hour: bad })).toBeNull();
  }
});

test('a zone gets its GPU type and an instance type that can be quoted', () => {
  const instanceTypes = (hardware: string, delivery: string | null, interconnect: string | null) =>
    decodeZones({
      data: [
        { name: 'a', hardware_type: hardware, delivery_type: delivery, interconnect_type: interconnect },
        { region: 'a zone without a name is left out' },
      ],
    })?.map((zone) => `${zone.gpu} ${zone.instanceType} ${zone.region}`);
  expect(instanceTypes('H100', 'K8s', 'Infiniband')).toEqual(['h100 h100i unknown']);
  expect(instanceTypes('H100', 'VM', 'Infiniband')).toEqual(['h100 h100i unknown']);
  expect(instanceTypes('H100', 'VM', 'None')).toEqual(['h100 h100v unknown']);
  expect(instanceTypes('H200', 'K8s', 'Infiniband')).toEqual(['h200 h200ki unknown']);
  expect(instanceTypes('h200ki', null, null)).toEqual(['h200 h200ki unknown']);
  expect(instanceTypes('B300', 'VM', 'None')).toEqual(['b300 b300v unknown']);
  expect(instanceTypes('quantum-box', 'VM', 'None')).toEqual(['quantum-box quantum-box unknown']);
  expect(decodeZones({ data: [{ name: 'a', hardware_type: 'H100', instance_type: 'h100x' }] })).toMatchObject(
    [{ instanceType: 'h100x' }],
  );
  expect(decodeZones({ zones: [] })).toBeNull();
});

test('GPU words of every spelling come down to the type; words that are new to us stay themselves', () => {
  const pairs = ['H100', 'h100i', 'h100v', 'H200', 'h200ki', 'B200', 'l40s'].map((word) => [
    word,
    gpuOf(word),
  ]);
  expect(Object.fromEntries(pairs)).toEqual({
    H100: 'h100',
    h100i: 'h100',
    h100v: 'h100',
    H200: 'h200',
    h200ki: 'h200',
    B200: 'b200',
    l40s: 'l40s',
  });
});

test('a balance is read in both shapes that are in circulation, and is nothing without its two sums', () => {
  expect(decodeBalance({ available_balance_cents: 5, current_balance_cents: -7 })).toEqual({
    available: 5,
    current: -7,
  });
  expect(decodeBalance({ available_cents: '5', current_cents: 7 })).toEqual({ available: 5, current: 7 });
  expect(decodeBalance({ available_cents: 5 })).toBeNull();
  expect(decodeBalance({ available_cents: 5.5, current_cents: 7 })).toBeNull();
});

test('an order or a contract whose sums or times cannot be believed is unreadable', () => {
  const order = {
    id: 'o',
    side: 'buy',
    executed: true,
    quantity: 1,
    start_at: '2026-11-23T14:00:00Z',
    end_at: '2026-11-23T15:00:00.000Z',
    execution_price: 1600,
  };
  expect(decodeOrder(order)).toMatchObject({
    orderId: 'o',
    executed: true,
    executionPrice: 1600,
    toMs: Date.UTC(2026, 10, 23, 15),
  });
  expect(decodeOrder({ ...order, execution_price: null })).toMatchObject({ executionPrice: null });
  for (const over of [
    { execution_price: 1.5 },
    { quantity: -1 },
    { start_at: 'NOW' },
    { end_at: null },
    { executed: 'yes' },
  ]) {
    expect(decodeOrder({ ...order, ...over })).toBeNull();
  }
  expect(decodeContract({ id: 'c', shape: { intervals: ['x'] } })).toMatchObject({
    window: null,
    procurementId: null,
  });
  expect(decodeContract({ procurement_id: 'p' })).toBeNull();
});

test('a byte order mark is ignored, half a text is no JSON, and deep nesting does no harm', () => {
  expect(readBody('\uFEFF{"a":1}')).toEqual({ kind: 'json', value: { a: 1 } });
  expect(readBody('{"a":1').kind).toBe('other');
  expect(readBody(`{"data":${'['.repeat(500_000)}${']'.repeat(500_000)}}`).kind).toBe('json');
});

test('a Date header counts only in the form HTTP prescribes', () => {
  expect(httpDate('Mon, 23 Nov 2026 14:10:20 GMT')).toBe(Date.UTC(2026, 10, 23, 14, 10, 20));
  for (const text of [
    undefined,
    '',
    '2026',
    'Mon, 23 Nov 2026 14:10:20 GMT, Mon, 23 Nov 2026 14:10:20 GMT',
  ]) {
    expect(httpDate(text)).toBeNull();
  }
});
