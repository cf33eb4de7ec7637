// The scriptable fault layer as data: which requests a fault strikes, and what it does. The first rule that strikes wins.
// Chance comes from a stream of the rule's own, so adding a rule moves no other. A fault never breaks the market's books:
// it loses, delays, garbles or refuses around them, or delivers other goods than were asked for.
import { drawUnit, openStream, type Stream } from './random.ts';
import type { MarketRequest } from './exchange.ts';

export type Fault =
  /** The connection drops and nothing was done. */
  | { readonly kind: 'lost_before_commit' }
  /** It was done, then the connection drops. */
  | { readonly kind: 'lost_after_commit' }
  /** The connection drops now; it is done `afterMs` of market time later. */
  | { readonly kind: 'late_commit'; readonly afterMs: number }
  /** Any refusal or server error in the documented shape: 401, 402, 403, 404, 429, 500, 503 … Done first when `commit`. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly commit?: boolean;
    }
  /** Never answers. */
  | { readonly kind: 'hang'; readonly commit?: boolean }
  /** Done; the answer comes `bytes` at a time, `everyMs` of transport time apart. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Done; the answer comes `byMs` of market time later. */
  | { readonly kind: 'delay'; readonly byMs: number }
  /** A proxy's page, with any status (200, 502). */
  | { readonly kind: 'html'; readonly status: number; readonly commit?: boolean }
  /** Done; only the first `share` (0–1) of the body arrives. */
  | { readonly kind: 'truncated'; readonly share: number }
  /** Listings and single nodes as they were this long ago. History is kept from the moment such a rule is set. */
  | { readonly kind: 'stale_list'; readonly agoMs: number }
  /** Each entry of a listing is shown with this chance (0–1). */
  | { readonly kind: 'partial_list'; readonly share: number }
  /** Every node status in the answer is this word. */
  | { readonly kind: 'unknown_status'; readonly word: string }
  | { readonly kind: 'numbers_as_strings' }
  /** Nodes made by the struck request are of another zone or GPU type; they are billed as asked. */
  | { readonly kind: 'wrong_goods'; readonly zone?: string; readonly gpu?: string }
  /** The struck create makes this many nodes more than asked. */
  | { readonly kind: 'extra_nodes'; readonly count: number }
  /** Nodes made by the struck request pay this many basis points above their limit. */
  | { readonly kind: 'overpriced'; readonly byBasisPoints: number }
  /** The VMs of nodes made by the struck request fail this long after they run. */
  | { readonly kind: 'vm_failure'; readonly afterMs: number }
  /** Their VMs take this long to boot; null: for ever. */
  | { readonly kind: 'slow_boot'; readonly bootMs: number | null }
  /** A quote says that nothing is for sale. */
  | { readonly kind: 'no_quote' }
  /** A quote's price is multiplied (and rounded up). */
  | { readonly kind: 'absurd_quote'; readonly factor: number };

/** All given conditions must hold. A rule without any strikes every request. */
export interface FaultRule {
  /** Names the rule in records and for deletion; made up when missing. */
  readonly id?: string;
  readonly method?: string;
  /** The path (with query) begins with this. */
  readonly path?: string;
  /** Regular expression text over the path with its query. */
  readonly pathPattern?: string;
  /** Regular expression text over the request's body. */
  readonly bodyPattern?: string;
  /** Market time, inclusive. */
  readonly fromMs?: number;
  /** Market time, exclusive. */
  readonly untilMs?: number;
  /** Strikes only these of the requests that meet the conditions above, counted from 1. */
  readonly calls?: readonly number[];
  /** Strikes with this chance (0–1), seeded by the market's seed and the rule's id. */
  readonly probability?: number;
  /** Strikes at most so often. */
  readonly times?: number;
  readonly fault: Fault;
}

/** A rule at work; plain data. */
export interface ActiveRule {
  readonly id: string;
  readonly rule: FaultRule;
  seen: number;
  struck: number;
  readonly stream: Stream;
}

export const activate = (rule: FaultRule, seed: number, number: number): ActiveRule => {
  const id = rule.id ?? `fault-${number}`;
  return { id, rule, seen: 0, struck: 0, stream: openStream(seed, `fault ${id}`) };
};

const matches = (rule: FaultRule, request: MarketRequest, nowMs: number): boolean => {
  if (rule.fromMs !== undefined && nowMs < rule.fromMs) return false;
  if (rule.untilMs !== undefined && nowMs >= rule.untilMs) return false;
  if (rule.method !== undefined && rule.method.toUpperCase() !== request.method) return false;
  if (rule.path !== undefined && !request.path.startsWith(rule.path)) return false;
  if (rule.pathPattern !== undefined && !new RegExp(rule.pathPattern).test(request.path)) return false;
  return rule.bodyPattern === undefined || new RegExp(rule.bodyPattern).test(request.body ?? '');
};

/** Counts the request in every rule that matches and gives the first that strikes; null when none does. */
export const strike = (
  rules: readonly ActiveRule[],
  request: MarketRequest,
  nowMs: number,
): ActiveRule | null => {
  let first: ActiveRule | null = null;
  for (const active of rules) {
    const { rule } = active;
    if (!matches(rule, request, nowMs)) continue;
    active.seen += 1;
    if (rule.calls !== undefined && !rule.calls.includes(active.seen)) continue;
    if (rule.probability !== undefined && drawUnit(active.stream) >= rule.probability) continue;
    if (first !== null || (rule.times !== undefined && active.struck >= rule.times)) continue;
    active.struck += 1;
    first = active;
  }
  return first;
};
