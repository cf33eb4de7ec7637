// What any client of the venue may rely on, as one suite: a real market on HTTP behind it, a client's adapter in front. The
// adapter says each call's answer in the few words below, so the official SDK and our own client are held to the same
// promises. The clock stands still until a test moves it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SimulatedMarketSettings } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createMarket, type Market } from '../../src/market/market.ts';
import { startMarketServer, type MarketServer } from '../../src/market/server.ts';
import type { Timer } from '../../src/ports/clock.ts';
import { path, settingsWith, START, zone, type Over } from '../market/world.ts';

/** A node as a client shows it; instants in milliseconds, the limit in cents per node-hour. */
export interface ContractNode {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly kind: string;
  readonly zone: string | null;
  /** Lower case. */
  readonly gpu: string;
  readonly endAtMs: number | null;
  readonly procurementId: string | null;
  readonly limit: number | null;
  /** Lower case; null without a VM. */
  readonly vm: string | null;
}

/** `node` is null when the answer names none (a deletion, a raise). */
export type ContractOutcome =
  | { readonly ok: true; readonly node: ContractNode | null }
  | { readonly ok: false; readonly status: number };

export interface ContractCreate {
  readonly name: string;
  readonly zone: string;
  readonly kind: 'autoreserved' | 'reserved';
  readonly limit: number;
  readonly startAtMs?: number;
  readonly endAtMs?: number;
}

export interface ContractClient {
  readonly create: (wanted: ContractCreate) => Promise<ContractOutcome>;
  readonly list: () => Promise<readonly ContractNode[]>;
  /** Null when the venue answers 404. */
  readonly find: (idOrName: string) => Promise<ContractNode | null>;
  readonly extend: (id: string, hours: number, limit: number) => Promise<ContractOutcome>;
  readonly release: (id: string) => Promise<ContractOutcome>;
  readonly remove: (id: string) => Promise<ContractOutcome>;
  readonly zones: () => Promise<readonly { readonly name: string; readonly gpu: string }[]>;
  /** Sets a procurement's limit; missing where the client has no such call. */
  readonly raise?: (procurementId: string, limit: number) => Promise<ContractOutcome>;
  readonly close?: () => Promise<void>;
}

export interface ContractServer {
  readonly url: string;
  readonly token: string;
  readonly market: Market;
  /** Moves the market to so many minutes after its start. */
  readonly at: (minutes: number) => void;
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

/** Waits in real time, as the program's timer does. */
export const realTimer: Timer = {
  sleep: (realMs, signal) =>
    new Promise((resolve) => {
      const timeout = setTimeout(resolve, realMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timeout);
        resolve();
      });
    }),
};

const ASK = path([0, 1000], [90, 1200], [150, 900]);

const contractSettings = (over: Over): SimulatedMarketSettings =>
  settingsWith({
    zones: [zone(ASK), zone(path([0, 2000]), { name: 'richmond', gpu: 'h200', instanceType: 'h200i' })],
    ...over,
  });

/** A market with two zones on HTTP, whose clock stands at its start. */
export const openContractServer = async (over: Over = {}): Promise<ContractServer> => {
  const market = createMarket(contractSettings(over), START);
  const token = 'contract-token';
  let nowMs = START;
  const clock = { now: () => nowMs, monotonic: () => performance.now() };
  const server: MarketServer = await startMarketServer({ market, clock, timer: realTimer, port: 0, token });
  return {
    url: server.url,
    token,
    market,
    at: (minutes) => {
      nowMs = START + minutes * MINUTE_MS;
    },
    now: () => nowMs,
    close: server.close,
  };
};

const nodeOf = (outcome: ContractOutcome): ContractNode => {
  if (!outcome.ok || outcome.node === null)
    throw new Error(`expected a node, got ${JSON.stringify(outcome)}`);
  return outcome.node;
};

