// What may be used only once: a name of a slot and generation, and the end of a block that an extension moves. Both are read
// from the ledger's entries alone, so that no disturbance of the money excuses them.
import type { CreateIntended, ExtendIntended } from '../../../src/domain/entry.ts';
import type { Violation } from '../trace.ts';
import { OwnLedger, type Check } from './evidence.ts';

/** Proofs after which the same name may be asked for anew: it never was at the venue. */
const NEVER_THERE: ReadonlySet<string> = new Set(['refused', 'absent_after_quarantine']);

export const namesAreSpent: Check = {
  promise: 'names_are_spent',
  *judge(evidence) {
    let endings = new Map<number, { readonly as: string; readonly seq: number }>();
    const own = new OwnLedger();
    for (const step of evidence.steps) {
      if (step.kind === 'restored') endings = new Map([...endings].filter(([, one]) => one.seq <= step.kept));
      if (step.kind === 'entry') {
        const { entry, record } = step.placed;
        if (entry.kind === 'create_intended') yield* spentBefore(own, endings, entry, step.atMs);
        if (entry.kind === 'change_refused') endings.set(entry.intent, { as: 'refused', seq: record.seq });
        if (entry.kind === 'intent_voided') endings.set(entry.intent, { as: entry.proof, seq: record.seq });
        if (entry.kind === 'node_ended') endings.set(entry.node, { as: 'ended', seq: record.seq });
      }
      own.follow(step);
    }
  },
};

/** A name that was used, and a slot above one that is free. */
const spentBefore = function* (
  own: OwnLedger,
  endings: ReadonlyMap<number, { readonly as: string }>,
  { name, fleet, slot, generation }: CreateIntended,
  atMs: number,
): Generator<Violation> {
  const taken = new Set<number>();
  for (const [seq, { entry, state }] of own.intents) {
    if (entry.fleet !== fleet) continue;
    if (state === 'open' || state === 'found') taken.add(entry.slot);
    const ending = endings.get(seq)?.as ?? state;
    if (entry.slot !== slot || entry.generation < generation || NEVER_THERE.has(ending)) continue;
    const text = `${name} was intended after ${entry.name}, which was used: ${ending}`;
    yield { promise: 'names_are_spent', atMs, text };
  }
  const free = Array.from({ length: slot }, (_, below) => below).find((below) => !taken.has(below));
  if (free !== undefined)
    yield { promise: 'names_are_spent', atMs, text: `${name} was intended while slot ${free} was free` };
};

export const extendedOnce: Check = {
  promise: 'extended_once',
  *judge(evidence) {
    let sent = new Map<number, ExtendIntended>();
    for (const step of evidence.steps) {
      if (step.kind === 'restored') sent = new Map([...sent].filter(([seq]) => seq <= step.kept));
      if (step.kind !== 'entry') continue;
      const { entry, record } = step.placed;
      if (entry.kind === 'change_refused' || entry.kind === 'intent_voided') sent.delete(entry.intent);
      if (entry.kind !== 'extend_intended') continue;
      const again = [...sent.values()].find(
        (one) => one.nodeId === entry.nodeId && one.endAfterMs > entry.endBeforeMs,
      );
      if (again !== undefined) {
        const from = new Date(entry.endBeforeMs).toISOString();
        const text = `${entry.nodeId} was extended from ${from} though an extension beyond it was neither refused nor void`;
        yield { promise: 'extended_once', atMs: step.atMs, text };
      }
      sent.set(record.seq, entry);
    }
  },
};
