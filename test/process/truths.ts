// What the market's own records say, in the words of the promises: who was alive and running when, what was bought for which
// hour, how limits moved. The daemon has no part in any of it.
import type { FleetReport } from '../../src/domain/report.ts';
import { HOUR_MS, splitAt } from '../../src/domain/time.ts';
import { parseNodeName } from '../../src/domain/names.ts';
import type { MarketRecords, NodeRecord } from '../../src/market/records.ts';
import type { Family } from '../telemetry/exposition.ts';

const fleetOf = (name: string): string => parseNodeName(name)?.fleet ?? '';

export const slotOf = (node: NodeRecord): number => parseNodeName(node.name)?.slot ?? -1;

/** Nodes of a fleet; all nodes without one. */
export const nodesOf = (records: MarketRecords, fleet: string | null = null): readonly NodeRecord[] =>
  records.nodes.filter((node) => fleet === null || fleetOf(node.name) === fleet);

export const runningAt = (records: MarketRecords, atMs: number, fleet: string | null = null): number =>
  nodesOf(records, fleet).filter((node) =>
    node.running.some(({ fromMs, toMs }) => fromMs <= atMs && (toMs ?? Number.POSITIVE_INFINITY) > atMs),
  ).length;

/** The most nodes of a fleet that were alive (made and not ended) at one instant. */
export const mostAlive = (records: MarketRecords, fleet: string | null = null): number => {
  const moves = nodesOf(records, fleet).flatMap((node) => [
    { atMs: node.createdAtMs, by: 1 },
    ...(node.endedAtMs === null ? [] : [{ atMs: node.endedAtMs, by: -1 }]),
  ]);
  moves.sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  let alive = 0;
  let most = 0;
  for (const { by } of moves) {
    alive += by;
    most = Math.max(most, alive);
  }
  return most;
};

/** Pairs of nodes that stood in one slot of a fleet at the same time: something that was bought twice. */
export const boughtTwice = (records: MarketRecords): readonly string[] => {
  const doubles: string[] = [];
  const slots = new Map<string, NodeRecord[]>();
  for (const node of records.nodes) {
    const name = parseNodeName(node.name);
    const key = name === null ? node.name : `${name.ledgerId} ${name.fleet} ${name.slot}`;
    const others = slots.get(key) ?? [];
    slots.set(key, [...others, node]);
    for (const other of others) {
      if ((other.endedAtMs ?? Number.POSITIVE_INFINITY) > node.createdAtMs)
        doubles.push(`${node.name} (${node.nodeId}) beside ${other.name} (${other.nodeId})`);
    }
  }
  return doubles;
};

/** Cents billed for each UTC clock hour, split by seconds as cost belongs to the hours it pays for. */
export const billedByHour = (
  records: MarketRecords,
  fleet: string | null = null,
): ReadonlyMap<number, number> => {
  const hours = new Map<number, number>();
  for (const bill of records.bills) {
    if (fleet !== null && fleetOf(bill.nodeName) !== fleet) continue;
    for (const piece of splitAt(bill.fromMs, bill.toMs, HOUR_MS)) {
      const share = (bill.cost * (piece.toMs - piece.fromMs)) / (bill.toMs - bill.fromMs);
      const hour = Math.floor(piece.fromMs / HOUR_MS);
      hours.set(hour, (hours.get(hour) ?? 0) + share);
    }
  }
  return hours;
};

export const billedCents = (records: MarketRecords): number =>
  records.bills.reduce((sum, bill) => sum + bill.cost, 0);

export const paidSeconds = (records: MarketRecords): number =>
  records.bills.reduce((sum, bill) => sum + (bill.toMs - bill.fromMs) / 1000, 0);

/** Stretches of time with a running VM; what still runs ends at the records' instant. */
export const stretchesOf = (
  records: MarketRecords,
): readonly { readonly fromMs: number; readonly toMs: number }[] =>
  records.nodes
    .flatMap((node) => node.running)
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs ?? records.nowMs }));

/** A limit that was put on a node's bid, and whether the bid stood unfilled just before. */
export interface LimitSet {
  readonly atMs: number;
  readonly limit: number;
  readonly waiting: boolean;
}

/** Every limit that the market took for a node, in order: the create's, then the raises'. */
export const limitsOf = (records: MarketRecords, node: NodeRecord): readonly LimitSet[] =>
  records.requests.flatMap((request) => {
    const creates = request.method === 'POST' && request.nodes.includes(node.nodeId);
    const raises =
      request.method === 'PATCH' &&
      request.status === 200 &&
      request.path === `/v0/procurements/${node.procurementId}`;
    if ((!creates && !raises) || request.limit === null) return [];
    const bought = node.paid.some(
      ({ fromMs, toMs }) => fromMs + 1000 < request.atMs && request.atMs < (toMs ?? 0),
    );
    return [{ atMs: request.atMs, limit: request.limit, waiting: !bought }];
  });

/** The sum of a family's samples that carry these labels. */
export const sumOf = (
  scrape: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number =>
  (scrape.get(`bidkeeper_${name}`)?.samples ?? [])
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, sample) => sum + sample.value, 0);

export const isMet = (fleet: FleetReport | undefined): boolean =>
  fleet !== undefined && fleet.runningNodes === fleet.wantedNodes && fleet.unknownPurchases === 0;
