// What a user would otherwise do, played by the same rules on the same asks but without the daemon: a limit is chosen at a
// start, stands until it is filled, and renews the node while it reaches the ask. One node at a time; with depth each further
// node plays on an ask of its own.
import { ceilLimit, floorLimit, LIMIT_GRAIN_CENTS } from '../domain/money.ts';
import type { PaymentRule } from '../domain/simulated-market.ts';
import { BOOT_MS, type Tally } from './score.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS, scoredHours, type Series } from './series.ts';

const BOOT_LOOKS = BOOT_MS / LOOK_MS;
const VENDOR_FACTOR = 1.5;
const FLOOR_CENTS = floorLimit(OUTSIDE_CENTS / 10);
const STEP_CENTS = floorLimit(OUTSIDE_CENTS / 20);
const STEP_LOOKS = 3;

/** The limit of a standing bid from the quote and the looks it has stood unfilled; null: none stands. */
type Limit = (quote: number, standing: number | null, stoodLooks: number) => number | null;

const RULES: Readonly<Record<string, Limit>> = {
  /** Offers the outside price and lets it stand. */
  ceiling: () => OUTSIDE_CENTS,
  /** Half as much again as the ask when it starts, which nothing caps, and then left alone. */
  vendor_default: (quote, standing) => {
    if (standing !== null) return standing;
    return quote > OUTSIDE_CENTS ? null : ceilLimit(quote * VENDOR_FACTOR);
  },
  /** From a floor by 5 % of the outside price every 15 minutes. */
  slow_steps: (_, __, stoodLooks) =>
    Math.min(OUTSIDE_CENTS, FLOOR_CENTS + STEP_CENTS * Math.floor(stoodLooks / STEP_LOOKS)),
};

export const BASELINES = ['ceiling', 'vendor_default', 'slow_steps', 'best_fixed'] as const;
export type Baseline = (typeof BASELINES)[number];

export interface BaselineInput {
  readonly series: Series;
  readonly rule: PaymentRule;
  /** How many looks old the quote is. */
  readonly quoteAgeLooks: number;
  readonly nodes: number;
  readonly depthCents: number;
}

export const playBaseline = (baseline: Baseline, input: BaselineInput): Tally => {
  const one = (more: number): Tally => {
    const limit = RULES[baseline];
    return limit === undefined ? bestFixed(input, more) : play(input, more, limit);
  };
  if (input.depthCents === 0) return times(one(0), input.nodes);
  return Array.from({ length: input.nodes }, (_, node) => one(node * input.depthCents)).reduce(sum);
};

const times = (tally: Tally, nodes: number): Tally => ({
  paidCents: tally.paidCents * nodes,
  usefulHours: tally.usefulHours * nodes,
  starts: tally.starts * nodes,
  interruptions: tally.interruptions * nodes,
});

const sum = (a: Tally, b: Tally): Tally => ({
  paidCents: a.paidCents + b.paidCents,
  usefulHours: a.usefulHours + b.usefulHours,
  starts: a.starts + b.starts,
  interruptions: a.interruptions + b.interruptions,
});

/** The one limit that would have been cheapest had it stood all the time; nobody could know it. */
const bestFixed = (input: BaselineInput, more: number): Tally => {
  let best = play(input, more, () => LIMIT_GRAIN_CENTS);
  for (let limit = 2 * LIMIT_GRAIN_CENTS; limit <= OUTSIDE_CENTS; limit += LIMIT_GRAIN_CENTS) {
    const tally = play(input, more, () => limit);
    const saved = best.paidCents - tally.paidCents + OUTSIDE_CENTS * (tally.usefulHours - best.usefulHours);
    if (saved > 0) best = tally;
  }
  return best;
};

const play = ({ series, rule, quoteAgeLooks }: BaselineInput, more: number, limitOf: Limit): Tally => {
  const end = series.scoredFrom + scoredHours(series) * LOOKS_PER_HOUR;
  const tally = { paidCents: 0, usefulHours: 0, starts: 0, interruptions: 0 };
  let held = false;
  let standing: number | null = null;
  let stoodLooks = 0;
  let boot = 0;
  for (let look = 0; look < end; look += 1) {
    const ask = (series.asks[look] ?? NOTHING) + more;
    const quote = (series.asks[look - quoteAgeLooks] ?? NOTHING) + more;
    const scored = look >= series.scoredFrom;
    const left = LOOKS_PER_HOUR - (look % LOOKS_PER_HOUR);
    if (held && left === LOOKS_PER_HOUR) {
      held = standing !== null && ask <= standing;
      if (held && scored) tally.paidCents += rule === 'bid' ? (standing ?? 0) : ask;
      else if (!held) {
        if (scored) tally.interruptions += 1;
        standing = null;
        stoodLooks = 0;
      }
    }
    if (!held) {
      const stood: number | null = standing;
      const hit = stood !== null && ask <= stood;
      if (!hit) standing = limitOf(quote, stood, stoodLooks);
      if (standing !== null && ask <= standing) {
        const paysLimit = rule === 'bid' || (rule === 'maker' && hit);
        if (scored) tally.paidCents += ((paysLimit ? standing : ask) * left) / LOOKS_PER_HOUR;
        if (scored) tally.starts += 1;
        held = true;
        boot = BOOT_LOOKS;
      } else stoodLooks += 1;
    }
    if (!held) continue;
    if (boot > 0) boot -= 1;
    else if (scored) tally.usefulHours += 1 / LOOKS_PER_HOUR;
  }
  return tally;
};
