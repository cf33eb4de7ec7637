// The audit of intents and nodes: whatever is said of a node has an earlier intent, an intent ends once, an end has its
// proof, and a generation is raised only after it.
import type {
  ChangeAccepted,
  ChangeRefused,
  ChangeUnknown,
  CreateIntended,
  EndProof,
  Entry,
  IntentVoided,
  LedgerRecord,
  NodeAdopted,
  NodeDisowned,
  OrderSettled,
  Seq,
} from '../domain/entry.ts';
import type { HoldKind, NodeStatus, SeenNode } from '../domain/node.ts';
import { DAY_MS, formatInstant, MINUTE_MS, type UnixMs } from '../domain/time.ts';
import { auditOrder, auditSplit } from './audit-orders.ts';
import type { AuditPart, Find } from './audit.ts';

/** What the audit remembers of a node; forgotten a while after its end. */
interface Trail {
  readonly seq: Seq;
  readonly name: string;
  readonly slot: Slot;
  readonly hold: HoldKind;
  readonly intents: Seq[];
  fate: 'open' | 'refused' | 'void' | 'ended';
  found: boolean;
  status: NodeStatus | null;
  endAtMs: UnixMs;
  deleteAccepted: boolean;
  /** The highest limit ever sent or shown for it. */
  limit: number;
  readonly orders: Map<string, OrderSettled>;
}

interface Intent {
  readonly seq: Seq;
  readonly kind: 'create' | 'raise' | 'extend' | 'release' | 'delete';
  readonly node: Seq;
  answer: 'accepted' | 'refused' | 'unknown' | 'name_taken' | null;
  voided: boolean;
}

interface Slot {
  /** The highest generation used or seen. */
  top: number;
  /** The name of that generation never existed, so it may be used again. */
  reusable: boolean;
  /** Nodes that are not proved to be gone. */
  readonly open: Map<Seq, string>;
}

/** Orders may come, and void nodes turn up, seven days late. */
const REMEMBERED_MS = 8 * DAY_MS;
const RESERVATION_GRACE_MS = 2 * MINUTE_MS;

interface State {
  readonly find: Find;
  readonly trails: Map<Seq, Trail>;
  readonly intents: Map<Seq, Intent>;
  readonly slots: Map<string, Slot>;
  readonly orders: Map<string, Seq>;
  readonly leaving: { readonly node: Seq; readonly atMs: UnixMs }[];
}

export const auditIntents = (find: Find): AuditPart => {
  const state: State = {
    find,
    trails: new Map(),
    intents: new Map(),
    slots: new Map(),
    orders: new Map(),
    leaving: [],
  };
  return {
    after: (record) => {
      forget(state, record.atMs);
      audit(state, record);
    },
  };
};

const audit = (state: State, { seq, atMs, entry }: LedgerRecord): void => {
  switch (entry.kind) {
    case 'create_intended':
      return intend(state, entry, seq);
    case 'node_adopted':
      return adopt(state, entry, seq);
    case 'node_disowned':
      return disown(state, entry, atMs);
    case 'repost_intended':
      return follow(state, entry, 'create', seq, entry.limit);
    case 'raise_intended':
      return follow(state, entry, 'raise', seq, entry.to);
    case 'extend_intended':
      return follow(state, entry, 'extend', seq, entry.limit);
    case 'release_intended':
      return follow(state, entry, 'release', seq, 0);
    case 'delete_intended':
      return follow(state, entry, 'delete', seq, 0);
    case 'change_accepted':
    case 'change_refused':
    case 'change_unknown':
      return answer(state, entry, seq, atMs);
    case 'intent_voided':
      return voided(state, entry, seq);
    case 'node_seen': {
      const trail = trailOf(state, entry.node, seq);
      if (trail !== null) see(state, trail, entry.seen, seq);
      return;
    }
    case 'node_ended': {
      const trail = trailOf(state, entry.node, seq);
      if (trail !== null) end(state, trail, entry.proof, seq, atMs);
      return;
    }
    case 'generation_seen': {
      const slot = slotOf(state, entry.fleet, entry.slot);
      if (entry.generation > slot.top) slot.reusable = false;
      slot.top = Math.max(slot.top, entry.generation);
      return;
    }
    case 'order_settled':
      return auditOrder(state, trailOf(state, entry.node, seq), entry, seq);
    case 'order_split':
      return auditSplit(state, entry, seq);
    default:
  }
};

