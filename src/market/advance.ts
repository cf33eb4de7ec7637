// Market time. Advancing runs every step and every due event in order (DESIGN §10): the world, the ask and standing bids,
// late requests, renewals, ends. At the instant it is asked for it stops before renewals and ends, because requests of that
// instant come between; these happen as soon as time moves on. Advancing in one go or in many gives the same market.
import type { UnixMs } from '../domain/time.ts';
import { moveAsk } from './ask.ts';
import { forgetHours } from './capacity.ts';
import { endBoughtTime, hitStanding, renewAtEdge } from './clearing.ts';
import { applyEvent, recordAsk } from './effects.ts';
import type { MarketRequest } from './exchange.ts';
import { startVm, stopVm, vmUp } from './node-life.ts';
import { noteListing } from './past-lists.ts';
import type { MarketState } from './state.ts';
import { peek, PHASE, takeNext, type Due, type TimelineEvent } from './timeline.ts';

/** Carries out a request whose commit was put off; given by the request layer. */
export type CommitLate = (market: MarketState, request: MarketRequest, fault: string) => void;

/** Moves market time to `toMs`; never back. */
export const advance = (market: MarketState, toMs: UnixMs, commitLate: CommitLate): void => {
  for (;;) {
    const event = peek(market.timeline);
    const stepFirst =
      event === undefined ||
      market.nextStepMs < event.atMs ||
      (market.nextStepMs === event.atMs && event.phase > PHASE.step);
    const atMs = stepFirst ? market.nextStepMs : event.atMs;
    const phase = stepFirst ? PHASE.step : event.phase;
    if (atMs > toMs || (atMs === toMs && phase > PHASE.requests)) break;
    market.nowMs = Math.max(market.nowMs, atMs);
    if (stepFirst) step(market);
    else runEvents(market, commitLate);
    noteListing(market);
  }
  market.nowMs = Math.max(market.nowMs, toMs);
};

/** Steps 1 and 2: every ask moves, then standing bids are hit. */
const step = (market: MarketState): void => {
  const { stepMs } = market.settings;
  const atMs = market.nextStepMs;
  market.nextStepMs = (Math.floor(atMs / stepMs) + 1) * stepMs;
  for (const zone of market.zones.values()) {
    const moved = moveAsk(zone.zone.ask, zone.memory, atMs, market.startMs, stepMs);
    recordAsk(market, zone, zone.override === undefined ? moved : zone.override);
    forgetHours(zone, atMs);
  }
  for (const zone of market.zones.values()) hitStanding(market, zone);
};

/** Takes the next event; renewals of one instant are taken together, because they compete. */
const runEvents = (market: MarketState, commitLate: CommitLate): void => {
  const first = takeNext(market.timeline);
  if (first === undefined) return;
  if (first.due.kind !== 'edge') return runOne(market, first.due, commitLate);
  const edges = [first.due];
  for (;;) {
    const next = peek(market.timeline);
    if (next === undefined || !isEdgeAt(next, first.atMs) || next.due.kind !== 'edge') break;
    edges.push(next.due);
    takeNext(market.timeline);
  }
  renewAtEdge(market, edges);
};

const isEdgeAt = (event: TimelineEvent, atMs: UnixMs): boolean =>
  event.atMs === atMs && event.phase === PHASE.renewals;

const runOne = (market: MarketState, due: Due, commitLate: CommitLate): void => {
  if (due.kind === 'world') {
    applyEvent(market, due.event);
    return;
  }
  if (due.kind === 'late_commit') return commitLate(market, due.request, due.fault);
  const node = market.nodes.get(due.node);
  if (node === undefined) return;
  switch (due.kind) {
    case 'vm_up': {
      const vm = node.vms.at(-1);
      if (vm?.id === due.vm && vm.status === 'Pending') vmUp(market, node, vm);
      return;
    }
    case 'vm_failure':
      if (node.vms.at(-1)?.id === due.vm && node.vms.at(-1)?.status === 'Running') {
        stopVm(market, node, 'NodeFailure');
      }
      return;
    case 'reservation_start':
      if (node.status === 'pending') {
        node.status = 'running';
        startVm(market, node);
      }
      return;
    case 'unlist':
      market.listed.delete(node.id);
      market.version += 1;
      return;
    case 'end':
      return endBoughtTime(market, node, due.endMs);
    case 'edge':
      return;
  }
};
