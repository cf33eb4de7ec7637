// Why a fleet did or did not buy, as a value: what it had and wanted at an instant, what stood in the way, what it last did.
// Pure: books folded up to the instant, the history beside them, the present settings. It judges nothing anew; where the
// ledger cannot know a reason (the ask is not written down while nothing is done) it says nothing rather than guess.
import type { PeriodOf } from '../../domain/calendar.ts';
import {
  CENT_SECONDS_PER_CENT,
  floorLimit,
  formatCents,
  formatPrice,
  type CentsPerNodeHour,
} from '../../domain/money.ts';
import type { BudgetPeriod, FleetPolicy, Policy } from '../../domain/policy.ts';
import { formatDuration, formatInstant, HOUR_MS, type UnixMs } from '../../domain/time.ts';
import { isAlive, limitInForce, nodesOf, type Books, type NodeBook } from '../../reconcile/books.ts';
import { budgetsAt, scopesOf, type BudgetInPeriod } from '../../reconcile/budget-scopes.ts';
import { fundsPausedUntil } from '../../reconcile/guard.ts';
import { usedIn } from '../../reconcile/guard-budgets.ts';
import { forbids, holdingText, stageHolding } from '../../reconcile/stages.ts';
import { startTally } from '../../reconcile/tally.ts';
import type { WhyHistory } from './why-history.ts';

/** Something that keeps a fleet from buying, by a short word and in a sentence. */
export interface Obstacle {
  readonly code: string;
  readonly text: string;
  /** When it is over by itself; null when only a person or the market ends it. */
  readonly untilMs: UnixMs | null;
}

export interface BudgetRoom {
  /** Fleet name, or `process`. */
  readonly budget: string;
  readonly period: BudgetPeriod;
  readonly limitCents: number;
  /** Spent or put aside, rounded up. */
  readonly usedCents: number;
  readonly endMs: UnixMs;
}

export interface WhyAnswer {
  readonly fleet: string;
  readonly atMs: UnixMs;
  readonly entry: number;
  readonly entryAtMs: UnixMs;
  readonly wanted: number;
  readonly running: number;
  readonly waiting: number;
  readonly releasing: number;
  /** Purchases sent without an answer yet, or whose answer was lost. */
  readonly unknown: number;
  readonly missing: number;
  readonly missingSinceMs: UnixMs | null;
  /** The limits in force on waiting and held nodes, lowest first. */
  readonly limits: readonly CentsPerNodeHour[];
  readonly obstacles: readonly Obstacle[];
  readonly budgets: readonly BudgetRoom[];
}

export interface WhyInput {
  readonly fleet: string;
  readonly atMs: UnixMs;
  readonly books: Books;
  readonly history: WhyHistory;
  readonly policy: Policy;
  readonly periodOf: PeriodOf;
}

export const whyAnswer = (input: WhyInput): WhyAnswer => {
  const { books, atMs } = input;
  const book = books.fleets.get(input.fleet);
  const nodes = [...nodesOf(books, input.fleet)].filter(isAlive);
  const inPhase = (...phases: readonly string[]): NodeBook[] =>
    nodes.filter((node) => phases.includes(node.phase));
  const wanted = book?.wantedNodes ?? 0;
  const standing = inPhase('running', 'waiting');
  const unknown = inPhase('asked', 'unknown');
  const since = book?.shortfallSinceMs ?? 0;
  const missing = Math.max(0, wanted - standing.length - unknown.length);
  return {
    fleet: input.fleet,
    atMs,
    entry: books.seq,
    entryAtMs: books.lastAtMs,
    wanted,
    running: nodes.filter((node) => node.usableSinceMs !== null).length,
    waiting: inPhase('waiting').length,
    releasing: inPhase('releasing').length,
    unknown: unknown.length,
    missing,
    missingSinceMs: since === 0 ? null : since,
    limits: standing.map(limitInForce).toSorted((a, b) => a - b),
    obstacles: obstaclesOf(input, nodes, missing),
    budgets: budgetsOf(input),
  };
};

const policyOf = ({ policy, fleet }: WhyInput): FleetPolicy | null =>
  policy.fleets.find((one) => one.name === fleet) ?? null;

const obstaclesOf = (input: WhyInput, nodes: readonly NodeBook[], missing: number): readonly Obstacle[] => {
  const fleet = policyOf(input);
  return [
    ...stops(input, fleet),
    ...unsettledNodes(input, nodes, fleet),
    ...limitsOfProcess(input),
    ...(missing > 0 ? [...marketObstacles(input, fleet), ...budgetObstacles(input, fleet)] : []),
  ];
};

