// A node of the venue → SeenNode, and a listing of them. Written by hand, not with zod: a listing of 10,000 nodes is decoded
// in every tick. By hand that adds an eighth to the JSON.parse before it; as zod's loose objects it would add two thirds, five
// times as much. Strict where money hangs on it: an id, a name, a limit, a start or an end that cannot be read makes the node
// unreadable. Everything else is description: missing is null, new words become `unknown`.
import type { HoldKind, NodeStatus, SeenNode, VmStatus } from '../../domain/node.ts';
import { UNREADABLE, gpuOf, instantField, isObject, limitField, textField } from './fields.ts';
import type { JsonObject } from './fields.ts';

/** The GPU word of a node whose answer names none; the fold takes it as no evidence of wrong goods. */
const GPU_NOT_SAID = '';

const STATUSES: ReadonlyMap<string, NodeStatus> = new Map(
  (['pending', 'awaitingcapacity', 'running', 'released', 'terminated', 'deleted', 'failed'] as const).map(
    (status) => [status, status],
  ),
);

const VM_STATUSES: ReadonlyMap<string, VmStatus> = new Map([
  ['Pending', 'pending'],
  ['Running', 'running'],
  ['Destroyed', 'destroyed'],
  ['NodeFailure', 'node_failure'],
]);

const KINDS: ReadonlyMap<unknown, HoldKind> = new Map([
  ['autoreserved', 'autoreserved'],
  ['reserved', 'reserved'],
]);

/** Null when the node cannot be read. */
export const decodeNode = (value: unknown): SeenNode | null => {
  if (!isObject(value)) return null;
  const nodeId = textField(value['id']);
  const name = textField(value['name']);
  const limit = limitField(value['max_price_per_node_hour']);
  const startAtMs = instantField(value['start_at']);
  const endAtMs = instantField(value['end_at']);
  if (nodeId === null || name === null) return null;
  if (limit === UNREADABLE || startAtMs === UNREADABLE || endAtMs === UNREADABLE) return null;
  const statusText = textField(value['status']) ?? '';
  const createdAtMs = instantField(value['created_at']);
  const gpu = textField(value['gpu_type']);
  return {
    nodeId,
    name,
    status: STATUSES.get(statusText) ?? 'unknown',
    statusText,
    kind: KINDS.get(value['node_type']) ?? 'unknown',
    zone: textField(value['zone']),
    gpu: gpu === null ? GPU_NOT_SAID : gpuOf(gpu),
    createdAtMs: createdAtMs === UNREADABLE ? null : createdAtMs,
    startAtMs,
    endAtMs,
    procurementId: textField(value['procurement_id']),
    limit,
    vm: decodeVm(value),
  };
};

/** The current VM; where the answer has no such field, the newest of the node's VMs. */
const decodeVm = (node: JsonObject): SeenNode['vm'] => {
  const vm = node['current_vm'] === undefined ? newestVm(node['vms']) : node['current_vm'];
  if (!isObject(vm)) return null;
  const startAtMs = instantField(vm['start_at']);
  const status = typeof vm['status'] === 'string' ? VM_STATUSES.get(vm['status']) : undefined;
  return { status: status ?? 'unknown', startAtMs: startAtMs === UNREADABLE ? null : startAtMs };
};

const newestVm = (vms: unknown): unknown => {
  if (!isObject(vms) || !Array.isArray(vms['data'])) return null;
  let newest: JsonObject | null = null;
  let newestAtMs = -1;
  for (const vm of vms['data']) {
    if (!isObject(vm)) continue;
    const createdAtMs = instantField(vm['created_at']);
    const atMs = typeof createdAtMs === 'number' ? createdAtMs : 0;
    if (atMs >= newestAtMs) {
      newest = vm;
      newestAtMs = atMs;
    }
  }
  return newest;
};

export interface NodeListing {
  readonly nodes: readonly SeenNode[];
  /** Entries that could not be read, and one more when the venue says that there is more than it sent. */
  readonly unreadable: number;
}

/** `{data: [node…]}` → nodes, each id once; null when it is no listing at all. */
export const decodeNodeListing = (value: unknown): NodeListing | null => {
  if (!isObject(value) || !Array.isArray(value['data'])) return null;
  const nodes: SeenNode[] = [];
  const ids = new Set<string>();
  let unreadable = value['has_more'] === true ? 1 : 0;
  for (const entry of value['data']) {
    const node = decodeNode(entry);
    if (node === null) {
      unreadable += 1;
    } else if (!ids.has(node.nodeId)) {
      ids.add(node.nodeId);
      nodes.push(node);
    }
  }
  return { nodes, unreadable };
};
