// What surrounds the daemon in a simulated world and may be disturbed: the clock on the wall, the disk's moods, the network,
// the token, the lease, the settings, the strategy. One mutable value; disturbances write it, the ports of a life read it.
import type { Policy } from '../../src/domain/policy.ts';
import type { Market } from '../../src/market/market.ts';
import { createByteDisk, type ByteDisk } from './byte-disk.ts';
import type { Chance } from './chance.ts';
import { chanceOf } from './chance.ts';
import { createEventHash, type EventHash } from './event-hash.ts';
import { createEventHeap, type EventHeap } from './event-heap.ts';
import type { Scenario } from './scenario.ts';
import type { TraceEvent, WireChange } from './trace.ts';

/** A batch of entries as it became durable: bytes, and the head they stand behind. */
export interface SyncedBytes {
  readonly order: number;
  readonly atMs: number;
  readonly by: 'daemon' | 'operator';
  readonly headBefore: { readonly seq: number; readonly hash: string };
  readonly text: string;
}

export interface Surroundings {
  readonly scenario: Scenario;
  readonly heap: EventHeap;
  readonly hash: EventHash;
  readonly market: Market;
  readonly disk: ByteDisk;
  readonly chance: {
    readonly net: Chance;
    readonly disk: Chance;
    readonly operator: Chance;
    readonly daemon: Chance;
  };
  readonly trace: TraceEvent[];
  readonly synced: SyncedBytes[];
  readonly wire: WireChange[];
  /** Lines for people; null: nobody listens, so no text is made. */
  readonly tell: ((text: string) => void) | null;
  /** True time. */
  nowMs: number;
  order: number;
  policy: Policy;
  clock: { readonly baseMs: number; readonly sinceMs: number; readonly perMille: number };
  diskFault: 'full' | 'readonly' | 'io' | null;
  diskSlow: boolean;
  leaseHeld: boolean;
  unreachable: boolean;
  venueToken: string;
  tokenFile: string;
  /** Ids of nodes that somebody bought in the venue's console. */
  readonly boughtByHand: Set<string>;
  asleepUntilMs: number;
  sabotage: 'throws' | 'loops' | 'nan' | 'above' | 'odd' | null;
  /** Steps until the process dies; null: not by chance. */
  stepsToLive: number | null;
  downMs: number;
  tornShare: number;
  readonly counts: Map<string, number>;
}

export const createSurroundings = (
  scenario: Scenario,
  market: Market,
  tell: Surroundings['tell'],
): Surroundings => ({
  scenario,
  market,
  tell,
  heap: createEventHeap(),
  hash: createEventHash(),
  disk: createByteDisk(),
  chance: {
    net: chanceOf(scenario.seed, 'net'),
    disk: chanceOf(scenario.seed, 'disk'),
    operator: chanceOf(scenario.seed, 'operator'),
    daemon: chanceOf(scenario.seed, 'daemon'),
  },
  trace: [],
  synced: [],
  wire: [],
  nowMs: market.now(),
  order: 0,
  policy: scenario.policy,
  clock: { baseMs: 0, sinceMs: 0, perMille: 0 },
  diskFault: null,
  diskSlow: false,
  leaseHeld: true,
  unreachable: false,
  venueToken: 'sim-secret-0',
  tokenFile: 'sim-secret-0',
  boughtByHand: new Set(),
  asleepUntilMs: 0,
  sabotage: null,
  stepsToLive: null,
  downMs: 0,
  tornShare: 0,
  counts: new Map(),
});

/** The wall clock of the daemon's machine. */
export const wallClock = (world: Surroundings): number => {
  const { baseMs, sinceMs, perMille } = world.clock;
  return Math.floor(world.nowMs + baseMs + ((world.nowMs - sinceMs) * perMille) / 1000);
};

/** The place of the next thing that happens. */
export const nextOrder = (world: Surroundings): number => {
  world.order += 1;
  return world.order;
};

export const count = (world: Surroundings, what: string): void => {
  world.counts.set(what, (world.counts.get(what) ?? 0) + 1);
};

export const happened = (world: Surroundings, what: string): void => {
  count(world, what);
  world.hash.add(what);
  world.trace.push({ kind: 'happened', order: nextOrder(world), atMs: world.nowMs, what });
  world.tell?.(what);
};
