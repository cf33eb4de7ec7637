// What people ask of the core, as entries: every change from outside (a verb, the admin API, a signal, a file) is written to
// the ledger with who and why, and the daemon obeys the entry. What would change nothing writes nothing.
import type { Entry } from '../domain/entry.ts';
import type { Books } from '../reconcile/books.ts';

/** Who asks, and why; both go into the ledger as they are. */
export interface Who {
  readonly by: string;
  readonly why: string;
}

export const STOPS = ['pause', 'drain', 'stop'] as const;
/** Send nothing that adds spend; also let nodes go as their paid time ends; leave everything and exit. */
export type Stop = (typeof STOPS)[number];

export interface Request {
  readonly kind: Stop | 'resume';
}

/** The entries that a request comes to in these books; none when nothing would change. */
export const entriesFor = (request: Request, books: Books, { by, why }: Who): readonly Entry[] => {
  switch (request.kind) {
    case 'pause':
      return books.pause === null ? [{ kind: 'pause_requested', by, why }] : [];
    case 'drain':
      return books.pause?.drain === true ? [] : [{ kind: 'drain_requested', by, why }];
    case 'stop':
      return books.stop === null ? [{ kind: 'stop_requested', by, why }] : [];
    case 'resume':
      return isHalted(books) ? [{ kind: 'resume_requested', by, why }] : [];
  }
};

/** True when a resume would end something: a pause, an open breaker, a contradiction, a wait for funds. */
const isHalted = (books: Books): boolean =>
  books.pause !== null || books.breaker !== null || books.contradiction !== null || books.funds.refusals > 0;

/** True once the daemon has confirmed what was asked, or nothing has to be confirmed. */
export const isConfirmed = (request: Request, books: Books): boolean =>
  request.kind === 'pause' || request.kind === 'drain' ? books.pause?.acknowledged === true : true;
