// Bids: in each zone where bids stand or are wanted the strategy says the level; standing bids are set to it (in place, or by
// replacement where the account may not), none stands above the ceiling's market, and the shortfall is asked for.
import type { RaiseIntended } from '../domain/entry.ts';
import { formatPrice, LIMIT_GRAIN_CENTS, type CentsPerNodeHour } from '../domain/money.ts';
import type { UnixMs } from '../domain/time.ts';
import { strategyOf } from '../strategy/registry.ts';
import type { BidDecision, BidInput } from '../strategy/strategy.ts';
import type { Action } from './action.ts';
import { climbKey, limitInForce, type NodeBook } from './books.ts';
import { coverUntil, expectedLead } from './earmarks.ts';
import { createOf, freeSlots, raiseOf, releaseOf, repostOf } from './make-action.ts';
import { emptyPlan, note, targetZones, usableQuote, type FleetPlan, type FleetScene } from './plan.ts';

/** The lowest limit a procurement can express: a bid parked here stands in nobody's way and keeps its place. */
export const PARKED = LIMIT_GRAIN_CENTS as CentsPerNodeHour;

type Mutable = ReturnType<typeof emptyPlan>;

export const planBids = (scene: FleetScene): FleetPlan => {
  const plan = emptyPlan();
  if (scene.withdraw !== null) {
    if (scene.shortfall > 0)
      plan.notes.push(
        note(scene, null, scene.withdraw, `${scene.shortfall} nodes are missing and nothing is asked for`),
      );
    return plan;
  }
  const decisions = new Map<string, BidDecision>();
  const decide = (zone: string): BidDecision => {
    const known = decisions.get(zone) ?? consult(scene, zone, plan);
    decisions.set(zone, known);
    return known;
  };
  for (const zone of new Set(scene.waiting.map((node) => node.zone))) {
    const decision = decide(zone);
    for (const node of scene.waiting) if (node.zone === zone) stand(scene, node, decision, plan);
  }
  repost(scene, decide, plan);
  if (scene.shortfall > 0) askFor(scene, decide, plan);
  return plan;
};

/** Asks the strategy about a zone and notes its move. */
export const consult = (scene: FleetScene, zone: string, plan: Mutable): BidDecision => {
  const { fleet, books, nowMs, policy } = scene;
  const climb = books.climbs.get(climbKey(fleet.name, zone)) ?? null;
  const quote = usableQuote(scene, zone);
  const unfilled = scene.waiting.filter((node) => node.zone === zone && limitInForce(node) > PARKED);
  const since = unfilled.map((node) => node.waitingSinceMs ?? nowMs);
  const refused = books.refusedPrice.get(climbKey(fleet.name, zone))?.sinceMs ?? null;
  const standing = since.length > 0 ? Math.min(...since) : null;
  const input: BidInput = {
    nowMs,
    policy: fleet.bid,
    shortfallNodes: Math.max(0, scene.shortfall) + unfilled.length,
    quote,
    quoteFreshMs: policy.quoteFreshMs,
    climb,
    unfilledSinceMs: fleet.hold === 'reserved' ? refused : standing,
    shortfallSinceMs: books.fleets.get(fleet.name)?.shortfallSinceMs || nowMs,
  };
  const decision = strategyOf(fleet.bid).bid(input);
  const wake = decision.kind === 'wait' ? decision.untilMs : strategyOf(fleet.bid).nextMoveMs(input);
  if (wake !== null) plan.wakes.push(wake);
  if (decision.kind === 'bid' && (decision.move === 'stepped' || decision.level !== climb?.level)) {
    plan.climbs.push({
      kind: 'climb_moved',
      fleet: fleet.name,
      zone,
      level: decision.level,
      reason: decision.move ?? 'started',
      ask: quote?.ask ?? null,
      askedAtMs: quote?.askedAtMs ?? null,
    });
  }
  if (decision.kind !== 'bid') plan.notes.push(note(scene, zone, decision.kind, decision.why));
  return decision;
};

