// The embedded market as its users hold it: a deterministic state machine that takes requests in the venue's wire format and
// gives back what a transport is to send. It knows no clock, file, timer or chance but the instants and the seed it is
// given: the same calls give the same market, byte for byte. server.ts puts it on HTTP; simulations call it in process.
import type { SimulatedMarketSettings } from '../domain/simulated-market.ts';
import type { UnixMs } from '../domain/time.ts';
import { moveBalance } from './billing.ts';
import { applyEvent } from './effects.ts';
import type { Answer, MarketRequest } from './exchange.ts';
import { activate, type FaultRule } from './faults.ts';
import { later } from './node-life.ts';
import { noteListing } from './past-lists.ts';
import { recordsOf, type MarketRecords } from './records.ts';
import { advanceTo, handle } from './requests.ts';
import { snapshotOf, stateFrom, type MarketSnapshot } from './snapshot.ts';
import { DEFAULT_BOUNDS, newState, nextNumber, type MarketBounds, type MarketState } from './state.ts';
import type { WorldEvent } from './world.ts';

export interface RuleReport {
  readonly id: string;
  readonly rule: FaultRule;
  /** Requests that met its conditions, and those it struck. */
  readonly seen: number;
  readonly struck: number;
}

export interface MarketClock {
  readonly nowMs: UnixMs;
  readonly startMs: UnixMs;
  /** Cents. */
  readonly balance: number;
  /** By zone, as `ask` gives them. */
  readonly asks: Readonly<Record<string, number | null>>;
}

export interface Market {
  /** Market time, which never goes back. */
  readonly now: () => UnixMs;
  /** Runs everything due up to `nowMs`; renewals and ends due exactly then wait for time to move on (DESIGN §10). */
  readonly advanceTo: (nowMs: UnixMs) => void;
  /** Advances to `nowMs` and takes a request. */
  readonly handle: (request: MarketRequest, nowMs: UnixMs) => Answer;
  /** Adds fault rules behind those that are there; gives their ids. A rule with an id that is there replaces it. */
  readonly addFaults: (rules: readonly FaultRule[]) => readonly string[];
  /** Removes the rules with these ids; all of them without an argument. */
  readonly removeFaults: (ids?: readonly string[]) => void;
  readonly faults: () => readonly RuleReport[];
  /** Lets something happen now; false when it meant something that does not exist. */
  readonly happen: (event: WorldEvent) => boolean;
  /** Lets something happen at a later instant of market time. */
  readonly plan: (atMs: UnixMs, event: WorldEvent) => void;
  /** Ask of a zone before our own depth, cents per node-hour; null when nothing is for sale or there is no such zone. */
  readonly ask: (zone: string) => number | null;
  readonly balance: () => number;
  /** What a person looks at first; cheap. */
  readonly clock: () => MarketClock;
  readonly records: () => MarketRecords;
  readonly snapshot: () => MarketSnapshot;
}

/** A market that begins at `startMs` with the settings' balance granted and the first asks in force. */
export const createMarket = (
  settings: SimulatedMarketSettings,
  startMs: UnixMs,
  bounds: Partial<MarketBounds> = {},
): Market => {
  const state = newState(settings, { ...DEFAULT_BOUNDS, ...bounds }, startMs);
  moveBalance(state, settings.balance, 'credit_grant', null);
  advanceTo(state, startMs);
  return marketOver(state);
};

/** The market that `snapshot` was taken of, under `settings`; throws E_MARKET_SNAPSHOT when they do not fit. */
export const restoreMarket = (
  settings: SimulatedMarketSettings,
  snapshot: MarketSnapshot,
  bounds: Partial<MarketBounds> = {},
): Market => marketOver(stateFrom(settings, { ...DEFAULT_BOUNDS, ...bounds }, snapshot));

const marketOver = (state: MarketState): Market => ({
  now: () => state.nowMs,
  advanceTo: (nowMs) => advanceTo(state, nowMs),
  handle: (request, nowMs) => handle(state, request, nowMs),
  addFaults: (rules) => addFaults(state, rules),
  removeFaults: (ids) => {
    const kept = ids === undefined ? [] : state.rules.filter((rule) => !ids.includes(rule.id));
    state.rules.splice(0, state.rules.length, ...kept);
  },
  faults: () => state.rules.map(({ id, rule, seen, struck }) => ({ id, rule, seen, struck })),
  happen: (event) => {
    const happened = applyEvent(state, event);
    noteListing(state);
    return happened;
  },
  plan: (atMs, event) => later(state, atMs, { kind: 'world', event }),
  ask: (zone) => state.zones.get(zone)?.ask ?? null,
  balance: () => state.balance,
  clock: () => ({
    nowMs: state.nowMs,
    startMs: state.startMs,
    balance: state.balance,
    asks: Object.fromEntries([...state.zones].map(([name, zone]) => [name, zone.ask])),
  }),
  records: () => recordsOf(state),
  snapshot: () => snapshotOf(state),
});

const addFaults = (state: MarketState, rules: readonly FaultRule[]): readonly string[] => {
  const ids: string[] = [];
  for (const rule of rules) {
    const active = activate(rule, state.settings.seed, nextNumber(state));
    const place = state.rules.findIndex((other) => other.id === active.id);
    if (place < 0) state.rules.push(active);
    else state.rules[place] = active;
    ids.push(active.id);
  }
  state.pastListVersion = -1;
  noteListing(state);
  return ids;
};
