// Which entries of a ledger are asked for: by fleet, node, period and kind. Words that fit nothing are refused with what is
// allowed, because an empty answer to a misspelt question would be believed.
import type { EntryKind, LedgerRecord } from '../../domain/entry.ts';
import { nearest } from '../../domain/nearest.ts';
import type { UnixMs } from '../../domain/time.ts';
import { CliError } from '../errors.ts';
import { parseInstant } from '../instant.ts';
import type { Subject } from './attribution.ts';

/** Every kind of entry, by the question it answers. */
export const KIND_GROUPS = {
  decisions: [
    'create_intended',
    'repost_intended',
    'raise_intended',
    'extend_intended',
    'release_intended',
    'delete_intended',
    'climb_moved',
    'renewals_authorised',
  ],
  answers: ['change_accepted', 'change_refused', 'change_unknown', 'intent_voided'],
  sights: [
    'node_seen',
    'procurement_seen',
    'node_ended',
    'coverage_changed',
    'unowned_seen',
    'unowned_ended',
    'generation_seen',
  ],
  money: [
    'order_settled',
    'order_split',
    'money_returned',
    'transactions_seen',
    'orders_attributed',
    'budget_stage_reached',
    'references_changed',
    'shadow_bought',
  ],
  process: [
    'ledger_opened',
    'daemon_started',
    'settings_reloaded',
    'pause_requested',
    'pause_acknowledged',
    'drain_requested',
    'stop_requested',
    'resume_requested',
    'target_overridden',
    'target_override_ended',
    'unknown_acknowledged',
    'node_adopted',
    'node_disowned',
    'breaker_opened',
  ],
} as const satisfies Readonly<Record<string, readonly EntryKind[]>>;

type Grouped = (typeof KIND_GROUPS)[keyof typeof KIND_GROUPS][number];
/** Does not compile while a kind of entry stands in no group. */
const ALL_KINDS: readonly (EntryKind extends Grouped ? EntryKind : never)[] =
  Object.values(KIND_GROUPS).flat();

export interface FilterOptions {
  readonly fleet: string | undefined;
  readonly node: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly kind: string | undefined;
}

export interface EntryFilter {
  readonly fleet: string | null;
  /** A node's name or its id at the venue. */
  readonly node: string | null;
  readonly sinceMs: UnixMs;
  /** Not included. */
  readonly untilMs: UnixMs;
  /** Null: every kind. */
  readonly kinds: ReadonlySet<EntryKind> | null;
}

/** Throws E_USAGE_TIME, E_USAGE_RANGE and E_USAGE_KIND. */
export const parseFilter = (options: FilterOptions, nowMs: UnixMs): EntryFilter => {
  const sinceMs = options.since === undefined ? -Infinity : parseInstant('--since', options.since, nowMs);
  const untilMs = options.until === undefined ? Infinity : parseInstant('--until', options.until, nowMs);
  if (sinceMs >= untilMs) {
    throw new CliError('E_USAGE_RANGE', `--until ${options.until} is not after --since ${options.since}`);
  }
  const kinds = options.kind === undefined ? null : parseKinds(options.kind);
  return { fleet: options.fleet ?? null, node: options.node ?? null, sinceMs, untilMs, kinds };
};

const parseKinds = (text: string): ReadonlySet<EntryKind> => {
  const kinds = new Set<EntryKind>();
  const groups: ReadonlyMap<string, readonly EntryKind[]> = new Map(Object.entries(KIND_GROUPS));
  for (const word of text.split(',').map((one) => one.trim())) {
    const kind = ALL_KINDS.find((one) => one === word);
    const group = kind === undefined ? groups.get(word) : [kind];
    if (group === undefined) throw unknownKind(word, [...groups.keys()]);
    for (const one of group) kinds.add(one);
  }
  return kinds;
};

const unknownKind = (word: string, groups: readonly string[]): CliError => {
  const near = nearest(word, [...ALL_KINDS, ...groups]);
  const meant = near === null ? '' : `, the nearest is ${near}`;
  return new CliError(
    'E_USAGE_KIND',
    `--kind ${word} is no kind of entry${meant}; groups: ${groups.join(', ')}; kinds: ${ALL_KINDS.join(', ')}`,
  );
};

export const matches = (filter: EntryFilter, record: LedgerRecord, subjects: readonly Subject[]): boolean =>
  record.atMs >= filter.sinceMs &&
  record.atMs < filter.untilMs &&
  (filter.kinds === null || filter.kinds.has(record.entry.kind)) &&
  (filter.fleet === null || subjects.some((one) => one.fleet === filter.fleet)) &&
  (filter.node === null || subjects.some((one) => one.node === filter.node));

/** The nearest of a stream of names, one at a time: no list of a million names is kept. */
export const nearestSoFar = (
  wanted: string,
): { offer: (name: string) => void; best: () => string | null } => {
  let best: string | null = null;
  return {
    offer: (name) => {
      if (name !== best) best = nearest(wanted, best === null ? [name] : [best, name]);
    },
    best: () => best,
  };
};
