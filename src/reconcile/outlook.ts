// What is left to buy in a period, what it will probably cost, and what an hour of it may cost. Three formulas, all integer:
//
//   left      L = wanted node-milliseconds from now to the period's end − those bought already, not below 0
//   forecast  F = spent in the period + Σ over the fleets of ⌈L in seconds⌉ × price; the price of a fleet is the cheapest usable ask of
//                 its zones, else the mean limit of its nodes, else its ceiling; never above the ceiling
//   pace      P = ⌊(budget − spent) ÷ ⌈L in seconds⌉⌋, to a multiple of 8 cents, never under 8: bought at P or less, every hour that the
//                 schedule still wants fits, and what was cheaper, or was not bought at all, leaves more for the rest
//
// Spent is what the budget counts: settled where known, else bought time at its limit, hours bought ahead included.
import type { PeriodOf } from '../domain/calendar.ts';
import { quoteKey, type MarketView } from '../domain/market.ts';
import {
  CENT_SECONDS_PER_CENT,
  floorLimit,
  formatCents,
  formatPrice,
  LIMIT_GRAIN_CENTS,
  type CentSeconds,
  type CentsPerNodeHour,
} from '../domain/money.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import { HOUR_MS, SECOND_MS, type UnixMs } from '../domain/time.ts';
import { isAlive, limitInForce, nodesOf, spentBetween, type Books } from './books.ts';
import { budgetsAt, scopesFor, type BudgetInPeriod } from './budget-scopes.ts';
import type { FleetDesire, PacedAt } from './scene.ts';

export interface OutlookInput {
  readonly nowMs: UnixMs;
  readonly books: Books;
  readonly policy: Policy;
  readonly desires: ReadonlyMap<string, FleetDesire>;
  readonly market: MarketView;
}

export interface Outlook {
  /** Cent-seconds spent in the period by those whose budget it is. */
  readonly spent: (of: BudgetInPeriod) => CentSeconds;
  readonly forecast: (of: BudgetInPeriod) => CentSeconds;
  /** The most that an hour may cost for a paced budget's rest to last; null where nothing is left to buy. */
  readonly pace: (of: BudgetInPeriod) => PacedAt | null;
}

/** One pass over the books; the questions after it cost next to nothing. */
export const outlookOn = (input: OutlookInput): Outlook => {
  const { books, policy, nowMs } = input;
  const known = new Map<string, { readonly price: number; readonly paidTo: ReadonlyMap<UnixMs, number> }>();
  const fleetAt = (fleet: FleetPolicy) => {
    const found = known.get(fleet.name);
    if (found !== undefined) return found;
    const fresh = { price: probablePrice(input, fleet), paidTo: paidTo(books, fleet.name, nowMs) };
    known.set(fleet.name, fresh);
    return fresh;
  };
  const fleetsOf = ({ scope }: BudgetInPeriod): readonly FleetPolicy[] =>
    scope.fleet === null ? policy.fleets : policy.fleets.filter(({ name }) => name === scope.fleet);
  const leftMs = (fleet: FleetPolicy, endMs: UnixMs): number => {
    let left = wantedMs(input.desires.get(fleet.name), nowMs, endMs);
    for (const [toMs, nodes] of fleetAt(fleet).paidTo) left -= nodes * (Math.min(toMs, endMs) - nowMs);
    return Math.max(0, left);
  };
  const spent = ({ scope, startMs, endMs }: BudgetInPeriod): CentSeconds => {
    if (scope.fleet !== null) return spentBetween(books, scope.fleet, startMs, endMs);
    let sum = 0;
    for (const name of books.spent.keys()) sum += spentBetween(books, name, startMs, endMs);
    return sum as CentSeconds;
  };
  return {
    spent,
    forecast: (of) => {
      let sum: number = spent(of);
      for (const fleet of fleetsOf(of))
        sum += Math.ceil(leftMs(fleet, of.endMs) / SECOND_MS) * fleetAt(fleet).price;
      return sum as CentSeconds;
    },
    pace: (of) =>
      paceOf(
        of,
        spent(of),
        fleetsOf(of).reduce((sum, one) => sum + leftMs(one, of.endMs), 0),
      ),
  };
};