const trailOf = ({ trails, find }: State, node: Seq, seq: Seq): Trail | null => {
  const trail = trails.get(node) ?? null;
  if (trail === null)
    find('problem', 'no_intent', seq, `it speaks of node ${node}, which no earlier intent made`);
  return trail;
};

const slotOf = ({ slots }: State, fleet: string, slot: number): Slot => {
  const key = `${fleet}/${slot}`;
  const known = slots.get(key) ?? { top: 0, reusable: false, open: new Map() };
  slots.set(key, known);
  return known;
};

const intend = (state: State, entry: CreateIntended, seq: Seq): void => {
  const { find } = state;
  const slot = slotOf(state, entry.fleet, entry.slot);
  const [before] = slot.open.values();
  if (before !== undefined)
    find('problem', 'generation', seq, `${entry.name} takes the place of ${before}, whose end is not proved`);
  else if (entry.generation < slot.top || (entry.generation === slot.top && !slot.reusable))
    find(
      'problem',
      'generation',
      seq,
      `${entry.name} uses a generation that is spent (${slot.top} was used or seen)`,
    );
  state.intents.set(seq, { seq, kind: 'create', node: seq, answer: null, voided: false });
  takeSlot(state, slot, { ...entry, seq, intents: [seq] });
};

/** A node begins to live in a slot; gives what is remembered of it from then on. */
const takeSlot = (
  state: State,
  slot: Slot,
  node: Pick<Trail, 'seq' | 'name' | 'hold' | 'limit' | 'intents'> & { readonly generation: number },
): Trail => {
  const { seq, name, hold, limit, intents } = node;
  slot.top = Math.max(slot.top, node.generation);
  slot.reusable = false;
  slot.open.set(seq, name);
  const known = { fate: 'open', found: false, status: null, endAtMs: 0, deleteAccepted: false } as const;
  const trail: Trail = { seq, name, slot, hold, intents, limit, orders: new Map(), ...known };
  state.trails.set(seq, trail);
  return trail;
};

const adopt = (state: State, entry: NodeAdopted, seq: Seq): void => {
  const slot = slotOf(state, entry.fleet, entry.slot);
  const { name } = entry.seen;
  const [before] = slot.open.values();
  if (before !== undefined)
    state.find('problem', 'generation', seq, `${name} takes the place of ${before}, whose end is not proved`);
  see(state, takeSlot(state, slot, { ...entry, name, seq, intents: [] }), entry.seen, seq);
};

const disown = (state: State, entry: NodeDisowned, atMs: UnixMs): void => {
  const trail = entry.node === null ? undefined : state.trails.get(entry.node);
  if (trail === undefined || entry.node === null) return;
  trail.slot.open.delete(entry.node);
  state.leaving.push({ node: entry.node, atMs });
};

const follow = (
  state: State,
  entry: Entry & { readonly node: Seq },
  kind: Intent['kind'],
  seq: Seq,
  limit: number,
): void => {
  state.intents.set(seq, { seq, kind, node: entry.node, answer: null, voided: false });
  const trail = trailOf(state, entry.node, seq);
  if (trail === null) return;
  trail.intents.push(seq);
  trail.limit = Math.max(trail.limit, limit);
  if (entry.kind === 'extend_intended') trail.endAtMs = Math.max(trail.endAtMs, entry.endBeforeMs);
};

const answer = (
  state: State,
  entry: ChangeAccepted | ChangeRefused | ChangeUnknown,
  seq: Seq,
  atMs: UnixMs,
): void => {
  const { find, intents, trails } = state;
  const intent = intents.get(entry.intent);
  if (intent === undefined) {
    find(
      'problem',
      'no_intent',
      seq,
      `it answers intent ${entry.intent}, which is not in the ledger before it`,
    );
    return;
  }
  if (intent.kind !== entry.change)
    find(
      'problem',
      'no_intent',
      seq,
      `it answers a ${entry.change}, but entry ${intent.seq} is a ${intent.kind}`,
    );
  if (intent.answer !== null || intent.voided)
    find(
      'problem',
      'ended_twice',
      seq,
      `intent ${intent.seq} was ${intent.voided ? 'voided' : intent.answer} before`,
    );
  const trail = trails.get(intent.node);
  const first = trail?.seq === intent.seq;
  if (entry.kind === 'change_refused') {
    intent.answer = entry.code === 'name_taken' ? 'name_taken' : 'refused';
    if (trail !== undefined && first && intent.answer === 'refused')
      leave(state, trail, 'refused', true, atMs);
    return;
  }
  intent.answer = entry.kind === 'change_accepted' ? 'accepted' : 'unknown';
  if (trail === undefined || entry.kind !== 'change_accepted') return;
  if (intent.kind === 'delete') trail.deleteAccepted = true;
  if (entry.node !== null) see(state, trail, entry.node, seq);
};

