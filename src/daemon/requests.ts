// What people ask of the core, as entries: every change from outside (a verb, the admin API, a signal, a file) is written to
// the ledger with who and why, and the daemon obeys the entry. What would change nothing writes nothing; what cannot be
// done is refused with a code and says what to do.
import type { Entry } from '../domain/entry.ts';
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { Policy } from '../domain/policy.ts';
import { DAY_MS, formatInstant, type UnixMs } from '../domain/time.ts';
import { isAlive, type Books, type NodeBook } from '../reconcile/books.ts';
import { handOver, type Candidate } from '../reconcile/handover.ts';

/** Who asks, and why; both go into the ledger as they are. */
export interface Who {
  readonly by: string;
  readonly why: string;
}

export const STOPS = ['pause', 'drain', 'stop'] as const;
/** Send nothing that adds spend; also let nodes go as their paid time ends; leave everything and exit. */
export type Stop = (typeof STOPS)[number];

export type Request =
  | { readonly kind: Stop | 'resume' }
  /** Another target than the schedule's, up to an instant. */
  | { readonly kind: 'target'; readonly fleet: string; readonly gpus: number; readonly untilMs: UnixMs }
  | { readonly kind: 'end_target'; readonly fleet: string }
  /** A purchase whose answer was lost was never made: a person has looked. */
  | { readonly kind: 'acknowledge'; readonly node: string }
  | { readonly kind: 'adopt'; readonly fleet: string; readonly candidate: Candidate }
  /** By name or id. */
  | { readonly kind: 'disown'; readonly node: string };

export const REQUEST_ERRORS = {
  E_REQUEST_FLEET: {
    meaning: 'The settings in force have no such fleet.',
    remedy: 'Give the name of a fleet as `bidkeeper status` shows it.',
  },
  E_REQUEST_TARGET: {
    meaning: 'A target is no whole number of nodes, or its end is not in the next 31 days.',
    remedy: 'Give a multiple of 8 GPUs and an end in the future, at most 31 days from now.',
  },
  E_REQUEST_NODE: {
    meaning: 'There is no such node, or it is not in a state in which this can be asked.',
    remedy: 'Look at `bidkeeper status` and at the alarms; give a name or an id as shown there.',
  },
  E_REQUEST_ADOPT: {
    meaning: 'This node cannot be handed over to this fleet.',
    remedy: 'Read the reason; choose the fleet that fits the node, or take it out of never_touch.',
  },
} as const;

export type RequestErrorCode = keyof typeof REQUEST_ERRORS;

export type Wish =
  /** None when nothing would change. */
  | { readonly ok: true; readonly entries: readonly Entry[] }
  | { readonly ok: false; readonly code: RequestErrorCode; readonly message: string };

export interface Situation {
  readonly books: Books;
  readonly policy: Policy;
  readonly nowMs: UnixMs;
}

const LONGEST_TARGET_MS = 31 * DAY_MS;

const wish = (...entries: readonly Entry[]): Wish => ({ ok: true, entries });
const refuse = (code: RequestErrorCode, detail: string): Wish => ({
  ok: false,
  code,
  message: `${detail}. ${REQUEST_ERRORS[code].remedy}`,
});

/** The entries that a request comes to. */
export const entriesFor = (request: Request, situation: Situation, who: Who): Wish => {
  const { books, policy } = situation;
  switch (request.kind) {
    case 'pause':
      return books.pause === null ? wish({ kind: 'pause_requested', ...who }) : wish();
    case 'drain':
      return books.pause?.drain === true ? wish() : wish({ kind: 'drain_requested', ...who });
    case 'stop':
      return books.stop === null ? wish({ kind: 'stop_requested', ...who }) : wish();
    case 'resume':
      return isHalted(books) ? wish({ kind: 'resume_requested', ...who }) : wish();
    case 'target':
      return setTarget(request, situation, who);
    case 'end_target': {
      const { fleet } = request;
      return books.overrides.has(fleet) ? wish({ kind: 'target_override_ended', fleet, ...who }) : wish();
    }
    case 'acknowledge':
      return acknowledge(request.node, books, who);
    case 'adopt': {
      const fleet = policy.fleets.find(({ name }) => name === request.fleet);
      if (fleet === undefined) return noFleet(request.fleet);
      const made = handOver(books, policy, fleet, request.candidate);
      return made.ok ? wish({ ...made.entry, ...who }) : refuse('E_REQUEST_ADOPT', made.why);
    }
    case 'disown':
      return disown(request.node, books, who);
  }
};