/** Brings a standing bid to where the decision wants it. */
const stand = (scene: FleetScene, node: NodeBook, decision: BidDecision, plan: Mutable): void => {
  if (node.nodeId === null || node.release !== 'none') {
    if (node.release === 'asked' && node.nodeId !== null)
      plan.proposals.push(releaseOf(node, 'replace', 'its release was not confirmed'));
    return;
  }
  if (decision.kind === 'wait') return;
  const inPlace = scene.raisesInPlace && node.procurementId !== null;
  if (decision.kind === 'stand_down') {
    if (!inPlace) plan.proposals.push(releaseOf(node, 'above_ceiling', decision.why));
    else if (limitInForce(node) > PARKED || hasUnsureRaise(node))
      setTo(scene, node, PARKED, 'park', decision.why, plan);
    return;
  }
  if (limitInForce(node) === decision.level && !hasUnsureRaise(node)) return;
  if (alreadyAsked(node, decision.level)) return;
  if (!inPlace) {
    plan.proposals.push(
      releaseOf(
        node,
        'replace',
        `its limit cannot be set in place, and ${formatPrice(decision.level)} is wanted`,
      ),
    );
    return;
  }
  setTo(scene, node, decision.level, decision.move === 'stepped' ? 'climb' : 'reanchor', decision.why, plan);
};

const hasUnsureRaise = (node: NodeBook): boolean => node.raises.some((raise) => raise.answer !== 'accepted');

/** True when the newest raise asks for just this level and was accepted: it only has to be read back. */
const alreadyAsked = (node: NodeBook, level: CentsPerNodeHour): boolean => {
  const newest = node.raises.at(-1);
  return newest !== undefined && newest.answer === 'accepted' && newest.limit === level;
};

const setTo = (
  scene: FleetScene,
  node: NodeBook,
  level: CentsPerNodeHour,
  reason: RaiseIntended['reason'],
  why: string,
  plan: Mutable,
): void => {
  if (alreadyAsked(node, level)) return;
  plan.proposals.push(raiseOf(scene, node, level, { reason, why }));
};

/** Where the venue refuses a double, a name whose answer was lost and that a look does not show is sent again. */
const repost = (scene: FleetScene, decide: (zone: string) => BidDecision, plan: Mutable): void => {
  if (scene.policy.repost !== 'same_name') return;
  const wanted = Math.max(0, scene.shortfall + scene.unsure.length);
  for (const node of scene.unsure.slice(0, wanted)) {
    if (node.nameRefused || scene.look.lookups.get(node.name) !== 'absent' || scene.look.unreadable > 0)
      continue;
    if (node.hold === 'reserved' && (node.askedEndMs ?? 0) <= scene.nowMs) continue;
    if (decide(node.zone).kind !== 'bid') continue;
    plan.proposals.push(
      repostOf(scene, node, 'its answer was lost and the look does not show it; the venue refuses a double'),
    );
  }
};

/** Asks for the shortfall in the best zone that may be bid in, as far as there is room under target + surge. */
const askFor = (scene: FleetScene, decide: (zone: string) => BidDecision, plan: Mutable): void => {
  const zones = targetZones(scene);
  if (zones.length === 0) {
    plan.notes.push(
      note(
        scene,
        null,
        'no_zone',
        `${scene.shortfall} nodes are missing, but no zone that sells ${scene.fleet.gpu} is known`,
      ),
    );
    return;
  }
  const room = roomFor(scene, plan);
  for (const zone of zones) {
    const decision = decide(zone.name);
    if (decision.kind !== 'bid') continue;
    plan.proposals.push(...createBids(scene, zone.name, decision, Math.min(room, scene.shortfall)));
    return;
  }
};

const createBids = (
  scene: FleetScene,
  zone: string,
  decision: BidDecision & { kind: 'bid' },
  count: number,
): readonly Action[] => {
  const until: UnixMs = coverUntil(scene.nowMs, scene.policy.lookGapMs, expectedLead(scene.books));
  return freeSlots(scene, count).map(({ slot, generation }) =>
    createOf(scene, {
      zone,
      limit: decision.level,
      slot,
      generation,
      endAtMs: null,
      coverUntilMs: until,
      why: `${scene.shortfall} of ${scene.desire.nodes} nodes are missing; ${decision.why}`,
    }),
  );
};

/** How many more may be alive now; says so when releasing nodes are in the way. */
export const roomFor = (scene: FleetScene, plan: Mutable): number => {
  const { waiting, held, unsure, nowMs, fleet, desire } = scene;
  const releasing = scene.releasing.filter((node) => node.endAtMs === null || node.endAtMs > nowMs);
  const alive = waiting.length + held.length + unsure.length + releasing.length;
  const room = desire.nodes + fleet.surgeNodes - alive;
  if (room < scene.shortfall && releasing.length > 0) {
    plan.notes.push(
      note(
        scene,
        null,
        'releasing',
        `${releasing.length} nodes run to their paid end first; surge_nodes is ${fleet.surgeNodes}`,
      ),
    );
    for (const node of releasing) if (node.endAtMs !== null) plan.wakes.push(node.endAtMs);
  }
  return Math.max(0, room);
};
