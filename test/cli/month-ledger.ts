// A month of a ledger, made entry by entry: a fleet that wants 6 nodes on working days and 2 else, buys them hour by hour,
// loses some, is billed a few minutes late, and a second one in blocks. Prices move over the month; everything follows from
// the numbers given, so that a test can recompute what a report says.
import type { Entry, LedgerRecord, Seq } from '../../src/domain/entry.ts';
import { cents, centsPerNodeHour, type CentsPerNodeHour } from '../../src/domain/money.ts';
import type { HoldKind, SeenNode } from '../../src/domain/node.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type UnixMs } from '../../src/domain/time.ts';

export interface MadeLedger {
  readonly records: readonly LedgerRecord[];
  /** Cents billed, by fleet. */
  readonly billed: ReadonlyMap<string, number>;
  /** Seconds with a VM running, by fleet. */
  readonly usedSeconds: ReadonlyMap<string, number>;
  readonly boughtSeconds: ReadonlyMap<string, number>;
}

const BOOT_MS = 5 * MINUTE_MS;
const price = (hour: number): CentsPerNodeHour =>
  centsPerNodeHour(1280 + 8 * Math.round(30 * Math.sin(hour / 37) + 14 * Math.sin(hour / 5)));

/** Days counted from `startMs`, which is on the hour. */
export const makeMonth = (startMs: UnixMs, days: number): MadeLedger => {
  const records: LedgerRecord[] = [];
  const sums = {
    billed: new Map<string, number>(),
    used: new Map<string, number>(),
    bought: new Map<string, number>(),
  };
  const add = (atMs: UnixMs, entry: Entry): Seq => {
    records.push({ seq: records.length + 1, atMs, entry });
    return records.length;
  };
  const count = (map: Map<string, number>, fleet: string, by: number): void =>
    void map.set(fleet, (map.get(fleet) ?? 0) + by);
  add(startMs, { kind: 'ledger_opened', ledgerId: 'ab12', namePrefix: 'bk' });
  add(startMs, { kind: 'daemon_started', version: '0.1.0', mode: 'live', settingsHash: 'f'.repeat(64) });

  let serial = 0;
  const generations = new Map<string, number>();
  const live = new Map<string, { seq: Seq; seen: SeenNode; hour: number }>();

  const buy = (fleet: string, slot: number, hour: number, hold: HoldKind): void => {
    const atMs = startMs + hour * HOUR_MS;
    const key = `${fleet}/${slot}`;
    const generation = (generations.get(key) ?? 0) + 1;
    generations.set(key, generation);
    const name = `bk-ab12-${fleet}-${slot}-g${generation}`;
    const limit = price(hour);
    const endAtMs = atMs + HOUR_MS;
    const basis = { lookAtMs: atMs, ask: limit, askedAtMs: atMs };
    const zone = slot % 3 === 2 ? 'richmond' : 'hayesvalley';
    const asked = {
      name,
      fleet,
      slot,
      generation,
      zone,
      gpu: 'h100',
      hold,
      limit,
      startAtMs: null,
      cloudInitHash: null,
    };
    const end = hold === 'reserved' ? endAtMs : null;
    const seq = add(atMs, {
      kind: 'create_intended',
      ...asked,
      endAtMs: end,
      basis,
      why: 'a node is missing',
    });
    serial += 1;
    const seen: SeenNode = {
      nodeId: `n_${serial}`,
      name,
      status: 'running',
      statusText: 'running',
      kind: hold,
      zone,
      gpu: 'h100',
      createdAtMs: atMs,
      startAtMs: atMs,
      endAtMs,
      procurementId: hold === 'reserved' ? null : `proc_${serial}`,
      limit,
      vm: { status: 'pending', startAtMs: null },
    };
    add(atMs, {
      kind: 'change_accepted',
      intent: seq,
      change: 'create',
      node: seen,
      limit: null,
      estimate: limit,
    });
    const running: SeenNode = { ...seen, vm: { status: 'running', startAtMs: atMs + BOOT_MS } };
    add(atMs + BOOT_MS, { kind: 'node_seen', node: seq, seen: running, estimate: limit, watched: true });
    count(sums.used, fleet, (HOUR_MS - BOOT_MS) / 1000);
    live.set(key, { seq, seen: running, hour });
    bill(fleet, seq, atMs, limit);
  };
  const bill = (fleet: string, node: Seq, fromMs: UnixMs, limit: CentsPerNodeHour): void => {
    const cost = cents(limit - 16);
    const orderId = `ordr_${fleet}_${node}_${fromMs}`;
    count(sums.billed, fleet, cost);
    count(sums.bought, fleet, HOUR_MS / 1000);
    add(fromMs + BOOT_MS, { kind: 'order_settled', orderId, node, fromMs, toMs: fromMs + HOUR_MS, cost });
  };
  const renew = (fleet: string, key: string, hour: number): void => {
    const one = live.get(key);
    if (one === undefined) return;
    const atMs = startMs + hour * HOUR_MS;
    const seen: SeenNode = { ...one.seen, endAtMs: atMs + HOUR_MS };
    const limit = one.seen.limit ?? price(hour);
    add(atMs, { kind: 'renewals_authorised', untilMs: atMs + HOUR_MS, nodes: [one.seq] });
    add(atMs, { kind: 'node_seen', node: one.seq, seen, estimate: limit, watched: true });
    count(sums.used, fleet, HOUR_MS / 1000);
    live.set(key, { ...one, seen });
    bill(fleet, one.seq, atMs, limit);
  };
  const end = (key: string, hour: number): void => {
    const one = live.get(key);
    if (one === undefined) return;
    const atMs = startMs + hour * HOUR_MS;
    const seen: SeenNode = { ...one.seen, status: 'terminated', statusText: 'terminated', vm: null };
    add(atMs, { kind: 'node_seen', node: one.seq, seen, estimate: null, watched: true });
    add(atMs, { kind: 'node_ended', node: one.seq, proof: 'terminated' });
    live.delete(key);
  };

  const wanted = (fleet: string, hour: number): number => {
    const day = new Date(startMs + hour * HOUR_MS).getUTCDay();
    return fleet === 'serve' ? 2 : day === 0 || day === 6 ? 2 : 6;
  };
  for (let hour = 0; hour < (days * DAY_MS) / HOUR_MS; hour += 1) {
    for (const [fleet, hold] of [
      ['train', 'autoreserved'],
      ['serve', 'reserved'],
    ] as const) {
      const target = wanted(fleet, hour);
      const outbid = fleet === 'train' && hour % 29 === 17 ? 1 : 0;
      for (let slot = 0; slot < 6; slot += 1) {
        const key = `${fleet}/${slot}`;
        if (slot >= target || (slot === 0 && outbid > 0)) end(key, hour);
        else if (live.has(key)) renew(fleet, key, hour);
        else if (!(fleet === 'train' && hour % 29 === 18 && slot === 0)) buy(fleet, slot, hour, hold);
      }
      const atMs = startMs + hour * HOUR_MS;
      const running = [...live.keys()].filter((key) => key.startsWith(`${fleet}/`)).length;
      if (hour === 0 || wanted(fleet, hour - 1) !== target || outbid > 0)
        add(atMs, { kind: 'coverage_changed', fleet, wantedNodes: target, runningNodes: running });
    }
  }
  return { records, billed: sums.billed, usedSeconds: sums.used, boughtSeconds: sums.bought };
};
