// Promise 8 and what stops buying: after a pause was acknowledged nothing that can add spend is sent until somebody resumes,
// and no secret is in the ledger's bytes. Also promise 4's ending: an intent ends in one way only.
import type { Violation } from '../trace.ts';
import type { Check } from './evidence.ts';
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