const lasting = (code: string, text: string): Obstacle => ({ code, text, untilMs: null });
const until = (code: string, text: string, untilMs: UnixMs): Obstacle => ({ code, text, untilMs });

/** What a person or the venue stopped. */
const stops = ({ books, policy, atMs, fleet: name }: WhyInput, fleet: FleetPolicy | null): Obstacle[] => {
  const found: Obstacle[] = [];
  if (books.contradiction !== null)
    found.push(
      lasting(
        'contradiction',
        `The ledger contradicts itself, so nothing is bought anywhere: ${books.contradiction}.`,
      ),
    );
  if (books.pause !== null) {
    const { by, why, atMs: sinceMs, acknowledged, drain } = books.pause;
    const holds = acknowledged ? '' : ' (the daemon has not confirmed it yet)';
    found.push(
      lasting(
        'pause',
        `${by} ${drain ? 'drains' : 'paused'} everything${drain ? ' since' : ' at'} ${formatInstant(sinceMs)}${holds}: ${why}. \`bidkeeper resume\` ends it.`,
      ),
    );
  }
  if (books.breaker !== null)
    found.push(
      lasting(
        'breaker',
        `The breaker is open: ${books.breaker}. \`bidkeeper resume\` closes it after a person has looked.`,
      ),
    );
  const fundsMs = fundsPausedUntil(books);
  if (fundsMs !== null && fundsMs > atMs) {
    const times = books.funds.refusals === 1 ? 'once' : `${books.funds.refusals} times in a row`;
    found.push(
      until(
        'funds',
        `The venue answered 402 (insufficient funds) ${times}; the next purchase may be tried at ${formatInstant(fundsMs)}.`,
        fundsMs,
      ),
    );
  }
  if (policy.mode === 'dry_run')
    found.push(lasting('dry_run', 'The mode is dry_run: decisions are shown, none is sent.'));
  if (fleet === null)
    found.push(
      lasting('no_settings', `The present settings have no fleet ${name}: its nodes are left as they are.`),
    );
  return found;
};

const sayNames = (nodes: readonly { readonly name: string }[]): string =>
  nodes.length <= 3
    ? nodes.map((node) => node.name).join(', ')
    : `${nodes
        .slice(0, 2)
        .map((node) => node.name)
        .join(', ')} and ${nodes.length - 2} more`;

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Nodes of the fleet, ours or not, that take the place of new ones. */
const unsettledNodes = (
  { books, policy, atMs, fleet: name }: WhyInput,
  nodes: readonly NodeBook[],
  fleet: FleetPolicy | null,
): Obstacle[] => {
  const found: Obstacle[] = [];
  const strangers = [...books.unowned.values()].filter((one) => one.fleet === name);
  if (strangers.length > 0) {
    const are = strangers.length === 1 ? 'is' : 'are';
    found.push(
      lasting(
        'unowned',
        `${sayNames(strangers)} ${are} alive with our prefix, but this ledger does not own ${strangers.length === 1 ? 'it' : 'them'}; nothing is bought for this fleet until ${strangers.length === 1 ? 'it ends or is' : 'they end or are'} adopted.`,
      ),
    );
  }
  for (const node of nodes) {
    if (node.phase !== 'unknown' && node.phase !== 'asked') continue;
    const ends = node.unknownSinceMs + policy.quarantineMs;
    const fate = node.nameRefused
      ? 'its name was refused as taken, and it was not found'
      : node.phase === 'asked'
        ? 'its answer has not come yet'
        : 'its answer was lost';
    found.push(
      until(
        'quarantine',
        `${node.name} counts as bought because ${fate}; if it is not found, two looks after ${formatInstant(ends)} prove that it never was.`,
        ends,
      ),
    );
  }
  const releasing = nodes.filter((node) => node.phase === 'releasing' && (node.endAtMs ?? Infinity) > atMs);
  if (releasing.length > 0) {
    const ends = releasing.map((node) => node.endAtMs ?? atMs);
    const last = Math.max(...ends);
    found.push(
      until(
        'releasing',
        `${plural(releasing.length, 'released node runs', 'released nodes run')} to the paid end (${formatInstant(last)}) and ${releasing.length === 1 ? 'counts' : 'count'} against target + surge (surge_nodes: ${fleet?.surgeNodes ?? 0}) until then.`,
        last,
      ),
    );
  }
  return found;
};

