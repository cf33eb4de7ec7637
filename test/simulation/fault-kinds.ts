// Every kind of disturbance the swarm knows, one line each: its name, how often a busy seed sees it in eight hours, and what
// it does when it comes. A seed leaves each kind out with probability one half, so that every pair of kinds is met together
// and apart. Adding a kind is adding a line.
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import type { Fault } from '../../src/market/faults.ts';
import type { WorldEvent } from '../../src/market/world.ts';
import type { Chance } from './chance.ts';
import type { Aim, Disturbance } from './scenario.ts';

type Bare<One> = One extends unknown ? Omit<One, 'afterMs' | 'kind'> : never;
export type Deed = Bare<Disturbance>;

export interface FaultKind {
  readonly name: string;
  /** Mean number in eight hours, when the kind is on. */
  readonly often: number;
  readonly make: (
    chance: Chance,
    place: { readonly zone: string; readonly otherZone: string; readonly ceiling: number },
  ) => Deed;
}

/** Bursts: a few minutes at a middling rate, or a short time at which every request is struck. */
const wire = (
  name: string,
  often: number,
  aim: Aim,
  fault: (chance: Chance) => Fault,
  longestMs = 30 * MINUTE_MS,
): FaultKind => ({
  name,
  often,
  make: (chance) => {
    const outage = chance.happens(0.3);
    const forMs = chance.whole(MINUTE_MS, outage ? Math.min(longestMs, 8 * MINUTE_MS) : longestMs);
    const probability = outage ? 1 : chance.pick([0.1, 0.3, 0.6]);
    return { does: 'wire', forMs, aim, probability, times: null, fault: fault(chance) };
  },
});

/** Strikes the next request of its aim, once. */
const once = (name: string, often: number, aim: Aim, fault: (chance: Chance) => Fault): FaultKind => ({
  name,
  often,
  make: (chance) => ({
    does: 'wire',
    forMs: 2 * HOUR_MS,
    aim,
    probability: 1,
    times: 1,
    fault: fault(chance),
  }),
});

const market = (
  name: string,
  often: number,
  event: FaultEvent,
  undo: ((zone: string) => WorldEvent) | null = null,
  longestMs = 3 * HOUR_MS,
): FaultKind => ({
  name,
  often,
  make: (chance, place) => ({
    does: 'market',
    event: event(chance, place),
    undoAfterMs: undo === null ? null : chance.whole(5 * MINUTE_MS, longestMs),
    undo: undo === null ? null : undo(place.zone),
  }),
});
type FaultEvent = (chance: Chance, place: { readonly zone: string; readonly ceiling: number }) => WorldEvent;

const deed = (name: string, often: number, make: (chance: Chance) => Deed): FaultKind => ({
  name,
  often,
  make,
});

const minutes = (chance: Chance, low: number, high: number): number =>
  chance.whole(low * MINUTE_MS, high * MINUTE_MS);
const toSource = (zone: string): WorldEvent => ({ kind: 'set_ask', zone, ask: 'source' });

