// A random but valid ledger: at each step one of the things that can be written next, given what was written before. Two
// numbers choose what and how, so that a failing life shrinks.
import type { Seq } from '../../src/domain/entry.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { isAlive, limitInForce, type NodeBook } from '../../src/reconcile/books.ts';
import { basis, nameOfSlot, seenNode, type Story } from './story.ts';

export type Choice = readonly [what: number, how: number];

const pick = <Value>(values: readonly Value[], how: number): Value | undefined =>
  values[how % Math.max(1, values.length)];
const shownOf = (node: NodeBook) => ({
  nodeId: node.nodeId ?? `n_${node.seq}`,
  name: node.name,
  zone: node.zone,
  kind: node.hold,
  procurementId: node.hold === 'reserved' ? null : `p_${node.seq}`,
});

const create = (story: Story, how: number): void => {
  const fleet = how % 3 === 0 ? 'infer' : 'train';
  const slots = story.books.fleets.get(fleet)?.slots;
  const slot = [0, 1, 2, 3, 4, 5].find((one) => (slots?.get(one)?.living ?? 0) === 0);
  if (slot === undefined) return;
  const known = slots?.get(slot);
  const generation = known === undefined ? 1 : known.generation + (known.reusable ? 0 : 1);
  const hold = how % 2 === 0 ? 'autoreserved' : 'reserved';
  const endAtMs = hold === 'reserved' ? (Math.floor(story.nowMs / HOUR_MS) + 1 + (how % 3)) * HOUR_MS : null;
  const name = nameOfSlot(slot, generation, fleet);
  story.create({
    fleet,
    slot,
    generation,
    name,
    hold,
    endAtMs,
    limit: centsPerNodeHour(800 + (how % 100) * 8),
  });
};

const answer = (story: Story, how: number): void => {
  const intent = pick([...story.books.open.values()], how);
  if (intent === undefined) return;
  const change = intent.kind === 'repost' ? 'create' : intent.kind;
  const node = story.books.nodes.get(intent.node);
  const way = Math.floor(how / 7) % 4;
  if (way === 0) {
    const codes = ['price', 'capacity', 'funds', 'name_taken', 'request', 'forbidden', 'not_sent'] as const;
    const code = pick(codes, how) ?? 'price';
    if (intent.kind === 'create' && node?.phase !== 'asked') return;
    story.tell({ kind: 'change_refused', intent: intent.seq, change, code, status: null, message: '' });
  } else if (way === 1) {
    story.tell({
      kind: 'change_unknown',
      intent: intent.seq,
      change,
      cause: 'timeout',
      status: null,
      message: '',
    });
  } else {
    const fresh = intent.kind === 'create' && node !== undefined;
    const seen = fresh
      ? seenNode({ ...shownOf(node), status: 'pending', endAtMs: node.askedEndMs, vm: null })
      : null;
    story.accept(intent.seq, seen);
  }
};

const see = (story: Story, how: number): void => {
  const node = pick(
    [...story.books.nodes.values()].filter((one) => one.phase !== 'refused'),
    how,
  );
  if (node === undefined) return;
  const statuses = ['running', 'running', 'awaitingcapacity', 'released', 'unknown'] as const;
  const status = pick(statuses, Math.floor(how / 5)) ?? 'running';
  const later = Math.floor(how / 11) % 3;
  const end =
    Math.max(node.endAtMs ?? 0, (Math.floor(story.nowMs / HOUR_MS) + 1) * HOUR_MS) + later * HOUR_MS;
  const vm =
    how % 4 === 0
      ? null
      : ({ status: how % 5 === 0 ? 'node_failure' : 'running', startAtMs: story.nowMs } as const);
  story.see(
    node.seq,
    seenNode({ ...shownOf(node), status, endAtMs: end, startAtMs: null, vm }),
    how % 2 === 0,
  );
};

const raise = (story: Story, how: number): void => {
  const node = pick(
    [...story.books.nodes.values()].filter((one) => one.procurementId !== null && isAlive(one)),
    how,
  );
  if (node === undefined) return;
  if (how % 3 === 0) {
    const limit = centsPerNodeHour(how % 2 === 0 ? limitInForce(node) : 800 + (how % 50) * 8);
    story.tell({
      kind: 'procurement_seen',
      node: node.seq,
      procurementId: `p_${node.seq}`,
      limit,
      horizonMs: how % 2 === 0 ? 0 : HOUR_MS,
    });
  } else story.raise(node.seq, 800 + (how % 100) * 8);
};

