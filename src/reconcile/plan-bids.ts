// Bids: in each zone where bids stand or are wanted the strategy says the level; standing bids are set to it (in place, or by
// replacement where the account may not), none stands above the ceiling's market, and the shortfall is asked for.
import type { RaiseIntended } from '../domain/entry.ts';
import { floorLimit, formatPrice, LIMIT_GRAIN_CENTS, type CentsPerNodeHour } from '../domain/money.ts';
import type { Quote } from '../domain/market.ts';
import type { Decision } from '../domain/report.ts';
import { HOUR_MS, hourFloor, type UnixMs } from '../domain/time.ts';
import { strategyOf } from '../strategy/registry.ts';
import type { BidDecision, BidInput } from '../strategy/strategy.ts';
import type { Action } from './action.ts';
import { believedLimit, climbKey, countsAt, type NodeBook } from './books.ts';
import { coverUntil, expectedLead } from './earmarks.ts';
import { isStaying } from './plan-letting-go.ts';
import { createOf, freeSlots, raiseOf, releaseOf, repostOf } from './make-action.ts';
import {
  emptyPlan,
  note,
  stageAt,
  targetZones,
  trailOf,
  usableQuote,
  type FleetPlan,
  type FleetScene,
  setsInPlace,
} from './scene.ts';

/** The lowest limit a procurement can express: a bid parked here stands in nobody's way and keeps its place. */
const PARKED = LIMIT_GRAIN_CENTS as CentsPerNodeHour;

type Mutable = ReturnType<typeof emptyPlan>;

export const planBids = (scene: FleetScene): FleetPlan => {
  const plan = emptyPlan();
  const decide = decider(scene, plan);
  if (decide === null || buyingStopped(scene, plan)) return plan;
  for (const zone of new Set(scene.waiting.map((node) => node.zone))) {
    const decision = decide(zone);
    for (const node of scene.waiting) if (node.zone === zone) stand(scene, node, decision, plan);
  }
  repost(scene, decide, plan);
  if (scene.shortfall > 0) askFor(scene, decide, plan);
  return plan;
};

/** Asks the strategy about each zone once; null, with a note, while nothing may be asked for. */
export const decider = (scene: FleetScene, plan: Mutable): ((zone: string) => BidDecision) | null => {
  const { withdraw, shortfall } = scene;
  if (withdraw !== null) {
    const why = `${shortfall} nodes are missing and nothing is asked for`;
    if (shortfall > 0) plan.notes.push(note(scene, null, withdraw, why));
    return null;
  }
  const decisions = new Map<string, BidDecision>();
  return (zone) => {
    const decision = decisions.get(zone) ?? consult(scene, zone, plan);
    decisions.set(zone, decision);
    return decision;
  };
};

/** True, with a note, while a stage of a budget lets nothing new be bought. */
export const buyingStopped = (scene: FleetScene, plan: Mutable): boolean => {
  const stage = stageAt(scene, 'stop_buying', scene.nowMs);
  if (stage === null) return false;
  if (scene.shortfall > 0)
    plan.notes.push(note(scene, null, 'budget_stage', `${scene.shortfall} nodes are missing; ${stage.why}`));
  return true;
};