const WIRE: readonly FaultKind[] = [
  wire('lost_before_commit', 4, 'any', () => ({ kind: 'lost_before_commit' })),
  wire('lost_after_commit', 4, 'changes', () => ({ kind: 'lost_after_commit' })),
  once('create_lost_after_commit', 3, 'creates', () => ({ kind: 'lost_after_commit' })),
  once('extend_lost_after_commit', 3, 'extends', () => ({ kind: 'lost_after_commit' })),
  once('late_commit', 3, 'creates', (chance) => ({ kind: 'late_commit', afterMs: minutes(chance, 1, 12) })),
  once('late_extend', 2, 'extends', (chance) => ({ kind: 'late_commit', afterMs: minutes(chance, 1, 12) })),
  once('late_raise', 2, 'raises', (chance) => ({ kind: 'late_commit', afterMs: minutes(chance, 1, 12) })),
  once('late_commit_past_quarantine', 1, 'creates', (chance) => ({
    kind: 'late_commit',
    afterMs: minutes(chance, 18, 60),
  })),
  wire('status_500', 3, 'any', () => ({ kind: 'status', status: 500 })),
  wire('status_503_though_done', 2, 'changes', () => ({ kind: 'status', status: 503, commit: true })),
  wire('status_429', 3, 'any', (chance) => ({
    kind: 'status',
    status: 429,
    retryAfterSeconds: chance.whole(1, 90),
  })),
  wire('status_401', 1, 'any', () => ({ kind: 'status', status: 401 }), 6 * MINUTE_MS),
  wire('status_402', 2, 'creates', () => ({ kind: 'status', status: 402 })),
  wire('status_404_for_lookups', 1, 'lookups', () => ({ kind: 'status', status: 404 }), 9 * MINUTE_MS),
  once('status_403_on_create', 0.3, 'creates', () => ({ kind: 'status', status: 403 })),
  once('raise_forbidden', 0.5, 'raises', () => ({ kind: 'status', status: 403 })),
  wire('account_frozen', 0.3, 'any', () => ({ kind: 'status', status: 403 }), 10 * MINUTE_MS),
  wire('hang', 2, 'any', () => ({ kind: 'hang' }), 10 * MINUTE_MS),
  wire('hang_though_done', 2, 'changes', () => ({ kind: 'hang', commit: true }), 10 * MINUTE_MS),
  wire('drip', 2, 'any', (chance) => ({
    kind: 'drip',
    bytes: chance.whole(20, 200),
    everyMs: chance.whole(100, 4000),
  })),
  wire('slow_answers', 2, 'any', (chance) => ({
    kind: 'delay',
    byMs: chance.whole(SECOND_MS, 70 * SECOND_MS),
  })),
  wire('html_ok', 2, 'any', () => ({ kind: 'html', status: 200, commit: true })),
  wire('html_gateway', 2, 'any', () => ({ kind: 'html', status: 502 })),
  wire('truncated', 3, 'any', (chance) => ({ kind: 'truncated', share: chance.unit() })),
  wire(
    'stale_list',
    3,
    'reads',
    (chance) => ({ kind: 'stale_list', agoMs: minutes(chance, 1, 9) }),
    12 * MINUTE_MS,
  ),
  wire('partial_list', 3, 'listings', (chance) => ({
    kind: 'partial_list',
    share: chance.pick([0, 0.3, 0.7]),
  })),
  wire('new_status_words', 2, 'any', () => ({ kind: 'unknown_status', word: 'hibernating' })),
  wire('numbers_as_strings', 2, 'any', () => ({ kind: 'numbers_as_strings' })),
  once('wrong_zone', 1, 'creates', () => ({ kind: 'wrong_goods', zone: 'elsewhere' })),
  once('wrong_gpu', 1, 'creates', () => ({ kind: 'wrong_goods', gpu: 'h200' })),
  once('more_nodes_than_asked', 0.5, 'creates', (chance) => ({
    kind: 'extra_nodes',
    count: chance.whole(1, 2),
  })),
  once('overpriced', 1, 'creates', (chance) => ({
    kind: 'overpriced',
    byBasisPoints: chance.whole(100, 9000),
  })),
  once('vm_fails', 1, 'creates', (chance) => ({ kind: 'vm_failure', afterMs: minutes(chance, 1, 90) })),
  once('never_boots', 1, 'creates', () => ({ kind: 'slow_boot', bootMs: null })),
  once('slow_boot', 1, 'creates', (chance) => ({ kind: 'slow_boot', bootMs: minutes(chance, 5, 40) })),
  wire('no_quotes', 3, 'quotes', () => ({ kind: 'no_quote' }), 2 * HOUR_MS),
  wire('quotes_too_high', 2, 'quotes', () => ({ kind: 'absurd_quote', factor: 100 })),
  wire('quotes_too_low', 2, 'quotes', () => ({ kind: 'absurd_quote', factor: 0.01 })),
  wire('quotes_somewhat_low', 2, 'quotes', () => ({ kind: 'absurd_quote', factor: 0.6 })),
];

