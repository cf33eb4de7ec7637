// One life of the daemon in the simulated world: the real tick, market watch, settlement, books and client wired on ports
// that end at the gate. It paces like the daemon's loop: never two ticks at once, a turn at the wake the last one asked for,
// and after a fault of the program nothing is bought in this life any more.
import { createMarketWatch, type MarketWatch } from '../../src/daemon/market-watch.ts';
import { openBooks } from '../../src/daemon/open-books.ts';
import { createSettlement, type Settlement } from '../../src/daemon/settlement.ts';
import { tick, type TickDeps, type TickMemory } from '../../src/daemon/tick.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { noSightings } from '../../src/reconcile/close.ts';
import type { FleetDesire } from '../../src/reconcile/scene.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { desiredAt, desiredOf } from '../../src/schedule/target.ts';
import type { FleetPolicy } from '../../src/domain/policy.ts';
import { createSfcomputeVenue } from '../../src/venue/sfcompute/client.ts';
import { ledgerOf, pause } from './ledger-port.ts';
import type { Moment, ProcessGate } from './process-gate.ts';
import { createProcessGate, never } from './process-gate.ts';
import { count, nextOrder, wallClock, type Surroundings } from './surroundings.ts';
import { wireOf } from './wire.ts';

export interface LifeEvents {
  readonly onReport: (report: TickReport, memory: TickMemory, life: DaemonLife) => void;
  /** A tick rejected: a fault of the program. */
  readonly onFault: (error: unknown) => void;
  readonly onDeath: (step: number, moment: Moment, port: string) => void;
}

export interface DaemonLife {
  readonly number: number;
  readonly gate: ProcessGate;
  /** Opens the ledger; false when it cannot be read. */
  readonly open: () => Promise<boolean>;
  readonly memory: () => TickMemory | null;
  /** Starts a turn unless one is running. */
  readonly turn: () => void;
  readonly isTurning: () => boolean;
}

/** What is wanted, as main wires it. */
const desireOf = (fleet: FleetPolicy, atMs: number): FleetDesire => {
  const { gpus, nodes, nextChangeMs } = desiredOf(fleet, atMs);
  return {
    gpus,
    nodes,
    nextChangeMs,
    nodesAt: (when) => Math.ceil(desiredAt(fleet.schedule, when).gpus / 8),
  };
};

const gateOf = (world: Surroundings, stepsBefore: number, events: LifeEvents): ProcessGate =>
  createProcessGate({
    hash: world.hash,
    stepsBefore,
    diesAt: (step) => {
      if (world.stepsToLive !== null) world.stepsToLive -= 1;
      return world.stepsToLive === 0 || world.scenario.dieAtSteps.includes(step);
    },
    onDeath: (step, moment, port) => events.onDeath(step, moment, port),
  });

const venueOf = (world: Surroundings, gate: ProcessGate, clock: TickDeps['clock']): Venue => {
  let token = world.tokenFile;
  return createSfcomputeVenue({
    clock,
    timer: {
      sleep: async (realMs) => {
        if (!gate.pass('before', 'timer')) await never();
        await pause(world, gate, realMs);
      },
    },
    random: { next: world.chance.daemon.unit },
    transport: wireOf(world, gate),
    token: {
      current: () => token,
      reread: () => {
        const changed = token !== world.tokenFile;
        token = world.tokenFile;
        return changed;
      },
    },
  });
};

export const createDaemonLife = (
  world: Surroundings,
  place: { readonly number: number; readonly stepsBefore: number },
  events: LifeEvents,
): DaemonLife => {
  const bornMs = world.nowMs;
  const gate = gateOf(world, place.stepsBefore, events);
  const clock = { now: () => wallClock(world), monotonic: () => world.nowMs - bornMs };
  const ledger = ledgerOf(world, gate);
  const venue = venueOf(world, gate, clock);
  const onProblem = (what: string): void => count(world, `problem: ${what.split(' ')[0] ?? what}`);
  let memory: TickMemory | null = null;
  let turning = false;
  const watch: MarketWatch = createMarketWatch({ clock, venue, onProblem });
  const settlement: Settlement = createSettlement({
    clock,
    venue,
    onProblem,
    deliver: (orders) => {
      if (memory !== null) memory.settled = [...memory.settled, ...orders];
    },
  });
  const deps = (): TickDeps => ({
    clock,
    ledger,
    venue,
    lease: { held: () => world.leaseHeld },
    policy: world.policy,
    periodOf,
    market: () => watch.view(),
    desire: desireOf,
    bounded: (run) => run(),
    deadlines: { tickMs: 90_000, changeMs: 60_000 },
    changesAtOnce: 8,
  });
  const life: DaemonLife = {
    number: place.number,
    gate,
    memory: () => memory,
    isTurning: () => turning,
    open: async () => {
      const { mode, namePrefix } = world.policy;
      const start = { version: 'simulated', mode, settingsHash: 'simulated' };
      const opened = await openBooks({
        clock,
        ledger,
        random: { next: world.chance.daemon.unit },
        namePrefix,
        start,
      });
      if (opened.ok) memory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
      return opened.ok;
    },
    turn: () => {
      const held = memory;
      if (held === null || turning || !gate.isAlive()) return;
      turning = true;
      const startedMs = world.nowMs;
      watch.poll(held.quoteWants);
      settlement.poll(held.books);
      tick(deps(), held).then(
        (report) => {
          turning = false;
          const { end } = report;
          world.hash.add(`tick ${end}`);
          world.trace.push({
            kind: 'ticked',
            order: nextOrder(world),
            atMs: world.nowMs,
            startedMs,
            end,
            incarnation: place.number,
          });
          watch.poll(held.quoteWants);
          events.onReport(report, held, life);
        },
        (error: unknown) => {
          turning = false;
          held.books.contradiction ??= 'a tick failed for a fault of the program';
          events.onFault(error);
        },
      );
    },
  };
  return life;
};
