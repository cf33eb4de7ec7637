// Letting go: wrong goods, what may not stand during a pause, bids and nodes beyond the target, and the clean-up of
// withdrawn bids. Waiting bids go first; held nodes only at the last act before their edge, because a release cannot be
// undone and paid time is used to its end.
import type { ReleaseReason } from '../domain/entry.ts';
import { formatPrice } from '../domain/money.ts';
import { formatInstant, MINUTE_MS, type UnixMs } from '../domain/time.ts';
import { limitInForce, type NodeBook } from './books.ts';
import { actWindow, renewalLead } from './earmarks.ts';
import { deleteOf, releaseOf } from './make-action.ts';
import { emptyPlan, stageAt, type FleetPlan, type FleetScene } from './scene.ts';

/** A refused release or delete is looked at for this long before it is tried again. */
const TRY_AGAIN_MS = 2 * MINUTE_MS;

export const planLettingGo = (scene: FleetScene): FleetPlan => {
  const plan = emptyPlan();
  const { nowMs, fleet } = scene;
  for (const node of scene.held) {
    if (node.hold !== 'autoreserved' || !mayRelease(node, nowMs)) continue;
    if (node.wrongGoods) {
      plan.proposals.push(
        releaseOf(
          node,
          'wrong_goods',
          `the venue delivered another zone or GPU type than ${fleet.gpu} in ${node.zone}`,
        ),
      );
    } else if (fleet.replaceUnhealthy && isUnhealthy(scene, node)) {
      plan.proposals.push(releaseOf(node, 'unhealthy', 'its VM failed or did not run within the boot limit'));
    }
  }
  for (const node of bidsTooMany(scene)) {
    if (mayRelease(node, nowMs)) plan.proposals.push(releaseOf(node, ...whyWithdrawn(scene)));
  }
  for (const { node, why } of heldTooDear(scene)) {
    if (mayRelease(node, nowMs)) plan.proposals.push(releaseOf(node, 'budget', why));
  }
  for (const node of heldTooMany(scene)) {
    if (plan.proposals.some((proposal) => proposal.node === node.seq) || !mayRelease(node, nowMs)) continue;
    const end = formatInstant(node.endAtMs ?? nowMs);
    const drains = scene.withdraw === 'drain';
    const wanted = drains
      ? `draining: nodes go as their paid time ends, here at ${end}`
      : `${scene.desire.nodesAt(node.endAtMs ?? nowMs)} nodes are wanted at its end ${end}`;
    const why = `${wanted}; its next hour would cost up to ${formatPrice(limitInForce(node))}`;
    plan.proposals.push(releaseOf(node, drains ? 'drain' : 'surplus', why));
  }
  for (const node of scene.releasing) {
    if (isLeftover(node, nowMs)) plan.proposals.push(deleteOf(node, 'withdrawn before it was filled'));
  }
  return plan;
};

const WORDS = { paused: 'paused', drain: 'draining', stop: 'stopping' } as const;

const whyWithdrawn = (scene: FleetScene): [ReleaseReason, string] => {
  if (scene.withdraw !== null) return [scene.withdraw, `no bid stands while ${WORDS[scene.withdraw]}`];
  const stage = stageAt(scene, 'stop_buying', scene.nowMs);
  if (stage !== null) return ['budget', `no bid stands: ${stage.why}`];
  return ['surplus', `more nodes than the ${scene.desire.nodes} wanted`];
};

/**
 * Held nodes that a stage of a budget lets go: at `let_end` at their last act, at `release` at once. A node whose paid time
 * reaches the end of the stage's period costs nothing in it any more and stays.
 */
const heldTooDear = (scene: FleetScene): readonly { readonly node: NodeBook; readonly why: string }[] => {
  const { nowMs, held } = scene;
  return held.flatMap((node) => {
    if (node.hold !== 'autoreserved' || node.wrongGoods) return [];
    const paidToMs = Math.max(nowMs, node.endAtMs ?? 0);
    const stage =
      stageAt(scene, 'release', paidToMs) ??
      (isAtLastAct(scene, node) ? stageAt(scene, 'let_end', paidToMs) : null);
    return stage === null ? [] : [{ node, why: stage.why }];
  });
};