/** The node is no longer in its slot. */
const leave = (
  state: State,
  trail: Trail,
  fate: Trail['fate'],
  reusable: boolean,
  atMs: UnixMs | null,
): void => {
  trail.fate = fate;
  trail.slot.open.delete(trail.seq);
  trail.slot.reusable = reusable && trail.slot.open.size === 0;
  if (atMs !== null) state.leaving.push({ node: trail.seq, atMs });
};

const voided = (state: State, entry: IntentVoided, seq: Seq): void => {
  const { find, intents, trails } = state;
  const intent = intents.get(entry.intent);
  if (intent === undefined) {
    find(
      'problem',
      'no_intent',
      seq,
      `it voids intent ${entry.intent}, which is not in the ledger before it`,
    );
    return;
  }
  const trail = trails.get(intent.node);
  const over = intent.answer === 'accepted' || intent.answer === 'refused' || intent.voided;
  if (over || (intent.kind === 'create' && trail?.found === true)) {
    const what = intent.voided ? 'voided' : trail?.found === true ? 'found' : (intent.answer ?? '');
    find('problem', 'ended_twice', seq, `intent ${intent.seq} is voided, but it was ${what} before`);
  }
  intent.voided = true;
  if (intent.kind === 'create' && trail !== undefined)
    leave(state, trail, 'void', entry.proof !== 'name_refused_never_found', null);
};

const see = (state: State, trail: Trail, seen: SeenNode, seq: Seq): void => {
  const { find } = state;
  if (trail.fate === 'refused')
    find('problem', 'ended_twice', seq, `${trail.name} is shown, but its purchase was refused`);
  if (trail.fate === 'ended')
    find('problem', 'after_end', seq, `${trail.name} is shown after its end was noted`);
  if (trail.fate === 'void') {
    find('note', 'late', seq, `${trail.name} turned up after its purchase was proved void; it is held again`);
    trail.fate = 'open';
    trail.slot.open.set(trail.seq, trail.name);
    trail.slot.reusable = false;
  }
  trail.found = true;
  trail.status = seen.status;
  if (seen.endAtMs !== null) trail.endAtMs = seen.endAtMs;
  trail.limit = Math.max(trail.limit, seen.limit ?? 0);
};

const end = (state: State, trail: Trail, proof: EndProof, seq: Seq, atMs: UnixMs): void => {
  const { find } = state;
  if (trail.fate === 'ended') find('problem', 'ended_twice', seq, `${trail.name} ended before`);
  const lacks = lackOf(trail, proof, atMs);
  if (lacks !== null)
    find('problem', 'proof', seq, `${trail.name} is noted as ended (${proof}), but ${lacks}`);
  leave(state, trail, 'ended', false, atMs);
};

/** What is missing of a proof; null when it stands. */
const lackOf = (trail: Trail, proof: EndProof, atMs: UnixMs): string | null => {
  if (!trail.found) return 'no entry shows that it ever existed';
  switch (proof) {
    case 'terminated':
    case 'deleted':
    case 'failed':
      return trail.status === proof ? null : `it was last seen ${trail.status ?? 'nowhere'}`;
    case 'deleted_by_us':
      return trail.deleteAccepted ? null : 'no delete of ours was accepted';
    case 'reservation_over':
      if (trail.hold !== 'reserved') return 'it is no reservation';
      return atMs > trail.endAtMs + RESERVATION_GRACE_MS
        ? null
        : `it was bought to ${formatInstant(trail.endAtMs)}`;
  }
};

const forget = (state: State, atMs: UnixMs): void => {
  for (;;) {
    const [oldest] = state.leaving;
    if (oldest === undefined || oldest.atMs > atMs - REMEMBERED_MS) return;
    state.leaving.shift();
    const trail = state.trails.get(oldest.node);
    for (const intent of trail?.intents ?? []) state.intents.delete(intent);
    for (const order of trail?.orders.keys() ?? []) state.orders.delete(order);
    state.trails.delete(oldest.node);
  }
};