/** True when a resume would end something: a pause, an open breaker, a contradiction, a wait for funds. */
const isHalted = (books: Books): boolean =>
  books.pause !== null || books.breaker !== null || books.contradiction !== null || books.funds.refusals > 0;

const noFleet = (name: string): Wish => refuse('E_REQUEST_FLEET', `there is no fleet ${name}`);

const setTarget = (
  { fleet, gpus, untilMs }: Extract<Request, { kind: 'target' }>,
  { policy, nowMs }: Situation,
  who: Who,
): Wish => {
  if (!policy.fleets.some(({ name }) => name === fleet)) return noFleet(fleet);
  if (!Number.isSafeInteger(gpus) || gpus < 0 || gpus % GPUS_PER_NODE !== 0)
    return refuse('E_REQUEST_TARGET', `${gpus} GPUs are no whole number of nodes of ${GPUS_PER_NODE}`);
  if (!(untilMs > nowMs && untilMs <= nowMs + LONGEST_TARGET_MS))
    return refuse('E_REQUEST_TARGET', `${formatInstant(untilMs)} is not in the next 31 days`);
  const { nodes: most } = policy.limits;
  if (most !== null && gpus / GPUS_PER_NODE > most)
    return refuse('E_REQUEST_TARGET', `${gpus} GPUs are more than limits.nodes (${most}) allows`);
  return wish({ kind: 'target_overridden', fleet, gpus, untilMs, ...who });
};

const acknowledge = (name: string, books: Books, who: Who): Wish => {
  const lost = (books.byName.get(name) ?? [])
    .map((seq) => books.nodes.get(seq))
    .find((node) => node?.phase === 'unknown');
  if (lost === undefined)
    return refuse('E_REQUEST_NODE', `${name} is not the name of a purchase whose answer was lost`);
  return lost.saidAbsent ? wish() : wish({ kind: 'unknown_acknowledged', node: lost.seq, ...who });
};

const disown = (named: string, books: Books, who: Who): Wish => {
  if (books.disowned.has(named)) return wish();
  const stranger = [...books.unowned].find(([id, { name }]) => id === named || name === named);
  if (stranger !== undefined) {
    const [nodeId, { name }] = stranger;
    return wish({ kind: 'node_disowned', node: null, nodeId, name, ...who });
  }
  const node = nodeOf(books, named);
  if (node === null || node.nodeId === null)
    return refuse('E_REQUEST_NODE', `no living node of this ledger and no stranger is ${named}`);
  return wish({ kind: 'node_disowned', node: node.seq, nodeId: node.nodeId, name: node.name, ...who });
};

/** The living node of this name or id. */
const nodeOf = (books: Books, named: string): NodeBook | null => {
  const seqs = [books.byId.get(named), ...(books.byName.get(named) ?? [])];
  return (
    seqs
      .map((seq) => (seq === undefined ? undefined : books.nodes.get(seq)))
      .find((node): node is NodeBook => node !== undefined && isAlive(node)) ?? null
  );
};

/** True once the daemon has confirmed what was asked, or nothing has to be confirmed. */
export const isConfirmed = (request: Request, books: Books): boolean =>
  request.kind === 'pause' || request.kind === 'drain' ? books.pause?.acknowledged === true : true;