/** Declares the suite for a client; `makeClient` is called for each test with a fresh market. */
export const nodesContract = (
  name: string,
  makeClient: (server: ContractServer) => ContractClient | Promise<ContractClient>,
  /** What a client has beyond the nodes and zones calls that every one has. */
  has: { readonly raise: boolean },
): void => {
  describe(`${name} against the market`, () => {
    let server: ContractServer;
    let client: ContractClient;
    const open = async (over: Over = {}): Promise<void> => {
      server = await openContractServer(over);
      client = await makeClient(server);
    };
    const shut = async (): Promise<void> => {
      await client.close?.();
      await server.close();
    };
    beforeEach(() => open());
    afterEach(shut);

    const bid = (nodeName: string, limit = 1000): Promise<ContractOutcome> =>
      client.create({ name: nodeName, zone: 'hayesvalley', kind: 'autoreserved', limit });
    const block = (nodeName: string, hours: number, limit = 1000): Promise<ContractOutcome> =>
      client.create({
        name: nodeName,
        zone: 'hayesvalley',
        kind: 'reserved',
        limit,
        endAtMs: START + hours * HOUR_MS,
      });

    it('sees its zones with their GPU types', async () => {
      expect(await client.zones()).toEqual([
        { name: 'hayesvalley', gpu: 'h100' },
        { name: 'richmond', gpu: 'h200' },
      ]);
    });

    it('buys an autoreserved node whose limit meets the ask, and finds it by id, by name and in the list', async () => {
      const node = nodeOf(await bid('bk-a'));
      expect(node).toMatchObject({
        name: 'bk-a',
        status: 'running',
        kind: 'autoreserved',
        zone: 'hayesvalley',
        gpu: 'h100',
        endAtMs: START + HOUR_MS,
        limit: 1000,
        vm: 'pending',
      });
      expect(node.procurementId).not.toBeNull();
      expect(await client.find(node.id)).toEqual(node);
      expect(await client.find('bk-a')).toEqual(node);
      expect(await client.list()).toEqual([node]);
      server.at(3);
      expect((await client.find('bk-a'))?.vm).toBe('running');
    });

    it('lets a lower bid wait until the ask comes down to it', async () => {
      expect(nodeOf(await bid('bk-low', 904))).toMatchObject({ status: 'pending', endAtMs: null, vm: null });
      server.at(150);
      expect(await client.find('bk-low')).toMatchObject({ status: 'running', endAtMs: START + 3 * HOUR_MS });
    });

    it('sees a held node renewed at its edge, and ended when it is outbid', async () => {
      await bid('bk-a');
      server.at(61);
      expect(await client.find('bk-a')).toMatchObject({ status: 'running', endAtMs: START + 2 * HOUR_MS });
      server.at(121);
      expect(await client.find('bk-a')).toMatchObject({ status: 'terminated', vm: null });
    });

    it('sees an outbid node wait again where the market leaves it so', async () => {
      await shut();
      await open({ eviction: 'awaitingcapacity' });
      await bid('bk-a');
      server.at(121);
      expect(await client.find('bk-a')).toMatchObject({
        status: 'awaitingcapacity',
        endAtMs: null,
        vm: null,
      });
    });

    it('buys a reserved block and extends it by whole hours', async () => {
      const node = nodeOf(await block('bk-r', 1));
      expect(node).toMatchObject({ kind: 'reserved', status: 'running', procurementId: null, limit: 1000 });
      expect(nodeOf(await client.extend(node.id, 2, 1200))).toMatchObject({ endAtMs: START + 3 * HOUR_MS });
      server.at(181);
      expect(await client.find(node.id)).toMatchObject({ status: 'terminated' });
    });

    it('is refused a block or an extension whose limit is under its price', async () => {
      expect(await block('bk-r', 1, 992)).toEqual({ ok: false, status: 400 });
      const node = nodeOf(await block('bk-s', 1));
      expect(await client.extend(node.id, 1, 992)).toEqual({ ok: false, status: 400 });
      expect((await client.find(node.id))?.endAtMs).toBe(START + HOUR_MS);
    });

    it('is refused a second node of the same name', async () => {
      await bid('bk-a');
      expect(await bid('bk-a')).toEqual({ ok: false, status: 409 });
      expect(await client.list()).toHaveLength(1);
    });

    it('is refused what its balance cannot pay', async () => {
      server.market.happen({ kind: 'move_balance', cents: -999_500 });
      expect(await bid('bk-a')).toEqual({ ok: false, status: 402 });
    });

    it('releases a held node, which runs to its paid end, and a waiting one, which ends at once', async () => {
      const held = nodeOf(await bid('bk-held'));
      const waiting = nodeOf(await bid('bk-waits', 800));
      expect(nodeOf(await client.release(held.id))).toMatchObject({
        status: 'released',
        endAtMs: START + HOUR_MS,
      });
      expect(nodeOf(await client.release(waiting.id))).toMatchObject({ status: 'terminated' });
      expect(await client.release(held.id)).toEqual({ ok: false, status: 400 });
      server.at(61);
      expect(await client.find(held.id)).toMatchObject({ status: 'terminated' });
      expect(server.market.records().bills).toHaveLength(1);
    });

    it('deletes a waiting node and is refused a running one', async () => {
      const held = nodeOf(await bid('bk-held'));
      const waiting = nodeOf(await bid('bk-waits', 800));
      expect(await client.remove(held.id)).toEqual({ ok: false, status: 400 });
      expect(await client.remove(waiting.id)).toEqual({ ok: true, node: null });
      expect(await client.find(waiting.id)).toMatchObject({ status: 'deleted' });
    });

    it('is told 404 for a node that is not there', async () => {
      expect(await client.find('nobody')).toBeNull();
      expect(await client.release('n_nobody')).toEqual({ ok: false, status: 404 });
    });

    it('takes up names with any characters, percent-encoded on the way', async () => {
      const node = nodeOf(await bid('bk ä/?&#%41'));
      expect(await client.find('bk ä/?&#%41')).toEqual(node);
    });

    if (!has.raise) return;

    it('raises a waiting bid in place', async () => {
      const raise = client.raise ?? expect.unreachable('this client says that it can raise');
      const node = nodeOf(await bid('bk-a', 800));
      expect((await raise(node.procurementId ?? '', 1000)).ok).toBe(true);
      expect(await client.find('bk-a')).toMatchObject({ status: 'running', limit: 1000 });
      server.market.happen({ kind: 'switch', switches: { raisingAllowed: false } });
      expect(await raise(node.procurementId ?? '', 1040)).toEqual({ ok: false, status: 403 });
    });
  });
};
