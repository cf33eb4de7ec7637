// What a proposal may really do, recomputed from the books: whether it can add spend, which time and money it adds beyond
// what is put aside already, and whether intent, change and ledger agree about it. The guard believes this, not the plan.
import type { Change } from '../domain/change.ts';
import type { Seq } from '../domain/entry.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { UnixMs } from '../domain/time.ts';
import type { Action, Proposal } from './action.ts';
import { isAlive, limitInForce, type Books, type NodeBook } from './books.ts';
import type { Earmark } from './earmarks.ts';

/** What earlier proposals of this tick were let through for, on top of the books. */
export interface LetThrough {
  readonly limits: ReadonlyMap<Seq, CentsPerNodeHour>;
  readonly untilMs: ReadonlyMap<Seq, UnixMs>;
}

/** `purchase` and `raise` can add spend; `none` lets go of something or lowers a limit. */
export type SpendKind = 'purchase' | 'raise' | 'none';

/** The limit a change carries; null when it carries none. */
export const limitOf = (change: Change): CentsPerNodeHour | null =>
  change.kind === 'release' || change.kind === 'delete' ? null : change.limit;

export const spendOf = (books: Books, change: Change): SpendKind => {
  switch (change.kind) {
    case 'create':
    case 'extend':
      return 'purchase';
    case 'raise':
      return sharing(books, change.procurementId).some((node) => change.limit > limitInForce(node)) ? 'raise' : 'none';
    case 'release':
    case 'delete':
      return 'none';
  }
};

/** The nodes whose limit is that of a procurement; more than one only after an adoption. */
const sharing = (books: Books, procurementId: string): readonly NodeBook[] =>
  [...books.nodes.values()].filter((node) => node.procurementId === procurementId && isAlive(node));

const higher = (a: CentsPerNodeHour, b: CentsPerNodeHour | undefined): CentsPerNodeHour =>
  b !== undefined && b > a ? b : a;

/** Time and money that a proposal adds beyond the books and what was let through in this tick. */
export const addedBy = (books: Books, nowMs: UnixMs, through: LetThrough, proposal: Proposal): readonly Earmark[] => {
  if (proposal.kind === 'renewal') {
    const node = books.nodes.get(proposal.node);
    if (node === undefined) return [];
    const limit = higher(limitInForce(node), through.limits.get(node.seq));
    return span(Math.max(nowMs, node.bookedToMs, coveredUntil(node, through)), proposal.untilMs, limit);
  }
  const { change, intent } = proposal;
  switch (intent.kind) {
    case 'create_intended':
      return span(nowMs, intent.endAtMs ?? proposal.coverUntilMs ?? nowMs, intent.limit);
    case 'extend_intended':
      return span(intent.endBeforeMs, intent.endAfterMs, intent.limit);
    case 'raise_intended':
      return sharing(books, intent.procurementId).flatMap((node) => {
        const more = (intent.to - higher(limitInForce(node), through.limits.get(node.seq))) as CentsPerNodeHour;
        return span(Math.max(nowMs, node.bookedToMs), coveredUntil(node, through), more);
      });
    case 'repost_intended':
    case 'release_intended':
    case 'delete_intended':
      return change.kind === 'create' && limitAbove(books, proposal) > 0 ? span(nowMs, Number.MAX_SAFE_INTEGER, 0) : [];
  }
};
