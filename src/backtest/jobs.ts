// The benchmark of jobs with a deadline (DESIGN §11): windows of 72 hours over a series, each with so many useful hours of one
// node to be done, bought by the tick that runs live, at the ask of the instant under `clear`. Hours outside cost the outside
// price, need no boot, and are bought when the slack is down to half an hour and a boot. Each window against its own optimum.
import type { AskSeries } from '../domain/market.ts';
import type { BidPolicy } from '../domain/policy.ts';
import { HOUR_MS } from '../domain/time.ts';
import { RESERVE_MS } from '../strategy/pace-table.ts';
import { jobOptimum } from './job-optimum.ts';
import { replay } from './replay.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, OUTSIDE_CENTS, scoredHours, type Series } from './series.ts';

const WINDOW_LOOKS = 72 * LOOKS_PER_HOUR;
/** A window begins each day; in the auction family, whose series are long, every other day. */
const EVERY_LOOKS = 24 * LOOKS_PER_HOUR;

/** Useful hours of a job in its 72: half of them, and a quarter. */
export const JOB_HOURS = [36, 18] as const;

export const JOB_POLICIES = ['pace', 'at_once', 'uniform_progress'] as const;
export type JobPolicyName = (typeof JOB_POLICIES)[number];

/** What one job cost. */
interface Played {
  readonly cents: number;
  readonly outsideHours: number;
  /** Useful hours that were not done at the deadline. */
  readonly missedHours: number;
}

export interface JobRow {
  readonly series: string;
  readonly family: string;
  readonly synthetic: boolean;
  readonly policy: JobPolicyName;
  readonly hours: number;
  readonly windows: number;
  /** Σ cost ÷ Σ optimum. */
  readonly costRatio: number;
  /** 95th percentile of the windows' own ratios. */
  readonly p95: number;
  readonly outsideHours: number;
  readonly missed: number;
}

/** First looks of a series' windows. */
export const jobWindows = (series: Series): readonly number[] => {
  const every = EVERY_LOOKS * (series.family === 'auction' ? 2 : 1);
  const end = series.scoredFrom + scoredHours(series) * LOOKS_PER_HOUR;
  const starts: number[] = [];
  for (let from = series.scoredFrom; from + WINDOW_LOOKS <= end; from += every) starts.push(from);
  return starts;
};

/** The series as quotes would have taught it; what lies ahead of an instant is never read. */
const historyOf = ({ startMs, asks }: Series): AskSeries => ({
  atMs: asks.map((_, look) => startMs + look * LOOK_MS),
  asks: asks.map((ask) => (ask === NOTHING ? null : ask)),
});

/** Keeps the account of one window: what is useful, what has to come from outside. */
const accountant = (hours: number) => {
  let needMs = hours * HOUR_MS;
  let outsideMs = 0;
  return {
    /** One look with a useful node or without, `aheadMs` before the deadline. */
    pass: (useful: boolean, aheadMs: number): void => {
      if (!useful && aheadMs - needMs > RESERVE_MS) return;
      needMs -= LOOK_MS;
      if (!useful) outsideMs += LOOK_MS;
    },
    isDone: (): boolean => needMs <= 0,
    played: (paidCents: number): Played => ({
      cents: paidCents + (outsideMs / HOUR_MS) * OUTSIDE_CENTS,
      outsideHours: outsideMs / HOUR_MS,
      missedHours: Math.max(0, needMs) / HOUR_MS,
    }),
  };
};

/** One window through the tick. */
const playPace = async (
  series: Series,
  history: AskSeries,
  fromLook: number,
  hours: number,
  bid: BidPolicy,
): Promise<Played> => {
  const toLook = fromLook + WINDOW_LOOKS;
  const account = accountant(hours);
  const { paidCents } = await replay({
    series,
    game: 'hold',
    rule: 'clear',
    quoteAgeMs: 0,
    nodes: 1,
    depthCents: 0,
    bid,
    job: { fromLook, toLook, needMs: hours * HOUR_MS, history },
    listen: {
      onLook: (look, venue) => account.pass(venue.usefulNodes() > 0, (toLook - look) * LOOK_MS),
      isOver: account.isDone,
    },
  });
  return account.played(paidCents);
};

