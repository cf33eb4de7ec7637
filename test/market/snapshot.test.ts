import fc from 'fast-check';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createMarket, restoreMarket, type Market } from '../../src/market/market.ts';
import type { MarketInput } from '../../src/market/server.ts';
import { openMarketStore, type MarketStore } from '../../src/market/store.ts';
import { HEADERS, settingsWith, START, worldOver, type World } from './world.ts';

const settings = settingsWith({
  eviction: 'awaitingcapacity',
  ask: { kind: 'synthetic', mean: 1000, volatility: 3000, low: 200, high: 5000 } as never,
});

/** A busy half day with faults, from `fromMinutes` on; each step is decided by the minute alone. */
const busy = (world: World, fromMinutes: number, toMinutes: number): void => {
  for (let minutes = fromMinutes; minutes < toMinutes; minutes += 7) {
    world.at(minutes);
    if (minutes % 3 === 0) world.create(800 + (minutes % 400), { names: [`node-at-${minutes}`] });
    const nodes = world.call('GET', '/v1/nodes').body.data as
      | { id: string; procurement_id: string }[]
      | undefined;
    const node = nodes?.[minutes % (nodes.length || 1)];
    if (node !== undefined && minutes % 4 === 0) world.raise(node.procurement_id, 1600);
    if (node !== undefined && minutes % 5 === 0) world.call('PATCH', `/v1/nodes/${node.id}/release`);
  }
};

const withFaults = (market: Market): Market => {
  market.addFaults([
    { method: 'POST', probability: 0.3, fault: { kind: 'late_commit', afterMs: 1_000_000 } },
    { method: 'GET', probability: 0.2, fault: { kind: 'stale_list', agoMs: 1_200_000 } },
    { method: 'GET', probability: 0.2, fault: { kind: 'partial_list', share: 0.7 } },
    { method: 'PATCH', probability: 0.2, fault: { kind: 'status', status: 500, commit: true } },
  ]);
  return market;
};

const open = (): World => worldOver(withFaults(createMarket(settings, START)));
const stateOf = (world: World): string => JSON.stringify(world.market.snapshot());

describe('a market', () => {
  it('is the same byte for byte when the same calls are made again', () => {
    const [one, other] = [open(), open()];
    busy(one, 0, 1500);
    busy(other, 0, 1500);
    expect(stateOf(one)).toBe(stateOf(other));
  });

  it('is another one under another seed', () => {
    const other = worldOver(withFaults(createMarket({ ...settings, seed: 2 }, START)));
    const one = open();
    busy(one, 0, 300);
    busy(other, 0, 300);
    expect(stateOf(one)).not.toBe(stateOf(other));
  });

  it('that was put away as JSON at any moment goes on as if nothing had been', () => {
    const whole = open();
    busy(whole, 0, 1050);
    const expected = stateOf(whole.at(1200));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 150 }), (turns) => {
        const before = open();
        busy(before, 0, turns * 7);
        const kept = JSON.parse(stateOf(before));
        const after = worldOver(restoreMarket(settings, kept));
        busy(after, turns * 7, 1050);
        expect(stateOf(after.at(1200))).toBe(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps what was switched while it ran', () => {
    const world = open();
    world.market.happen({ kind: 'switch', switches: { raisingAllowed: false } });
    world.market.removeFaults();
    const after = worldOver(restoreMarket(settings, world.market.snapshot()));
    const { procurement_id } = after.create(208).body.data[0];
    expect(after.raise(procurement_id, 800).status).toBe(403);
  });

  it('follows settings that were changed between two lives, where nothing was switched by hand', () => {
    const world = open();
    world.market.removeFaults();
    const changed = {
      ...settings,
      raisingAllowed: false,
      zones: settings.zones.map((one) => ({ ...one, capacityNodes: 0 })),
    };
    const after = worldOver(restoreMarket(changed, world.market.snapshot()));
    const { procurement_id, status } = after.create(5600).body.data[0];
    expect([status, after.raise(procurement_id, 5608).status]).toEqual(['pending', 403]);
  });

  it('refuses a snapshot whose nodes stand in a zone that left the settings', () => {
    const world = open();
    world.market.removeFaults();
    world.create(208);
    const snapshot = world.market.snapshot();
    expect(() => restoreMarket({ ...settings, zones: [] }, snapshot)).toThrow('E_MARKET_SNAPSHOT');
  });

  it('forgets the oldest ended nodes and bills beyond its bounds, and never a living node', () => {
    const world = worldOver(
      createMarket(settingsWith(), START, {
        endedNodes: 10,
        bills: 50,
        requests: 20,
        listedAfterEndMs: 3_600_000,
      }),
    );
    world.create(1000, { names: ['lives'] });
    for (let turn = 0; turn < 200; turn += 1) {
      world.create(800, { names: [`ended-${turn}`] });
      world.call('PATCH', `/v1/nodes/ended-${turn}/release`);
    }
    expect(world.node('ended-0').status).toBe(404);
    expect(world.node('ended-199').body.status).toBe('terminated');
    world.at(60 * 200);
    const { nodes, bills, requests } = world.market.records();
    expect(nodes.length).toBeLessThanOrEqual(27);
    expect(bills.length).toBeLessThanOrEqual(116);
    expect(requests.length).toBeLessThanOrEqual(56);
    expect(world.call('GET', '/v1/nodes').body.data.map((node: { name: string }) => node.name)).toEqual([
      'lives',
    ]);
  });
});

