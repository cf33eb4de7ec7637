// Our own client, over its real transport, is held to the same contract as the official SDK.
import { createSfcomputeVenue } from '../../src/venue/sfcompute/client.ts';
import { createUndiciTransport } from '../../src/venue/sfcompute/undici-transport.ts';
import type { Change, Outcome } from '../../src/domain/change.ts';
import type { Look } from '../../src/domain/look.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import { HOUR_MS } from '../../src/domain/time.ts';
import type { Reading } from '../../src/ports/venue.ts';
import {
  nodesContract,
  realTimer,
  type ContractClient,
  type ContractNode,
  type ContractOutcome,
  type ContractServer,
} from './nodes-contract.ts';

const contractNode = (node: SeenNode): ContractNode => ({
  id: node.nodeId,
  name: node.name,
  status: node.status,
  kind: node.kind,
  zone: node.zone,
  gpu: node.gpu,
  endAtMs: node.endAtMs,
  procurementId: node.procurementId,
  limit: node.limit,
  vm: node.vm?.status ?? null,
});

/** A refusal by its status; an answer that taught nothing fails the test. */
const contractOutcome = (outcome: Outcome): ContractOutcome => {
  if (outcome.kind === 'accepted') {
    return { ok: true, node: outcome.node === null ? null : contractNode(outcome.node) };
  }
  if (outcome.kind === 'refused' && outcome.status !== null) return { ok: false, status: outcome.status };
  throw new Error(`the client says ${outcome.kind}: ${outcome.message}`);
};

const valueOf = <Value>(reading: Reading<Value>): Value => {
  if (!reading.ok) throw new Error(`${reading.code}: ${reading.message}`);
  return reading.value;
};

const NODE = { imageId: null, cloudInit: null, cloudInitHash: null, forward443: false } as const;

const adapter = (server: ContractServer): ContractClient => {
  const transport = createUndiciTransport({ baseUrl: server.url });
  const venue = createSfcomputeVenue({
    clock: { now: server.now, monotonic: () => performance.now() },
    timer: realTimer,
    random: { next: () => 0.5 },
    transport: transport.send,
    token: { current: () => server.token, reread: () => false },
  });
  const send = async (change: Change): Promise<ContractOutcome> => contractOutcome(await venue.send(change));
  const look = async (nodes: readonly string[]): Promise<Look> =>
    valueOf(await venue.look({ nodes, procurements: [] }));
  return {
    create: ({ name, zone, kind, limit, startAtMs, endAtMs }) =>
      send({
        kind: 'create',
        name,
        zone,
        hold: kind,
        limit: centsPerNodeHour(limit),
        startAtMs: startAtMs ?? null,
        endAtMs: endAtMs ?? null,
        node: NODE,
      }),
    list: async () => (await look([])).nodes.map(contractNode),
    find: async (idOrName) => {
      const found = (await look([idOrName])).lookups.get(idOrName);
      if (found === undefined) throw new Error(`the look has no answer for ${idOrName}`);
      return found === 'absent' ? null : contractNode(found);
    },
    extend: (nodeId, hours, limit) =>
      send({ kind: 'extend', nodeId, durationMs: hours * HOUR_MS, limit: centsPerNodeHour(limit) }),
    release: (nodeId) => send({ kind: 'release', nodeId }),
    remove: (nodeId) => send({ kind: 'delete', nodeId }),
    raise: (procurementId, limit) => send({ kind: 'raise', procurementId, limit: centsPerNodeHour(limit) }),
    zones: async () => valueOf(await venue.zones()).map(({ name, gpu }) => ({ name, gpu })),
    close: transport.close,
  };
};

nodesContract('our own client', adapter, { raise: true });
