// The evidence of fills: what was offered, asked, taken and paid, for each stretch of time that was bought.
import { describe, expect, test } from 'vitest';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createFills, type Fill } from '../../src/reconcile/fills.ts';
import { START_MS } from '../simulation/world.ts';
import { createStory, seenNode, type Story } from '../support/story.ts';

const fillsOf = ({ records }: Story): readonly Fill[] => {
  const account = createFills();
  for (const record of records) account.add(record);
  return account.finish();
};

describe('a fill', () => {
  test('tells limit, ask, what was paid, and how long it stood; a renewal is nobody’s asking.', () => {
    const story = createStory();
    const node = story.waiting(0);
    story.later(4 * MINUTE_MS);
    const shown = { nodeId: `n_${node}`, procurementId: `p_${node}`, startAtMs: story.nowMs };
    const ask = centsPerNodeHour(1104);
    story.tell({ kind: 'node_seen', node, seen: seenNode(shown), estimate: ask, watched: true });
    const bill = { kind: 'order_settled', node, cost: cents(1030) } as const;
    story.tell({ ...bill, orderId: 'o_1', fromMs: story.nowMs, toMs: START_MS + HOUR_MS });
    story.later(56 * MINUTE_MS);
    story.tell({
      kind: 'node_seen',
      node,
      seen: seenNode({ ...shown, endAtMs: START_MS + 2 * HOUR_MS }),
      estimate: null,
      watched: true,
    });
    const [first, second] = fillsOf(story);
    expect(first).toMatchObject({ what: 'fill', limit: 1200, ask: 1104, tookMs: 4 * MINUTE_MS });
    expect(first?.paid).toBeCloseTo((1030 * 60) / 56, 6);
    expect(second).toMatchObject({
      what: 'renewal',
      fromMs: START_MS + HOUR_MS,
      toMs: START_MS + 2 * HOUR_MS,
      ask: null,
      tookMs: null,
      paid: null,
    });
  });

  test('An order over several hours is laid on each, and a later record of it replaces the sum.', () => {
    const story = createStory();
    const node = story.running(0, { endAtMs: START_MS + HOUR_MS });
    story.later(HOUR_MS);
    const seen = seenNode({
      nodeId: `n_${node}`,
      procurementId: `p_${node}`,
      endAtMs: START_MS + 2 * HOUR_MS,
    });
    story.see(node, seen, true);
    const order = { kind: 'order_settled', orderId: 'o_1', node, fromMs: START_MS } as const;
    story.tell({ ...order, toMs: START_MS + 2 * HOUR_MS, cost: cents(2000) });
    expect(fillsOf(story).map(({ paid }) => paid)).toEqual([1000, 1000]);
    story.tell({ ...order, toMs: START_MS + 2 * HOUR_MS, cost: cents(1800) });
    expect(fillsOf(story).map(({ paid }) => paid)).toEqual([900, 900]);
  });

  test('A block and its extension: how long the venue took for each.', () => {
    const story = createStory();
    const node = story.running(
      0,
      { kind: 'reserved' },
      { hold: 'reserved', startAtMs: START_MS, endAtMs: START_MS + HOUR_MS },
    );
    story.later(30 * MINUTE_MS);
    story.tell({
      kind: 'extend_intended',
      node,
      nodeId: `n_${node}`,
      endBeforeMs: START_MS + HOUR_MS,
      endAfterMs: START_MS + 2 * HOUR_MS,
      limit: centsPerNodeHour(1320),
      basis: { lookAtMs: story.nowMs, ask: null, askedAtMs: null },
      why: 'a test',
    });
    story.later(MINUTE_MS);
    story.see(
      node,
      seenNode({
        nodeId: `n_${node}`,
        kind: 'reserved',
        procurementId: null,
        endAtMs: START_MS + 2 * HOUR_MS,
      }),
    );
    expect(fillsOf(story)).toMatchObject([
      { what: 'fill', hold: 'reserved', limit: 1200 },
      { what: 'extension', hold: 'reserved', limit: 1320, tookMs: MINUTE_MS },
    ]);
  });
});
