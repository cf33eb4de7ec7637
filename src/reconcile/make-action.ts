// The few shapes of action, made in one place so that intent, change and money of each always agree.
import type { Basis, RaiseIntended, ReleaseReason } from '../domain/entry.ts';
import { quoteKey } from '../domain/market.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { DurationMs, UnixMs } from '../domain/time.ts';
import type { Action } from './action.ts';
import { limitInForce, type NodeBook } from './books.ts';
import { nameOf } from './close.ts';
import type { PlanInput } from './scene.ts';

/** The look and the quote a decision about a zone is based on; a quote too old to be used is no basis. */
const basisFor = ({ look, market, policy, fleet, nowMs }: PlanInput, zone: string): Basis => {
  const quote = market.quotes.get(quoteKey(zone, fleet.hold));
  const age = quote === undefined ? Number.NaN : nowMs - quote.askedAtMs;
  const { ask, askedAtMs } =
    quote !== undefined && age >= 0 && age <= policy.quoteUsableMs ? quote : { ask: null, askedAtMs: null };
  return { lookAtMs: look.askedAtMs, ask, askedAtMs };
};

export const releaseOf = (node: NodeBook, reason: ReleaseReason, why: string): Action => ({
  kind: 'action',
  fleet: node.fleet,
  zone: node.zone,
  name: node.name,
  node: node.seq,
  intent: { kind: 'release_intended', node: node.seq, nodeId: node.nodeId ?? '', reason, why },
  change: { kind: 'release', nodeId: node.nodeId ?? '' },
  spends: 'none',
  limit: null,
  coverUntilMs: null,
  reason,
  why,
});

export const deleteOf = (node: NodeBook, why: string): Action => ({
  ...releaseOf(node, 'surplus', why),
  intent: { kind: 'delete_intended', node: node.seq, nodeId: node.nodeId ?? '', why },
  change: { kind: 'delete', nodeId: node.nodeId ?? '' },
  reason: 'cleanup',
});

/** Sets the limit of an autoreserved node's procurement. */
export const raiseOf = (
  input: PlanInput,
  node: NodeBook,
  to: CentsPerNodeHour,
  { reason, why }: { reason: RaiseIntended['reason']; why: string },
): Action => {
  const from = limitInForce(node);
  const procurementId = node.procurementId ?? '';
  const rises = to > from;
  const basis = basisFor(input, node.zone);
  return {
    kind: 'action',
    fleet: node.fleet,
    zone: node.zone,
    name: node.name,
    node: node.seq,
    intent: { kind: 'raise_intended', node: node.seq, procurementId, from, to, reason, basis, why },
    change: { kind: 'raise', procurementId, limit: to },
    spends: rises ? 'raise' : 'none',
    limit: to,
    coverUntilMs: null,
    reason,
    why,
  };
};

export interface Purchase {
  readonly zone: string;
  readonly limit: CentsPerNodeHour;
  readonly slot: number;
  readonly generation: number;
  /** Reserved: the end of the block; null for a bid. */
  readonly endAtMs: UnixMs | null;
  /** Bid: the end of the last hour the venue may buy before the next assured look. */
  readonly coverUntilMs: UnixMs;
  readonly why: string;
}

export const createOf = (input: PlanInput, purchase: Purchase): Action => {
  const { fleet, books, policy } = input;
  const { slot, generation, zone, limit, endAtMs, why } = purchase;
  const name = nameOf(books, policy.namePrefix, fleet.name, slot, generation);
  return {
    kind: 'action',
    fleet: fleet.name,
    zone,
    name,
    node: null,
    intent: {
      kind: 'create_intended',
      name,
      fleet: fleet.name,
      slot,
      generation,
      zone,
      gpu: fleet.gpu,
      hold: fleet.hold,
      limit,
      startAtMs: null,
      endAtMs,
      cloudInitHash: fleet.node.cloudInitHash,
      basis: basisFor(input, zone),
      why,
    },
    change: {
      kind: 'create',
      name,
      zone,
      hold: fleet.hold,
      limit,
      startAtMs: null,
      endAtMs,
      node: fleet.node,
    },
    spends: 'purchase',
    limit,
    coverUntilMs: endAtMs === null ? purchase.coverUntilMs : null,
    reason: 'shortfall',
    why,
  };
};

/** Sends the same name again; its money is earmarked already. */
export const repostOf = (input: PlanInput, node: NodeBook, why: string): Action => ({
  kind: 'action',
  fleet: node.fleet,
  zone: node.zone,
  name: node.name,
  node: node.seq,
  intent: {
    kind: 'repost_intended',
    node: node.seq,
    name: node.name,
    limit: node.limit,
    basis: basisFor(input, node.zone),
    why,
  },
  change: {
    kind: 'create',
    name: node.name,
    zone: node.zone,
    hold: node.hold,
    limit: node.limit,
    startAtMs: null,
    endAtMs: node.askedEndMs,
    node: input.fleet.node,
  },
  spends: 'purchase',
  limit: node.limit,
  coverUntilMs: null,
  reason: 'repost',
  why,
});

export const extendOf = (
  input: PlanInput,
  node: NodeBook,
  { limit, durationMs, why }: { limit: CentsPerNodeHour; durationMs: DurationMs; why: string },
): Action => {
  const endBeforeMs = node.endAtMs ?? node.bookedToMs;
  const endAfterMs = endBeforeMs + durationMs;
  const nodeId = node.nodeId ?? '';
  const basis = basisFor(input, node.zone);
  return {
    kind: 'action',
    fleet: node.fleet,
    zone: node.zone,
    name: node.name,
    node: node.seq,
    intent: { kind: 'extend_intended', node: node.seq, nodeId, endBeforeMs, endAfterMs, limit, basis, why },
    change: { kind: 'extend', nodeId, durationMs, limit },
    spends: 'purchase',
    limit,
    coverUntilMs: null,
    reason: 'extend',
    why,
  };
};

/** The lowest free slots of a fleet with the generation each would carry. */
export const freeSlots = (
  input: PlanInput,
  count: number,
): readonly { slot: number; generation: number }[] => {
  const slots = input.books.fleets.get(input.fleet.name)?.slots;
  const free: { slot: number; generation: number }[] = [];
  for (let slot = 0; free.length < count; slot += 1) {
    const known = slots?.get(slot);
    if (known === undefined) free.push({ slot, generation: 1 });
    else if (known.living === 0)
      free.push({ slot, generation: known.reusable ? known.generation : known.generation + 1 });
  }
  return free;
};
