// Reserved blocks: the daemon buys hour-aligned time with a fresh limit each time and extends it before it ends. A refusal
// for price lets the ladder go on; the last attempt is three minutes before the end, then the block lapses.
import type { CentsPerNodeHour } from '../domain/money.ts';
import { HOUR_MS, hourCeil, MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { isWorthWaiting } from '../strategy/patience.ts';
import type { BidDecision } from '../strategy/strategy.ts';
import { climbKey, type NodeBook } from './books.ts';
import { createOf, extendOf, freeSlots, repostOf } from './make-action.ts';
import { buyingStopped, decider, mayTry, refusedNote, roomFor } from './plan-bids.ts';
import { isUnhealthy } from './plan-letting-go.ts';
import {
  emptyPlan,
  note,
  sceneAt,
  targetZones,
  trailOf,
  usableQuote,
  type FleetPlan,
  type FleetScene,
  type PlanInput,
} from './scene.ts';

/** The first hour of a block must have at least this much left to be worth its price. */
const FIRST_HOUR_LEFT_MS = 30 * MINUTE_MS;
/** The last attempt is due this long before the end; ticks come late, so it may still be made until the block lapses. */
const LAST_ATTEMPT_MS = 3 * MINUTE_MS;
const LAPSES_MS = 2 * MINUTE_MS;

type Mutable = ReturnType<typeof emptyPlan>;

/** The end of a block bought now: the next hour boundary with at least 30 minutes left, plus the block less its first hour. */
export const firstBlockEnd = (nowMs: UnixMs, blockMs: DurationMs): UnixMs => {
  const boundary = hourCeil(nowMs + FIRST_HOUR_LEFT_MS);
  return boundary + blockMs - HOUR_MS;
};

export const planBlocks = (scene: FleetScene): FleetPlan => {
  const plan = emptyPlan();
  const decide = decider(scene, plan);
  if (decide === null) return plan;
  extend(scene, { decide, decideNext: nextDecider(scene, decide, plan) }, plan);
  if (buyingStopped(scene, plan)) return plan;
  repost(scene, decide, plan);
  if (scene.shortfall > 0) buy(scene, decide, plan);
  return plan;
};

type Decider = (zone: string) => BidDecision;

/** Decides about hours after the end of a paced period, which its pace does not bind. */
const nextDecider = (scene: FleetScene, decide: Decider, plan: Mutable): Decider => {
  const next = sceneAt(scene, Number.MAX_SAFE_INTEGER);
  return next === scene ? decide : (decider(next, plan) ?? decide);
};

/**
 * Extends the nodes whose end comes within the lead, as many as are wanted at that end. One that cannot be used lapses
 * instead, so that its slot is bought anew.
 */
const extend = (
  scene: FleetScene,
  { decide, decideNext }: { readonly decide: Decider; readonly decideNext: Decider },
  plan: Mutable,
): void => {
  const { fleet, nowMs } = scene;
  const chosen = new Set<NodeBook>();
  for (const node of scene.held.toSorted((a, b) => (a.endAtMs ?? 0) - (b.endAtMs ?? 0) || a.slot - b.slot)) {
    const end = node.endAtMs;
    if (end === null || node.hold !== 'reserved' || node.wrongGoods || node.extension !== null) continue;
    if (fleet.replaceUnhealthy && isUnhealthy(scene, node)) continue;
    plan.wakes.push(end - fleet.extendLeadMs, end - LAST_ATTEMPT_MS);
    if (nowMs < end - fleet.extendLeadMs || nowMs > end - LAPSES_MS) continue;
    const covered = scene.held.filter((other) => other !== node && coversAt(other, end, chosen)).length;
    const unsure = scene.unsure.filter((one) => (one.askedEndMs ?? Number.MAX_SAFE_INTEGER) > end).length;
    const going = covered + unsure + scene.waiting.length;
    if (going >= scene.desire.nodesAt(end)) continue;
    const decision = (end >= (scene.pacing?.untilMs ?? Infinity) ? decideNext : decide)(node.zone);
    if (decision.kind !== 'bid') continue;
    const isLast = isLastAttempt(scene, node.zone, end - LAST_ATTEMPT_MS);
    if (!isLast && !mayTry(scene, node.zone, decision.level)) continue;
    if (!isLast && mayWait(scene, node.zone, end, fleet.bid.ceiling)) {
      plan.notes.push(note(scene, node.zone, 'wait', WAITS));
      continue;
    }
    chosen.add(node);
    const why = `its block ends soon and ${scene.desire.nodesAt(end)} nodes are wanted then; ${decision.why}`;
    plan.proposals.push(extendOf(scene, node, { limit: decision.level, durationMs: fleet.blockMs, why }));
  }
};

const WAITS =
  'a block is not extended yet: by its last hour the ask is likely to come down before it has to be';
/** Beyond its quarantine a lost answer needs this long to be cleared up before the block ends. */
const CLEARED_UP_MS = 5 * MINUTE_MS;

/** True while a lower ask may be waited for: a lost answer can still be cleared up before the end. */
export const mayWait = (
  scene: PlanInput,
  zone: string,
  endMs: UnixMs,
  ceiling: CentsPerNodeHour,
): boolean => {
  const quote = usableQuote(scene, zone);
  const lastMs = endMs - scene.policy.quarantineMs - CLEARED_UP_MS;
  const { nowMs } = scene;
  return quote !== null && isWorthWaiting({ nowMs, lastMs, quote, ceiling, trail: trailOf(scene, zone) });
};

/** True when the last attempt is due and none was made (and refused) since it is. */
const isLastAttempt = (scene: FleetScene, zone: string, dueMs: UnixMs): boolean => {
  const refused = scene.books.refusedPrice.get(climbKey(scene.fleet.name, zone));
  return scene.nowMs >= dueMs && (refused === undefined || refused.atMs < dueMs);
};

const coversAt = (node: NodeBook, atMs: UnixMs, chosen: ReadonlySet<NodeBook>): boolean =>
  node.hold === 'autoreserved' ||
  chosen.has(node) ||
  Math.max(node.endAtMs ?? 0, node.extension?.endAfterMs ?? 0) > atMs;

/** As for bids: a name is sent again only while its zone may be bid in. */
const repost = (scene: FleetScene, decide: (zone: string) => BidDecision, plan: Mutable): void => {
  if (scene.policy.repost !== 'same_name') return;
  for (const node of scene.unsure) {
    if (node.hold !== 'reserved' || node.nameRefused || scene.look.unreadable > 0) continue;
    if (
      scene.look.lookups.get(node.name) !== 'absent' ||
      (node.askedEndMs ?? 0) <= scene.nowMs + LAST_ATTEMPT_MS
    )
      continue;
    if (decide(node.zone).kind !== 'bid') continue;
    plan.proposals.push(
      repostOf(scene, node, 'its answer was lost and the look does not show it; the venue refuses a double'),
    );
  }
};

const buy = (scene: FleetScene, decide: (zone: string) => BidDecision, plan: Mutable): void => {
  const { fleet, nowMs } = scene;
  const zones = targetZones(scene);
  if (zones.length === 0) {
    plan.notes.push(
      note(
        scene,
        null,
        'no_zone',
        `${scene.shortfall} nodes are missing, but no zone that sells ${fleet.gpu} is known`,
      ),
    );
    return;
  }
  const count = Math.min(roomFor(scene, plan), scene.shortfall);
  for (const zone of zones) {
    const decision = decide(zone.name);
    if (decision.kind !== 'bid') continue;
    if (!mayTry(scene, zone.name, decision.level)) {
      plan.notes.push(refusedNote(scene, zone.name, decision));
      return;
    }
    const endAtMs = firstBlockEnd(nowMs, fleet.blockMs);
    const why = `${scene.shortfall} of ${scene.desire.nodes} nodes are missing; ${decision.why}`;
    for (const { slot, generation } of freeSlots(scene, count)) {
      plan.proposals.push(
        createOf(scene, {
          zone: zone.name,
          limit: decision.level,
          slot,
          generation,
          endAtMs,
          coverUntilMs: endAtMs,
          why,
        }),
      );
    }
    return;
  }
};
