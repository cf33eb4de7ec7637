// What the notices remember from report to report and from run to run. It is read back from a file, so it is checked like
// anything from outside; what cannot be read is forgotten whole, and then news is told once more rather than never.
import { z } from 'zod';
import { NOTICE_CHANNELS, NOTICE_EVENTS } from '../../domain/notice.ts';
import type { Notice, NoticeChannel, NoticeEvent } from '../../domain/notice.ts';
import type { UnixMs } from '../../domain/time.ts';
import type { FleetMemory } from './condition.ts';

/** A condition that stands, or that was said and may not be said again yet. */
export interface Standing {
  readonly event: NoticeEvent;
  readonly fleet: string | null;
  /** Whether it stood in the last report that could tell. */
  readonly stands: boolean;
  /** Real time at which it was first seen to stand. */
  readonly seenRealMs: UnixMs;
  /** The same by the clock that decisions are made at. */
  readonly sinceMs: UnixMs;
  /** Real time at which it was last said to have begun; null: not yet. */
  readonly saidRealMs: UnixMs | null;
  /** It was said to have begun, and not yet to be over. */
  readonly told: boolean;
  readonly overText: string | null;
  readonly onceUntilMs: UnixMs | null;
}

export interface NoticeMemory {
  readonly standing: Readonly<Record<string, Standing>>;
  readonly fleets: Readonly<Record<string, FleetMemory>>;
  /** Real time of the notices made within the last hour. */
  readonly made: readonly UnixMs[];
}

/** A notice and the channels that it still has to go out by. */
export interface Waiting {
  readonly notice: Notice;
  /** Real time at which it was taken. */
  readonly takenRealMs: UnixMs;
  readonly channels: readonly NoticeChannel[];
}

export interface KeptNotices {
  readonly memory: NoticeMemory;
  readonly outbox: readonly Waiting[];
}

export const emptyMemory: NoticeMemory = { standing: {}, fleets: {}, made: [] };

const instant = z.number();
const count = z.int().min(0);
const figures = z.object({
  wantedNodes: count,
  heldNodes: count,
  wantedGpus: count,
  heldGpus: count,
  limitCents: z.number().nullable(),
  ceilingCents: z.number(),
  askCents: z.number().nullable(),
});
const event = z.enum(NOTICE_EVENTS);
const notice = z.object({
  id: z.string().min(1).max(300),
  event: z.enum([...NOTICE_EVENTS, 'test']),
  state: z.enum(['begun', 'over', 'once']),
  severity: z.enum(['info', 'warning', 'critical']),
  fleet: z.string().nullable(),
  atMs: instant,
  mode: z.enum(['live', 'dry_run']),
  text: z.string(),
  figures: figures.nullable(),
});
const standing = z.object({
  event,
  fleet: z.string().nullable(),
  stands: z.boolean(),
  seenRealMs: instant,
  sinceMs: instant,
  saidRealMs: instant.nullable(),
  told: z.boolean(),
  overText: z.string().nullable(),
  onceUntilMs: instant.nullable(),
});
const fleet = z.object({ metNodes: count.nullable(), outbid: z.record(z.string(), count) });
const kept = z.object({
  version: z.literal(1),
  memory: z.object({
    standing: z.record(z.string(), standing),
    fleets: z.record(z.string(), fleet),
    made: z.array(instant),
  }),
  outbox: z.array(z.object({ notice, takenRealMs: instant, channels: z.array(z.enum(NOTICE_CHANNELS)) })),
});

export const encodeKept = ({ memory, outbox }: KeptNotices): string =>
  JSON.stringify({ version: 1, memory, outbox });

/** Null: the text is not what `encodeKept` writes. */
export const decodeKept = (text: string): KeptNotices | null => {
  try {
    const read = kept.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
};
