// What the plan and the guard are given, with ordinary values: a fresh look, a quote where one is wanted, a target.
import type { Look } from '../../src/domain/look.ts';
import { quoteKey, type MarketView, type Quote } from '../../src/domain/market.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import type { UnixMs } from '../../src/domain/time.ts';
import type { Books } from '../../src/reconcile/books.ts';
import type { Circumstances } from '../../src/reconcile/guard.ts';
import type { PlanInput } from '../../src/reconcile/scene.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { ZONE, type Story } from './story.ts';

const HOLDS = ['autoreserved', 'reserved'] as const;

export const lookOf = (
  askedAtMs: UnixMs,
  nodes: readonly SeenNode[] = [],
  change: Partial<Look> = {},
): Look => ({
  askedAtMs,
  venueDateMs: askedAtMs,
  nodes,
  unreadable: 0,
  lookups: new Map(),
  procurements: new Map(),
  ...change,
});

export const quoteOf = (ask: number | null, askedAtMs: UnixMs, zone = ZONE): Quote => ({
  zone,
  gpu: 'h100',
  ask: ask === null ? null : centsPerNodeHour(ask),
  noQuoteReason: ask === null ? 'no_availability' : null,
  quantity: 1,
  askedAtMs,
  answeredAtMs: askedAtMs,
});

export const marketOf = (quotes: readonly Quote[], zones: readonly string[] = [ZONE]): MarketView => ({
  zones: zones.map((name) => ({ name, region: 'us-west', instanceType: 'h100i', gpu: 'h100' })),
  // Bids and blocks are quoted apart; here both hear the same ask.
  quotes: new Map(
    quotes.flatMap((quote) => HOLDS.map((hold) => [quoteKey(quote.zone, hold), quote] as const)),
  ),
});

export interface SceneOptions {
  readonly nodes?: number;
  /** Wanted nodes at a later instant; `nodes` where absent. */
  readonly nodesAt?: (atMs: UnixMs) => number;
  /** The ask of a quote asked for just now; null: no quote. */
  readonly ask?: number | null;
  readonly market?: MarketView;
  readonly fleet?: Partial<FleetPolicy>;
  readonly policy?: Partial<Policy>;
  readonly look?: Partial<Look>;
  readonly withdraw?: PlanInput['withdraw'];
  readonly stages?: NonNullable<PlanInput['stages']>;
  readonly pacing?: PlanInput['pacing'];
}

export const sceneOf = (story: Story, options: SceneOptions = {}): PlanInput => {
  const { nowMs, books } = story;
  const { nodes = 1, ask = 1000 } = options;
  const fleet = fleetPolicy(options.fleet);
  return {
    nowMs,
    books,
    look: lookOf(nowMs, [], options.look),
    market: options.market ?? marketOf(ask === null ? [] : [quoteOf(ask, nowMs)]),
    policy: processPolicy({ fleets: [fleet], ...options.policy }),
    fleet,
    desire: { gpus: nodes * 8, nodes, nextChangeMs: null, nodesAt: options.nodesAt ?? (() => nodes) },
    withdraw: options.withdraw ?? null,
    stages: options.stages ?? [],
    pacing: options.pacing ?? null,
  };
};

export const circumstances = (
  books: Books,
  nowMs: UnixMs,
  change: Partial<Circumstances> = {},
): Circumstances => ({
  nowMs,
  books,
  policy: processPolicy(),
  periodOf,
  lookAskedAtMs: nowMs,
  venueDateMs: nowMs,
  leaseHeld: true,
  wantedNodes: new Map([['train', 4]]),
  wantedAt: () => 4,
  ...change,
});
