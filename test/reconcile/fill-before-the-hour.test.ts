// A bid that is filled shortly before an hour ends, with nobody looking until its VM runs in the next hour: both hours were
// bought, and the money of both is known. Found by a process test whose daemon was started anew just then.
import { expect, test } from 'vitest';
import type { SettledOrder } from '../../src/domain/look.ts';
import { cents } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { spentBetween } from '../../src/reconcile/books.ts';
import { settleOrders } from '../../src/reconcile/settle.ts';
import { START_MS } from '../simulation/world.ts';
import { createStory, seenNode, type Story } from '../support/story.ts';

const EDGE_MS = START_MS + HOUR_MS;
const FILLED_MS = EDGE_MS - 4 * SECOND_MS;

const order = (orderId: string, fromMs: number, toMs: number, cost: number): SettledOrder => ({
  orderId,
  side: 'buy',
  contractId: `c_${orderId}`,
  procurementId: 'p_2',
  zone: null,
  nodes: 1,
  fromMs,
  toMs,
  cost: cents(cost),
});

const settledOf = (story: Story): number => {
  const orders = [order('o_1', FILLED_MS, EDGE_MS, 2), order('o_2', EDGE_MS, EDGE_MS + HOUR_MS, 900)];
  for (const entry of settleOrders(story.books, orders)) story.tell(entry);
  return [...story.books.sums.values()].reduce((sum, one) => sum + one.settled, 0);
};

test('A fill just before the hour is booked from the fill on, not from the start of its VM, and every order of it is settled.', () => {
  const story = createStory();
  const node = story.waiting(0);
  story.nowMs = EDGE_MS + 6 * MINUTE_MS;
  const vm = { status: 'running', startAtMs: FILLED_MS + 3 * MINUTE_MS } as const;
  const known = story.books.nodes.get(node);
  story.see(
    node,
    seenNode({
      nodeId: known?.nodeId ?? '',
      name: known?.name ?? '',
      procurementId: 'p_2',
      status: 'running',
      startAtMs: FILLED_MS,
      endAtMs: EDGE_MS + HOUR_MS,
      vm,
    }),
  );
  expect(story.books.nodes.get(node)?.blocks[0]).toMatchObject({ fromMs: FILLED_MS, toMs: EDGE_MS });
  expect(settledOf(story)).toBe(902 * 3600);
  expect(story.books.nodes.get(node)?.blocks).toEqual([]);
});

test('A fill that was lost again before anybody looked is settled all the same: it is money of our own procurement.', () => {
  const story = createStory();
  const node = story.waiting(0);
  story.nowMs = EDGE_MS + 6 * MINUTE_MS;
  story.tell({ kind: 'node_ended', node, proof: 'terminated' });
  const entries = settleOrders(story.books, [order('o_1', FILLED_MS, EDGE_MS, 2)]);
  expect(entries).toMatchObject([{ kind: 'order_settled', cost: 2 }]);
});

test('An hour that the venue bought since the last look is counted once, whether the order or the look tells of it first.', () => {
  const story = createStory();
  const node = story.running(0);
  const nextHour = order('o_2', EDGE_MS, EDGE_MS + HOUR_MS, 900);
  for (const entry of settleOrders(story.books, [nextHour])) story.tell(entry);
  story.nowMs = EDGE_MS + MINUTE_MS;
  const seen = seenNode({ nodeId: story.node(node).nodeId ?? '', name: story.node(node).name });
  story.see(node, { ...seen, procurementId: 'p_2', endAtMs: EDGE_MS + HOUR_MS });
  expect(spentBetween(story.books, 'train', EDGE_MS, EDGE_MS + HOUR_MS)).toBe(900 * 3600);
  expect(story.node(node)).toMatchObject({ bookedToMs: EDGE_MS + HOUR_MS, ahead: [] });
  const [sums] = story.books.sums.values();
  expect(sums).toMatchObject({ committed: 2 * 1200 * 3600, settled: 900 * 3600 });
});