const mayRelease = (node: NodeBook, nowMs: UnixMs): boolean =>
  node.nodeId !== null && (node.release !== 'refused' || nowMs - (node.lettingGoAtMs ?? 0) >= TRY_AGAIN_MS);

/** True unless it is being let go; a refused release is looked at for a while, then the node is treated as staying. */
export const isStaying = (node: NodeBook, nowMs: UnixMs): boolean =>
  node.release === 'none' || (node.release === 'refused' && mayRelease(node, nowMs));

/** Held but not usable: its VM failed, or did not run within the boot limit. */
export const isUnhealthy = (
  { fleet, nowMs }: Pick<FleetScene, 'fleet' | 'nowMs'>,
  node: NodeBook,
): boolean => {
  if (node.phase !== 'running' || node.status !== 'running' || node.usableSinceMs !== null) return false;
  if (node.vm === 'node_failure' || node.vm === 'destroyed') return true;
  return node.runningSinceMs !== null && nowMs - node.runningSinceMs > fleet.bootLimitMs;
};

/** Waiting bids that may not stand, dearest first. */
const bidsTooMany = (scene: FleetScene): readonly NodeBook[] => {
  const bids = byCost(scene.waiting.filter((node) => node.hold === 'autoreserved'));
  if (scene.withdraw !== null || stageAt(scene, 'stop_buying', scene.nowMs) !== null) return bids;
  const good = scene.held.filter((node) => !node.wrongGoods).length;
  const surplus = good + scene.waiting.length - scene.desire.nodes;
  return bids.slice(0, Math.max(0, surplus));
};

/** Held nodes at their last act that the target at their end does not want, dearest next hour first. */
const heldTooMany = (scene: FleetScene): readonly NodeBook[] => {
  const going = scene.held.filter((node) => !node.wrongGoods);
  let left = going.length;
  const chosen: NodeBook[] = [];
  for (const node of byCost(going.filter((one) => isAtLastAct(scene, one)))) {
    const wanted = scene.withdraw === 'drain' ? 0 : scene.desire.nodesAt(node.endAtMs ?? scene.nowMs);
    if (left <= wanted) continue;
    chosen.push(node);
    left -= 1;
  }
  return chosen;
};

const isAtLastAct = (scene: FleetScene, node: NodeBook): boolean => {
  if (node.hold !== 'autoreserved' || node.endAtMs === null) return false;
  const { lookGapMs, releaseLeadMs } = scene.policy;
  const lead = Math.max(actWindow(lookGapMs), releaseLeadMs);
  return scene.nowMs >= node.endAtMs - edgeLead(scene, node) - lead;
};

/** How long before the end the acts of a node are timed: what was seen, else the horizon that was read. */
export const edgeLead = ({ books }: Pick<FleetScene, 'books'>, node: NodeBook): number => {
  const known = node.horizonMs === null ? undefined : books.edges.get(node.horizonMs);
  return known !== undefined && known.jumps >= 2 ? renewalLead(books, node) : (node.horizonMs ?? 0);
};

const byCost = (nodes: readonly NodeBook[]): NodeBook[] =>
  nodes.toSorted((a, b) => limitInForce(b) - limitInForce(a) || b.slot - a.slot || b.seq - a.seq);

/** A withdrawn bid that was never filled, or has no paid time left, and still stands in the way of its slot. */
const isLeftover = (node: NodeBook, nowMs: UnixMs): boolean => {
  if (node.hold !== 'autoreserved' || node.nodeId === null || node.release !== 'accepted') return false;
  if (node.bookedToMs > nowMs || node.status === 'running') return false;
  return (
    node.deletion !== 'accepted' &&
    nowMs - (node.lettingGoAtMs ?? 0) >= (node.deletion === 'none' ? 0 : TRY_AGAIN_MS)
  );
};
