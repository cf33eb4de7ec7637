// The busiest honest tick: seven minutes before the edge of every node at once, with a new quote, so that each held node's
// limit is set anew. Every change gets an intent, passes the guard with its budgets, is written, sent, answered and written
// again. The venue answers at once and the ledger is in memory, so that what is measured is the daemon's own work.
import type { TickReport } from '../../src/domain/report.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import type { HeldWorld } from './held-world.ts';
import { QUIET_ASK, restingDaemon } from './resting-daemon.ts';
import { spreadOf, timed, type Spread } from './statistics.ts';

export interface BusyTick {
  readonly nodes: number;
  readonly fleets: number;
  readonly changes: number;
  readonly entries: number;
  readonly floorMs: Spread;
  readonly tickMs: Spread;
  readonly stages: Readonly<Record<keyof TickReport['stages'], Spread>>;
}

const BEFORE_EDGE_MS = 7 * MINUTE_MS;
const DEARER = 16;

export const measureBusyTick = async (world: HeldWorld, rounds: number): Promise<BusyTick> => {
  const at = { startMs: world.edgeMs - BEFORE_EDGE_MS, ask: QUIET_ASK + DEARER };
  const samples: { readonly floorMs: number; readonly tickMs: number; readonly report: TickReport }[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const daemon = restingDaemon(world, at);
    const floor = await timed(() => JSON.parse(world.listing) as unknown);
    const { value: report, tookMs } = await timed(daemon.turn);
    const changed = report.sent.filter((one) => one.change === 'raise' && one.outcome.kind === 'accepted');
    if (changed.length !== world.nodes) {
      throw new Error(`${changed.length} of ${world.nodes} limits were set: ${report.end} ${report.problem}`);
    }
    if (round >= 0) samples.push({ floorMs: floor.tookMs, tickMs: tookMs, report });
  }
  const last = samples.at(-1)?.report;
  const stage = (name: keyof TickReport['stages']): Spread =>
    spreadOf(samples.map(({ report }) => report.stages[name]));
  return {
    nodes: world.nodes,
    fleets: world.fleets,
    changes: last?.sent.length ?? 0,
    entries: Object.values(last?.entries ?? {}).reduce((sum, count) => sum + count, 0),
    floorMs: spreadOf(samples.map((one) => one.floorMs)),
    tickMs: spreadOf(samples.map((one) => one.tickMs)),
    stages: {
      observe: stage('observe'),
      decide: stage('decide'),
      act: stage('act'),
      persist: stage('persist'),
    },
  };
};
