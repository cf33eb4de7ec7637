// The scene of a plan: one fleet's nodes sorted by where they stand, what is wanted, what the market says, and the few
// questions every part of the plan asks about them.
import type { ClimbMoved } from '../domain/entry.ts';
import type { Look } from '../domain/look.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { quoteKey, type AskTrail, type MarketView, type Quote, type Zone } from '../domain/market.ts';
import { isEnded } from '../domain/node.ts';
import type { BudgetStage, FleetPolicy, Policy } from '../domain/policy.ts';
import type { Decision } from '../domain/report.ts';
import { DAY_MS, type UnixMs } from '../domain/time.ts';
import type { Proposal } from './action.ts';
import { isAlive, isHeld, nodesOf, type Books, type NodeBook } from './books.ts';
import { isAtLeast, type HoldingStage } from './stages.ts';

/** What is wanted of a fleet: now, and at any instant. */
export interface FleetDesire {
  readonly gpus: number;
  readonly nodes: number;
  readonly nextChangeMs: UnixMs | null;
  readonly nodesAt: (atMs: UnixMs) => number;
  /** Wanted node-milliseconds in [fromMs, toMs); absent: as many nodes as now, throughout. */
  readonly nodeMsBetween?: (fromMs: UnixMs, toMs: UnixMs) => number;
}

/** The most that an hour may cost so that the rest of a paced budget lasts to the end of its period. */
export interface PacedAt {
  readonly limit: CentsPerNodeHour;
  /** Wanted node-milliseconds that are not bought yet. */
  readonly leftMs: number;
  readonly untilMs: UnixMs;
  readonly why: string;
}

export interface PlanInput {
  readonly nowMs: UnixMs;
  readonly books: Books;
  readonly look: Look;
  readonly market: MarketView;
  readonly policy: Policy;
  readonly fleet: FleetPolicy;
  readonly desire: FleetDesire;
  /** Paused, draining, or stopping with waiting bids to be withdrawn: nothing is asked for and no bid may stand. */
  readonly withdraw: 'paused' | 'drain' | 'stop' | null;
  /** Stages of the fleet's budgets and the process's that hold now; absent: none. */
  readonly stages?: readonly HoldingStage[];
  /** Set where pacing lowered the ceiling of `fleet`; `unpaced` is the fleet of the settings. */
  readonly pacing?: (PacedAt & { readonly unpaced: FleetPolicy }) | null;
}

/** What it takes to see the market with a fleet's eyes. */
export type MarketSight = Pick<PlanInput, 'nowMs' | 'market' | 'policy' | 'fleet'>;

/** A fleet's nodes sorted by where they stand, beside the input: what every part of the plan reads. */
export interface FleetScene extends PlanInput {
  readonly waiting: readonly NodeBook[];
  readonly held: readonly NodeBook[];
  readonly releasing: readonly NodeBook[];
  /** Asked or unknown. */
  readonly unsure: readonly NodeBook[];
  /** desired − (held + waiting + in flight + unknown); negative when there are too many. */
  readonly shortfall: number;
  /** False for a day after the venue refused to raise a limit in place. */
  readonly raisesInPlace: boolean;
}

export interface FleetPlan {
  readonly proposals: readonly Proposal[];
  /** Moves of the climb, each written only when something of its zone passes the guard. */
  readonly climbs: readonly ClimbMoved[];
  /** Reasons worth saying for what is not done. */
  readonly notes: readonly Decision[];
  /** Instants at which another look is due. */
  readonly wakes: readonly UnixMs[];
}

export const setScene = (input: PlanInput): FleetScene => {
  const { books, fleet, desire, nowMs } = input;
  const scene = { waiting: [], held: [], releasing: [], unsure: [] } as Record<string, NodeBook[]>;
  for (const node of nodesOf(books, fleet.name)) {
    if (!isAlive(node)) continue;
    if (node.phase === 'waiting') scene['waiting']?.push(node);
    else if (isHeld(node)) scene['held']?.push(node);
    else if (node.phase === 'releasing') scene['releasing']?.push(node);
    else scene['unsure']?.push(node);
  }
  const { waiting = [], held = [], releasing = [], unsure = [] } = scene;
  const good = held.filter((node) => !node.wrongGoods).length;
  const refusedAt = books.raisingRefusedAtMs;
  return {
    ...input,
    waiting,
    held,
    releasing,
    unsure,
    shortfall: desire.nodes - (good + waiting.length + unsure.length),
    raisesInPlace: refusedAt === null || nowMs - refusedAt >= DAY_MS,
  };
};

