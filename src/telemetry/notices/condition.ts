// Something that a person must know of and that lasts: from when it is first seen until it is over.
import type { NoticeEvent } from '../../domain/notice.ts';
import type { DurationMs, UnixMs } from '../../domain/time.ts';

export interface Condition {
  /** Stays the same while only numbers change; begins with the event. */
  readonly key: string;
  readonly event: NoticeEvent;
  readonly fleet: string | null;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly text: string;
  /** Said when it is over; null: its end is no news. */
  readonly overText: string | null;
  /** Real time it must have stood before it is said; what mends itself in a moment is no news. */
  readonly holdOffMs: DurationMs;
  /** Said at most once until this instant, however often it comes and goes; null: it may come back. */
  readonly onceUntilMs: UnixMs | null;
}

/** What has to be remembered of a fleet to tell a loss from a target that was raised. */
export interface FleetMemory {
  /** Nodes wanted when the target was last met; null before the first time. */
  readonly metNodes: number | null;
  /** Interruptions by a higher bid that were told, by zone. */
  readonly outbid: Readonly<Record<string, number>>;
}

/** A condition with the usual settings: said at once, its end too. */
export const condition = (
  given: Pick<Condition, 'key' | 'event' | 'fleet' | 'severity' | 'text' | 'overText'> & Partial<Condition>,
): Condition => ({ holdOffMs: 0, onceUntilMs: null, ...given });