const MARKET: readonly FaultKind[] = [
  market('node_terminated', 2, () => ({ kind: 'end_node', node: null, as: 'terminated' })),
  market('node_failed', 1, () => ({ kind: 'end_node', node: null, as: 'failed' })),
  market('node_evicted', 2, () => ({ kind: 'end_node', node: null, as: 'awaitingcapacity' })),
  market('vm_lost', 2, () => ({ kind: 'fail_vm', node: null })),
  market('node_out_of_sight', 2, (chance) => ({
    kind: 'hide_node',
    node: null,
    forMs: minutes(chance, 1, 9),
  })),
  market('ask_at_ceiling', 1, (_, { zone, ceiling }) => ({ kind: 'set_ask', zone, ask: ceiling }), toSource),
  market(
    'ask_above_ceiling',
    2,
    (chance, { zone, ceiling }) => ({ kind: 'set_ask', zone, ask: ceiling + chance.whole(1, 800) }),
    toSource,
  ),
  market(
    'ask_falls',
    2,
    (chance, { zone, ceiling }) => ({
      kind: 'set_ask',
      zone,
      ask: Math.max(100, Math.floor(ceiling * chance.pick([0.2, 0.4]))),
    }),
    toSource,
  ),
  market('nothing_for_sale', 1, (_, { zone }) => ({ kind: 'set_ask', zone, ask: null }), toSource),
  market(
    'capacity_gone',
    1,
    (_, { zone }) => ({ kind: 'set_capacity', zone, nodes: 0 }),
    (zone) => ({ kind: 'set_capacity', zone, nodes: 50 }),
  ),
  market(
    'balance_dry',
    1,
    () => ({ kind: 'move_balance', cents: -99_000_000 }),
    () => ({ kind: 'move_balance', cents: 99_000_000 }),
  ),
  market(
    'quotes_late',
    2,
    (chance) => ({ kind: 'switch', switches: { quoteDelayMs: minutes(chance, 1, 12) } }),
    () => ({ kind: 'switch', switches: { quoteDelayMs: 0 } }),
  ),
  market(
    'raising_refused',
    1,
    () => ({ kind: 'switch', switches: { raisingAllowed: false } }),
    () => ({ kind: 'switch', switches: { raisingAllowed: true } }),
  ),
  market('payment_rule_changed', 1, (chance) => ({
    kind: 'switch',
    switches: { paymentRule: chance.pick(['clear', 'maker', 'bid'] as const) },
  })),
  market('eviction_changed', 1, (chance) => ({
    kind: 'switch',
    switches: { eviction: chance.pick(['awaitingcapacity', 'end'] as const) },
  })),
];

const PEOPLE: readonly FaultKind[] = [
  deed('released_by_hand', 1, () => ({ does: 'by_hand', act: 'release' })),
  deed('deleted_by_hand', 1, () => ({ does: 'by_hand', act: 'delete' })),
  deed('extended_by_hand', 1, () => ({ does: 'by_hand', act: 'extend' })),
  deed('limit_set_by_hand', 1, () => ({ does: 'by_hand', act: 'raise' })),
  deed('stranger_of_other_ledger', 0.5, (chance) => ({
    does: 'stranger',
    name: 'other_ledger',
    livesMs: minutes(chance, 30, 120),
  })),
  deed('stranger_with_prefix', 0.5, (chance) => ({
    does: 'stranger',
    name: 'no_form',
    livesMs: minutes(chance, 30, 120),
  })),
  deed('name_held_by_stranger', 1, (chance) => ({
    does: 'stranger',
    name: 'taken',
    livesMs: minutes(chance, 30, 120),
  })),
  deed('next_name_held_unseen', 0.7, (chance) => ({
    does: 'hidden_namesake',
    hiddenMs: minutes(chance, 8, 50),
    livesMs: minutes(chance, 60, 120),
  })),
  deed('stranger_with_later_generation', 0.5, (chance) => ({
    does: 'stranger',
    name: 'our_ledger',
    livesMs: minutes(chance, 30, 120),
  })),
  deed('pause_and_resume', 1, (chance) => ({ does: 'pause', forMs: minutes(chance, 1, 90) })),
  deed('target_walks', 3, (chance) => ({
    does: 'target',
    share: chance.pick([0, 0, 0.5, 1.5, 2, 3]),
    forMs: minutes(chance, 5, 120),
  })),
  deed('ceiling_changed', 1, (chance) => ({
    does: 'settings',
    ceilingShare: chance.pick([0.6, 0.9, 1.1, 1.5]),
    budgetShare: null,
  })),
  deed('budget_changed', 1, (chance) => ({
    does: 'settings',
    ceilingShare: null,
    budgetShare: chance.pick([0.5, 0.8, 1.5]),
  })),
  deed('token_rotated', 1, (chance) => ({ does: 'token', knownAfterMs: minutes(chance, 0, 15) })),
];

