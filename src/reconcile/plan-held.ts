// What stands: before the venue can buy a node's next hour, that hour is let through (or the node released), and at 12, 7
// and 3 minutes before each edge a held node's limit is set to what the market asks now.
import { formatPrice } from '../domain/money.ts';
import { formatDuration, formatInstant, MINUTE_MS, type UnixMs } from '../domain/time.ts';
import { strategyOf } from '../strategy/registry.ts';
import type { Renewal } from './action.ts';
import { believedLimit, limitInForce, type NodeBook } from './books.ts';
import { actWindow, coverUntil, renewalLead } from './earmarks.ts';
import { raiseOf, releaseOf } from './make-action.ts';
import { edgeLead, isStaying } from './plan-letting-go.ts';
import {
  emptyPlan,
  sceneAt,
  setsInPlace,
  stageAt,
  trailOf,
  usableQuote,
  type FleetPlan,
  type FleetScene,
} from './scene.ts';

const ACTS_MS = [12 * MINUTE_MS, 7 * MINUTE_MS, 3 * MINUTE_MS];

export const planHeld = (scene: FleetScene): FleetPlan => {
  const plan = emptyPlan();
  for (const node of [...scene.held, ...scene.waiting]) {
    if (node.hold !== 'autoreserved' || node.nodeId === null) continue;
    const renewal = renew(scene, node);
    if (renewal !== null) plan.proposals.push(renewal);
    if (node.phase !== 'running') continue;
    const act = lastAct(scene, node);
    if (act.nextMs !== null) plan.wakes.push(act.nextMs);
    const raise =
      act.atMs === null || node.limitSetAtMs >= act.atMs ? null : relimit(scene, node, act.edgeMs);
    if (raise !== null) plan.proposals.push(raise);
  }
  return plan;
};

/** Lets through the hours the venue may buy before the next assured look; null when they are let through already. */
const renew = (scene: FleetScene, node: NodeBook): Renewal | null => {
  const { nowMs, policy, books } = scene;
  const untilMs = coverUntil(nowMs, policy.lookGapMs, renewalLead(books, node));
  const fromMs = Math.max(nowMs, node.bookedToMs, node.authorisedUntilMs);
  if (untilMs <= fromMs) return null;
  const limit = limitInForce(node);
  const held = node.phase === 'running';
  const why = `${held ? 'renewal' : 'fill'} up to ${formatInstant(untilMs)} for at most ${formatPrice(limit)}`;
  const otherwise = releaseOf(
    node,
    'budget',
    `its next hour at ${formatPrice(limit)} does not fit the budget`,
  );
  const { fleet, zone, name, seq } = node;
  return { kind: 'renewal', fleet, zone, name, node: seq, limit, untilMs, otherwise, why };
};

/**
 * The act before the coming edge that is due at this instant, and the first one still to come. A turn at the very edge, when
 * the hour is not seen to be bought, acts once more.
 */
const lastAct = (
  scene: FleetScene,
  node: NodeBook,
): { atMs: UnixMs | null; nextMs: UnixMs | null; edgeMs: UnixMs } => {
  if (node.endAtMs === null) return { atMs: null, nextMs: null, edgeMs: 0 };
  const { nowMs, policy } = scene;
  const edgeMs = node.endAtMs - edgeLead(scene, node);
  let atMs: UnixMs | null = null;
  let nextMs: UnixMs | null = null;
  for (const before of [...ACTS_MS, actWindow(policy.lookGapMs)]) {
    const act = edgeMs - before;
    if (act > nowMs) nextMs = Math.min(nextMs ?? act, act);
    else if (nowMs < edgeMs) atMs = Math.max(atMs ?? act, act);
  }
  return { atMs: nowMs === edgeMs ? edgeMs : atMs, nextMs, edgeMs };
};

/** Sets a held node's limit to the anchor, up or down; null when nothing is known or nothing would change. */
const relimit = (
  scene: FleetScene,
  node: NodeBook,
  neededAtMs: UnixMs,
): ReturnType<typeof raiseOf> | null => {
  const { nowMs } = scene;
  const { fleet, pacing } = sceneAt(scene, node.bookedToMs);
  if (!setsInPlace(scene, node) || !isStaying(node, nowMs)) return null;
  const quote = usableQuote(scene, node.zone);
  const anchor = strategyOf(fleet.bid).hold({
    nowMs,
    policy: fleet.bid,
    quote,
    trail: trailOf(scene, node.zone),
    neededAtMs,
  });
  // Without an ask to follow, pacing still takes a limit back that the rest of the budget cannot bear.
  const tooDear = pacing != null && limitInForce(node) > pacing.limit;
  const level = anchor ?? (tooDear ? pacing.limit : null);
  if (level === null || level === believedLimit(node).limit) return null;
  const raises = level > limitInForce(node);
  if (raises && (scene.withdraw !== null || stageAt(scene, 'stop_raising', node.bookedToMs) !== null))
    return null;
  const age = quote === null ? '' : `, quoted ${formatDuration(nowMs - quote.askedAtMs)} ago`;
  const held = pacing != null && level >= pacing.limit ? `; ${pacing.why}` : '';
  const why = `before the edge its limit follows the ask: ${formatPrice(limitInForce(node))} to ${formatPrice(level)}${age}${held}`;
  return raiseOf(scene, node, level, { reason: 'edge', why });
};
