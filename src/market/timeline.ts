// What is due at which instant, in the order of DESIGN §10. A binary heap of plain events, ordered by instant, then phase,
// then age. Events are never taken back: whoever acts on one checks that the node still is what the event was made for.
import type { WorldEvent } from './world.ts';
import type { MarketRequest } from './exchange.ts';

/**
 * The order within one instant: the world changes, the ask moves and standing bids are hit (not on this heap), requests
 * cross, renewals are bought, bought time ends. Requests from outside come after phase REQUESTS and before RENEWALS.
 */
export const PHASE = { world: 0, step: 1, requests: 3, renewals: 4, ends: 5 } as const;

export type Due =
  | { readonly kind: 'vm_up'; readonly node: string; readonly vm: string }
  | { readonly kind: 'vm_failure'; readonly node: string; readonly vm: string }
  | { readonly kind: 'reservation_start'; readonly node: string }
  | { readonly kind: 'unlist'; readonly node: string }
  | { readonly kind: 'world'; readonly event: WorldEvent }
  | { readonly kind: 'late_commit'; readonly request: MarketRequest; readonly fault: string }
  | { readonly kind: 'edge'; readonly node: string; readonly endMs: number }
  | { readonly kind: 'end'; readonly node: string; readonly endMs: number };

export interface TimelineEvent {
  readonly atMs: number;
  readonly phase: number;
  readonly seq: number;
  readonly due: Due;
}

/** The heap itself, plain data so that a snapshot can carry it. */
export type Timeline = TimelineEvent[];

const PHASE_OF: Readonly<Record<Due['kind'], number>> = {
  vm_up: PHASE.world,
  vm_failure: PHASE.world,
  reservation_start: PHASE.world,
  unlist: PHASE.world,
  world: PHASE.world,
  late_commit: PHASE.requests,
  edge: PHASE.renewals,
  end: PHASE.ends,
};

const isBefore = (a: TimelineEvent, b: TimelineEvent): boolean =>
  a.atMs !== b.atMs ? a.atMs < b.atMs : a.phase !== b.phase ? a.phase < b.phase : a.seq < b.seq;

/** Adds an event; `seq` must be larger than that of every event added before. */
export const schedule = (timeline: Timeline, atMs: number, seq: number, due: Due): void => {
  const event = { atMs, phase: PHASE_OF[due.kind], seq, due };
  let index = timeline.length;
  timeline.push(event);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = timeline[above] as TimelineEvent;
    if (!isBefore(event, parent)) break;
    timeline[index] = parent;
    index = above;
  }
  timeline[index] = event;
};

/** The next event without taking it. */
export const peek = (timeline: Timeline): TimelineEvent | undefined => timeline[0];

/** Takes the next event; undefined when nothing is due any more. */
export const takeNext = (timeline: Timeline): TimelineEvent | undefined => {
  const first = timeline[0];
  const last = timeline.pop();
  if (first === undefined || last === undefined || timeline.length === 0) return first;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= timeline.length) break;
    const right = left + 1;
    const leftEvent = timeline[left] as TimelineEvent;
    const rightEvent = timeline[right];
    const takesRight = rightEvent !== undefined && isBefore(rightEvent, leftEvent);
    const child = takesRight ? rightEvent : leftEvent;
    if (!isBefore(child, last)) break;
    timeline[index] = child;
    index = takesRight ? right : left;
  }
  timeline[index] = last;
  return first;
};
