// What an answer to a change proves. One table says it for every status: a refusal needs the venue's own error words, so a
// proxy's HTML page proves nothing and stays unknown. A 2xx is acceptance where its body names what was asked; where the
// change is absolute or repeatable (raise, release, delete) a 2xx is enough, without evidence; a purchase whose answer cannot
// be read is unknown. Nothing here sends, waits or retries.
import type { ChangeKind, RefusalCode, UnknownCause } from '../../domain/change.ts';
import type { VenueErrorBody } from './body.ts';

/**
 * What the body was: `evidence` names what was asked for, `error` has the venue's error shape, `other` is all the rest:
 * another JSON, HTML, truncated, empty.
 */
export type BodyKind = 'evidence' | 'error' | 'other';

export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'unknown'; readonly cause: UnknownCause };

type Rule = RefusalCode | UnknownCause | 'accepted' | 'by_words';

interface Row {
  /** Inclusive. */
  readonly from: number;
  readonly to: number;
  /** For these kinds only; absent means all that no earlier row took. */
  readonly changes?: readonly ChangeKind[];
  readonly evidence: Rule;
  readonly error: Rule;
  readonly other: Rule;
}

const same = (rule: Rule): Pick<Row, 'evidence' | 'error' | 'other'> => ({
  evidence: rule,
  error: rule,
  other: rule,
});

/** A refusal by the venue's error body; any other body is no evidence. */
const onWords = (rule: Rule): Pick<Row, 'evidence' | 'error' | 'other'> => ({
  evidence: 'http',
  error: rule,
  other: 'http',
});

/** Read from the top: the first row that fits the status and the kind of change decides. */
export const OUTCOME_TABLE: readonly Row[] = [
  {
    from: 200,
    to: 299,
    changes: ['create', 'extend'],
    evidence: 'accepted',
    error: 'garbled',
    other: 'garbled',
  },
  { from: 200, to: 299, evidence: 'accepted', error: 'garbled', other: 'accepted' },
  { from: 400, to: 400, ...onWords('by_words') },
  // Authentication stands in front of everything that has an effect, whoever words the answer.
  { from: 401, to: 401, ...same('auth') },
  { from: 402, to: 402, ...onWords('funds') },
  { from: 403, to: 403, ...onWords('forbidden') },
  // Nothing was named that could be missing: a route or a gateway is broken.
  { from: 404, to: 404, changes: ['create'], ...same('http') },
  { from: 404, to: 404, ...onWords('not_found') },
  { from: 408, to: 408, ...same('timeout') },
  { from: 409, to: 409, changes: ['create'], ...onWords('name_taken') },
  { from: 409, to: 409, ...onWords('by_words') },
  { from: 422, to: 422, ...onWords('by_words') },
  { from: 429, to: 429, ...same('rate_limited') },
  { from: 500, to: 599, ...same('server_error') },
];

/** Error types that tell of trouble inside the venue: under any status they leave open whether something happened. */
const AMBIGUOUS_TYPES: ReadonlySet<string> = new Set([
  'api_error',
  'request_timed_out',
  'service_unavailable',
  'idempotency_error',
]);

const CODES: ReadonlyMap<string, RefusalCode> = new Map([
  ['bid_price_too_low', 'price'],
  ['price_too_low', 'price'],
  ['no_availability', 'capacity'],
  ['no_matching_clusters', 'capacity'],
  ['insufficient_capacity', 'capacity'],
  ['name_taken', 'name_taken'],
  ['name_already_exists', 'name_taken'],
  ['conflict', 'name_taken'],
  ['payment_required', 'funds'],
  ['insufficient_funds', 'funds'],
  ['insufficient_balance', 'funds'],
]);

/** Only read when no code is known. */
const PATTERNS: readonly (readonly [RegExp, RefusalCode])[] = [
  [/\bname[sd]?\b.*\b(taken|already|exists?|in use|unique|duplicate)\b/i, 'name_taken'],
  [/\b(price|bid|limit)\b.*\b(too low|below|under)\b/i, 'price'],
  [
    /\bno (availability|capacity|nodes? available|matching)\b|\b(insufficient|not enough) (capacity|nodes?)\b/i,
    'capacity',
  ],
  [/\binsufficient (funds|balance)\b|\bnot enough (funds|balance|credit)\b/i, 'funds'],
];

/** Why the venue says no, from its codes, then its type, then its sentences; `request` when it is none of the known reasons. */
const refusalOf = (change: ChangeKind, error: VenueErrorBody): RefusalCode => {
  const words = [...error.details.map((detail) => detail.code), error.type];
  const known = words.map((word) => CODES.get(word.toLowerCase())).find((code) => code !== undefined);
  const sentences = [error.message, ...error.details.map((detail) => detail.message)];
  const code =
    known ?? PATTERNS.find(([pattern]) => sentences.some((line) => pattern.test(line)))?.[1] ?? 'request';
  return code === 'name_taken' && change !== 'create' ? 'request' : code;
};

/** `error` is the venue's error where `body` is `error`, else null. */
export const classify = (
  change: ChangeKind,
  status: number,
  body: BodyKind,
  error: VenueErrorBody | null,
): Verdict => {
  const row = OUTCOME_TABLE.find(
    (one) =>
      status >= one.from && status <= one.to && (one.changes === undefined || one.changes.includes(change)),
  );
  const rule = row?.[body] ?? 'http';
  const verdict = verdictOf(
    rule === 'by_words' ? (error === null ? 'http' : refusalOf(change, error)) : rule,
  );
  const ambiguous = verdict.kind === 'refused' && verdict.code !== 'auth' && error !== null;
  return ambiguous && AMBIGUOUS_TYPES.has(error.type) ? { kind: 'unknown', cause: 'http' } : verdict;
};

const UNKNOWN: ReadonlySet<Rule> = new Set<Rule>([
  'timeout',
  'connection',
  'server_error',
  'rate_limited',
  'garbled',
  'http',
]);

const isUnknown = (rule: Rule): rule is UnknownCause => UNKNOWN.has(rule);

const verdictOf = (rule: Exclude<Rule, 'by_words'>): Verdict => {
  if (rule === 'accepted') return { kind: 'accepted' };
  return isUnknown(rule) ? { kind: 'unknown', cause: rule } : { kind: 'refused', code: rule };
};
