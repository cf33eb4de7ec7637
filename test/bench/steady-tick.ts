// A quiet tick against its floor. The floor is JSON.parse of the very listing text the tick reads; nothing that looks at every
// node can be faster. Reading with validation is shown apart, and so is what telemetry does with the finished tick. All of a
// row is measured in turns in one run, so that a busy machine slows the floor as much as the tick.
import { readBody } from '../../src/venue/sfcompute/body.ts';
import { decodeNodeListing } from '../../src/venue/sfcompute/decode-node.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createTickLog } from '../../src/telemetry/ticklog.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { HeldWorld } from './held-world.ts';
import { mustBeQuiet, QUIET_ASK, restingDaemon } from './resting-daemon.ts';
import { spreadOf, timed, type Spread } from './statistics.ts';

export interface SteadyTick {
  readonly nodes: number;
  readonly fleets: number;
  readonly listingBytes: number;
  readonly floorMs: Spread;
  /** From the parsed listing to checked nodes: reading the text whole, less the floor, round by round. */
  readonly checkMs: Spread;
  readonly tickMs: Spread;
  /** Metrics and log of the finished tick. */
  readonly telemetryMs: Spread;
  /** Tick ÷ floor, round by round. */
  readonly ratio: Spread;
  /** Tick and telemetry ÷ floor, round by round. */
  readonly wholeRatio: Spread;
}

const WARM_UP_ROUNDS = 5;

const telemetryOf = (world: HeldWorld): ((report: TickReport) => void) => {
  const log = createLog({ secrets: () => [], format: 'json', level: 'silent' });
  const metrics = createMetrics({
    version: 'bench',
    commit: '',
    fleets: world.policy.fleets,
    onContradiction: (text) => {
      throw new Error(text);
    },
  });
  const tickLog = createTickLog({ log, clock: { monotonic: () => performance.now() } });
  return (report) => {
    metrics.record(report);
    tickLog(report);
  };
};

const read = (text: string): number => {
  const body = readBody(text);
  return (body.kind === 'json' ? decodeNodeListing(body.value) : null)?.nodes.length ?? 0;
};

export const measureSteadyTick = async (world: HeldWorld, rounds: number): Promise<SteadyTick> => {
  const daemon = restingDaemon(world, { startMs: world.atMs, ask: QUIET_ASK });
  const telemetry = telemetryOf(world);
  const samples: { floor: number; read: number; tick: number; telemetry: number }[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const floor = await timed(() => JSON.parse(world.listing) as unknown);
    const reading = await timed(() => read(world.listing));
    if (reading.value !== world.nodes) throw new Error(`${reading.value} of ${world.nodes} nodes were read`);
    const turn = await timed(daemon.turn);
    mustBeQuiet(turn.value, daemon);
    const told = await timed(() => telemetry(turn.value));
    if (round < 0) continue;
    samples.push({
      floor: floor.tookMs,
      read: reading.tookMs,
      tick: turn.tookMs,
      telemetry: told.tookMs,
    });
  }
  return {
    nodes: world.nodes,
    fleets: world.fleets,
    listingBytes: Buffer.byteLength(world.listing),
    floorMs: spreadOf(samples.map((one) => one.floor)),
    checkMs: spreadOf(samples.map((one) => one.read - one.floor)),
    tickMs: spreadOf(samples.map((one) => one.tick)),
    telemetryMs: spreadOf(samples.map((one) => one.telemetry)),
    ratio: spreadOf(samples.map((one) => one.tick / one.floor)),
    wholeRatio: spreadOf(samples.map((one) => (one.tick + one.telemetry) / one.floor)),
  };
};
