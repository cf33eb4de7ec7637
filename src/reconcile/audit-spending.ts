// The audit of what adds spend: limits, stops, target, rates and budgets. What depends on settings is judged only for
// entries that were written under the present ones: their daemon's start carries the same hash.
import type { Entry, LedgerRecord, Seq } from '../domain/entry.ts';
import {
  CENT_SECONDS_PER_CENT,
  floorLimit,
  formatCents,
  formatPrice,
  LIMIT_GRAIN_CENTS,
} from '../domain/money.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { FleetPolicy } from '../domain/policy.ts';
import { HOUR_MS, type UnixMs } from '../domain/time.ts';
import type { AuditPart, AuditRules, Find } from './audit.ts';
import { countsAt, nodesOf, type Books } from './books.ts';
import { budgetKey, budgetsAt, scopesOf } from './budget-scopes.ts';
import { usedIn } from './guard-budgets.ts';
import { startTally } from './tally.ts';

interface Asked {
  readonly fleet: string;
  readonly limit: CentsPerNodeHour;
  /** It can add spend; a lowered limit cannot. */
  readonly spends: 'purchase' | 'raise' | 'none';
}

interface Sums {
  readonly key: string;
  readonly words: string;
  readonly limitCents: number;
  readonly total: number;
}

export const auditSpending = (
  rules: AuditRules,
  find: Find,
): AuditPart & { readonly underSettings: () => boolean } => {
  const purchases: UnixMs[] = [];
  let current = false;
  let stopped: string | null = null;
  let batch: { readonly atMs: UnixMs; readonly seq: Seq; readonly before: readonly Sums[] } | null = null;

  const closeBatch = (books: Books): void => {
    if (batch === null) return;
    const { seq, atMs, before } = batch;
    batch = null;
    for (const sum of sumsAt(rules, books, atMs)) {
      const earlier = before.find((one) => one.key === sum.key)?.total ?? 0;
      if (sum.total <= sum.limitCents * CENT_SECONDS_PER_CENT || sum.total <= earlier) continue;
      const used = formatCents(Math.ceil(sum.total / CENT_SECONDS_PER_CENT));
      find(
        'problem',
        'budget',
        seq,
        `what was let through here brings ${sum.words} to ${used} of ${formatCents(sum.limitCents)}`,
      );
    }
  };

  const before = (record: LedgerRecord, books: Books): void => {
    const { seq, atMs, entry } = record;
    if (batch !== null && (batch.atMs !== atMs || !isOfIntents(entry))) closeBatch(books);
    const asked = askedBy(books, entry);
    const lets = entry.kind === 'renewals_authorised' || (asked !== null && asked.spends !== 'none');
    if (current && lets) batch ??= { atMs, seq, before: sumsAt(rules, books, atMs) };
    if (asked === null) return;
    judgeGrain(find, seq, asked.limit);
    if (asked.spends !== 'none' && stopped !== null)
      find('problem', 'stopped', seq, `it can add spend, after ${stopped}`);
    const fleet = rules.policy.fleets.find((one) => one.name === asked.fleet);
    if (current && fleet !== undefined) judgeCeilings(rules, find, seq, asked, fleet);
    if (entry.kind === 'create_intended')
      judgeCount({ find, seq, atMs, books, fleet: current ? fleet : undefined, name: asked.fleet });
    if (asked.spends === 'purchase') judgeRate(atMs, seq);
  };

  const judgeRate = (atMs: UnixMs, seq: Seq): void => {
    while (purchases.length > 0 && (purchases[0] ?? atMs) <= atMs - HOUR_MS) purchases.shift();
    purchases.push(atMs);
    const within = purchases.filter((one) => one <= atMs && one > atMs - HOUR_MS).length;
    const most = rules.policy.limits.purchasesPerHour;
    if (current && within > most)
      find('problem', 'rate', seq, `it is purchase ${within} within an hour, at most ${most} are allowed`);
  };

  const after = ({ seq, entry }: LedgerRecord, books: Books): void => {
    if (entry.kind === 'daemon_started' || entry.kind === 'settings_reloaded')
      current = entry.settingsHash === rules.settingsHash;
    if (entry.kind === 'pause_acknowledged') stopped ??= `the pause was acknowledged (entry ${seq})`;
    if (books.breaker !== null) stopped ??= `the breaker opened (entry ${seq})`;
    if (entry.kind === 'resume_requested') stopped = null;
  };

  return { before, after, underSettings: () => current };
};

