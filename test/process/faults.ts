// The faults a market can be told to make, by the name a person would call them, as rules over the calls they strike. Chance is
// the market's own, seeded, so a scenario strikes the same calls as far as the calls come in the same order.
import type { FaultRule } from '../../src/market/faults.ts';

const CHANGES = '^/v1/nodes|^/v0/procurements';
const LISTING = '^/v1/nodes(\\?|$)';

/** Half of the changes, by either method. */
const onChanges = (fault: FaultRule['fault'], probability = 0.5): readonly FaultRule[] =>
  ['POST', 'PATCH', 'DELETE'].map((method) => ({ method, pathPattern: CHANGES, probability, fault }));

const onCreates = (fault: FaultRule['fault'], probability = 0.6): readonly FaultRule[] => [
  { method: 'POST', pathPattern: LISTING, probability, fault },
];

const onLooks = (fault: FaultRule['fault'], probability = 0.4): readonly FaultRule[] => [
  { method: 'GET', pathPattern: LISTING, probability, fault },
];

/** Market time, just inside the quarantine of the scenarios, which is 15 minutes. */
const LATE_MS = 14 * 60_000;
const STALE_MS = 10 * 60_000;

const FAULTS = {
  'requests lost before the market took them': onChanges({ kind: 'lost_before_commit' }),
  'answers lost after the market acted': onChanges({ kind: 'lost_after_commit' }),
  'requests carried out 14 minutes after the connection broke': onCreates({
    kind: 'late_commit',
    afterMs: LATE_MS,
  }),
  'extensions carried out 14 minutes after the connection broke': [
    {
      method: 'PATCH',
      pathPattern: '/extend$',
      times: 3,
      fault: { kind: 'late_commit', afterMs: LATE_MS },
    },
  ],
  '429 to half of all changes': onChanges({ kind: 'status', status: 429, retryAfterSeconds: 1 }),
  '500 although the market acted': onChanges({ kind: 'status', status: 500, commit: true }),
  '503 to looks': onLooks({ kind: 'status', status: 503 }),
  'changes that never answer, done or not': [
    ...onChanges({ kind: 'hang', commit: true }, 0.3),
    ...onChanges({ kind: 'hang' }, 0.3),
  ],
  'looks that never answer': onLooks({ kind: 'hang' }),
  'answers that drip slower than the deadline': [
    ...onCreates({ kind: 'drip', bytes: 1, everyMs: 100 }),
    ...onLooks({ kind: 'drip', bytes: 1, everyMs: 20 }),
  ],
  'a page of a proxy instead of an answer': [
    ...onChanges({ kind: 'html', status: 200, commit: true }),
    ...onLooks({ kind: 'html', status: 502 }),
  ],
  'answers cut in the middle': [
    ...onChanges({ kind: 'truncated', share: 0.6 }),
    ...onLooks({ kind: 'truncated', share: 0.6 }),
  ],
  'nodes as they were ten minutes ago': [
    { method: 'GET', path: '/v1/nodes', probability: 0.7, fault: { kind: 'stale_list', agoMs: STALE_MS } },
  ],
  'listings with half of the nodes': onLooks({ kind: 'partial_list', share: 0.5 }, 0.7),
  'a node status nobody knows': onLooks({ kind: 'unknown_status', word: 'migrating' }, 0.7),
  '402 to creates': onCreates({ kind: 'status', status: 402 }),
  '401 to everything now and then': [
    { probability: 0.3, pathPattern: '^/v', fault: { kind: 'status', status: 401 } },
  ],
  '403 to every raise in place': [
    { method: 'PATCH', path: '/v0/procurements', fault: { kind: 'status', status: 403 } },
  ],
} as const satisfies Readonly<Record<string, readonly FaultRule[]>>;

export type FaultName = keyof typeof FAULTS;

/** The rules of a fault, each with an id that begins with its name. */
export const rulesOf = (name: FaultName): readonly FaultRule[] =>
  FAULTS[name].map((rule, index) => ({ ...rule, id: `${name} (${index + 1})` }));
