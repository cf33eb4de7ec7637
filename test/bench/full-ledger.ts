// A ledger with a past: node after node of the demo's fleet, each bought, filled, renewed for some hours, settled, released and
// ended, as the daemon itself writes it. No node is left at its end, so that a daemon that opens it finds nothing to look
// for and its start shows the cost of reading and folding alone.
import type { Entry, Seq } from '../../src/domain/entry.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import { HOUR_MS, MINUTE_MS, type UnixMs } from '../../src/domain/time.ts';
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';

const LIMIT = centsPerNodeHour(1224);
const ASK = centsPerNodeHour(1200);
const SLOTS = 4;
const HOURS_HELD = 3;

export interface Batch {
  readonly atMs: UnixMs;
  readonly entries: readonly Entry[];
}

const seenAt = (life: number, name: string, startMs: UnixMs, hours: number): SeenNode => ({
  nodeId: `n_${life}`,
  name,
  status: 'running',
  statusText: 'running',
  kind: 'autoreserved',
  zone: 'hayesvalley',
  gpu: 'h100',
  createdAtMs: startMs,
  startAtMs: startMs,
  endAtMs: startMs + hours * HOUR_MS,
  procurementId: `proc_${life}`,
  limit: LIMIT,
  vm: { status: 'running', startAtMs: startMs },
});

/** One life of a node, from its intent (numbered `head` + 1) to its end. */
const lifeOf = (life: number, head: Seq, startMs: UnixMs): readonly Batch[] => {
  const slot = life % SLOTS;
  const generation = Math.floor(life / SLOTS) + 1;
  const name = `bk-ab12-train-${slot}-g${generation}`;
  const basis = { lookAtMs: startMs, ask: ASK, askedAtMs: startMs };
  const node = head + 1;
  const batches: Batch[] = [];
  let written = head;
  const write = (atMs: UnixMs, entries: readonly Entry[]): void => {
    batches.push({ atMs, entries });
    written += entries.length;
  };
  const place = { fleet: 'train', zone: 'hayesvalley', gpu: 'h100', hold: 'autoreserved' as const };
  const bought = {
    startAtMs: null,
    endAtMs: null,
    cloudInitHash: null,
    basis,
    why: '1 of 4 nodes is missing',
  };
  write(startMs, [
    { kind: 'create_intended', name, ...place, slot, generation, limit: LIMIT, ...bought },
    { kind: 'renewals_authorised', untilMs: startMs + 2 * HOUR_MS, nodes: [node] },
  ]);
  const accepted = { kind: 'change_accepted', intent: node, change: 'create', limit: null } as const;
  write(startMs, [{ ...accepted, node: seenAt(life, name, startMs, 1), estimate: ASK }]);
  const read = { procurementId: `proc_${life}`, limit: LIMIT, horizonMs: 0 };
  write(startMs + MINUTE_MS, [{ kind: 'procurement_seen', node, ...read }]);
  for (let hour = 1; hour <= HOURS_HELD; hour += 1) {
    const edgeMs = startMs + hour * HOUR_MS;
    const order = { orderId: `ord_${life}_${hour}`, node, fromMs: edgeMs - HOUR_MS, toMs: edgeMs };
    write(edgeMs, [
      { kind: 'order_settled', ...order, cost: cents(ASK) },
      ...(hour === HOURS_HELD ? [] : renewal(node, seenAt(life, name, startMs, hour + 1), edgeMs)),
    ]);
  }
  const endMs = startMs + HOURS_HELD * HOUR_MS;
  const last = { ...seenAt(life, name, startMs, HOURS_HELD), status: 'terminated', statusText: 'terminated' };
  write(endMs, [
    { kind: 'release_intended', node, nodeId: `n_${life}`, reason: 'surplus', why: 'not wanted' },
  ]);
  write(endMs, [
    { ...accepted, intent: written, change: 'release', node: null, estimate: null },
    {
      kind: 'node_seen',
      node,
      seen: { ...last, status: 'terminated', vm: null },
      estimate: null,
      watched: true,
    },
    { kind: 'node_ended', node, proof: 'terminated' },
  ]);
  return batches;
};

const renewal = (node: Seq, seen: SeenNode, edgeMs: UnixMs): readonly Entry[] => [
  { kind: 'renewals_authorised', untilMs: edgeMs + 2 * HOUR_MS, nodes: [node] },
  { kind: 'node_seen', node, seen, estimate: ASK, watched: true },
];

/** At least `entries` entries in the batches in which a daemon would have written them; the last is older than `untilMs`. */
export const pastOf = (entries: number, untilMs: UnixMs): readonly Batch[] => {
  const opened: readonly Entry[] = [{ kind: 'ledger_opened', ledgerId: 'ab12', namePrefix: 'bk' }];
  const perLife = lifeOf(0, 0, 0).reduce((sum, batch) => sum + batch.entries.length, 0);
  const lives = Math.ceil(entries / perLife);
  // Four nodes live side by side, so a slot's next one begins after the end of the one before.
  const stepMs = HOUR_MS;
  const beginMs = Math.floor(untilMs / HOUR_MS) * HOUR_MS - (lives + HOURS_HELD + 1) * stepMs;
  const batches: Batch[] = [{ atMs: beginMs, entries: opened }];
  let head: Seq = opened.length;
  for (let life = 0; life < lives; life += 1) {
    for (const batch of lifeOf(life, head, beginMs + life * stepMs)) {
      batches.push(batch);
      head += batch.entries.length;
    }
  }
  return batches;
};

/** Writes such a past into a new ledger at `path`, a thousand entries a commit. */
export const fillLedger = async (path: string, entries: number): Promise<void> => {
  const ledger = openLedger({ path });
  let waiting: Entry[] = [];
  let head: Seq = 0;
  const flush = async (atMs: UnixMs): Promise<void> => {
    const result = await ledger.append(waiting, atMs, head);
    if (result.kind !== 'appended') throw new Error(`the ledger was not filled: ${result.kind}`);
    head += waiting.length;
    waiting = [];
  };
  let lastMs: UnixMs = 0;
  for (const { atMs, entries: more } of pastOf(entries, Date.now())) {
    waiting.push(...more);
    lastMs = atMs;
    if (waiting.length >= 1000) await flush(atMs);
  }
  if (waiting.length > 0) await flush(lastMs);
  ledger.close();
};
