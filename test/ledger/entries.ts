// Entries for the tests of the ledger: one of every kind, so that no kind can be written and not read.
import type { Entry } from '../../src/domain/entry.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { SeenNode } from '../../src/domain/node.ts';

const price = centsPerNodeHour(1600);
const basis = { lookAtMs: 1_700_000_000_000, ask: price, askedAtMs: null };
const seen: SeenNode = {
  nodeId: 'n_1',
  name: 'bk-ab12-train-0-g1',
  status: 'running',
  statusText: 'running',
  kind: 'autoreserved',
  zone: 'hayesvalley',
  gpu: 'h100',
  createdAtMs: 1,
  startAtMs: 2,
  endAtMs: 3_600_000,
  procurementId: 'proc_1',
  limit: price,
  vm: { status: 'running', startAtMs: 5 },
};

export const ONE_OF_EACH: readonly Entry[] = [
  { kind: 'ledger_opened', ledgerId: 'ab12', namePrefix: 'bk' },
  { kind: 'daemon_started', version: '0.1.0', mode: 'live', settingsHash: 'ff' },
  { kind: 'coverage_changed', fleet: 'train', wantedNodes: 8, runningNodes: 6 },
  {
    kind: 'climb_moved',
    fleet: 'train',
    zone: 'z',
    level: price,
    reason: 'started',
    ask: null,
    askedAtMs: null,
  },
  {
    kind: 'create_intended',
    name: seen.name,
    fleet: 'train',
    slot: 0,
    generation: 1,
    zone: 'z',
    gpu: 'h100',
    hold: 'autoreserved',
    limit: price,
    startAtMs: null,
    endAtMs: null,
    cloudInitHash: null,
    basis,
    why: 'shortfall of 2 nodes, “quoted” at $16.00\n\u0000 and a lone \ud800',
  },
  { kind: 'repost_intended', node: 5, name: seen.name, limit: price, basis, why: 'again' },
  {
    kind: 'raise_intended',
    node: 5,
    procurementId: 'p',
    from: price,
    to: price,
    reason: 'climb',
    basis,
    why: 'up',
  },
  {
    kind: 'extend_intended',
    node: 5,
    nodeId: 'n',
    endBeforeMs: 1,
    endAfterMs: 2,
    limit: price,
    basis,
    why: 'on',
  },
  { kind: 'release_intended', node: 5, nodeId: 'n', reason: 'surplus', why: 'too many' },
  { kind: 'delete_intended', node: 5, nodeId: 'n', why: 'gone' },
  { kind: 'change_accepted', intent: 5, change: 'create', node: seen, limit: price, estimate: null },
  { kind: 'change_refused', intent: 5, change: 'raise', code: 'price', status: 400, message: 'too low' },
  { kind: 'change_unknown', intent: 5, change: 'extend', cause: 'timeout', status: null, message: '60 s' },
  { kind: 'node_seen', node: 5, seen: { ...seen, vm: null, zone: null }, estimate: price, watched: true },
  { kind: 'procurement_seen', node: 5, procurementId: 'p', limit: price, horizonMs: 0 },
  { kind: 'intent_voided', intent: 5, proof: 'absent_after_quarantine' },
  { kind: 'node_ended', node: 5, proof: 'reservation_over' },
  { kind: 'renewals_authorised', untilMs: 7, nodes: [5, 6] },
  { kind: 'order_settled', orderId: 'o', node: 5, fromMs: 1, toMs: 2, cost: cents(1600) },
  { kind: 'unowned_seen', nodeId: 'n', name: 'bk-x', fleet: null },
  { kind: 'unowned_ended', nodeId: 'n', proof: 'deleted' },
  { kind: 'generation_seen', fleet: 'train', slot: 0, generation: 4 },
  { kind: 'pause_requested', by: 'anna', why: 'audit' },
  { kind: 'drain_requested', by: 'anna', why: 'audit' },
  { kind: 'stop_requested', by: 'signal SIGTERM', why: 'audit' },
  { kind: 'pause_acknowledged' },
  { kind: 'resume_requested', by: 'anna', why: 'done' },
  { kind: 'breaker_opened', cause: '403' },
];

/** A small entry that carries a number. */
export const numbered = (count: number): Entry => ({
  kind: 'coverage_changed',
  fleet: 'train',
  wantedNodes: count,
  runningNodes: 0,
});
