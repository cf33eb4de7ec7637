// What `why` remembers of the entries up to an instant beside the books: the last decisions of a fleet and what became of
// them, the newest ask of each zone that a decision stood on, the last move of each climb, and who was running.
import type { ClimbMoved, DaemonStarted, Entry, LedgerRecord, Seq } from '../../domain/entry.ts';
import type { CentsPerNodeHour } from '../../domain/money.ts';
import type { UnixMs } from '../../domain/time.ts';
import { Attribution, isIntent } from '../entries/attribution.ts';

export interface KnownAsk {
  /** Null: nothing was for sale. */
  readonly ask: CentsPerNodeHour | null;
  readonly askedAtMs: UnixMs;
}

export interface Deed {
  readonly seq: Seq;
  readonly atMs: UnixMs;
  readonly entry: Entry;
  readonly node: string | null;
  /** What became of it; null while nothing is known. */
  outcome: { readonly atMs: UnixMs; readonly entry: Entry } | null;
}

export interface WhyHistory {
  readonly add: (record: LedgerRecord) => void;
  readonly started: () => { readonly atMs: UnixMs; readonly entry: DaemonStarted } | null;
  /** Newest last. */
  readonly deeds: () => readonly Deed[];
  readonly asks: () => ReadonlyMap<string, KnownAsk>;
  readonly climbs: () => ReadonlyMap<string, { readonly atMs: UnixMs; readonly entry: ClimbMoved }>;
  /** Every fleet the ledger speaks of. */
  readonly fleets: () => ReadonlySet<string>;
}

const DEEDS_KEPT = 64;

export const createHistory = (fleet: string): WhyHistory => {
  const attribution = new Attribution();
  const deeds: Deed[] = [];
  const asks = new Map<string, KnownAsk>();
  const climbs = new Map<string, { atMs: UnixMs; entry: ClimbMoved }>();
  const fleets = new Set<string>();
  let started: { atMs: UnixMs; entry: DaemonStarted } | null = null;

  const learn = (zone: string | null, ask: CentsPerNodeHour | null, askedAtMs: UnixMs | null): void => {
    if (zone === null || askedAtMs === null) return;
    if (askedAtMs >= (asks.get(zone)?.askedAtMs ?? 0)) asks.set(zone, { ask, askedAtMs });
  };

  return {
    add: (record) => {
      const { seq, atMs, entry } = record;
      if (entry.kind === 'daemon_started') started = { atMs, entry };
      const [subject] = attribution.subjectsOf(record);
      if (subject?.fleet != null) fleets.add(subject.fleet);
      if (subject?.fleet !== fleet) return;
      if ('basis' in entry) learn(subject.zone, entry.basis.ask, entry.basis.askedAtMs);
      if (entry.kind === 'climb_moved') {
        learn(entry.zone, entry.ask, entry.askedAtMs);
        climbs.set(entry.zone, { atMs, entry });
      }
      if (entry.kind === 'create_intended' || isIntent(entry)) {
        deeds.push({ seq, atMs, entry, node: subject.node, outcome: null });
        if (deeds.length > DEEDS_KEPT) deeds.shift();
      } else if ('intent' in entry) {
        const deed = deeds.findLast((one) => one.seq === entry.intent);
        if (deed !== undefined) deed.outcome = { atMs, entry };
      }
    },
    started: () => started,
    deeds: () => deeds,
    asks: () => asks,
    climbs: () => climbs,
    fleets: () => fleets,
  };
};
