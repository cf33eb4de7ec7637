// What a policy delivered and what it cost, all policies alike: hours that are missing are bought outside, so every total pays
// for equal node-hours (DESIGN §11).
import type { PaymentRule } from '../domain/simulated-market.ts';
import { MINUTE_MS, type DurationMs } from '../domain/time.ts';
import { affordableHours, OUTSIDE_CENTS, scoredHours, type Series } from './series.ts';

export const RULES: readonly PaymentRule[] = ['clear', 'maker', 'bid'];
export const GAMES = ['hold', 'hold+extend'] as const;
export type Game = (typeof GAMES)[number];

/** What a start wastes: paid and not useful. */
export const BOOT_MS: DurationMs = 10 * MINUTE_MS;

/** Sums over the scored hours of all nodes. */
export interface Tally {
  readonly paidCents: number;
  readonly usefulHours: number;
  readonly starts: number;
  readonly interruptions: number;
}

export interface Score extends Tally {
  readonly nodeHours: number;
  /** Paid, and the missing hours at the outside price. */
  readonly totalCents: number;
  readonly optimumCents: number;
  /** Total ÷ optimum. */
  readonly costRatio: number;
  /** Useful hours ÷ hours with the ask at or under the outside price. */
  readonly aStar: number;
  readonly interruptionsPerNodeWeek: number;
}

const HOURS_PER_WEEK = 168;

export const scoreOf = (series: Series, nodes: number, tally: Tally, optimumCents: number): Score => {
  const nodeHours = nodes * scoredHours(series);
  const totalCents = tally.paidCents + OUTSIDE_CENTS * (nodeHours - tally.usefulHours);
  const affordable = nodes * affordableHours(series);
  return {
    ...tally,
    nodeHours,
    totalCents,
    optimumCents,
    costRatio: totalCents / optimumCents,
    aStar: affordable === 0 ? 1 : tally.usefulHours / affordable,
    interruptionsPerNodeWeek: (tally.interruptions / nodeHours) * HOURS_PER_WEEK,
  };
};
