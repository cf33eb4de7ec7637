// What a run leaves behind for the checkers: facts in the order in which they happened, none of them taken from the daemon's
// own memory but its ticks' ends. Entries are decoded from the bytes of the disk, requests are what reached the wire, and
// everything else is what the world did to the daemon.
import type { LedgerRecord } from '../../src/domain/entry.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { TickEnd } from '../../src/domain/report.ts';

interface Placed {
  /** Place in the order of everything. */
  readonly order: number;
  /** True (virtual) time, not the daemon's clock. */
  readonly atMs: number;
}

/** A request for a change that was handed to the wire. */
export interface WireChange extends Placed {
  readonly kind: 'change';
  readonly by: 'daemon' | 'operator';
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The daemon's clock when it sent. */
  readonly clockMs: number;
  /** Place among the requests the market took; null when it never arrived. */
  place: number | null;
}

/** Entries became durable. */
export interface Synced extends Placed {
  readonly kind: 'synced';
  readonly by: 'daemon' | 'operator';
  readonly records: readonly LedgerRecord[];
}

/** An older copy of the ledger took its place: only its first `kept` entries are there. */
export interface Restored extends Placed {
  readonly kind: 'restored';
  readonly kept: number;
}

export interface Ticked extends Placed {
  readonly kind: 'ticked';
  readonly startedMs: number;
  readonly end: TickEnd;
  readonly incarnation: number;
}

export interface Configured extends Placed {
  readonly kind: 'configured';
  readonly policy: Policy;
}

export interface Happened extends Placed {
  readonly kind: 'happened';
  readonly what: string;
}

export type TraceEvent = WireChange | Synced | Restored | Ticked | Configured | Happened;

/** Something a checker found wrong. */
export interface Violation {
  /** The promise, by the name of its checker. */
  readonly promise: string;
  readonly atMs: number | null;
  readonly text: string;
}
