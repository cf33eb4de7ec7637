// What a plan is made of: actions, each with the intent that is written before it and the change that is then sent, and
// renewals, which send nothing but must be let through like a purchase.
import type { Change } from '../domain/change.ts';
import type {
  CreateIntended,
  DeleteIntended,
  ExtendIntended,
  RaiseIntended,
  ReleaseIntended,
  RepostIntended,
  Seq,
} from '../domain/entry.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { UnixMs } from '../domain/time.ts';

export type Intent =
  | CreateIntended
  | RepostIntended
  | RaiseIntended
  | ExtendIntended
  | ReleaseIntended
  | DeleteIntended;

export interface Action {
  readonly kind: 'action';
  readonly fleet: string;
  readonly zone: string;
  readonly name: string;
  /** The node it concerns; null for a create, whose node begins with this intent. */
  readonly node: Seq | null;
  readonly intent: Intent;
  readonly change: Change;
  /** `purchase` and `raise` can add spend and pass every guard; `none` lets go of something. */
  readonly spends: 'purchase' | 'raise' | 'none';
  readonly limit: CentsPerNodeHour | null;
  /** Create only: the bid is let through up to here. */
  readonly coverUntilMs: UnixMs | null;
  readonly reason: string;
  readonly why: string;
}

/** The next hour(s) of a standing bid or a held node: let through, or else released. */
export interface Renewal {
  readonly kind: 'renewal';
  readonly fleet: string;
  readonly zone: string;
  readonly name: string;
  readonly node: Seq;
  readonly limit: CentsPerNodeHour;
  readonly untilMs: UnixMs;
  readonly otherwise: Action;
  readonly why: string;
}

export type Proposal = Action | Renewal;