const limitsOfProcess = ({ books, policy, atMs }: WhyInput): Obstacle[] => {
  const found: Obstacle[] = [];
  const recent = books.purchaseTimes.filter((one) => Math.abs(atMs - one) < HOUR_MS);
  const { purchasesPerHour, nodes: most } = policy.limits;
  if (recent.length >= purchasesPerHour) {
    const free = (recent[0] ?? atMs) + HOUR_MS;
    found.push(
      until(
        'rate',
        `${recent.length} purchases were made within the hour, and limits.purchases_per_hour is ${purchasesPerHour}; the next may be made at ${formatInstant(free)}.`,
        free,
      ),
    );
  }
  const alive = [...books.nodes.values()].filter(isAlive).length + books.unowned.size;
  if (most !== null && alive >= most)
    found.push(lasting('hard_cap', `${alive} nodes of all fleets are alive, and limits.nodes is ${most}.`));
  return found;
};

/** The market's side: asks above the ceiling, and offers that were refused. */
const marketObstacles = (
  { books, history, atMs, policy }: WhyInput,
  fleet: FleetPolicy | null,
): Obstacle[] => {
  if (fleet === null) return [];
  const found: Obstacle[] = [];
  for (const [zone, { ask, askedAtMs }] of history.asks()) {
    const age = atMs - askedAtMs;
    if (age < 0 || age > policy.quoteUsableMs) continue;
    const when = `${formatDuration(age)} before`;
    if (ask === null) found.push(lasting('capacity', `Nothing was for sale in ${zone} (asked ${when}).`));
    else if (ask > fleet.bid.ceiling)
      found.push(
        lasting(
          'ceiling',
          `The ask in ${zone}, ${formatPrice(ask)} (asked ${when}), is above the ceiling ${formatPrice(fleet.bid.ceiling)}; no bid stands there.`,
        ),
      );
  }
  for (const [key, refused] of books.refusedPrice) {
    if (!key.startsWith(`${fleet.name}/`)) continue;
    const again = refused.atMs + fleet.bid.everyMs;
    if (again <= atMs) continue;
    found.push(
      until(
        'refused',
        `${formatPrice(refused.limit)} was refused in ${key.slice(fleet.name.length + 1)} at ${formatInstant(refused.atMs)} for its price or for lack of capacity; the same offer is repeated at ${formatInstant(again)} at the earliest, a higher one or one that a newer quote allows before.`,
        again,
      ),
    );
  }
  return found;
};

/** The lowest limit a purchase would carry now, as far as the ledger knows: the level of a climb, else where one starts. */
const nextLimit = ({ books }: WhyInput, fleet: FleetPolicy): CentsPerNodeHour => {
  const levels = [...books.climbs]
    .filter(([key]) => key.startsWith(`${fleet.name}/`))
    .map(([, climb]) => climb.level);
  const level = levels.length === 0 ? fleet.bid.startElse : Math.min(...levels);
  return Math.min(level, floorLimit(fleet.bid.ceiling)) as CentsPerNodeHour;
};

const budgetObstacles = (input: WhyInput, fleet: FleetPolicy | null): Obstacle[] => {
  if (fleet === null) return [];
  const limit = nextLimit(input, fleet);
  return roomsOf(input).flatMap(({ of, room, total }) => {
    const { budget, period, limitCents, usedCents, endMs } = room;
    const stage = stageHolding(input.books, of, total);
    if (stage !== null && forbids(stage, 'buy'))
      return [until('budget_stage', `${capital(holdingText(of, stage))}.`, endMs)];
    const left = Math.max(0, limitCents - usedCents);
    if (limitCents - usedCents >= limit) return [];
    const whose = budget === 'process' ? 'the process' : budget;
    return [
      until(
        'budget',
        `The ${period} budget of ${whose} has ${formatCents(left)} of ${formatCents(limitCents)} left, less than one more hour at ${formatPrice(limit)}; a new ${period} begins at ${formatInstant(endMs)}.`,
        endMs,
      ),
    ];
  });
};

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

const budgetsOf = (input: WhyInput): readonly BudgetRoom[] => roomsOf(input).map(({ room }) => room);

interface Room {
  readonly of: BudgetInPeriod;
  readonly room: BudgetRoom;
  /** Cent-seconds spent or put aside. */
  readonly total: number;
}

/** What is spent or put aside of every budget that binds the fleet, in the period that holds the instant. */
const roomsOf = (input: WhyInput): readonly Room[] => {
  const { policy, books, atMs, periodOf } = input;
  const fleet = policyOf(input);
  const tally = startTally(books, atMs);
  return scopesOf(policy)
    .filter((scope) => scope.fleet === null || scope.fleet === fleet?.name)
    .flatMap((scope) => budgetsAt(scope, periodOf, atMs))
    .map((of): Room => {
      const { scope, period, limit, endMs } = of;
      const total = usedIn(tally, of);
      const usedCents = Math.ceil(total / CENT_SECONDS_PER_CENT);
      const budget = scope.fleet ?? 'process';
      return { of, total, room: { budget, period, limitCents: limit, usedCents, endMs } };
    });
};
