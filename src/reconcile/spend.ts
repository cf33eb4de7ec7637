// What a proposal really does, recomputed from the books: whether it can add spend, which time and money it adds beyond
// what is put aside already, and whether intent, change and ledger agree about it. The guard believes this, not the plan.
import type { Change } from '../domain/change.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { UnixMs } from '../domain/time.ts';
import type { Action, Proposal } from './action.ts';
import { limitInForce, type NodeBook } from './books.ts';
import type { Earmark } from './earmarks.ts';
import type { Tally } from './tally.ts';

/** The limit a change carries; null when it carries none. */
const limitOf = (change: Change): CentsPerNodeHour | null =>
  change.kind === 'release' || change.kind === 'delete' ? null : change.limit;

/** `purchase` and `raise` can add spend; `none` lets go of something or lowers a limit. */
const spendOf = (tally: Tally, change: Change): Action['spends'] => {
  switch (change.kind) {
    case 'create':
    case 'extend':
      return 'purchase';
    case 'raise': {
      const nodes = tally.byProcurement.get(change.procurementId) ?? [];
      return nodes.some((node) => change.limit > limitInForce(node)) ? 'raise' : 'none';
    }
    case 'release':
    case 'delete':
      return 'none';
  }
};

/** Time and money that a proposal adds beyond the books and what was let through in this tick. */
export const addedBy = (tally: Tally, proposal: Proposal): readonly Earmark[] => {
  const { books, nowMs } = tally;
  if (proposal.kind === 'renewal') {
    const node = books.nodes.get(proposal.node);
    if (node === undefined) return [];
    const fromMs = Math.max(nowMs, node.bookedToMs, authorisedUntil(tally, node));
    return span(fromMs, proposal.untilMs, highestLimit(tally, node));
  }
  const { intent } = proposal;
  switch (intent.kind) {
    case 'create_intended':
      return span(nowMs, intent.endAtMs ?? proposal.coverUntilMs ?? nowMs, intent.limit);
    case 'extend_intended':
      return span(intent.endBeforeMs, intent.endAfterMs, intent.limit);
    case 'raise_intended':
      return (tally.byProcurement.get(intent.procurementId) ?? []).flatMap((node) => {
        const more = intent.to - highestLimit(tally, node);
        return span(Math.max(nowMs, node.bookedToMs), authorisedUntil(tally, node), more);
      });
    case 'repost_intended':
    case 'release_intended':
    case 'delete_intended':
      return [];
  }
};

const span = (fromMs: UnixMs, toMs: UnixMs, limit: number): readonly Earmark[] =>
  toMs > fromMs && limit > 0 ? [{ fromMs, toMs, limit: limit as CentsPerNodeHour }] : [];

const authorisedUntil = (tally: Tally, node: NodeBook): UnixMs =>
  Math.max(node.authorisedUntilMs, tally.untilMs.get(node.seq) ?? 0);

const highestLimit = (tally: Tally, node: NodeBook): number =>
  Math.max(limitInForce(node), tally.limits.get(node.seq) ?? 0);

export interface Mismatch {
  readonly guard: 'unowned' | 'contradiction';
  readonly why: string;
}

/** Where an action's intent, its change and the ledger do not speak of the same thing; null when they do. */
export const mismatchOf = (tally: Tally, action: Action): Mismatch | null => {
  const { change, intent, name } = action;
  const wrong = (why: string): Mismatch => ({ guard: 'contradiction', why: `${name}: ${why}` });
  if (spendOf(tally, change) !== action.spends) {
    return wrong(`the plan says that it spends ${action.spends}, the books say ${spendOf(tally, change)}`);
  }
  if (limitOf(change) !== action.limit) return wrong('the change carries another limit than was planned');
  if (intent.kind === 'create_intended') {
    if (tally.once.has(intent.name)) return wrong('its name is asked for twice in one tick');
    return isSameCreate(action) ? null : wrong('its intent and its request differ');
  }
  const node = tally.books.nodes.get(intent.node);
  if (node === undefined || action.node !== intent.node) {
    return { guard: 'unowned', why: `${name} is not a node of this ledger` };
  }
  return speaksOf(tally, action, node)
    ? null
    : { guard: 'unowned', why: `${name}: the request is not about the node that this ledger owns` };
};

const isSameCreate = ({ change, intent, coverUntilMs }: Action): boolean =>
  intent.kind === 'create_intended' &&
  change.kind === 'create' &&
  intent.name === change.name &&
  intent.zone === change.zone &&
  intent.hold === change.hold &&
  intent.limit === change.limit &&
  intent.endAtMs === change.endAtMs &&
  (intent.hold === 'reserved' ? intent.endAtMs !== null : intent.endAtMs === null && coverUntilMs !== null);

/** True when the request names exactly the node, procurement or end that the books hold. */
const speaksOf = (tally: Tally, { change, intent, limit }: Action, node: NodeBook): boolean => {
  switch (intent.kind) {
    case 'repost_intended':
      return (
        change.kind === 'create' &&
        node.nodeId === null &&
        node.name === intent.name &&
        node.name === change.name &&
        node.zone === change.zone &&
        node.askedEndMs === change.endAtMs &&
        intent.limit === limit &&
        intent.limit <= limitInForce(node)
      );
    case 'raise_intended':
      return (
        change.kind === 'raise' &&
        node.procurementId === intent.procurementId &&
        node.procurementId === change.procurementId &&
        intent.to === limit &&
        (tally.byProcurement.get(change.procurementId) ?? []).every((one) => one.fleet === node.fleet)
      );
    case 'extend_intended':
      return (
        change.kind === 'extend' &&
        node.nodeId === change.nodeId &&
        node.nodeId === intent.nodeId &&
        node.endAtMs === intent.endBeforeMs &&
        intent.endAfterMs - intent.endBeforeMs === change.durationMs &&
        intent.limit === limit &&
        node.extension === null &&
        !tally.once.has(node.seq)
      );
    case 'release_intended':
      return change.kind === 'release' && node.nodeId === change.nodeId && node.nodeId === intent.nodeId;
    case 'delete_intended':
      return change.kind === 'delete' && node.nodeId === change.nodeId && node.nodeId === intent.nodeId;
    case 'create_intended':
      return false;
  }
};
