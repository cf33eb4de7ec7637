// The life of one node: made, given a VM, taken away, ended, forgotten. Whoever changes a row does it through here, so that
// the listing, the waiting bids, kept places and procurements always agree with the row. Nothing here decides whether a
// purchase happens; clearing.ts does.
import { HOUR_MS, hourFloor, type UnixMs } from '../domain/time.ts';
import { keepPlace } from './capacity.ts';
import { drawUnit } from './random.ts';
import {
  newId,
  nextNumber,
  type MarketState,
  type NodeRow,
  type NodeWord,
  type VmRow,
  type VmWord,
  type ZoneRow,
} from './state.ts';
import { schedule, type Due } from './timeline.ts';

/** VMs a node remembers. */
const VMS_KEPT = 50;

export const later = (market: MarketState, atMs: UnixMs, due: Due): void =>
  schedule(market.timeline, Math.max(atMs, market.nowMs), nextNumber(market), due);

/** Says that the row was changed now. */
export const touch = (market: MarketState, node: NodeRow): void => {
  node.updatedMs = market.nowMs;
  node.wire = null;
  market.version += 1;
};

export const zoneOf = (market: MarketState, node: NodeRow): ZoneRow => {
  const zone = market.zones.get(node.zone);
  if (zone === undefined)
    throw new Error(`E_MARKET_ZONE node ${node.id} stands in unknown zone ${node.zone}`);
  return zone;
};

export const hasEnded = (node: NodeRow): boolean => node.endedMs !== null;
export const isWaiting = (node: NodeRow): boolean =>
  node.kind === 'autoreserved' && (node.status === 'pending' || node.status === 'awaitingcapacity');

export const currentVm = (node: NodeRow): VmRow | undefined => {
  const last = node.vms.at(-1);
  return last === undefined || last.status === 'Destroyed' ? undefined : last;
};

/** True when a VM is there that forbids deletion. */
export const hasActiveVm = (node: NodeRow): boolean => {
  const status = currentVm(node)?.status;
  return status === 'Pending' || status === 'Running';
};

/** Enters a new row everywhere. The caller fills it or lets it stand. */
export const addNode = (market: MarketState, node: NodeRow): void => {
  market.nodes.set(node.id, node);
  market.listed.set(node.id, node);
  const sameName = market.names.get(node.name);
  if (sameName === undefined) market.names.set(node.name, [node.id]);
  else sameName.push(node.id);
  if (node.procurementId !== null) market.procurements.get(node.procurementId)?.nodes.push(node.id);
  market.version += 1;
};

/** The bid stands from now on. */
export const stand = (market: MarketState, node: NodeRow, word: 'pending' | 'awaitingcapacity'): void => {
  node.status = word;
  node.standingSince = nextNumber(market);
  zoneOf(market, node).waiting.add(node);
  touch(market, node);
};

/** A new VM boots from now on. */
export const startVm = (market: MarketState, node: NodeRow): void => {
  const id = newId(market, 'vm', nextNumber(market));
  const { nowMs } = market;
  node.vms.push({
    id,
    createdMs: nowMs,
    updatedMs: nowMs,
    startMs: null,
    endMs: null,
    status: 'Pending',
    imageId: node.imageId,
  });
  if (node.vms.length > VMS_KEPT) node.vms.shift();
  const bootMs = node.defects.bootMs === undefined ? market.settings.bootMs : node.defects.bootMs;
  if (bootMs !== null) later(market, nowMs + bootMs, { kind: 'vm_up', node: node.id, vm: id });
  touch(market, node);
};

/** The VM runs; with the defect, it will fail. */
export const vmUp = (market: MarketState, node: NodeRow, vm: VmRow): void => {
  vm.status = 'Running';
  vm.startMs = market.nowMs;
  vm.updatedMs = market.nowMs;
  const { vmFailureAfterMs } = node.defects;
  if (vmFailureAfterMs !== undefined) {
    later(market, market.nowMs + vmFailureAfterMs, { kind: 'vm_failure', node: node.id, vm: vm.id });
  }
  touch(market, node);
};

export const stopVm = (
  market: MarketState,
  node: NodeRow,
  word: Extract<VmWord, 'Destroyed' | 'NodeFailure'>,
): void => {
  const vm = currentVm(node);
  if (vm === undefined) return;
  vm.endMs ??= market.nowMs;
  vm.status = word;
  vm.updatedMs = market.nowMs;
  touch(market, node);
};

