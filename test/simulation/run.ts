// Runs one scenario from its first instant to the end of its quiet tail: one event after the other from the heap, all
// promises settled between two of them, the daemon's lives one behind the other. What comes out is the trace and what the
// checkers say to it; the run itself judges nothing.
import type { TickMemory } from '../../src/daemon/tick.ts';
import type { TickReport } from '../../src/domain/report.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { createMarket } from '../../src/market/market.ts';
import type { MarketRecords } from '../../src/market/records.ts';
import { createDaemonLife, type DaemonLife } from './daemon-life.ts';
import { carryOut, leadOf } from './disturbances.ts';
import { forbidGlobals } from './forbidden-globals.ts';
import { mendEverything } from './mending.ts';
import { createReportWatch, type ReportWatch } from './report-watch.ts';
import type { Scenario } from './scenario.ts';
import { createSurroundings, happened, nextOrder, wallClock, type Surroundings } from './surroundings.ts';
import { START_MS } from './world.ts';

/** A supervisor starts the process again this long after it could not open its ledger. */
const TRY_OPENING_MS = MINUTE_MS;

export interface RunResult {
  readonly world: Surroundings;
  readonly records: MarketRecords;
  readonly memory: TickMemory | null;
  readonly watch: ReportWatch;
  readonly faults: readonly string[];
  readonly hash: string;
  /** Turns of the pace, the tail included. */
  readonly ticks: number;
  readonly steps: number;
  /** Steps until everything was mended. */
  readonly stepsDisturbed: number;
  /** When everything was mended. */
  readonly tailFromMs: number;
  readonly endMs: number;
}

interface Show {
  readonly world: Surroundings;
  readonly watch: ReportWatch;
  readonly faults: string[];
  life: DaemonLife;
  lives: number;
  ticks: number;
  endMs: number;
}

const settle = setImmediate;
const drained = (): Promise<void> => new Promise((resolve) => void settle(resolve));

export const runScenario = async (
  scenario: Scenario,
  options: { readonly tell?: (text: string) => void } = {},
): Promise<RunResult> => {
  const market = createMarket(scenario.market, START_MS);
  const tell = options.tell;
  let at: Surroundings | null = null;
  const line =
    tell === undefined
      ? null
      : (text: string): void => tell(`${at === null ? '' : new Date(at.nowMs).toISOString()} ${text}`);
  const world = createSurroundings(scenario, market, line);
  at = world;
  const restore = forbidGlobals();
  try {
    return await runIn(world);
  } finally {
    restore();
  }
};

const runIn = async (world: Surroundings): Promise<RunResult> => {
  const { scenario, heap } = world;
  const tailFromMs = START_MS + scenario.ticks * scenario.tickEveryMs;
  const show = begin(world, tailFromMs + scenario.tailMs);
  world.trace.push({ kind: 'configured', order: nextOrder(world), atMs: world.nowMs, policy: world.policy });
  for (const disturbance of scenario.disturbances) {
    heap.plan(START_MS + disturbance.afterMs - leadOf(disturbance), disturbance.kind, () =>
      carryOut(world, disturbance, controls(show)),
    );
  }
  let stepsDisturbed = 0;
  heap.plan(tailFromMs, 'mended', () => {
    stepsDisturbed = show.life.gate.steps();
    mendEverything(world, controls(show));
  });
  heap.plan(START_MS, 'birth', () => open(show));
  pace(show, START_MS);
  for (let event = heap.take(); event !== undefined && event.atMs <= show.endMs; event = heap.take()) {
    world.nowMs = Math.max(world.nowMs, event.atMs);
    world.hash.add(`${event.atMs}${event.label}`);
    event.run();
    await drained();
  }
  world.nowMs = show.endMs;
  return {
    world,
    records: world.market.records(),
    memory: show.life.memory(),
    watch: show.watch,
    faults: show.faults,
    hash: world.hash.digest(),
    ticks: show.ticks,
    steps: show.life.gate.steps(),
    stepsDisturbed,
    tailFromMs,
    endMs: show.endMs,
  };
};

/** What disturbances may do to the process itself. */
export interface Controls {
  readonly kill: (downMs: number) => void;
  readonly restart: () => void;
  readonly memory: () => TickMemory | null;
  /** Another ledger stands in the old one's place. */
  readonly restored: () => void;
}

const controls = (show: Show): Controls => ({
  kill: (downMs) => {
    show.life.gate.kill();
    show.world.heap.plan(show.world.nowMs + downMs, 'rebirth', () => rebirth(show));
  },
  restart: () => {
    show.life.gate.kill();
    rebirth(show);
  },
  memory: () => show.life.memory(),
  restored: () => show.watch.onRestored(),
});

const begin = (world: Surroundings, endMs: number): Show => {
  const show = {
    world,
    watch: createReportWatch(world),
    faults: [],
    lives: 0,
    ticks: 0,
    endMs,
  } as unknown as Show;
  show.life = bear(show, 0);
  return show;
};

const bear = (show: Show, stepsBefore: number): DaemonLife => {
  const { world } = show;
  show.lives += 1;
  return createDaemonLife(
    world,
    { number: show.lives, stepsBefore },
    {
      onReport: (report, memory, life) => onReport(show, report, memory, life),
      onFault: (error) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        happened(world, 'tick failed');
        if (world.sabotage === null) show.faults.push(text);
        world.tell?.(text);
      },
      onDeath: (step, moment, port) => {
        happened(world, `crash ${moment} ${port}`);
        world.tell?.(`died at step ${step}`);
        world.stepsToLive = null;
        world.disk.recover();
        world.heap.plan(world.nowMs + Math.max(1, world.downMs), 'rebirth', () => rebirth(show));
      },
    },
  );
};

const rebirth = (show: Show): void => {
  if (show.life.gate.isAlive()) return;
  show.world.disk.recover();
  show.life = bear(show, show.life.gate.steps());
  open(show);
};

const open = (show: Show): void => {
  const { life, world } = show;
  void life.open().then((opened) => {
    world.hash.add(`opened ${String(opened)}`);
    if (opened) {
      const memory = life.memory();
      if (memory !== null) show.watch.onOpened(memory);
      return life.turn();
    }
    happened(world, 'ledger could not be opened');
    life.gate.kill();
    world.heap.plan(world.nowMs + TRY_OPENING_MS, 'rebirth', () => rebirth(show));
  });
};

const pace = (show: Show, atMs: number): void => {
  const { world } = show;
  world.heap.plan(atMs, 'pace', () => {
    show.ticks += 1;
    pace(show, atMs + world.scenario.tickEveryMs);
    world.market.advanceTo(world.nowMs);
    if (world.nowMs >= world.asleepUntilMs) show.life.turn();
  });
};

const onReport = (show: Show, report: TickReport, memory: TickMemory, life: DaemonLife): void => {
  const { world } = show;
  show.watch.onReport(report, memory);
  if (report.wakeAtMs === null) return;
  const inMs = Math.max(1, report.wakeAtMs - wallClock(world));
  if (inMs >= world.scenario.tickEveryMs) return;
  world.heap.plan(world.nowMs + inMs, 'wake', () => {
    if (show.life === life && world.nowMs >= world.asleepUntilMs) life.turn();
  });
};
