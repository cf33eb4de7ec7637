// The market's own truth, for tests, checkers and curious people: every node it remembers with its lifetime, every bill, every
// request that asked for a change, the asks. Plain values; nothing in it is what a client was shown under a fault.
import type { AskPoint } from '../domain/simulated-market.ts';
import type { HoldKind } from '../domain/node.ts';
import type { UnixMs } from '../domain/time.ts';
import type { BillRow, MarketState, NodeRow, NodeWord, RequestRow, TransactionRow } from './state.ts';

export interface Interval {
  readonly fromMs: UnixMs;
  /** Null: still going on. */
  readonly toMs: UnixMs | null;
}

export interface NodeRecord {
  readonly nodeId: string;
  readonly name: string;
  readonly zone: string;
  readonly gpu: string;
  readonly kind: HoldKind;
  readonly procurementId: string | null;
  readonly status: NodeWord;
  /** Cents per node-hour in force. */
  readonly limit: number;
  readonly createdAtMs: UnixMs;
  /** End of bought time; null when nothing is bought. */
  readonly endAtMs: UnixMs | null;
  /** Terminated, deleted or failed at; null while it lives. */
  readonly endedAtMs: UnixMs | null;
  /** Bought time, in the order of buying; one entry a bill. */
  readonly paid: readonly Interval[];
  /** Time with a running VM; of its last 50 VMs. */
  readonly running: readonly Interval[];
}

/** Money that came back for an order, or without a word of what for. */
export interface ReturnRecord {
  readonly why: 'refund' | 'sale';
  readonly atMs: UnixMs;
  readonly nodeId: string | null;
  /** The buy order it came back for. */
  readonly orderId: string | null;
  /** Cents. */
  readonly amount: number;
}

export interface MarketRecords {
  readonly nowMs: UnixMs;
  readonly startMs: UnixMs;
  /** Cents. */
  readonly balance: number;
  readonly nodes: readonly NodeRecord[];
  readonly bills: readonly BillRow[];
  readonly returns: readonly ReturnRecord[];
  readonly requests: readonly RequestRow[];
  /** Changes of the ask before our own depth, by zone. */
  readonly asks: Readonly<Record<string, readonly AskPoint[]>>;
}

export const recordsOf = (market: MarketState): MarketRecords => {
  const paid = new Map<string, Interval[]>();
  for (const bill of market.bills) {
    const spans = paid.get(bill.nodeId);
    const span = { fromMs: bill.fromMs, toMs: bill.toMs };
    if (spans === undefined) paid.set(bill.nodeId, [span]);
    else spans.push(span);
  }
  return {
    nowMs: market.nowMs,
    startMs: market.startMs,
    balance: market.balance,
    nodes: [...market.nodes.values()].map((node) => nodeRecord(node, paid.get(node.id) ?? [])),
    bills: [...market.bills],
    returns: market.transactions.flatMap(returnRecord),
    requests: [...market.requests],
    asks: Object.fromEntries([...market.zones].map(([name, zone]) => [name, [...zone.asks]])),
  };
};

const returnRecord = ({ type, atMs, bill, amount }: TransactionRow): readonly ReturnRecord[] => {
  if (type !== 'refund' && type !== 'sell_order') return [];
  const why = type === 'refund' ? 'refund' : 'sale';
  return [{ why, atMs, nodeId: bill?.nodeId ?? null, orderId: bill?.orderId ?? null, amount }];
};

const nodeRecord = (node: NodeRow, paid: readonly Interval[]): NodeRecord => ({
  nodeId: node.id,
  name: node.name,
  zone: node.zone,
  gpu: node.shownGpu,
  kind: node.kind,
  procurementId: node.procurementId,
  status: node.status,
  limit: node.limit,
  createdAtMs: node.createdMs,
  endAtMs: node.endMs,
  endedAtMs: node.endedMs,
  paid,
  running: node.vms.flatMap((vm) => (vm.startMs === null ? [] : [{ fromMs: vm.startMs, toMs: vm.endMs }])),
});
