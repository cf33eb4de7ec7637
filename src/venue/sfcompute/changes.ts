// Sends a change exactly once and says what is known afterwards. The evidence in an accepted answer is the node of the asked
// name or id, or the procurement of the asked id; anything else in it is no evidence. A request that certainly never left is
// a refusal; one that may have left without a readable answer is unknown.
import type { Change, Outcome, UnknownCause } from '../../domain/change.ts';
import type { SeenNode, SeenProcurement } from '../../domain/node.ts';
import type { DurationMs } from '../../domain/time.ts';
import { readBody } from './body.ts';
import type { Caller } from './caller.ts';
import { decodeNode, decodeNodeListing } from './decode-node.ts';
import { decodeProcurement } from './decode.ts';
import { classify } from './outcome.ts';
import { requestOf } from './requests.ts';
import type { TransportAnswer, TransportFailure } from './transport.ts';

interface Evidence {
  readonly node: SeenNode | null;
  readonly procurement: SeenProcurement | null;
}

const NO_EVIDENCE: Evidence = { node: null, procurement: null };

/** Throws VenueError (`E_VENUE_LIMIT`, `E_VENUE_REQUEST`) before anything is sent when the change must never be asked for. */
export const sendChange = async (
  caller: Caller,
  change: Change,
  deadlineMs: DurationMs,
): Promise<Outcome> => {
  const request = requestOf(change);
  const used = caller.token();
  const answer = await caller.call(request, deadlineMs);
  if (answer.kind === 'response' && answer.status === 401) caller.renewToken(used);
  const secret = change.kind === 'create' ? change.node.cloudInit : null;
  return outcomeOf(change, answer, (text) => caller.clean(text, secret));
};

/** The outcome that an answer proves; pure. `clean` makes outside text safe to keep. */
export const outcomeOf = (
  change: Change,
  answer: TransportAnswer,
  clean: (text: string) => string,
): Outcome => {
  if (answer.kind === 'failed') {
    const message = clean(answer.message);
    return answer.sent
      ? { kind: 'unknown', cause: CAUSES[answer.cause], status: null, message }
      : { kind: 'refused', code: 'not_sent', status: null, message };
  }
  const { status } = answer;
  const body = readBody(answer.body);
  const evidence = body.kind === 'json' ? evidenceOf(change, body.value) : NO_EVIDENCE;
  const named = evidence.node !== null || evidence.procurement !== null;
  const bodyKind = body.kind === 'error' ? 'error' : named ? 'evidence' : 'other';
  const verdict = classify(change.kind, status, bodyKind, body.kind === 'error' ? body.error : null);
  if (verdict.kind === 'accepted') return { kind: 'accepted', ...evidence };
  const message =
    body.kind === 'error' ? clean(body.error.message) : `HTTP ${status} ${BODY_WORDS[bodyKind]}`;
  return { ...verdict, status, message };
};

const CAUSES: Readonly<Record<TransportFailure, UnknownCause>> = {
  timeout: 'timeout',
  connection: 'connection',
  too_large: 'garbled',
  redirect: 'http',
};

const BODY_WORDS = {
  evidence: 'with a body that contradicts it',
  error: 'with an error',
  other: 'with a body that proves nothing',
} as const;

const evidenceOf = (change: Change, value: unknown): Evidence => {
  switch (change.kind) {
    case 'create':
      return { node: createdNode(change.name, value), procurement: null };
    case 'extend':
    case 'release': {
      const node = decodeNode(value);
      return { node: node?.nodeId === change.nodeId ? node : null, procurement: null };
    }
    case 'raise': {
      const procurement = decodeProcurement(value);
      return {
        node: null,
        procurement: procurement?.procurementId === change.procurementId ? procurement : null,
      };
    }
    case 'delete':
      return NO_EVIDENCE;
  }
};

/** The answer is a listing; a single node is taken as well. */
const createdNode = (name: string, value: unknown): SeenNode | null => {
  const single = decodeNode(value);
  const nodes = single === null ? (decodeNodeListing(value)?.nodes ?? []) : [single];
  return nodes.find((node) => node.name === name) ?? null;
};