/** Whether a policy of the comparison holds a node, by what is done and how far the window is; both 0 to 1. */
const HOLDS: Readonly<Record<Exclude<JobPolicyName, 'pace'>, (done: number, passed: number) => boolean>> = {
  /** From the first look until it is done. */
  at_once: () => true,
  /** While it is behind a straight line from nothing to all (Uniform Progress; Wu et al., NSDI 2024), an hour ahead of it. */
  uniform_progress: (done, passed) => done < passed + LOOKS_PER_HOUR / WINDOW_LOOKS,
};

const BOOT_LOOKS = 2;

/** The same game for the policies of the comparison, without the daemon. */
const playPlain = (
  series: Series,
  fromLook: number,
  hours: number,
  policy: Exclude<JobPolicyName, 'pace'>,
): Played => {
  const account = accountant(hours);
  let cents = 0;
  let paidTo: number | null = null;
  let upAt = 0;
  let usefulLooks = 0;
  for (let look = 0; look < WINDOW_LOOKS && !account.isDone(); look += 1) {
    const ask = series.asks[fromLook + look] ?? NOTHING;
    const rest = LOOKS_PER_HOUR - (look % LOOKS_PER_HOUR);
    const wants =
      ask <= OUTSIDE_CENTS && HOLDS[policy](usefulLooks / (hours * LOOKS_PER_HOUR), look / WINDOW_LOOKS);
    if (paidTo === look && !wants) paidTo = null;
    if (wants && (paidTo === null || paidTo === look)) {
      if (paidTo === null) upAt = look + BOOT_LOOKS;
      paidTo = look + rest;
      cents += (ask * rest) / LOOKS_PER_HOUR;
    }
    const useful = paidTo !== null && look >= upAt;
    if (useful) usefulLooks += 1;
    account.pass(useful, (WINDOW_LOOKS - look) * LOOK_MS);
  }
  return account.played(cents);
};

export interface JobsInput {
  readonly series: readonly Series[];
  readonly hours?: readonly number[];
  /** How `pace` bids when it wants a node. */
  readonly bid: BidPolicy;
  readonly onRow?: (row: JobRow) => void;
}

/** Every series × need × policy. Throws when a policy beats the optimum: one of the two is wrong then. */
export const runJobs = async ({
  series,
  hours = JOB_HOURS,
  bid,
  onRow,
}: JobsInput): Promise<readonly JobRow[]> => {
  const rows: JobRow[] = [];
  for (const one of series) {
    const windows = jobWindows(one);
    if (windows.length === 0) continue;
    const history = historyOf(one);
    for (const need of hours) {
      const best = windows.map((from) => jobOptimum(one.asks, from, WINDOW_LOOKS, need * LOOKS_PER_HOUR));
      for (const policy of JOB_POLICIES) {
        const played: Played[] = [];
        for (const from of windows) {
          played.push(
            policy === 'pace'
              ? await playPace(one, history, from, need, bid)
              : playPlain(one, from, need, policy),
          );
        }
        const row = rowOf(one, policy, need, played, best);
        rows.push(row);
        onRow?.(row);
      }
    }
  }
  return rows;
};

const TOLERANCE = 1e-9;

const rowOf = (
  { name, family, synthetic }: Series,
  policy: JobPolicyName,
  hours: number,
  played: readonly Played[],
  best: readonly number[],
): JobRow => {
  const ratios = played.map(({ cents }, window) => cents / (best[window] ?? cents));
  if (ratios.some((ratio) => ratio < 1 - TOLERANCE)) {
    throw new Error(`${policy} beats the clairvoyant on ${name} (${hours} h of 72): one of the two is wrong`);
  }
  const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    series: name,
    family,
    synthetic,
    policy,
    hours,
    windows: played.length,
    costRatio: sumOf(played.map(({ cents }) => cents)) / sumOf(best),
    p95: percentile(ratios, 0.95),
    outsideHours: sumOf(played.map(({ outsideHours }) => outsideHours)),
    missed: played.filter(({ missedHours }) => missedHours > 0).length,
  };
};

const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};
