// What the venue shows of a node, in our units. New words may appear in a status at any time: they become `unknown`, which
// counts as alive and proves nothing.
import type { CentsPerNodeHour } from './money.ts';
import type { UnixMs } from './time.ts';

export type NodeStatus =
  | 'pending'
  | 'awaitingcapacity'
  | 'running'
  | 'released'
  | 'terminated'
  | 'deleted'
  | 'failed'
  | 'unknown';

export type VmStatus = 'pending' | 'running' | 'destroyed' | 'node_failure' | 'unknown';

export type HoldKind = 'autoreserved' | 'reserved';

/** A node as last shown by the venue. */
export interface SeenNode {
  readonly nodeId: string;
  readonly name: string;
  readonly status: NodeStatus;
  /** The venue's own word, kept for people when it is new to us. */
  readonly statusText: string;
  readonly kind: HoldKind | 'unknown';
  readonly zone: string | null;
  /** Lower case, as the settings spell it: `h100`. */
  readonly gpu: string;
  readonly createdAtMs: UnixMs | null;
  readonly startAtMs: UnixMs | null;
  readonly endAtMs: UnixMs | null;
  readonly procurementId: string | null;
  readonly limit: CentsPerNodeHour | null;
  readonly vm: { readonly status: VmStatus; readonly startAtMs: UnixMs | null } | null;
}

/** A procurement as last shown: the standing bid behind autoreserved nodes. */
export interface SeenProcurement {
  readonly procurementId: string;
  /** Cents per node-hour: the venue's cents per GPU-hour × 8. */
  readonly limit: CentsPerNodeHour | null;
  readonly horizonMs: number | null;
  readonly desiredNodes: number | null;
}

/** Statuses that prove on the node's own id that it will never run or cost again. */
export const isEnded = (status: NodeStatus): boolean =>
  status === 'terminated' || status === 'deleted' || status === 'failed';

/** Accepted by the venue, not filled, not ended. */
export const isWaiting = (status: NodeStatus): boolean =>
  status === 'pending' || status === 'awaitingcapacity';
