// Follow: offers what the market asks now, at every quote anew; an offer that was not taken is parked at the next turn.
//
// The limit. It must hold from the asking of its quote to the purchase, `e` hours: the quote's age, and the time to an edge.
// Asks are steps, so rises come like a Poisson stream: one beyond the width w comes with the risk p(w) = min(1, r(w)·e), with
// the rate r(w) learnt in the ask's trail. Of the limits L(w) = max(⌈ask⌉₈, ⌊ask·(1+w)⌋₈), clipped at the ceiling, the one with the least
//     L(w) · hours bought + p(w) · loss
// is taken: the newsvendor's balance (Arrow, Harris and Marschak, Econometrica 19, 1951) under the dearest payment rule, by
// which a fill costs its limit. `loss` is what being without the node costs, `interruption` as time at the ceiling: all of it
// for a held node, less what the ask would have cost for a start. With a quote of this instant L is ⌈ask⌉₈ and nothing more.
//
// The start. One that would not earn its boot is put off (put-off.ts).
//
// A refusal that lasts adds the ladder's steps: the market then asks for more than it quotes. Without a usable quote it is the ladder.
import { floorLimit, formatPrice, type CentsPerNodeHour } from '../domain/money.ts';
import type { AskTrail, Quote } from '../domain/market.ts';
import type { FollowPolicy } from '../domain/policy.ts';
import { HOUR_MS, MINUTE_MS, formatDuration, type DurationMs, type UnixMs } from '../domain/time.ts';
import { riseRisk, WIDTHS, widened } from './ask-trail.ts';
import { ladder } from './ladder.ts';
import { putOff } from './put-off.ts';
import type { BidDecision, BidInput, HoldInput, Strategy } from './strategy.ts';

const NEXT_QUOTE_MS = MINUTE_MS;

interface Need {
  readonly ask: CentsPerNodeHour;
  readonly ceiling: CentsPerNodeHour;
  readonly trail: AskTrail | null;
  readonly askedAtMs: UnixMs;
  /** The instant at which the limit must hold. */
  readonly neededAtMs: UnixMs;
  readonly boughtMs: DurationMs;
  /** Cents lost when the limit turns out too low. */
  readonly loss: number;
}

/** The limit with the least expected cost; between ⌈ask⌉₈ and the ceiling rounded down to 8 cents. */
const limitFor = (need: Need): CentsPerNodeHour => {
  const most = floorLimit(need.ceiling);
  const hours = need.boughtMs / HOUR_MS;
  const exposed = need.neededAtMs > need.askedAtMs;
  let best = Math.min(widened(need.ask, 0), most);
  let least = Number.POSITIVE_INFINITY;
  for (const [index, width] of WIDTHS.entries()) {
    const limit = Math.min(widened(need.ask, width), most);
    const risk = exposed ? riseRisk(need.trail, index, need.askedAtMs, need.neededAtMs) : 0;
    const cost = limit * hours + risk * need.loss;
    if (cost < least) {
      least = cost;
      best = limit;
    }
    if (limit === most || !exposed) break;
  }
  return best as CentsPerNodeHour;
};

const bid = (input: BidInput): BidDecision => {
  const { quote, nowMs, climb, offeredAtMs } = input;
  const policy = followed(input.policy);
  if (policy === null || quote === null) return ladder.bid(input);
  const { ask, askedAtMs } = quote;
  if (ask === null) return { kind: 'stand_down', why: 'nothing is for sale' };
  const ceiling = floorLimit(policy.ceiling);
  if (ask > ceiling) {
    const why = `the ask ${formatPrice(ask)} is above the ceiling ${formatPrice(ceiling)}`;
    return { kind: 'stand_down', why };
  }
  if (offeredAtMs !== null && offeredAtMs >= askedAtMs) {
    return { kind: 'stand_down', why: 'the offer was not taken; the next quote says what to offer' };
  }
  if (isTried(input, quote)) {
    return {
      kind: 'wait',
      untilMs: nowMs + NEXT_QUOTE_MS,
      why: 'this quote was offered; the next is waited for',
    };
  }
  const why = putOff(input);
  if (why !== null) return { kind: 'stand_down', why };
  const wanted = limitFor({
    ask,
    ceiling,
    trail: input.trail,
    askedAtMs,
    neededAtMs: nowMs,
    boughtMs: input.boughtMs,
    loss: ((ceiling - ask) * policy.interruptionMs) / HOUR_MS,
  });
  const level = Math.min(wanted + risen(input, policy), ceiling) as CentsPerNodeHour;
  const age = formatDuration(nowMs - askedAtMs);
  const said = `the ask was ${formatPrice(ask)} ${age} ago, so ${formatPrice(level)} is offered`;
  return { kind: 'bid', level, move: climb === null ? 'started' : 'reanchored', why: said };
};

const followed = (policy: BidInput['policy']): FollowPolicy | null =>
  policy.strategy === 'follow' ? policy : null;

/** A market that refuses what it quoted is offered the ladder's steps on top, one each `every`. */
const risen = ({ nowMs, unfilledSinceMs }: BidInput, policy: FollowPolicy): number =>
  unfilledSinceMs === null
    ? 0
    : policy.step * Math.max(0, Math.floor((nowMs - unfilledSinceMs) / policy.everyMs));

/** True when an offer was made that knew this quote. */
const isTried = ({ climb }: BidInput, { askedAtMs }: Quote): boolean =>
  climb !== null && climb.askedAtMs !== null && climb.askedAtMs >= askedAtMs;

const hold = (input: HoldInput): CentsPerNodeHour | null => {
  const { quote, nowMs, trail, neededAtMs } = input;
  const policy = followed(input.policy);
  if (policy === null || quote?.ask == null) return null;
  const { ceiling, interruptionMs } = policy;
  return limitFor({
    ask: quote.ask,
    ceiling,
    trail,
    askedAtMs: quote.askedAtMs,
    neededAtMs: Math.max(nowMs, neededAtMs),
    boughtMs: HOUR_MS,
    loss: (ceiling * interruptionMs) / HOUR_MS,
  });
};

/** The daemon's pace is fast enough to see that an offer was not taken; a wake of its own would tick on while a guard refuses it. */
const nextMoveMs = (input: BidInput): UnixMs | null =>
  input.quote === null ? ladder.nextMoveMs(input) : null;

export const follow: Strategy = { name: 'follow', bid, hold, nextMoveMs };
