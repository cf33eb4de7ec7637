// Liveness: once everything is mended, the daemon must stand at its target within the tail (an hour for nodes that run to
// their paid end, the quarantine and two looks, a boot), with nothing unknown, nothing waiting and no breaker; and the quiet
// end of the tail must be quiet: no purchases, and no entries beside the hourly ones.
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/time.ts';
import type { Check } from './evidence.ts';

/** The last part of the tail, in which nothing may be happening any more. */
const QUIET_MS = 12 * MINUTE_MS;
/** Per node and hour: the limit before the edge, the sight of the new end, the hours let through, the settled order. */
const ENTRIES_A_NODE = 14;

export const targetIsReached: Check = {
  promise: 'target_reached',
  *judge({ run, nodes }) {
    const report = run.watch.last();
    const cameLate = nodes.some((node) => node.madeBy?.late === true && node.createdAtMs > run.tailFromMs);
    const at = run.endMs;
    if (report === null) {
      yield { promise: 'target_reached', atMs: at, text: 'the daemon never reported' };
      return;
    }
    if (report.end !== 'done')
      yield {
        promise: 'target_reached',
        atMs: at,
        text: `the last tick ended as ${report.end}: ${report.problem}`,
      };
    for (const fleet of report.fleets) {
      // A broken block that is longer than the tail lapses only at its end.
      const kept = run.world.policy.fleets.some(
        (one) =>
          one.name === fleet.fleet &&
          (!one.replaceUnhealthy || (one.hold === 'reserved' && one.blockMs > HOUR_MS)),
      );
      const broken = fleet.states
        .filter((one) => kept && one.state === 'unhealthy')
        .reduce((sum, one) => sum + one.nodes, 0);
      // A machine that was made to fail may do so in the tail, and a node whose purchase was given up may still come: their
      // places are free when their paid hours are over.
      const mayLeave = cameLate || run.world.counts.has('vm_fails');
      const leaving = fleet.states.filter((one) => mayLeave && one.state === 'releasing');
      const usable = fleet.runningNodes + broken + leaving.reduce((sum, one) => sum + one.nodes, 0);
      // A reserved block that is too many runs to its end: it cannot be released.
      const met =
        fleet.hold === 'reserved' || leaving.length > 0
          ? usable >= fleet.wantedNodes
          : usable === fleet.wantedNodes;
      if (met && fleet.unknownPurchases === 0) continue;
      const text = `${fleet.fleet}: ${fleet.runningNodes} of ${fleet.wantedNodes} nodes run, ${fleet.unknownPurchases} purchases unknown; ${JSON.stringify(fleet.states)} ${report.decisions.map((one) => `${one.action} ${one.refusedBy}: ${one.why}`).join('; ')}`;
      yield { promise: 'target_reached', atMs: at, text: text.slice(0, 600) };
    }
  },
};

export const quietIsQuiet: Check = {
  promise: 'quiet',
  *judge({ run, changes, entries, nodes }) {
    const fromMs = run.endMs - QUIET_MS;
    const late = changes.filter(
      (change) => change.by === 'daemon' && change.atMs > fromMs && change.method !== 'PATCH',
    );
    for (const change of late.slice(0, 1))
      yield { promise: 'quiet', atMs: change.atMs, text: `${change.method} ${change.path} in a quiet world` };
    const alive = nodes.filter((node) => node.endedAtMs === null).length;
    const written = entries.filter((one) => one.atMs > fromMs).length;
    const most = ENTRIES_A_NODE * (alive + 1);
    if (written > most)
      yield {
        promise: 'quiet',
        atMs: fromMs,
        text: `${written} entries were written in the quiet end, at most ${most} have a reason`,
      };
  },
};

export const ticksEnd: Check = {
  promise: 'tick_deadline',
  *judge({ run }) {
    for (const event of run.world.trace) {
      if (event.kind === 'ticked' && event.atMs - event.startedMs > 100_000) {
        yield {
          promise: 'tick_deadline',
          atMs: event.startedMs,
          text: `a tick took ${event.atMs - event.startedMs} ms`,
        };
      }
    }
  },
};
