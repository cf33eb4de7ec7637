// What a person is told at once, as values: the events there are, one notice, the ways it can be sent and how a sending can
// end. The words are made elsewhere; here is only what every sender and every reader of them agrees on.
import type { UnixMs } from './time.ts';

/** What notices can be about; a user chooses among them by these names. */
export const NOTICE_EVENTS = [
  /** A fleet lost its target, got it back, or does not reach it. */
  'target',
  /** A fleet is short and may not offer more. */
  'ceiling',
  /** Nodes are about to be lost to a higher bid, or were. */
  'outbid',
  /** A budget passed a stage. */
  'budget',
  /** Whether something was bought is not known. */
  'unknown',
  /** The venue refuses the token, the account or its money. */
  'account',
  /** Paused and resumed. */
  'pause',
  /** The venue's records differ from what we think was spent. */
  'drift',
  /** The daemon itself cannot go on as it should: ledger, books, no sight of the venue. */
  'fault',
] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

export const NOTICE_CHANNELS = ['webhook', 'slack'] as const;
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number];

/** How sending a notice ended, or went on, by the name metrics use. */
export const NOTICE_OUTCOMES = [
  'delivered',
  /** An attempt failed; another one follows. */
  'retried',
  /** The receiver said no for good; the notice is given up. */
  'refused',
  /** It could not be delivered for too long; given up. */
  'expired',
  /** Too many waited; the oldest was given up. */
  'dropped',
] as const;
export type NoticeOutcome = (typeof NOTICE_OUTCOMES)[number];

/** How a fleet stood when a notice was made. */
export interface NoticeFigures {
  readonly wantedNodes: number;
  readonly heldNodes: number;
  readonly wantedGpus: number;
  readonly heldGpus: number;
  /** Cents per node-hour; null without a standing bid or held node. */
  readonly limitCents: number | null;
  readonly ceilingCents: number;
  /** The lowest known ask, cents per node-hour. */
  readonly askCents: number | null;
}

export interface Notice {
  /** The same for every attempt to send it, also after a restart: a receiver can tell repeats by it. */
  readonly id: string;
  /** `test`: asked for by a person, about nothing. */
  readonly event: NoticeEvent | 'test';
  /** `begun` and `over` belong together; `once` stands for itself. */
  readonly state: 'begun' | 'over' | 'once';
  readonly severity: 'info' | 'warning' | 'critical';
  readonly fleet: string | null;
  /** By the clock that decisions are made at. */
  readonly atMs: UnixMs;
  readonly mode: 'live' | 'dry_run';
  /** One sentence for a person; holds no secret. */
  readonly text: string;
  readonly figures: NoticeFigures | null;
}
