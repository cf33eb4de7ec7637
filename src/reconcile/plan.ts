// Plan: books + look + desired -> proposals, for one fleet at a time. It lets go first (wrong goods, surplus, what may not
// stand), then looks after what stands (renewals, limits, extensions), then asks for what is missing. Everything here is a
// wish; the guard decides.
import type { Decision } from '../domain/report.ts';
import type { Action, Proposal } from './action.ts';
import type { NodeBook } from './books.ts';
import { planBids } from './plan-bids.ts';
import { planBlocks } from './plan-blocks.ts';
import { planHeld } from './plan-held.ts';
import { planLettingGo } from './plan-letting-go.ts';
import { setScene, type FleetPlan, type FleetScene, type PlanInput } from './scene.ts';

export const planFleet = (input: PlanInput): FleetPlan => {
  const scene = setScene(input);
  const gone = planLettingGo(scene);
  const left = without(scene, gone.proposals);
  const parts = [gone, planHeld(left)];
  parts.push(scene.fleet.hold === 'reserved' ? planBlocks(left) : planBids(left));
  const wakes = parts.flatMap((part) => part.wakes);
  if (scene.desire.nextChangeMs !== null) wakes.push(scene.desire.nextChangeMs);
  return {
    proposals: parts.flatMap((part) => part.proposals),
    climbs: parts.flatMap((part) => part.climbs),
    notes: parts.flatMap((part) => part.notes),
    wakes: wakes.filter((at) => at > input.nowMs),
  };
};

/** The scene without the nodes that are being let go, so that nothing else is planned for them. */
const without = (scene: FleetScene, proposals: readonly Proposal[]): FleetScene => {
  const gone = new Set(proposals.map((proposal) => proposal.node));
  if (gone.size === 0) return scene;
  const stays = (node: NodeBook): boolean => !gone.has(node.seq);
  return { ...scene, waiting: scene.waiting.filter(stays), held: scene.held.filter(stays) };
};

export const decisionOf = (action: Action): Decision => ({
  fleet: action.fleet,
  action: action.intent.kind === 'repost_intended' ? 'repost' : action.change.kind,
  zone: action.zone,
  name: action.name,
  limit: action.limit,
  refusedBy: null,
  reason: action.reason,
  why: action.why,
});
