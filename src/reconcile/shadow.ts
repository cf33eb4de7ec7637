// A shadow: a strategy that watches the same quotes as the fleet and buys nothing; what it would have bought is written down.
// What it assumes, for want of a venue that answers: the newest usable quote is the ask of this instant; whatever reaches it is filled
// at once, as many nodes as are missing, without moving it; a fill pays what the fleet's own fills were seen to pay (the ask, while none
// has shown that limits are paid); each start wastes
// ten minutes; a renewal is judged by the first quote of its hour, and without any quote it is made, at the limit. Hours that nobody
// watched are neither bought nor paid. Budgets, pauses and guards do not hold it. What it runs is in the ledger; the offers that stand
// are remembered between looks and are lost with the process.
import type { FillKind } from '../domain/account.ts';
import type { ShadowBought } from '../domain/entry.ts';
import type { Quote } from '../domain/market.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { BidPolicy } from '../domain/policy.ts';
import { HOUR_MS, hourFloor, MINUTE_MS, type UnixMs } from '../domain/time.ts';
import { strategyOf } from '../strategy/registry.ts';
import type { BidInput, Climb } from '../strategy/strategy.ts';
import type { ShadowBook } from './books.ts';
import { likelyPrice } from './payment.ts';
import { firstBlockEnd, mayWait } from './plan-blocks.ts';
import { trailOf, usableQuote, zonesByPrice, type PlanInput } from './scene.ts';

/** Before its edge a held node's limit follows the ask from here on. */
const RELIMIT_MS = 12 * MINUTE_MS;
/** For a quote of its own hour a renewal waits this share of the longest time between looks. */
const WAITS_FOR_QUOTE = 0.75;
/** A block is extended until this long before its end. */
const LAPSES_MS = 2 * MINUTE_MS;

/** What a shadow remembers between looks. */
export interface ShadowState {
  readonly climbs: Map<string, Climb>;
  /** The offer that stands unfilled (or was refused), by zone. */
  readonly offers: Map<
    string,
    { readonly limit: CentsPerNodeHour; readonly sinceMs: UnixMs; readonly atMs: UnixMs }
  >;
  /** The limit set for the coming hour of what runs, by zone. */
  readonly limits: Map<string, CentsPerNodeHour>;
  /** Renewals up to here were judged, by zone. */
  readonly judged: Map<string, UnixMs>;
  shortSinceMs: UnixMs | null;
}

export const noShadowState = (): ShadowState => ({
  climbs: new Map(),
  offers: new Map(),
  limits: new Map(),
  judged: new Map(),
  shortSinceMs: null,
});

type Held = ShadowBook['held'][number];

interface Turn {
  readonly scene: PlanInput;
  readonly bid: BidPolicy;
  readonly state: ShadowState;
  readonly bought: ShadowBought[];
}

/** What a shadow would buy now. The entries are to be written; `state` is brought up to date. */
export const playShadow = (scene: PlanInput, bid: BidPolicy, state: ShadowState): readonly ShadowBought[] => {
  const { books, fleet, nowMs, desire } = scene;
  const held = books.fleets.get(fleet.name)?.shadows.get(bid.strategy)?.held ?? [];
  const turn: Turn = { scene, bid, state, bought: [] };
  const reserved = fleet.hold === 'reserved';
  const live = held.filter((one) => one.endAtMs > nowMs);
  let nodes = live.reduce((sum, one) => sum + one.nodes, 0);
  if (reserved) extend(turn, live);
  else nodes += renew(turn, held);
  const missing = desire.nodes - nodes;
  if (missing > 0) fill(turn, missing, live);
  else {
    state.shortSinceMs = null;
    state.offers.clear();
  }
  return turn.bought;
};

const buy = (turn: Turn, change: Omit<ShadowBought, 'kind' | 'fleet' | 'strategy'>): void => {
  const { fleet } = turn.scene;
  turn.bought.push({ kind: 'shadow_bought', fleet: fleet.name, strategy: turn.bid.strategy, ...change });
};

/** Sets the limits of what runs, and judges what reached its end since the last look; gives the nodes that go on. */
const renew = (turn: Turn, held: readonly Held[]): number => {
  const { nowMs, policy, desire } = turn.scene;
  let going = 0;
  for (const one of held) {
    const sinceEndMs = nowMs - one.endAtMs;
    const judged = one.endAtMs <= (turn.state.judged.get(one.zone) ?? 0);
    if (sinceEndMs < -RELIMIT_MS || sinceEndMs > policy.lookGapMs || judged) continue;
    const quote = usableQuote(turn.scene, one.zone);
    relimit(turn, one, quote);
    if (sinceEndMs < 0) continue;
    const isOld = quote !== null && quote.askedAtMs < one.endAtMs;
    if (isOld && sinceEndMs < policy.lookGapMs * WAITS_FOR_QUOTE) going += one.nodes;
    else {
      turn.state.judged.set(one.zone, one.endAtMs);
      going += judge(turn, one, quote, Math.max(0, desire.nodes - going));
    }
  }
  return going;
};

