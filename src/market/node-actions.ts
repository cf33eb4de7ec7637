// Release, deletion and redeployment of a node, with the states in which the venue allows each. Release cannot be undone:
// the node runs to the end of its bought time; a node that only waits ends at once.
import { refuse, type Refusal } from './errors.ts';
import {
  currentVm,
  endNode,
  hasActiveVm,
  hasEnded,
  isWaiting,
  leaveProcurement,
  setRenewal,
  startVm,
  stopVm,
  touch,
} from './node-life.ts';
import type { MarketState, NodeRow } from './state.ts';

/** Takes an autoreserved node out of its procurement; 400 for any other kind or state. */
export const releaseNode = (market: MarketState, node: NodeRow): NodeRow | Refusal => {
  if (node.kind !== 'autoreserved') return refuse(400, 'Only autoreserved nodes can be released.');
  if (isWaiting(node)) {
    endNode(market, node, 'terminated');
    return node;
  }
  if (node.status !== 'running') return refuse(400, `A node that is ${node.status} cannot be released.`);
  leaveProcurement(market, node);
  setRenewal(market, node, false);
  node.status = 'released';
  touch(market, node);
  return node;
};

/** Deletes a node without active or pending VMs; what was paid for it is lost. */
export const deleteNode = (market: MarketState, node: NodeRow): NodeRow | Refusal => {
  if (node.status === 'deleted') return refuse(404, `The node ${node.id} was deleted.`);
  if (hasActiveVm(node)) {
    const message = 'A node with active or pending VMs cannot be deleted.';
    return refuse(400, message, [{ code: 'active_vms', message }]);
  }
  endNode(market, node, 'deleted');
  return node;
};

export interface Redeployment {
  readonly imageId: string | null;
  readonly overrideEmpty: boolean;
}

/** A new VM on the same node; 400 unless the node's bought time is running. */
export const redeployNode = (market: MarketState, node: NodeRow, how: Redeployment): NodeRow | Refusal => {
  const runs = node.status === 'running' || node.status === 'released';
  if (!runs || hasEnded(node)) return refuse(400, `A node that is ${node.status} cannot be redeployed.`);
  if (how.imageId !== null || how.overrideEmpty) node.imageId = how.imageId;
  if (currentVm(node) !== undefined) stopVm(market, node, 'Destroyed');
  startVm(market, node);
  return node;
};
