// What a tick does with evidence: orders of the venue, and answers that were lost and are found, or never.
import { describe, expect, test } from 'vitest';
import type { SettledOrder, SettlementNews } from '../../src/domain/look.ts';
import { cents } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { START_MS } from '../simulation/world.ts';
import { openDesk } from '../support/desk.ts';
import { seenNode } from '../support/story.ts';

describe('settled orders', () => {
  test('are written even in the tick that sees their node end, and those that come while a tick runs wait for the next.', async () => {
    const desk = await openDesk();
    desk.wanted = 1;
    await desk.tick();
    const oneOrder = (orderId: string, cost: number): SettledOrder => ({
      orderId,
      side: 'buy',
      contractId: 'c',
      procurementId: 'p_0',
      zone: null,
      nodes: 1,
      fromMs: desk.nowMs,
      toMs: desk.nowMs + HOUR_MS,
      cost: cents(cost),
    });
    const order = (orderId: string, cost: number): SettlementNews => ({
      kind: 'orders',
      orders: [oneOrder(orderId, cost)],
      askedAtMs: START_MS,
      sought: [],
    });
    desk.memory.settled = [order('o_1', 900)];
    const node = [...desk.nodes.values()][0] ?? seenNode();
    desk.nodes.set(node.nodeId, { ...node, status: 'terminated' });
    desk.wanted = 0;
    desk.beforeAppend = async (entries) => {
      if (entries.some((entry) => entry.kind === 'order_settled'))
        desk.memory.settled = [...desk.memory.settled, order('o_2', 1)];
      return undefined;
    };
    const report = await desk.tick();
    expect(report.totals[0]).toMatchObject({ settled: 900 * 3600, paidNodeSeconds: 3600 });
    expect(desk.memory.settled).toEqual([order('o_2', 1)]);
    expect(desk.memory.books.contradiction).toBeNull();
  });
});

describe('a lost answer', () => {
  test('keeps slot, earmark and count; found later it is the same node, and nothing was bought twice.', async () => {
    const desk = await openDesk({ repost: 'never' });
    desk.wanted = 1;
    let made = false;
    desk.answer = async (change) => {
      if (change.kind !== 'create' || made) return undefined;
      made = true;
      return { kind: 'unknown', cause: 'timeout', status: null, message: '' };
    };
    const report = await desk.tick();
    expect(report.alarms.map((alarm) => alarm.code)).toContain('unknown_purchase');
    for (let turn = 0; turn < 20; turn += 1) {
      desk.nowMs += 30 * SECOND_MS;
      await desk.tick();
    }
    expect(desk.sent()).toEqual(['create train-0-g1']);
    desk.nodes.set(
      'n_late',
      seenNode({
        nodeId: 'n_late',
        name: 'bk-aaaa-train-0-g1',
        createdAtMs: desk.nowMs,
        endAtMs: desk.nowMs + HOUR_MS,
      }),
    );
    await desk.tick();
    expect(desk.sent()).toEqual(['create train-0-g1']);
    expect([...desk.memory.books.nodes.values()]).toMatchObject([{ nodeId: 'n_late', phase: 'running' }]);
  });

  test('is void after the quarantine and two looks, and the same name is bought then.', async () => {
    const desk = await openDesk({ repost: 'never' });
    desk.wanted = 1;
    let lost = 0;
    desk.answer = async (change) => {
      if (change.kind !== 'create' || lost > 0) return undefined;
      lost += 1;
      return { kind: 'unknown', cause: 'server_error', status: 500, message: '' };
    };
    const from = desk.nowMs;
    while (desk.sent().length < 2) {
      desk.nowMs += 30 * SECOND_MS;
      await desk.tick();
    }
    expect(desk.nowMs - from).toBeGreaterThanOrEqual(15 * MINUTE_MS);
    expect(desk.nowMs - from).toBeLessThanOrEqual(17 * MINUTE_MS);
    expect(desk.sent()).toEqual(['create train-0-g1', 'create train-0-g1']);
  });
});