const relimit = ({ scene, bid, state }: Turn, one: Held, quote: Quote | null): void => {
  const { nowMs } = scene;
  const input = { nowMs, policy: bid, quote, trail: trailOf(scene, one.zone), neededAtMs: one.endAtMs };
  const wanted = nowMs > one.endAtMs ? null : strategyOf(bid).hold(input);
  if (wanted !== null) state.limits.set(one.zone, wanted);
};

/** Buys the next hour of as many nodes as there is room for, or of none; gives how many. */
const judge = (turn: Turn, one: Held, quote: Quote | null, room: number): number => {
  const limit = turn.state.limits.get(one.zone) ?? one.limit;
  const nodes = Math.min(one.nodes, room);
  if (nodes === 0 || (quote !== null && (quote.ask === null || quote.ask > limit))) return 0;
  const span = { fromMs: one.endAtMs, toMs: one.endAtMs + HOUR_MS };
  const ask = quote?.ask ?? null;
  const price = likelyPrice(turn.scene.books.payment, { kind: 'taken', ask, limit });
  buy(turn, { zone: one.zone, nodes, starts: 0, ...span, limit, ask, price });
  return nodes;
};

/** Extends the blocks whose end comes within the lead, as many as are wanted at that end. */
const extend = (turn: Turn, live: readonly Held[]): void => {
  const { nowMs, fleet, desire } = turn.scene;
  for (const one of live) {
    if (nowMs < one.endAtMs - fleet.extendLeadMs || nowMs > one.endAtMs - LAPSES_MS) continue;
    const later = live.reduce((sum, other) => sum + (other.endAtMs > one.endAtMs ? other.nodes : 0), 0);
    const nodes = Math.min(one.nodes, desire.nodesAt(one.endAtMs) - later);
    if (nodes <= 0 || mayWait(turn.scene, one.zone, one.endAtMs, turn.bid.ceiling)) continue;
    const taken = offer(turn, one.zone, nodes);
    const span = { fromMs: one.endAtMs, toMs: one.endAtMs + fleet.blockMs };
    if (taken !== null) buy(turn, { zone: one.zone, nodes, starts: 0, ...span, ...taken });
  }
};

/** Asks for what is missing, in the zone where the rest runs, or in the cheapest. */
const fill = (turn: Turn, missing: number, live: readonly Held[]): void => {
  const { scene, state } = turn;
  const { nowMs, fleet } = scene;
  state.shortSinceMs ??= nowMs;
  const home = fleet.spread === 'one_zone' ? live[0]?.zone : undefined;
  for (const { name: zone } of zonesByPrice(scene)) {
    if (home !== undefined && zone !== home) continue;
    const taken = offer(turn, zone, missing);
    if (taken === null) continue;
    const toMs = fleet.hold === 'reserved' ? firstBlockEnd(nowMs, fleet.blockMs) : hourFloor(nowMs) + HOUR_MS;
    buy(turn, { zone, nodes: missing, starts: missing, fromMs: nowMs, toMs, ...taken });
    return;
  }
};

type Taken = Pick<ShadowBought, 'limit' | 'ask' | 'price'>;

/** Offers what the strategy says; null while the ask is not reached, or not known. */
const offer = (turn: Turn, zone: string, nodes: number): Taken | null => {
  const { scene, bid, state } = turn;
  const { nowMs, policy, fleet } = scene;
  const quote = usableQuote(scene, zone);
  const stands = state.offers.get(zone) ?? null;
  if (stands !== null && quote?.ask != null && quote.ask <= stands.limit)
    return take(turn, zone, { kind: 'stood', limit: stands.limit, ask: quote.ask });
  const climb = state.climbs.get(zone) ?? null;
  const reserved = fleet.hold === 'reserved';
  const input: BidInput = {
    nowMs,
    policy: bid,
    shortfallNodes: nodes,
    quote,
    trail: trailOf(scene, zone),
    quoteFreshMs: policy.quoteFreshMs,
    climb,
    unfilledSinceMs: stands?.sinceMs ?? null,
    offeredAtMs: reserved ? null : (stands?.atMs ?? null),
    boughtMs: reserved ? fleet.blockMs : hourFloor(nowMs) + HOUR_MS - nowMs,
    shortfallSinceMs: state.shortSinceMs ?? nowMs,
  };
  const decision = strategyOf(bid).bid(input);
  if (decision.kind === 'wait') return null;
  if (decision.kind === 'stand_down') {
    state.offers.delete(zone);
    return null;
  }
  const { level, move } = decision;
  if (move !== null || level !== climb?.level)
    state.climbs.set(zone, { level, movedAtMs: nowMs, askedAtMs: quote?.askedAtMs ?? null });
  if (quote?.ask != null && quote.ask <= level)
    return take(turn, zone, { kind: 'taken', limit: level, ask: quote.ask });
  const atMs = stands?.limit === level ? stands.atMs : nowMs;
  state.offers.set(zone, { limit: level, sinceMs: stands?.sinceMs ?? nowMs, atMs });
  return null;
};

const take = (
  { scene, state }: Turn,
  zone: string,
  { kind, limit, ask }: { kind: FillKind; limit: CentsPerNodeHour; ask: CentsPerNodeHour },
): Taken => {
  state.offers.delete(zone);
  state.limits.set(zone, limit);
  return { limit, ask, price: likelyPrice(scene.books.payment, { kind, ask, limit }) };
};
