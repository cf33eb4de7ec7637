// Pace: whether a job with a deadline should hold a node now. How much to bid is the bid strategy's business; this says when.
//
// With three days of asks or more it is a threshold policy, replanned daily: a Markov chain over the ask's quantiles
// (price-chain.ts) and exact backward induction to the deadline (pace-table.ts) give what the rest of the job costs with a node
// and without; the cheaper one is done. A start wastes its boot, so the ask at which a node is kept lies above the one at which
// it is started. With less it is the worst-case rule of k-search (k-search.ts) between the price band's low end and the ceiling.
// When the slack is down to the reserve (a boot and half an hour) a node is wanted at any price up to the ceiling.
//
// A job longer than a week is paced a week at a time, by that week's share of what is needed.
import type { AskSeries } from '../domain/market.ts';
import { DAY_MS, HOUR_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { reservationPrice } from './k-search.ts';
import {
  BOOT_MS,
  bootOutside,
  idleTime,
  makeTable,
  outlookAt,
  RESERVE_MS,
  type Outlook,
  type PaceTable,
} from './pace-table.ts';
import { binOf, learnChain } from './price-chain.ts';

const HORIZON_MS: DurationMs = 7 * DAY_MS;

export interface PaceInput {
  readonly nowMs: UnixMs;
  readonly deadlineMs: UnixMs;
  /** Useful time of one node that is still needed. */
  readonly leftMs: DurationMs;
  /** Useful time of one node that the whole job needs; at least `leftMs`. */
  readonly needMs: DurationMs;
  /** Cents per node-hour; null: nothing is for sale; undefined: not known. */
  readonly ask: number | null | undefined;
  /** The most that is paid, and what an hour outside is believed to cost, cents per node-hour. */
  readonly ceiling: number;
  /** No ask is believed to be lower, cents per node-hour. */
  readonly least: number;
  readonly history: AskSeries | null;
}

export type PaceMode =
  /** Nothing is needed any more. */
  | 'done'
  /** The deadline has passed. */
  | 'over'
  /** No slack is left: at any price up to the ceiling. */
  | 'firm'
  /** By the chain that recorded asks taught. */
  | 'learnt'
  /** By the worst-case rule. */
  | 'worst_case';

export interface Pace {
  readonly mode: PaceMode;
  /** A node that is not held should be started now. */
  readonly start: boolean;
  /** A held node's next hour should be bought. */
  readonly keep: boolean;
  /** Asks at or under these start and keep a node, cents per node-hour; null where the ask does not decide. */
  readonly startAtMost: number | null;
  readonly keepAtMost: number | null;
  /** What is expected of the rest, for one node; null without a chain. */
  readonly outlook: Outlook | null;
}

const still = (mode: PaceMode, wanted: boolean): Pace => ({
  mode,
  start: wanted,
  keep: wanted,
  startAtMost: null,
  keepAtMost: null,
  outlook: null,
});

export const pace = (input: PaceInput): Pace => {
  const { nowMs, deadlineMs, leftMs, ask, ceiling } = input;
  if (leftMs <= 0) return still('done', false);
  if (nowMs >= deadlineMs) return still('over', false);
  if (deadlineMs - nowMs - leftMs <= RESERVE_MS) return still('firm', true);
  const table = tableOf(input);
  const [startAtMost, keepAtMost, outlook] = table === null ? searched(input) : learnt(input, table);
  // An ask that is not known stops no running node and starts none.
  const offered = ask ?? Number.POSITIVE_INFINITY;
  return {
    mode: table === null ? 'worst_case' : 'learnt',
    start: offered <= Math.min(startAtMost, ceiling),
    keep: ask === undefined || offered <= Math.min(keepAtMost, ceiling),
    startAtMost,
    keepAtMost,
    outlook,
  };
};

type Thresholds = readonly [startAtMost: number, keepAtMost: number, outlook: Outlook | null];

// ------------------------------------------------------------------------------------------- the worst-case rule

const searched = ({ needMs, leftMs, nowMs, ceiling, least }: PaceInput): Thresholds => {
  const bounds = { least: Math.min(Math.max(1, least), ceiling), most: ceiling };
  const price = reservationPrice(needMs / HOUR_MS, (needMs - leftMs) / HOUR_MS, bounds);
  // A start pays for its boot as well: what is useful of it must not be dearer than the price.
  const restMs = restOf(nowMs);
  return [(price * Math.max(0, restMs - BOOT_MS)) / restMs, price, null];
};

const restOf = (nowMs: UnixMs): DurationMs => HOUR_MS - (nowMs % HOUR_MS);

// ----------------------------------------------------------------------------------------------- the learnt rule

/** Tables of one day by what they are about; a history's earlier days are forgotten. */
const tables = new WeakMap<AskSeries, { dayMs: UnixMs; made: Map<string, PaceTable | null> }>();

/** The plan of this UTC day: a function of the asks before it and of the job, so that a restart makes the same one. */
const tableOf = ({ history, nowMs, deadlineMs, needMs, ceiling }: PaceInput): PaceTable | null => {
  if (history === null) return null;
  const dayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  let today = tables.get(history);
  if (today === undefined || today.dayMs !== dayMs) {
    today = { dayMs, made: new Map() };
    tables.set(history, today);
  }
  const spanMs = Math.min(deadlineMs - dayMs, HORIZON_MS);
  const share = Math.min(1, HORIZON_MS / (deadlineMs - dayMs));
  const about = { hours: Math.ceil(spanMs / HOUR_MS), needMs: Math.ceil(needMs * share) };
  const key = `${about.hours}/${about.needMs}/${ceiling}`;
  let table = today.made.get(key);
  if (table === undefined) {
    const chain = learnChain(history, dayMs, ceiling);
    table = chain === null ? null : makeTable({ chain, ...about, ceiling });
    today.made.set(key, table);
  }
  return table;
};

const learnt = (input: PaceInput, table: PaceTable): Thresholds => {
  const { nowMs, ask, ceiling } = input;
  // The window ahead: all of it, or a week with its share of what is left.
  const aheadMs = input.deadlineMs - nowMs;
  const share = Math.min(1, HORIZON_MS / aheadMs);
  const spanMs = aheadMs * share;
  const leftMs = input.leftMs * share;
  const restMs = Math.min(restOf(nowMs), spanMs);
  const slackMs = spanMs - leftMs;
  const hours = Math.floor((spanMs - restMs) / HOUR_MS);
  const bin = binOf(table.chain, Math.min(ask ?? ceiling, ceiling));
  const next = (held: boolean, needMs: DurationMs): Outlook =>
    outlookAt(table, { hours, held, bin, restMs, needMs });

  const idle = idleTime(restMs, slackMs, leftMs);
  const without = next(false, leftMs - idle);
  const withoutCents = without.cents + (idle * ceiling) / HOUR_MS;
  const atMost = (bootMs: DurationMs): readonly [number, Outlook] => {
    const boot = Math.min(bootMs, restMs);
    const extra = Math.min(leftMs, bootOutside(boot, slackMs));
    const useful = Math.min(leftMs - extra, restMs - boot);
    const ahead = next(true, leftMs - extra - useful);
    const saved = withoutCents - ahead.cents - (extra * ceiling) / HOUR_MS;
    return [(saved * HOUR_MS) / restMs, ahead];
  };
  const [startAtMost, started] = atMost(BOOT_MS);
  const [keepAtMost] = atMost(0);
  const starts = (ask ?? Number.POSITIVE_INFINITY) <= startAtMost;
  const from = starts ? started : without;
  const nowCents = starts ? ((ask ?? 0) * restMs) / HOUR_MS : (idle * ceiling) / HOUR_MS;
  const outlook = {
    cents: (nowCents + from.cents) / share,
    inside: idle > 0 && !starts ? 0 : from.inside,
    hours: restMs / HOUR_MS + from.hours / share,
  };
  return [startAtMost, keepAtMost, outlook];
};
