// A change asked of the venue, and the three outcomes any change can have. A refusal needs positive evidence; whatever is
// lost, late or ambiguous is unknown, and an unknown purchase is never sent again blindly.
import type { CentsPerNodeHour } from './money.ts';
import type { HoldKind, SeenNode, SeenProcurement } from './node.ts';
import type { NodePolicy } from './policy.ts';
import type { DurationMs, UnixMs } from './time.ts';

export interface CreateChange {
  readonly kind: 'create';
  readonly name: string;
  readonly zone: string;
  readonly hold: HoldKind;
  readonly limit: CentsPerNodeHour;
  /** Reserved only; null means now. */
  readonly startAtMs: UnixMs | null;
  /** Reserved only, on the hour; null for autoreserved. */
  readonly endAtMs: UnixMs | null;
  readonly node: NodePolicy;
}

/** Sets a procurement's limit; absolute, so repeatable. Carries a lowering as well as a raise. */
export interface RaiseChange {
  readonly kind: 'raise';
  readonly procurementId: string;
  readonly limit: CentsPerNodeHour;
}

/** Buys `durationMs` (whole hours) more at the end of a reserved node; relative at the venue, so never sent twice blindly. */
export interface ExtendChange {
  readonly kind: 'extend';
  readonly nodeId: string;
  readonly durationMs: DurationMs;
  readonly limit: CentsPerNodeHour;
}

export interface ReleaseChange {
  readonly kind: 'release';
  readonly nodeId: string;
}

export interface DeleteChange {
  readonly kind: 'delete';
  readonly nodeId: string;
}

export type Change = CreateChange | RaiseChange | ExtendChange | ReleaseChange | DeleteChange;
export type ChangeKind = Change['kind'];

/**
 * Why the venue refused. `price`: the limit is under the market. `capacity`: nothing for sale. `funds`: 402.
 * `name_taken`: the name exists already. `request`: anything else it called wrong. `auth`: 401 after the token was read
 * again. `forbidden`: 403. `not_found`: 404. `not_sent`: we know that the request never left (pause, lost lease).
 */
export type RefusalCode =
  | 'price'
  | 'capacity'
  | 'funds'
  | 'name_taken'
  | 'request'
  | 'auth'
  | 'forbidden'
  | 'not_found'
  | 'not_sent';

/** Why nothing is known. `garbled`: a 2xx whose body could not be read. `http`: a status that proves nothing. */
export type UnknownCause = 'timeout' | 'connection' | 'server_error' | 'rate_limited' | 'garbled' | 'http';

export type Outcome =
  | {
      readonly kind: 'accepted';
      /** The node in the answer, when there was one of the asked name (create, extend, release). */
      readonly node: SeenNode | null;
      readonly procurement: SeenProcurement | null;
    }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      /** HTTP status, null when the request never left. */
      readonly status: number | null;
      readonly message: string;
    }
  | {
      readonly kind: 'unknown';
      readonly cause: UnknownCause;
      readonly status: number | null;
      readonly message: string;
    };