const extend = (story: Story, how: number): void => {
  const held = [...story.books.nodes.values()].filter(
    (one) => one.hold === 'reserved' && one.phase === 'running' && one.extension === null,
  );
  const node = pick(held, how);
  if (node?.endAtMs == null) return;
  const endAfterMs = node.endAtMs + HOUR_MS;
  const { seq, endAtMs, limit } = node;
  story.tell({
    kind: 'extend_intended',
    node: seq,
    nodeId: `n_${seq}`,
    endBeforeMs: endAtMs,
    endAfterMs,
    limit,
    basis,
    why: '',
  });
};

const letGo = (story: Story, how: number): void => {
  const node = pick(
    [...story.books.nodes.values()].filter((one) => one.nodeId !== null && isAlive(one)),
    how,
  );
  if (node === undefined) return;
  const nodeId = node.nodeId ?? '';
  if (how % 3 === 0)
    story.tell({ kind: 'node_ended', node: node.seq, proof: how % 2 === 0 ? 'terminated' : 'failed' });
  else if (how % 3 === 1)
    story.tell({ kind: 'release_intended', node: node.seq, nodeId, reason: 'surplus', why: '' });
  else story.tell({ kind: 'delete_intended', node: node.seq, nodeId, why: '' });
};

const giveUp = (story: Story, how: number): void => {
  const intents = [...story.books.open.values()].filter(({ kind, node }) => {
    const phase = story.books.nodes.get(node)?.phase;
    return kind === 'extend' || (kind === 'create' && (phase === 'asked' || phase === 'unknown'));
  });
  const intent = pick(intents, how);
  if (intent === undefined) return;
  const proof =
    intent.kind === 'extend'
      ? 'end_unmoved_after_quarantine'
      : how % 2 === 0
        ? 'absent_after_quarantine'
        : 'name_refused_never_found';
  story.tell({ kind: 'intent_voided', intent: intent.seq, proof });
};

const settleOne = (story: Story, how: number): void => {
  const nodes = [...story.books.nodes.values(), ...story.books.closing.values()];
  const known = nodes.flatMap((node) =>
    [...node.orders].map(([orderId, order]) => ({ node: node.seq, orderId, ...order })),
  );
  const again = how % 3 === 0 ? pick(known, how) : undefined;
  if (again !== undefined) {
    const { node, orderId, toMs } = again;
    story.tell({
      kind: 'order_settled',
      orderId,
      node,
      fromMs: toMs - HOUR_MS,
      toMs,
      cost: cents(how % 3000),
    });
    return;
  }
  const blocks = nodes.flatMap((node) => node.blocks.map((block) => ({ node: node.seq, ...block })));
  const block = pick(blocks, how);
  if (block === undefined) return;
  const orderId = `o_${story.records.length}`;
  story.tell({
    kind: 'order_settled',
    orderId,
    node: block.node,
    fromMs: block.fromMs,
    toMs: block.toMs,
    cost: cents(how % 3000),
  });
};

const rest = (story: Story, how: number): void => {
  const nodes: Seq[] = [...story.books.nodes.keys()];
  const untilMs = (Math.floor(story.nowMs / HOUR_MS) + 1 + (how % 2)) * HOUR_MS;
  if (how % 3 === 0) story.tell({ kind: 'renewals_authorised', untilMs, nodes });
  else if (how % 3 === 1)
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: how % 7, runningNodes: how % 5 });
  else
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: centsPerNodeHour(800),
      reason: 'stepped',
      ask: null,
      askedAtMs: null,
    });
};

const STEPS = [
  create,
  create,
  answer,
  answer,
  answer,
  see,
  see,
  see,
  raise,
  extend,
  letGo,
  giveUp,
  settleOne,
  settleOne,
  rest,
];

/** One step of a life: some time passes, then one valid entry is told (or none, where nothing fits). */
export const step = (story: Story, [what, how]: Choice): void => {
  story.later((how % 17) * MINUTE_MS);
  pick(STEPS, what)?.(story, Math.floor(how / 3));
};