const MACHINE: readonly FaultKind[] = [
  deed('clock_ahead', 0.5, (chance) => ({
    does: 'clock',
    jumpMs: chance.pick([MINUTE_MS, HOUR_MS]),
    driftPerMille: 0,
    forMs: minutes(chance, 2, 90),
  })),
  deed('clock_behind', 0.5, (chance) => ({
    does: 'clock',
    jumpMs: -chance.pick([MINUTE_MS, HOUR_MS]),
    driftPerMille: 0,
    forMs: minutes(chance, 2, 90),
  })),
  deed('clock_at_1970', 0.3, (chance) => ({
    does: 'clock',
    jumpMs: -Number.MAX_SAFE_INTEGER,
    driftPerMille: 0,
    forMs: minutes(chance, 2, 60),
  })),
  deed('clock_drifts', 0.5, (chance) => ({
    does: 'clock',
    jumpMs: 0,
    driftPerMille: chance.pick([-20, -5, 5, 20]),
    forMs: minutes(chance, 10, 120),
  })),
  deed('asleep_for_hours', 0.5, (chance) => ({ does: 'asleep', forMs: minutes(chance, 5, 180) })),
  deed('crash', 6, (chance) => ({
    does: 'crash',
    afterSteps: chance.whole(1, 30),
    downMs: chance.pick([SECOND_MS, MINUTE_MS, 20 * MINUTE_MS, 90 * MINUTE_MS]),
    tornShare: chance.unit(),
  })),
  deed('killed', 1, (chance) => ({ does: 'kill', downMs: minutes(chance, 0, 90) })),
  deed('lease_lost', 1, (chance) => ({ does: 'lease', forMs: minutes(chance, 1, 30) })),
  deed('disk_full', 1, (chance) => ({ does: 'disk', how: 'full', forMs: minutes(chance, 1, 60) })),
  deed('disk_readonly', 0.5, (chance) => ({ does: 'disk', how: 'readonly', forMs: minutes(chance, 1, 60) })),
  deed('disk_error', 0.5, (chance) => ({ does: 'disk', how: 'io', forMs: minutes(chance, 1, 30) })),
  deed('disk_slow', 1, (chance) => ({ does: 'disk', how: 'slow', forMs: minutes(chance, 1, 60) })),
  deed('old_backup', 0.3, (chance) => ({
    does: 'backup',
    share: chance.pick([0.3, 0.8, 0.95]),
    damagedForMs: minutes(chance, 0, 30),
  })),
  deed('ledger_deleted', 0.15, (chance) => ({
    does: 'backup',
    share: 0,
    damagedForMs: minutes(chance, 0, 30),
  })),
  deed('unreachable', 2, (chance) => ({ does: 'unreachable', forMs: minutes(chance, 1, 40) })),
  deed('strategy_throws', 0.15, (chance) => ({
    does: 'strategy',
    how: 'throws',
    forMs: minutes(chance, 2, 30),
  })),
  deed('strategy_loops', 0.1, (chance) => ({
    does: 'strategy',
    how: 'loops',
    forMs: minutes(chance, 2, 30),
  })),
  deed('strategy_says_nan', 0.3, (chance) => ({
    does: 'strategy',
    how: 'nan',
    forMs: minutes(chance, 2, 30),
  })),
  deed('strategy_above_ceiling', 0.3, (chance) => ({
    does: 'strategy',
    how: 'above',
    forMs: minutes(chance, 2, 30),
  })),
  deed('strategy_between_grains', 0.3, (chance) => ({
    does: 'strategy',
    how: 'odd',
    forMs: minutes(chance, 2, 30),
  })),
];

export const FAULT_KINDS: readonly FaultKind[] = [...WIRE, ...MARKET, ...PEOPLE, ...MACHINE];
