// Act: the one function that may spend. It sends what the guard let through and the ledger already holds, a few at a time,
// each exactly once; before each change that can add spend it asks again whether this process still leads and whether
// anybody (a pause) has written to the ledger meanwhile. What is not sent is a refusal by proof.
import type { Outcome } from '../domain/change.ts';
import type { Entry, LedgerRecord, Seq } from '../domain/entry.ts';
import { quoteKey, type MarketView } from '../domain/market.ts';
import type { Sent } from '../domain/report.ts';
import type { DurationMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Venue } from '../ports/venue.ts';
import type { Action } from '../reconcile/action.ts';

export interface ActDeps {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'head'>;
  readonly venue: Pick<Venue, 'send'>;
  readonly lease: Lease;
  readonly market: () => MarketView;
  /** Real time: a tick ends within `tickMs`; a change takes at most `changeMs`. */
  readonly deadlines: { readonly tickMs: DurationMs; readonly changeMs: DurationMs };
  readonly changesAtOnce: number;
}

export interface ActInput {
  readonly actions: readonly Action[];
  /** The n-th record is the durable intent of the n-th action. */
  readonly records: readonly LedgerRecord[];
  /** The head of the ledger after the intents; when it moves on, nothing more is bought. */
  readonly head: Seq;
  readonly startedMonotonicMs: DurationMs;
}

export const act = async (
  deps: ActDeps,
  input: ActInput,
): Promise<{ readonly sent: readonly Sent[]; readonly entries: readonly Entry[] }> => {
  const sent: Sent[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < input.actions.length) {
      const index = next;
      next += 1;
      const action = input.actions[index];
      const intent = input.records[index];
      if (action === undefined || intent === undefined || intent.entry.kind !== action.intent.kind) continue;
      const from = deps.clock.monotonic();
      const outcome = mayNotSend(deps, input, action) ?? (await deps.venue.send(action.change));
      sent.push({
        intent: intent.seq,
        fleet: action.fleet,
        name: action.name,
        change: action.change.kind,
        outcome,
        tookMs: deps.clock.monotonic() - from,
      });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, deps.changesAtOnce) }, worker));
  sent.sort((a, b) => a.intent - b.intent);
  const keys = new Map(input.records.map((record, index) => [record.seq, askKey(input.actions[index])]));
  return { sent, entries: sent.map((one) => outcomeEntry(deps, one, keys.get(one.intent) ?? '')) };
};

/** The last questions before the wire; null when it may be sent. */
const mayNotSend = (deps: ActDeps, input: ActInput, action: Action): Outcome | null => {
  const notSent = (message: string): Outcome => ({
    kind: 'refused',
    code: 'not_sent',
    status: null,
    message,
  });
  const { tickMs, changeMs } = deps.deadlines;
  if (deps.clock.monotonic() - input.startedMonotonicMs > tickMs - changeMs) {
    return notSent('the tick had no time left for another change');
  }
  if (!deps.lease.held()) return notSent('the lease was lost');
  if (action.spends === 'none') return null;
  try {
    if (deps.ledger.head() !== input.head) return notSent('the ledger moved on (a pause, or another writer)');
  } catch {
    return notSent('the ledger could not be read');
  }
  return null;
};

/** Where the ask of what an action buys is found. */
const askKey = (action: Action | undefined): string => {
  if (action === undefined) return '';
  const { change } = action;
  const block = change.kind === 'extend' || (change.kind === 'create' && change.hold === 'reserved');
  return quoteKey(action.zone, block ? 'reserved' : 'autoreserved');
};

const outcomeEntry = (deps: ActDeps, one: Sent, key: string): Entry => {
  const { intent, change, outcome } = one;
  if (outcome.kind === 'accepted') {
    const estimate = deps.market().quotes.get(key)?.ask ?? null;
    const limit = outcome.procurement?.limit ?? null;
    return { kind: 'change_accepted', intent, change, node: outcome.node, limit, estimate };
  }
  const { status, message } = outcome;
  if (outcome.kind === 'refused') {
    return { kind: 'change_refused', intent, change, code: outcome.code, status, message };
  }
  return { kind: 'change_unknown', intent, change, cause: outcome.cause, status, message };
};
