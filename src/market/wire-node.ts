// A node as the venue's wire shows it (api/sfcompute-v1.md, `Node`). Rendering is kept with the row until the row changes,
// because a listing of ten thousand nodes is asked for at every tick.
import { unixSeconds } from './instants.ts';
import type { NodeRow, VmRow } from './state.ts';

const seconds = (at: number | null): number | null => (at === null ? null : unixSeconds(at));

const vmObject = (node: NodeRow, vm: VmRow): object => ({
  object: 'vm',
  id: vm.id,
  created_at: unixSeconds(vm.createdMs),
  updated_at: unixSeconds(vm.updatedMs),
  start_at: seconds(vm.startMs),
  end_at: seconds(vm.endMs),
  status: vm.status,
  image_id: vm.imageId,
  zone: node.shownZone,
});

const nodeObject = (node: NodeRow): object => {
  const vms = node.vms.map((vm) => vmObject(node, vm));
  const last = node.vms.at(-1);
  return {
    object: 'node',
    id: node.id,
    name: node.name,
    zone: node.shownZone,
    gpu_type: node.shownGpu.toUpperCase(),
    owner: 'embedded-market',
    status: node.status,
    created_at: unixSeconds(node.createdMs),
    updated_at: unixSeconds(node.updatedMs),
    start_at: seconds(node.startMs),
    end_at: seconds(node.endMs),
    deleted_at: seconds(node.deletedMs),
    procurement_id: node.procurementId,
    max_price_per_node_hour: node.limit,
    node_type: node.kind,
    vms: { object: 'list', data: vms },
    current_vm: last === undefined || last.status === 'Destroyed' ? null : (vms.at(-1) ?? null),
  };
};

/** The node's JSON text. */
export const renderNode = (node: NodeRow): string => {
  node.wire ??= JSON.stringify(nodeObject(node));
  return node.wire;
};

/** `{object:"list", data:[…]}` around rendered entries. */
export const renderList = (entries: Iterable<string>): string =>
  `{"object":"list","data":[${[...entries].join(',')}]}`;
