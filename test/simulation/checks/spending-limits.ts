// Promises 1 and 5, held against every request on the wire: limits are whole eighths at or under the ceiling of their fleet
// and the hard cap, the price was inside the band, the look it rested on was young, and purchases and raises kept to their
// hourly rates on true time.
import { HOUR_MS, MINUTE_MS, formatInstant } from '../../../src/domain/time.ts';
import type { Basis } from '../../../src/domain/entry.ts';
import type { FleetPolicy, Policy } from '../../../src/domain/policy.ts';
import type { Violation } from '../trace.ts';
import {
  fleetIn,
  OwnLedger,
  policiesBetween,
  type Check,
  type Evidence,
  type PlacedChange,
} from './evidence.ts';
import { changeKindOf, limitOf, targetOf } from './wire-words.ts';

/** A request may rest on settings that changed while its tick ran. */
const TICK_ORDERS_BACK = 400;

interface Asked {
  readonly change: PlacedChange;
  readonly kind: 'create' | 'extend' | 'raise';
  readonly limit: number;
  readonly fleet: string | null;
  /** A raise that lowers is none. */
  readonly rises: boolean;
}

const asked = function* (evidence: Evidence): Generator<Asked> {
  const own = new OwnLedger();
  const from = new Map<string, number>();
  for (const step of evidence.steps) {
    own.follow(step);
    if (step.kind === 'entry' && step.placed.entry.kind === 'raise_intended') {
      from.set(step.placed.entry.procurementId, step.placed.entry.from);
    }
    if (step.kind !== 'change' || step.change.by !== 'daemon') continue;
    const kind = changeKindOf(step.change);
    if (kind !== 'create' && kind !== 'extend' && kind !== 'raise') continue;
    const limit = limitOf(step.change);
    if (limit === null) continue;
    const rises = limit > (from.get(targetOf(step.change)) ?? 0);
    yield { change: step.change, kind, limit, fleet: fleetOf(evidence, own, step.change), rises };
  }
};

const fleetOf = (evidence: Evidence, own: OwnLedger, change: PlacedChange): string | null => {
  const target = targetOf(change);
  for (const { entry, nodeId } of own.intents.values()) {
    if (entry.name === target || nodeId === target) return entry.fleet;
    const node = nodeId === null ? undefined : evidence.nodesById.get(nodeId);
    if (node?.procurementId === target) return entry.fleet;
  }
  return null;
};

const inForce = (evidence: Evidence, order: number): readonly Policy[] =>
  policiesBetween(evidence, Math.max(0, order - TICK_ORDERS_BACK), order);

export const ceilingHolds: Check = {
  promise: 'ceiling',
  *judge(evidence) {
    for (const { change, limit, fleet } of asked(evidence)) {
      const at = change.atMs;
      if (limit % 8 !== 0 || limit <= 0)
        yield wrong(at, `${change.path} carries ${limit}, no multiple of 8 cents`);
      const policies = inForce(evidence, change.order);
      const highest = Math.max(...policies.map((policy) => allowed(policy, fleet)));
      if (limit > highest)
        yield wrong(at, `${change.method} ${change.path} carries ${limit}, allowed are ${highest}`);
    }
  },
};

const wrong = (atMs: number, text: string): Violation => ({ promise: 'ceiling', atMs, text });

const allowed = (policy: Policy, fleet: string | null): number => {
  const cap = policy.limits.ceiling ?? Infinity;
  const ceilings =
    fleet === null ? policy.fleets.map((one) => one.bid.ceiling) : [fleetIn(policy, fleet)?.bid.ceiling ?? 0];
  return Math.min(cap, Math.max(...ceilings));
};

/** Intents that add spend, with what they rested on. */
const spends = function* (evidence: Evidence): Generator<{
  basis: Basis;
  limit: number;
  writtenMs: number;
  atMs: number;
  order: number;
  fleet: string;
  what: string;
}> {
  const fleets = new Map<number, string>();
  for (const { entry, record, atMs, order } of evidence.entries) {
    const at = { writtenMs: record.atMs, atMs, order };
    if (entry.kind === 'create_intended') {
      fleets.set(record.seq, entry.fleet);
      yield {
        ...at,
        basis: entry.basis,
        limit: entry.limit,
        fleet: entry.fleet,
        what: `create of ${entry.name}`,
      };
    } else if (entry.kind === 'repost_intended' || entry.kind === 'extend_intended') {
      yield {
        ...at,
        basis: entry.basis,
        limit: entry.limit,
        fleet: fleets.get(entry.node) ?? '',
        what: entry.kind,
      };
    } else if (entry.kind === 'raise_intended' && entry.to > entry.from && entry.reason !== 'edge') {
      // Before an edge a held limit is set to the anchor, which is cut at the ceiling: it can buy only under it.
      yield {
        ...at,
        basis: entry.basis,
        limit: entry.to,
        fleet: fleets.get(entry.node) ?? '',
        what: 'raise',
      };
    }
  }
};