export const emptyPlan = (): {
  proposals: Proposal[];
  climbs: ClimbMoved[];
  notes: Decision[];
  wakes: UnixMs[];
} => ({ proposals: [], climbs: [], notes: [], wakes: [] });

/** A stage of a budget, `least` or a later one, that holds at an instant from now on; null when none does. */
export const stageAt = (
  { stages = [] }: Pick<PlanInput, 'stages'>,
  least: BudgetStage,
  atMs: UnixMs,
): HoldingStage | null =>
  stages.find(({ stage, untilMs }) => isAtLeast(stage, least) && atMs < untilMs) ?? null;

/** The scene of an hour that begins at `atMs`: after the end of the paced period its pace does not bind. */
export const sceneAt = <Scene extends PlanInput>(scene: Scene, atMs: UnixMs): Scene =>
  scene.pacing != null && atMs >= scene.pacing.untilMs
    ? { ...scene, fleet: scene.pacing.unpaced, pacing: null }
    : scene;

/** A line of the plan that says why nothing is done. */
export const note = (scene: PlanInput, zone: string | null, reason: string, why: string): Decision => ({
  fleet: scene.fleet.name,
  action: 'none',
  zone,
  name: null,
  limit: null,
  refusedBy: null,
  reason,
  why,
});

/**
 * The newest quote of a zone that is young enough to be used and inside the band that can be explained; null without one.
 * A quote above the band still says that the ask is above the ceiling, so only one below it is dropped.
 */
export const usableQuote = ({ market, policy, fleet, nowMs }: MarketSight, zone: string): Quote | null => {
  const quote = market.quotes.get(quoteKey(zone, fleet.hold)) ?? null;
  if (quote === null) return null;
  const age = nowMs - quote.askedAtMs;
  if (age < 0 || age > policy.quoteUsableMs) return null;
  if (quote.ask !== null && quote.ask * 10_000 < fleet.bid.ceiling * policy.priceBand.low) return null;
  return quote;
};

/** What the quotes of a zone taught; null where nobody watched. */
export const trailOf = ({ market, fleet }: PlanInput, zone: string): AskTrail | null =>
  market.trails?.get(quoteKey(zone, fleet.hold)) ?? null;

/** Procurements of a look that carry a living node which is not ours by ledger. */
const sharedProcurements = new WeakMap<Look, ReadonlySet<string>>();

const sharedIn = (look: Look, books: Books): ReadonlySet<string> => {
  const known = sharedProcurements.get(look);
  if (known !== undefined) return known;
  const shared = new Set<string>();
  for (const seen of look.nodes) {
    if (seen.procurementId === null || isEnded(seen.status) || books.byId.has(seen.nodeId)) continue;
    shared.add(seen.procurementId);
  }
  sharedProcurements.set(look, shared);
  return shared;
};

/** True where the limit of a bid can be set without setting a stranger's with it: a procurement's limit holds for all its nodes. */
export const setsInPlace = (scene: FleetScene, node: NodeBook): boolean =>
  scene.raisesInPlace &&
  node.procurementId !== null &&
  !sharedIn(scene.look, scene.books).has(node.procurementId);

/** The fleet's zones that sell its GPU type, cheapest ask first, those without an ask after them, as written. */
export const zonesByPrice = (scene: MarketSight): readonly Zone[] => {
  const { market, fleet } = scene;
  const named = fleet.zones;
  const fitting = market.zones.filter(
    (zone) => zone.gpu === fleet.gpu && (named === 'any' || named.includes(zone.name)),
  );
  const rank = (zone: Zone): number => usableQuote(scene, zone.name)?.ask ?? Number.MAX_SAFE_INTEGER;
  const place = (zone: Zone): number => (named === 'any' ? 0 : named.indexOf(zone.name));
  return fitting.toSorted((a, b) => rank(a) - rank(b) || place(a) - place(b) || (a.name < b.name ? -1 : 1));
};

/**
 * Zones in which a shortfall may be asked for, best first. With `spread: one_zone` a fleet that has nodes somewhere stays
 * there.
 */
export const targetZones = (scene: FleetScene): readonly Zone[] => {
  const zones = zonesByPrice(scene);
  if (scene.fleet.spread === 'free') return zones;
  const counts = new Map<string, number>();
  for (const node of [...scene.held, ...scene.waiting, ...scene.unsure]) {
    counts.set(node.zone, (counts.get(node.zone) ?? 0) + 1);
  }
  const home = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
  return home === undefined ? zones : zones.filter((zone) => zone.name === home);
};