/** Sets whether the node's next hour is still to be bought, and keeps its place accordingly. */
export const setRenewal = (market: MarketState, node: NodeRow, renews: boolean, endMs = node.endMs): void => {
  const zone = zoneOf(market, node);
  if (node.renews && node.endMs !== null) keepPlace(zone, node.endMs, -1);
  node.endMs = endMs;
  node.renews = renews;
  if (renews && endMs !== null) keepPlace(zone, endMs, 1);
};

/** Bought time is over: the node waits again, as an eviction may leave it. */
export const evictToWaiting = (market: MarketState, node: NodeRow): void => {
  setRenewal(market, node, false, null);
  node.startMs = null;
  stopVm(market, node, 'Destroyed');
  stand(market, node, 'awaitingcapacity');
};

/** The node's life is over for good. It leaves its procurement unless it was released before. */
export const endNode = (
  market: MarketState,
  node: NodeRow,
  word: Extract<NodeWord, 'terminated' | 'deleted' | 'failed'>,
): void => {
  const { nowMs } = market;
  if (hasEnded(node)) {
    if (word !== 'deleted') return;
  } else {
    leaveProcurement(market, node);
    zoneOf(market, node).waiting.delete(node);
    setRenewal(market, node, false, node.endMs === null ? null : Math.min(node.endMs, nowMs));
    stopVm(market, node, 'Destroyed');
    node.endedMs = nowMs;
    market.ended.push(node.id);
    later(market, nowMs + market.bounds.listedAfterEndMs, { kind: 'unlist', node: node.id });
    forgetOldest(market);
  }
  node.status = word;
  if (word === 'deleted') node.deletedMs = nowMs;
  touch(market, node);
};

/** One node less is wanted of its procurement; a released node has left before. */
export const leaveProcurement = (market: MarketState, node: NodeRow): void => {
  if (node.procurementId === null || node.status === 'released' || hasEnded(node)) return;
  const procurement = market.procurements.get(node.procurementId);
  if (procurement !== undefined) procurement.desired = Math.max(0, procurement.desired - 1);
};

const forgetOldest = (market: MarketState): void => {
  const bound = market.bounds.endedNodes;
  if (market.ended.length < bound + Math.max(16, bound >> 4)) return;
  for (const id of market.ended.splice(0, market.ended.length - bound)) forget(market, id);
};

const forget = (market: MarketState, id: string): void => {
  const node = market.nodes.get(id);
  if (node === undefined) return;
  market.nodes.delete(id);
  market.listed.delete(id);
  const sameName = (market.names.get(node.name) ?? []).filter((other) => other !== id);
  if (sameName.length === 0) market.names.delete(node.name);
  else market.names.set(node.name, sameName);
  const procurement = node.procurementId === null ? undefined : market.procurements.get(node.procurementId);
  if (procurement === undefined) return;
  procurement.nodes.splice(procurement.nodes.indexOf(id), 1);
  if (procurement.nodes.length === 0 && procurement.desired === 0) market.procurements.delete(procurement.id);
};

/** The node an id or a name means: of several with one name, the newest that lives, else the newest. */
export const findNode = (market: MarketState, idOrName: string): NodeRow | null => {
  const byId = market.nodes.get(idOrName);
  if (byId !== undefined) return byId;
  let newest: NodeRow | null = null;
  for (const id of market.names.get(idOrName) ?? []) {
    const node = market.nodes.get(id);
    if (node === undefined) continue;
    if (newest === null || !hasEnded(node) || hasEnded(newest)) newest = node;
  }
  return newest;
};

/** A node by id or name, or, for null, a live one by chance; null when there is none. */
export const pickNode = (market: MarketState, idOrName: string | null): NodeRow | null => {
  if (idOrName !== null) return findNode(market, idOrName);
  const chance = drawUnit(market.chance);
  const alive = [...market.listed.values()].filter((node) => !hasEnded(node) && hasActiveVm(node));
  return alive[Math.floor(chance * alive.length)] ?? null;
};

/** A name is free when no known node has it; a deleted node gives its name back. */
export const isNameTaken = (market: MarketState, name: string): boolean =>
  (market.names.get(name) ?? []).some((id) => market.nodes.get(id)?.status !== 'deleted');

/** The end of the clock hour that a fill now buys. */
export const endOfHour = (at: UnixMs): UnixMs => hourFloor(at) + HOUR_MS;