export const sightIsFresh: Check = {
  promise: 'fresh_look',
  *judge(evidence) {
    for (const { basis, writtenMs, atMs, order, what } of spends(evidence)) {
      const age = writtenMs - basis.lookAtMs;
      const most = Math.max(...inForce(evidence, order).map((policy) => policy.lookMaxAgeMs));
      if (age > most || age < 0)
        yield { promise: 'fresh_look', atMs, text: `${what} rests on a look ${age} ms old` };
    }
  },
};

const bandOf = (
  policies: readonly Policy[],
  fleet: string,
): { low: number; high: number; ceiling: number } => {
  const known = policies
    .map((policy) => [policy, fleetIn(policy, fleet)] as const)
    .filter((pair): pair is [Policy, FleetPolicy] => pair[1] !== undefined);
  return {
    low: Math.min(
      ...known.map(([policy, one]) => Math.floor((policy.priceBand.low * one.bid.ceiling) / 10_000)),
    ),
    high: Math.max(
      ...known.map(([policy, one]) => Math.ceil((policy.priceBand.high * one.bid.ceiling) / 10_000)),
    ),
    ceiling: Math.max(...known.map(([, one]) => one.bid.ceiling)),
  };
};

/** A quote counts as known while it may be used at all. */
const stillUsed = (basis: Basis, writtenMs: number, policies: readonly Policy[]): boolean => {
  const age = basis.askedAtMs === null ? Infinity : writtenMs - basis.askedAtMs;
  return age >= 0 && age <= Math.min(...policies.map((policy) => policy.quoteUsableMs)) - 60_000;
};

export const priceIsExplained: Check = {
  promise: 'price_band',
  *judge(evidence) {
    for (const { basis, limit, writtenMs, atMs, order, fleet, what } of spends(evidence)) {
      const policies = inForce(evidence, order);
      const band = bandOf(policies, fleet);
      if (limit < band.low || limit > band.high)
        yield {
          promise: 'price_band',
          atMs,
          text: `${what} at ${limit}, outside ${band.low} to ${band.high}`,
        };
      if (basis.ask === null || !stillUsed(basis, writtenMs, policies)) continue;
      if (basis.ask > band.ceiling)
        yield {
          promise: 'price_band',
          atMs,
          text: `${what} while the ask ${basis.ask} was known above ${band.ceiling}`,
        };
      if (basis.ask > band.high)
        yield { promise: 'price_band', atMs, text: `${what} at an ask of ${basis.ask}, outside the band` };
    }
  },
};

export const ratesHold: Check = {
  promise: 'rates',
  *judge(evidence) {
    // A request leaves up to a tick later than its intent, which is what is counted; an hour of a clock that was moved by a
    // minute, or drifts, is a little shorter than a true one.
    const moved = [...evidence.happened].some((what) => what.startsWith('clock_'));
    const hourMs = HOUR_MS - (moved ? 5 : 3) * MINUTE_MS;
    const purchases: number[] = [];
    const raises: number[] = [];
    if (['old_backup', 'ledger_deleted'].some((what) => evidence.happened.has(what))) return; // the books forgot how many there were
    for (const { change, kind, rises } of asked(evidence)) {
      if (kind === 'raise' && !rises) continue;
      const times = kind === 'raise' ? raises : purchases;
      times.push(change.atMs);
      while ((times[0] ?? 0) <= change.atMs - hourMs) times.shift();
      const most = Math.max(
        ...inForce(evidence, change.order).map(({ limits }) =>
          kind === 'raise' ? limits.raisesPerHour : limits.purchasesPerHour,
        ),
      );
      if (times.length > most) {
        yield {
          promise: 'rates',
          atMs: change.atMs,
          text: `${times.length} ${kind}s in the hour before ${formatInstant(change.atMs)}, allowed are ${most}`,
        };
        times.length = 0;
      }
    }
  },
};
