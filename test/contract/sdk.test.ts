// The official SDK, an outside client that nobody here wrote, drives every nodes and zones call it has.
import SFCNodes, { APIError } from '@sfcompute/nodes-sdk-alpha';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.ts';
import { START } from '../market/world.ts';
import {
  nodesContract,
  openContractServer,
  type ContractClient,
  type ContractNode,
  type ContractOutcome,
  type ContractServer,
} from './nodes-contract.ts';

const sdkFor = (server: ContractServer): SFCNodes =>
  new SFCNodes({ baseURL: server.url, bearerToken: server.token });

const contractNode = (node: SFCNodes.Node): ContractNode => ({
  id: node.id,
  name: node.name,
  status: node.status,
  kind: node.node_type,
  zone: node.zone ?? null,
  gpu: node.gpu_type.toLowerCase(),
  endAtMs: node.end_at == null ? null : node.end_at * SECOND_MS,
  procurementId: node.procurement_id ?? null,
  limit: node.max_price_per_node_hour ?? null,
  vm: node.current_vm?.status.toLowerCase() ?? null,
});

const outcome = async (asked: Promise<SFCNodes.Node | undefined | void>): Promise<ContractOutcome> => {
  try {
    const node = await asked;
    return { ok: true, node: node instanceof Object && 'id' in node ? contractNode(node) : null };
  } catch (error) {
    if (error instanceof APIError && typeof error.status === 'number')
      return { ok: false, status: error.status };
    throw error;
  }
};

const adapter = (server: ContractServer): ContractClient => {
  const sdk = sdkFor(server);
  return {
    create: ({ name, zone, kind, limit, startAtMs, endAtMs }) =>
      outcome(
        sdk.nodes
          .create({
            desired_count: 1,
            max_price_per_node_hour: limit,
            names: [name],
            zone,
            node_type: kind,
            ...(startAtMs === undefined ? {} : { start_at: startAtMs / SECOND_MS }),
            ...(endAtMs === undefined ? {} : { end_at: endAtMs / SECOND_MS }),
          })
          .then((made) => made.data[0]),
      ),
    list: async () => (await sdk.nodes.list()).data.map(contractNode),
    find: async (idOrName) => {
      const found = await outcome(sdk.nodes.get(idOrName));
      return found.ok ? found.node : null;
    },
    extend: (id, hours, limit) =>
      outcome(sdk.nodes.extend(id, { duration_seconds: hours * 3600, max_price_per_node_hour: limit })),
    release: (id) => outcome(sdk.nodes.release(id)),
    remove: (id) => outcome(sdk.nodes.delete(id)),
    zones: async () =>
      (await sdk.zones.list()).data.map((zone) => ({
        name: zone.name,
        gpu: zone.hardware_type.toLowerCase(),
      })),
  };
};

nodesContract('the official SDK', adapter, { raise: false });

describe('the official SDK’s further calls', () => {
  let server: ContractServer;
  let sdk: SFCNodes;
  beforeEach(async () => {
    server = await openContractServer();
    sdk = sdkFor(server);
  });
  afterEach(() => server.close());

  const bid = { desired_count: 1, max_price_per_node_hour: 1000, zone: 'hayesvalley' };

  it('create several nodes under one procurement, with and without names', async () => {
    const { object, data } = await sdk.nodes.create({ ...bid, desired_count: 3, names: ['one', 'two'] });
    expect(object).toBe('list');
    expect(data.map((node) => node.name).slice(0, 2)).toEqual(['one', 'two']);
    expect(data[2]?.name).toMatch(/^node-/);
    expect(new Set(data.map((node) => node.procurement_id)).size).toBe(1);
  });

  it('create in any zone, at the lowest ask', async () => {
    const { data } = await sdk.nodes.create({
      desired_count: 1,
      max_price_per_node_hour: 3000,
      any_zone: true,
    });
    expect(data[0]).toMatchObject({ zone: 'hayesvalley', status: 'running' });
  });

  it('list by ids, by names and by type', async () => {
    const made = await sdk.nodes.create({ ...bid, desired_count: 3, names: ['one', 'two', 'three'] });
    await sdk.nodes.create({ ...bid, names: ['block'], end_at: (START + HOUR_MS) / SECOND_MS });
    const ids = made.data.map((node) => node.id);
    const names = async (query: SFCNodes.NodeListParams): Promise<readonly string[]> =>
      (await sdk.nodes.list(query)).data.map((node) => node.name);
    expect(await names({ id: [ids[0] ?? '', ids[2] ?? ''] })).toEqual(['one', 'three']);
    expect(await names({ name: ['two', 'nobody'] })).toEqual(['two']);
    expect(await names({ type: 'reserved' })).toEqual(['block']);
    await expect(sdk.nodes.list({ id: ids, name: ['one'] })).rejects.toMatchObject({ status: 400 });
  });

  it('redeploy a node on a new VM with a new image, keeping or emptying what is left out', async () => {
    await sdk.nodes.create({ ...bid, names: ['one'], image_id: 'vmi_old' });
    server.at(5);
    const first = await sdk.nodes.get('one');
    expect(first.current_vm).toMatchObject({ status: 'Running', image_id: 'vmi_old' });
    const kept = await sdk.nodes.redeploy('one', { cloud_init_user_data: btoa('#!/bin/sh') });
    expect(kept.current_vm).toMatchObject({ status: 'Pending', image_id: 'vmi_old' });
    expect(kept.current_vm?.id).not.toBe(first.current_vm?.id);
    const changed = await sdk.nodes.redeploy('one', { image_id: 'vmi_new' });
    expect(changed.current_vm?.image_id).toBe('vmi_new');
    const emptied = await sdk.nodes.redeploy('one', { override_empty: true });
    expect(emptied.current_vm?.image_id).toBeNull();
    expect(emptied.vms?.data.map((vm) => vm.status)).toEqual([
      'Destroyed',
      'Destroyed',
      'Destroyed',
      'Pending',
    ]);
  });

  it('read one zone with its free capacity in nodes, by hours', async () => {
    await sdk.nodes.create({ ...bid, desired_count: 2 });
    const zone = await sdk.zones.get('hayesvalley');
    expect(zone).toMatchObject({
      name: 'hayesvalley',
      hardware_type: 'H100',
      interconnect_type: 'Infiniband',
      delivery_type: 'VM',
      region: 'NorthAmerica',
    });
    expect(zone.available_capacity.slice(0, 2)).toMatchObject([
      { start_timestamp: START / SECOND_MS, end_timestamp: (START + HOUR_MS) / SECOND_MS, quantity: 6 },
      { start_timestamp: (START + HOUR_MS) / SECOND_MS, quantity: 8 },
    ]);
    await expect(sdk.zones.get('nowhere')).rejects.toMatchObject({ status: 404 });
  });

  it('carry the venue’s own error words', async () => {
    const refused = sdk.nodes.create({ ...bid, zone: 'nowhere' });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      error: { error: { type: 'invalid_request_error', details: [{ code: 'unknown_zone', field: 'zone' }] } },
    });
  });

  it('are refused with 401 under a wrong token', async () => {
    const stranger = new SFCNodes({ baseURL: server.url, bearerToken: 'wrong' });
    await expect(stranger.nodes.list()).rejects.toMatchObject({ status: 401 });
  });
});