/** Asks the strategy about a zone and notes its move. */
const consult = (scene: FleetScene, zone: string, plan: Mutable): BidDecision => {
  const { fleet, books, nowMs, policy } = scene;
  const climb = books.climbs.get(climbKey(fleet.name, zone)) ?? null;
  const quote = usableQuote(scene, zone);
  const unfilled = scene.waiting.filter((node) => node.zone === zone && believedLimit(node).limit > PARKED);
  const since = unfilled.map((node) => node.waitingSinceMs ?? nowMs);
  const refused = books.refusedPrice.get(climbKey(fleet.name, zone))?.sinceMs ?? null;
  // While bids are replaced none stands: the climb keeps its level and takes no step.
  if (climb?.replacing === true) since.push(nowMs);
  const standing = since.length > 0 ? Math.min(...since) : null;
  const input: BidInput = {
    nowMs,
    policy: fleet.bid,
    shortfallNodes: Math.max(0, scene.shortfall) + unfilled.length,
    quote,
    trail: trailOf(scene, zone),
    quoteFreshMs: policy.quoteFreshMs,
    climb,
    unfilledSinceMs: fleet.hold === 'reserved' ? refused : (standing ?? refused),
    offeredAtMs: unfilled.length > 0 ? Math.max(...unfilled.map((node) => node.limitSetAtMs)) : null,
    boughtMs: fleet.hold === 'reserved' ? fleet.blockMs : hourFloor(nowMs) + HOUR_MS - nowMs,
    shortfallSinceMs: books.fleets.get(fleet.name)?.shortfallSinceMs || nowMs,
  };
  const decision = strategyOf(fleet.bid).bid(input);
  const wake = decision.kind === 'wait' ? decision.untilMs : strategyOf(fleet.bid).nextMoveMs(input);
  if (wake !== null) plan.wakes.push(wake);
  const moves = decision.kind === 'bid' && (decision.level !== climb?.level || isNews(decision.move));
  if (decision.kind === 'bid' && moves) {
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
  if (isPaced(scene, decision, quote))
    plan.notes.push(note(scene, zone, 'pacing', `${decision.why}; ${scene.pacing?.why ?? ''}`));
  else if (decision.kind !== 'bid') plan.notes.push(note(scene, zone, decision.kind, decision.why));
  return decision;
};

/** True where only pacing keeps the offer from being made, or from rising on. */
const isPaced = ({ fleet, pacing }: FleetScene, decision: BidDecision, quote: Quote | null): boolean => {
  if (pacing == null) return false;
  const ask = quote?.ask ?? null;
  const paced = floorLimit(fleet.bid.ceiling);
  if (decision.kind === 'bid') return ask === null && decision.level >= paced;
  return ask !== null && ask > paced && ask <= floorLimit(pacing.unpaced.bid.ceiling);
};

/** A step that the ceiling clipped, or an offer to a new quote at the old level, is a move as well. */
const isNews = (move: 'started' | 'stepped' | 'reanchored' | null): boolean =>
  move === 'stepped' || move === 'reanchored';

/** Brings a standing bid to where the decision wants it. */
const stand = (scene: FleetScene, node: NodeBook, decision: BidDecision, plan: Mutable): void => {
  if (node.nodeId === null) return;
  if (node.release === 'asked') {
    plan.proposals.push(releaseOf(node, 'replace', 'its release was not confirmed'));
    return;
  }
  if (decision.kind === 'wait' || !isStaying(node, scene.nowMs)) return;
  const inPlace = setsInPlace(scene, node);
  const level = decision.kind === 'bid' ? decision.level : PARKED;
  const standing = believedLimit(node);
  if (standing.sure && standing.limit === level) return;
  const stage = level > standing.limit ? stageAt(scene, 'stop_raising', scene.nowMs) : null;
  if (stage !== null) {
    const why = `${formatPrice(level)} is wanted and the bid stays at ${formatPrice(standing.limit)}; ${stage.why}`;
    plan.notes.push({ ...note(scene, node.zone, 'budget_stage', why), name: node.name });
    return;
  }
  if (inPlace) {
    plan.proposals.push(raiseOf(scene, node, level, { reason: reasonOf(decision), why: decision.why }));
  } else if (decision.kind === 'stand_down') {
    plan.proposals.push(releaseOf(node, 'above_ceiling', decision.why));
  } else {
    const why = `its limit cannot be set in place, and ${formatPrice(level)} is wanted`;
    plan.proposals.push(releaseOf(node, 'replace', why));
  }
};

const reasonOf = (decision: BidDecision): RaiseIntended['reason'] => {
  if (decision.kind !== 'bid') return 'park';
  return decision.move === 'stepped' ? 'climb' : 'reanchor';
};

/**
 * After a refusal for price or capacity the same offer is not repeated: only a higher level, a newer quote at or under the
 * level, or `every` passed.
 */
export const mayTry = (scene: FleetScene, zone: string, level: CentsPerNodeHour): boolean => {
  const refused = scene.books.refusedPrice.get(climbKey(scene.fleet.name, zone));
  if (refused === undefined || level > refused.limit) return true;
  const quote = usableQuote(scene, zone);
  const reachable = quote?.ask != null && quote.ask <= level && quote.askedAtMs > refused.atMs;
  return reachable || scene.nowMs - refused.atMs >= scene.fleet.bid.everyMs;
};

/** A note that the level of a zone was refused and is not offered again yet. */
export const refusedNote = (
  scene: FleetScene,
  zone: string,
  decision: BidDecision & { kind: 'bid' },
): Decision =>
  note(
    scene,
    zone,
    'refused',
    `${formatPrice(decision.level)} was refused for price or capacity; ${decision.why}`,
  );

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
    if (!mayTry(scene, zone.name, decision.level)) {
      plan.notes.push(refusedNote(scene, zone.name, decision));
      return;
    }
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
  const releasing = scene.releasing.filter((node) => countsAt(node, nowMs));
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