const paceOf = (of: BudgetInPeriod, spent: CentSeconds, leftMs: number): PacedAt | null => {
  if (leftMs <= 0) return null;
  const { scope, period, limit, endMs } = of;
  const left = Math.max(0, limit * CENT_SECONDS_PER_CENT - spent);
  const most = paceFor(left as CentSeconds, leftMs);
  const hours = Math.ceil(leftMs / HOUR_MS);
  const money = formatCents(Math.floor(left / CENT_SECONDS_PER_CENT));
  const why = `pacing: ${money} left of the ${period} budget of ${scope.name} for ${hours} node-hours wanted until it ends is ${formatPrice(most)}`;
  return { limit: most, leftMs, untilMs: endMs, why };
};

/** Money spread over time: ⌊left ÷ time⌋ as a limit that a bid can carry, at least the smallest one. */
export const paceFor = (left: CentSeconds, leftMs: number): CentsPerNodeHour => {
  const seconds = Math.max(1, Math.ceil(leftMs / SECOND_MS));
  const fair = floorLimit(Math.floor(left / seconds));
  return Math.max(LIMIT_GRAIN_CENTS, fair) as CentsPerNodeHour;
};

/** The tightest pace that binds a fleet; null where none of its budgets is paced, or nothing is left to buy. */
export const paceOn = (
  outlook: Outlook,
  rules: { readonly policy: Policy; readonly periodOf: PeriodOf; readonly nowMs: UnixMs },
  fleet: string,
): PacedAt | null => {
  let tightest: PacedAt | null = null;
  for (const scope of scopesFor(rules.policy, fleet)) {
    if (scope.pacing === null) continue;
    for (const of of budgetsAt(scope, rules.periodOf, rules.nowMs)) {
      const pace = of.period === scope.pacing ? outlook.pace(of) : null;
      if (pace !== null && (tightest === null || pace.limit < tightest.limit)) tightest = pace;
    }
  }
  return tightest;
};

/** A fleet that offers no more than its pace. */
export const pacedFleet = (fleet: FleetPolicy, pace: PacedAt | null): FleetPolicy => {
  if (pace === null || pace.limit >= fleet.bid.ceiling) return fleet;
  const { limit } = pace;
  const startElse = Math.min(fleet.bid.startElse, limit) as CentsPerNodeHour;
  return { ...fleet, bid: { ...fleet.bid, ceiling: limit, startElse } };
};

/** Node-milliseconds wanted in [fromMs, toMs). */
const wantedMs = (desire: FleetDesire | undefined, fromMs: UnixMs, toMs: UnixMs): number => {
  if (desire === undefined || toMs <= fromMs) return 0;
  return desire.nodeMsBetween?.(fromMs, toMs) ?? desire.nodes * (toMs - fromMs);
};

/** How many living nodes have paid time beyond `nowMs`, by its end. */
const paidTo = (books: Books, fleet: string, nowMs: UnixMs): ReadonlyMap<UnixMs, number> => {
  const ends = new Map<UnixMs, number>();
  for (const node of nodesOf(books, fleet)) {
    if (node.bookedToMs > nowMs && isAlive(node))
      ends.set(node.bookedToMs, (ends.get(node.bookedToMs) ?? 0) + 1);
  }
  return ends;
};

/** What a node-hour of a fleet will probably cost; rounded up, never above its ceiling. */
const probablePrice = ({ market, policy, books, nowMs }: OutlookInput, fleet: FleetPolicy): number => {
  const { ceiling } = fleet.bid;
  let ask: number | null = null;
  for (const zone of market.zones) {
    const sells = zone.gpu === fleet.gpu && (fleet.zones === 'any' || fleet.zones.includes(zone.name));
    const quote = sells ? market.quotes.get(quoteKey(zone.name, fleet.hold)) : undefined;
    if (quote?.ask == null || nowMs - quote.askedAtMs > policy.quoteUsableMs) continue;
    ask = Math.min(ask ?? quote.ask, quote.ask);
  }
  return Math.min(ceiling, ask ?? meanLimit(books, fleet.name) ?? ceiling);
};

const meanLimit = (books: Books, fleet: string): number | null => {
  let sum = 0;
  let nodes = 0;
  for (const node of nodesOf(books, fleet)) {
    if (node.phase !== 'running' && node.phase !== 'waiting') continue;
    sum += limitInForce(node);
    nodes += 1;
  }
  return nodes === 0 ? null : Math.ceil(sum / nodes);
};