/** The kinds of entry that one batch of decisions is made of. */
const isOfIntents = (entry: Entry): boolean =>
  entry.kind.endsWith('_intended') || entry.kind === 'climb_moved' || entry.kind === 'renewals_authorised';

const askedBy = (books: Books, entry: Entry): Asked | null => {
  switch (entry.kind) {
    case 'create_intended':
      return { fleet: entry.fleet, limit: entry.limit, spends: 'purchase' };
    case 'repost_intended':
    case 'extend_intended':
      return { fleet: books.nodes.get(entry.node)?.fleet ?? '', limit: entry.limit, spends: 'purchase' };
    case 'raise_intended': {
      const fleet = books.nodes.get(entry.node)?.fleet ?? '';
      return { fleet, limit: entry.to, spends: entry.to > entry.from ? 'raise' : 'none' };
    }
    default:
      return null;
  }
};

const judgeGrain = (find: Find, seq: Seq, limit: number): void => {
  if (limit > 0 && limit % LIMIT_GRAIN_CENTS === 0) return;
  find(
    'problem',
    'limit',
    seq,
    `the limit ${limit} is no positive multiple of ${LIMIT_GRAIN_CENTS} cents per node-hour`,
  );
};

const judgeCeilings = (
  { policy }: AuditRules,
  find: Find,
  seq: Seq,
  { limit }: Asked,
  fleet: FleetPolicy,
): void => {
  if (limit > floorLimit(fleet.bid.ceiling))
    find(
      'problem',
      'ceiling',
      seq,
      `the limit ${formatPrice(limit)} is above the ceiling ${formatPrice(fleet.bid.ceiling)} of ${fleet.name}`,
    );
  const cap = policy.limits.ceiling;
  if (cap !== null && limit > cap)
    find(
      'problem',
      'hard_cap',
      seq,
      `the limit ${formatPrice(limit)} is above the hard cap ${formatPrice(cap)}`,
    );
};

/** At a purchase: nothing beside nodes that are not ours, and never more alive than target + surge. */
const judgeCount = (at: {
  readonly find: Find;
  readonly seq: Seq;
  readonly atMs: UnixMs;
  readonly books: Books;
  readonly name: string;
  /** Undefined: written under other settings, whose surge is not known. */
  readonly fleet: FleetPolicy | undefined;
}): void => {
  const { find, seq, atMs, books, name, fleet } = at;
  for (const stranger of books.unowned.values()) {
    if (stranger.fleet === name)
      find(
        'problem',
        'unowned',
        seq,
        `it buys for ${name} while ${stranger.name}, which is not ours by ledger, is alive`,
      );
  }
  if (fleet === undefined) return;
  let alive = 1;
  for (const node of nodesOf(books, name)) if (countsAt(node, atMs)) alive += 1;
  const allowed = (books.fleets.get(name)?.wantedNodes ?? 0) + fleet.surgeNodes;
  if (alive > allowed)
    find(
      'problem',
      'surge',
      seq,
      `it makes ${alive} nodes of ${name} alive, ${allowed} are allowed (target + surge)`,
    );
};

/** What is spent or put aside of every budget, in the periods that hold this hour and the next. */
const sumsAt = ({ policy, periodOf }: AuditRules, books: Books, atMs: UnixMs): readonly Sums[] => {
  const scopes = scopesOf(policy).filter(({ budget }) => Object.keys(budget).length > 0);
  if (scopes.length === 0) return [];
  const tally = startTally(books, atMs);
  const sums = new Map<string, Sums>();
  for (const scope of scopes) {
    for (const instant of [atMs, atMs + HOUR_MS]) {
      for (const of of budgetsAt(scope, periodOf, instant)) {
        const key = budgetKey(of);
        const words = `the ${of.period} budget of ${scope.name}`;
        sums.set(key, { key, words, limitCents: of.limit, total: usedIn(tally, of) });
      }
    }
  }
  return [...sums.values()];
};