describe('a market on disk', () => {
  const folders: string[] = [];
  const stores: MarketStore[] = [];
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const newPath = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-market-'));
    folders.push(folder);
    return join(folder, 'deep', 'market.json');
  };

  const openAt = (file: string): MarketStore => openMarketStore({ path: file, settings, startMs: START });

  const buy = (store: MarketStore, name: string, minutes: number): void => {
    const body = { desired_count: 1, max_price_per_node_hour: 4000, zone: 'hayesvalley', names: [name] };
    const input: MarketInput = {
      atMs: START + minutes * 60_000,
      request: { method: 'POST', path: '/v1/nodes', headers: HEADERS, body: JSON.stringify(body) },
    };
    store.market.advanceTo(input.atMs);
    store.market.handle(input.request, input.atMs);
    store.onMutation(input);
  };

  it('is after a kill what it was when the last answer left', () => {
    const file = newPath();
    const first = openAt(file);
    buy(first, 'one', 3);
    buy(first, 'two', 50);
    first.onBeat(START + 90 * 60_000);
    first.market.advanceTo(START + 90 * 60_000);
    // No close: the process is gone. A second one opens what is on disk.
    const second = openAt(file);
    stores.push(second);
    expect(second.resumed).toBe(true);
    expect(second.market.now()).toBe(START + 90 * 60_000);
    expect(second.market.records()).toEqual(first.market.records());
  });

  it('drops a torn last line and keeps everything before it', () => {
    const file = newPath();
    const first = openAt(file);
    buy(first, 'one', 3);
    appendFileSync(`${file}.journal`, '{"kind":"input","atMs":17954');
    const second = openAt(file);
    stores.push(second);
    expect(second.market.records().nodes.map((node) => node.name)).toEqual(['one']);
  });

  it('does not take the inputs of an old journal twice when it was killed between snapshot and journal', () => {
    const file = newPath();
    const first = openAt(file);
    buy(first, 'one', 3);
    const journal = readFileSync(`${file}.journal`);
    first.save();
    writeFileSync(`${file}.journal`, journal);
    const second = openAt(file);
    stores.push(second);
    expect(second.market.records().bills).toHaveLength(1);
  });

  it('takes a new snapshot after so many inputs, and takes up controls as well as calls', () => {
    const file = newPath();
    const first = openMarketStore({ path: file, settings, startMs: START, inputsASnapshot: 3 });
    for (let turn = 0; turn < 7; turn += 1) buy(first, `node-${turn}`, turn);
    const body = JSON.stringify({ raisingAllowed: false });
    first.onMutation({
      atMs: first.market.now(),
      request: { method: 'POST', path: '/_market/switches', headers: {}, body },
    });
    expect(readFileSync(`${file}.journal`, 'utf8').split('\n').length).toBeLessThan(5);
    const second = openAt(file);
    stores.push(second);
    expect(second.market.records().nodes).toHaveLength(7);
    const world = worldOver(second.market);
    const { procurement_id } = world.node('node-1').body;
    expect(world.raise(procurement_id, 4800).status).toBe(403);
  });

  it('says so when the snapshot cannot be read, and leaves it alone', () => {
    const file = newPath();
    openAt(file).close();
    writeFileSync(file, 'not JSON');
    expect(() => openAt(file)).toThrow('E_MARKET_STORE');
    expect(readFileSync(file, 'utf8')).toBe('not JSON');
  });
});
