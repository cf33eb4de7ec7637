// Promise 8 and what stops buying: after a pause was acknowledged nothing that can add spend is sent until somebody resumes,
// and no secret is in the ledger's bytes. Also promise 4's ending: an intent ends in one way only.
import { isWaiting } from '../../../src/domain/node.ts';
import type { Violation } from '../trace.ts';
import type { Check, Evidence, PlacedEntry } from './evidence.ts';
import { buys, changeKindOf, limitOf, targetOf } from './wire-words.ts';

export const pauseHolds: Check = {
  promise: 'pause',
  *judge(evidence) {
    let paused = false;
    const limits = new Map<string, number>();
    for (const step of evidence.steps) {
      if (step.kind === 'restored') paused = false;
      if (step.kind === 'entry') {
        const { entry } = step.placed;
        if (entry.kind === 'pause_acknowledged') paused = true;
        if (entry.kind === 'resume_requested') paused = false;
        if (entry.kind === 'raise_intended') limits.set(entry.procurementId, entry.from);
      }
      if (step.kind !== 'change' || step.change.by !== 'daemon' || !paused) continue;
      const { change } = step;
      const limit = limitOf(change) ?? 0;
      const rises = changeKindOf(change) === 'raise' && limit > (limits.get(targetOf(change)) ?? 0);
      if (buys(change) || rises)
        yield {
          promise: 'pause',
          atMs: change.atMs,
          text: `${change.method} ${change.path} was sent during an acknowledged pause`,
        };
    }
  },
};

/** Whole ticks of a pause that a bid may stand untouched: a refused release is looked at for two minutes. */
const TICKS_TO_WITHDRAW = 6;

interface Bid {
  readonly name: string;
  readonly seq: number;
  ticks: number;
}

export const pauseWithdraws: Check = {
  promise: 'pause_withdraws',
  *judge(evidence) {
    if (releasesNothing(evidence)) return;
    let bids = new Map<string, Bid>();
    let paused = false;
    for (const step of evidence.steps) {
      if (step.kind === 'restored') {
        bids = new Map([...bids].filter(([, bid]) => bid.seq <= step.kept));
        paused = false;
      }
      if (step.kind === 'entry') {
        const { entry } = step.placed;
        if (entry.kind === 'pause_acknowledged') paused = true;
        if (entry.kind === 'resume_requested') paused = false;
        followBids(bids, step.placed);
      }
      if (step.kind !== 'ticked' || step.end !== 'done') continue;
      for (const bid of bids.values()) {
        bid.ticks = paused ? bid.ticks + 1 : 0;
        if (bid.ticks !== TICKS_TO_WITHDRAW) continue;
        const text = `the bid of ${bid.name} stands in the pause`;
        yield { promise: 'pause_withdraws', atMs: step.atMs, text };
      }
    }
  },
};

/** After a fault of the program, which a strategy that throws makes, nothing is let go any more. */
const releasesNothing = ({ happened }: Evidence): boolean => happened.has('tick failed');

/** Keeps the bids that the ledger knows to stand and that it has not begun to withdraw. */
const followBids = (bids: Map<string, Bid>, { entry, record }: PlacedEntry): void => {
  if (entry.kind === 'release_intended') bids.delete(entry.nodeId);
  const seen =
    entry.kind === 'node_seen'
      ? entry.seen
      : entry.kind === 'change_accepted' && entry.change === 'create'
        ? entry.node
        : null;
  if (seen === null) return;
  const { nodeId, name } = seen;
  if (seen.kind !== 'autoreserved' || !isWaiting(seen.status)) bids.delete(nodeId);
  else bids.set(nodeId, { name, seq: record.seq, ticks: bids.get(nodeId)?.ticks ?? 0 });
};

export const noSecretIsWritten: Check = {
  promise: 'no_secret',
  *judge(evidence) {
    for (const { text, atMs } of evidence.run.world.synced) {
      if (text.includes('sim-secret-'))
        yield { promise: 'no_secret', atMs, text: 'the token stands in the ledger' };
    }
  },
};

export const chainIsWhole: Check = {
  promise: 'ledger_chain',
  *judge(evidence) {
    if (evidence.broken !== null) yield { promise: 'ledger_chain', atMs: null, text: evidence.broken };
  },
};

export const intentsEndOnce: Check = {
  promise: 'one_ending',
  *judge(evidence) {
    let ended = new Map<number, { readonly as: string; readonly seq: number }>();
    for (const step of evidence.steps) {
      if (step.kind === 'restored') ended = new Map([...ended].filter(([, one]) => one.seq <= step.kept));
      if (step.kind !== 'entry') continue;
      const { entry, record } = step.placed;
      if (
        entry.kind !== 'change_accepted' &&
        entry.kind !== 'change_refused' &&
        entry.kind !== 'intent_voided'
      )
        continue;
      const before = ended.get(entry.intent);
      if (before !== undefined) yield twice(step.atMs, entry.intent, before.as, entry.kind);
      if (entry.kind !== 'change_refused' || entry.code !== 'name_taken')
        ended.set(entry.intent, { as: entry.kind, seq: record.seq });
    }
  },
};

const twice = (atMs: number, intent: number, before: string, after: string): Violation => ({
  promise: 'one_ending',
  atMs,
  text: `intent ${intent} ended as ${before} and again as ${after}`,
});
