// The plan in words: what the daemon does and why, and what it does not do and why not. Equal decisions for many nodes are
// one line with a count, and a decision that stands unchanged from tick to tick is said once.
import { formatPrice } from '../domain/money.ts';
import type { Decision, Guard, TickReport } from '../domain/report.ts';
import { shorten } from './coverage-lines.ts';
import type { Line } from './line.ts';

const VERBS: Readonly<Record<Exclude<Decision['action'], 'none'>, string>> = {
  create: 'buy',
  repost: 'ask again for',
  raise: 'set the limit of',
  extend: 'extend',
  renew: 'let renew',
  release: 'release',
  delete: 'delete',
};

const GUARD_WORDS: Readonly<Record<Guard, string>> = {
  budget: 'the budget',
  ceiling: 'the ceiling',
  hard_cap: 'the hard cap of the process',
  pause: 'the pause',
  dry_run: 'dry run',
  not_leader: 'the lost lease',
  rate: 'the rate limit',
  stale_look: 'the old look',
  price_band: 'the price band',
  surge: 'the surge limit',
  unowned: 'unowned nodes',
  funds: 'missing funds',
  breaker: 'the open breaker',
  clock_skew: 'the clock',
  contradiction: 'contradicting books',
};

/** What makes two decisions the same line. A refused one is the same whatever it would have offered. */
const keyOf = (decision: Decision): string => {
  const { fleet, action, zone, refusedBy, reason, limit } = decision;
  const offer = refusedBy === null && action !== 'none' ? limit : '';
  return JSON.stringify([fleet, action, zone, refusedBy, reason, offer]);
};

export interface DecisionLines {
  readonly lines: readonly Line[];
  /** Each line that stands now, with how many decisions it covers. */
  readonly seen: ReadonlyMap<string, number>;
}

/** The lines of this report that differ from what stood `before`. */
export const decisionLines = (report: TickReport, before: ReadonlyMap<string, number>): DecisionLines => {
  const groups = new Map<string, Decision[]>();
  for (const decision of report.decisions) {
    const key = keyOf(decision);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [decision]);
    else group.push(decision);
  }
  const changed = [...groups].filter(([key, group]) => before.get(key) !== group.length);
  return {
    lines: changed.flatMap(([, group]) => lineOf(group)),
    seen: new Map([...groups].map(([key, group]) => [key, group.length])),
  };
};

const lineOf = (group: readonly Decision[]): readonly Line[] => {
  const [first] = group;
  if (first === undefined) return [];
  const { action, fleet, zone, limit, refusedBy, reason, why } = first;
  const data = {
    event: 'decision',
    action,
    reason,
    refused_by: refusedBy,
    nodes: group.length,
    limit_cents: limit,
  };
  if (action === 'none') return [{ level: 'info', fleet, text: why, data }];
  const names = group.flatMap(({ name }) => (name === null ? [] : [name]));
  const what = names.length === 0 ? `${group.length} nodes` : shorten(names);
  const where = zone === null ? '' : ` in ${zone}`;
  const price = limit === null ? '' : ` ${action === 'raise' ? 'to' : 'at'} ${formatPrice(limit)}`;
  const deed = `${VERBS[action]} ${what}${where}${price}`;
  const text =
    refusedBy === null ? `${deed}: ${why}` : `held back by ${GUARD_WORDS[refusedBy]}: ${deed}: ${why}`;
  return [{ level: 'info', fleet, text, data }];
};
