// Around the plan: real prices replace worst cases, the poller is told what to ask, and people are told what stands.
import { describe, expect, test } from 'vitest';
import type { SettledOrder } from '../../src/domain/look.ts';
import { cents } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { spentBetween } from '../../src/reconcile/books.ts';
import { coverUntil } from '../../src/reconcile/earmarks.ts';
import { createGate } from '../../src/reconcile/guard.ts';
import { outlookOn } from '../../src/reconcile/outlook.ts';
import { quoteWants } from '../../src/reconcile/quote-wants.ts';
import { alarms, fleetReports, totals } from '../../src/reconcile/report.ts';
import { budgetReports } from '../../src/reconcile/report-budgets.ts';
import { settleOrders, settlementWants } from '../../src/reconcile/settle.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { fleetPolicy, processPolicy, START_MS } from '../simulation/world.ts';
import { circumstances, marketOf, quoteOf, sceneOf } from '../support/scene.ts';
import { createStory, price, seenNode, teachEdges, type Story } from '../support/story.ts';

const order = (change: Partial<SettledOrder> = {}): SettledOrder => ({
  orderId: 'o_1',
  side: 'buy',
  contractId: 'c_1',
  procurementId: 'p_2',
  zone: null,
  nodes: 1,
  fromMs: START_MS,
  toMs: START_MS + HOUR_MS,
  cost: cents(900),
  ...change,
});
const settleAll = (story: Story, ...orders: readonly SettledOrder[]): number => {
  const entries = settleOrders(story.books, orders);
  for (const entry of entries) story.tell(entry);
  return entries.length;
};

describe('settled orders', () => {
  test('replace the worst case of the hours they paid for, once; the same order twice says nothing new.', () => {
    const story = createStory();
    story.running(0);
    const spent = () => spentBetween(story.books, 'train', START_MS, START_MS + HOUR_MS);
    expect(spent()).toBe(1200 * 3600);
    expect(settleAll(story, order())).toBe(1);
    expect(spent()).toBe(900 * 3600);
    expect(settleAll(story, order())).toBe(0);
    expect(settlementWants(story.books)).toBeNull();
    expect([...story.books.sums.values()][0]).toMatchObject({
      committed: 1200 * 3600,
      settled: 900 * 3600,
      paidSeconds: 3600,
    });
  });

  test('A corrected order counts what it adds as settled, and what it takes back as a refund.', () => {
    const story = createStory();
    story.running(0);
    settleAll(story, order(), order({ cost: cents(1000) }));
    settleAll(story, order({ cost: cents(1000) }));
    settleAll(story, order({ cost: cents(600) }));
    expect([...story.books.sums.values()][0]?.settled).toBe(1000 * 3600);
    expect(story.books.fleets.get('train')?.refunded).toBe(400 * 3600);
    expect(spentBetween(story.books, 'train', START_MS, START_MS + HOUR_MS)).toBe(600 * 3600);
  });

  test('An order that cannot be told apart is left alone: of another procurement, or a block of several nodes, another time or zone.', () => {
    const story = createStory();
    story.running(0);
    const endAtMs = START_MS + 2 * HOUR_MS;
    story.running(1, { endAtMs }, { hold: 'reserved', endAtMs });
    const block = { procurementId: null, zone: 'hayesvalley', toMs: endAtMs };
    for (const foreign of [
      order({ procurementId: 'p_x' }),
      order({ ...block, nodes: 2 }),
      order({ ...block, zone: 'elsewhere' }),
      order({ ...block, toMs: endAtMs + HOUR_MS }),
      order({ ...block, fromMs: START_MS - HOUR_MS }),
    ]) {
      expect(settleAll(story, foreign)).toBe(0);
    }
    expect(settleAll(story, order(block))).toBe(1);
  });

  test('Two equal blocks take one order each.', () => {
    const story = createStory();
    const endAtMs = START_MS + HOUR_MS;
    const nodes = [0, 1].map((slot) => story.running(slot, { endAtMs }, { hold: 'reserved', endAtMs }));
    const block = { procurementId: null, zone: 'hayesvalley' };
    const entries = settleOrders(story.books, [
      order({ ...block, orderId: 'a' }),
      order({ ...block, orderId: 'b' }),
      order({ ...block, orderId: 'c' }),
    ]);
    expect(new Set(entries.map((entry) => ('node' in entry ? entry.node : 0)))).toEqual(new Set(nodes));
    expect(entries).toHaveLength(2);
  });
});

describe('what the poller is told to ask', () => {
  test('The shortfall with the waiting ones where nodes are missing, and one node where an edge is near; otherwise nothing.', () => {
    const story = createStory();
    teachEdges(story);
    expect(quoteWants(sceneOf(story, { nodes: 3 }))).toMatchObject([{ nodes: 3, durationMs: HOUR_MS }]);
    story.running(0);
    story.waiting(1);
    expect(quoteWants(sceneOf(story, { nodes: 3 }))).toMatchObject([{ nodes: 2 }]);
    const calm = createStory();
    teachEdges(calm);
    calm.running(0);
    expect(quoteWants(sceneOf(calm))).toEqual([]);
    calm.nowMs += 45 * MINUTE_MS;
    expect(quoteWants(sceneOf(calm))).toMatchObject([{ nodes: 1 }]);
    expect(quoteWants(sceneOf(story, { nodes: 9, withdraw: 'paused' }))).toEqual([]);
  });

  test('Where the market is recorded, every zone now and then, also in a pause; and once an hour what the fleet does not buy.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    const wants = (options: Parameters<typeof sceneOf>[1]) =>
      quoteWants(sceneOf(story, { policy: { askEveryMs: 5 * MINUTE_MS }, ...options })).map(
        ({ hold }) => hold,
      );
    expect(wants({ ask: null })).toEqual(['autoreserved', 'reserved']);
    expect(wants({ ask: null, withdraw: 'paused' })).toEqual(['autoreserved', 'reserved']);
    expect(wants({})).toEqual([]);
    const asked = marketOf([quoteOf(1000, story.nowMs)]);
    story.later(5 * MINUTE_MS);
    expect(wants({ market: asked })).toEqual(['autoreserved']);
    story.later(HOUR_MS);
    expect(wants({ market: asked })).toEqual(['autoreserved', 'reserved']);
  });

  test('A block is quoted for its own window, in whole hours.', () => {
    const story = createStory();
    story.later(40 * MINUTE_MS);
    const fleet = { hold: 'reserved', blockMs: 4 * HOUR_MS } as const;
    expect(quoteWants(sceneOf(story, { fleet }))).toMatchObject([
      { hold: 'reserved', durationMs: 5 * HOUR_MS },
    ]);
  });
});

describe('how far a bid is let through', () => {
  test('Up to the end of the last hour the venue may buy before the next assured look.', () => {
    const hours = (minute: number, lead: number) =>
      (coverUntil(START_MS + minute * MINUTE_MS, 2 * MINUTE_MS, lead) - START_MS) / HOUR_MS;
    expect([hours(0, 0), hours(56, 0), hours(57, 0), hours(0, HOUR_MS), hours(57, HOUR_MS)]).toEqual([
      1, 1, 2, 2, 3,
    ]);
  });
});

describe('the report', () => {
  const inputOf = (story: Story, nodes = 4) => ({
    nowMs: story.nowMs,
    lookedAtMs: story.nowMs,
    books: story.books,
    policy: processPolicy({ fleets: [fleetPolicy({ budget: { hour: cents(5000) } })] }),
    desires: new Map([['train', { gpus: nodes * 8, nodes, nextChangeMs: null, nodesAt: () => nodes }]]),
  });

  test('says what is held, what is unknown, and what goes on costing with nobody watching.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1, { limit: price(1400) });
    const lost = story.create({ slot: 2 });
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    const { fleets, nodes } = fleetReports(inputOf(story));
    expect(fleets[0]).toMatchObject({
      wantedNodes: 4,
      runningNodes: 1,
      unknownPurchases: 1,
      limit: 1400,
      spendRate: 1200,
      unattendedRate: 1200,
    });
    expect(nodes.map((node) => node.state)).toEqual(['running', 'waiting', 'unknown']);
  });

  test('Budgets show what is spent and what is put aside, to the cent-second.', () => {
    const story = createStory();
    story.running(0);
    story.waiting(1);
    story.later(30 * MINUTE_MS);
    const gate = createGate(circumstances(story.books, story.nowMs));
    expect(
      budgetReports(inputOf(story), gate, periodOf, outlookOn({ ...inputOf(story), market: marketOf([]) })),
    ).toMatchObject([
      {
        budget: 'train',
        period: 'hour',
        spent: 1200 * 3600,
        earmarked: 1200 * 1800,
        periodEndMs: START_MS + HOUR_MS,
      },
    ]);
  });

  test('Totals grow between two looks with the target and with what runs.', () => {
    const story = createStory();
    story.running(0);
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 2, runningNodes: 1 });
    story.later(10 * MINUTE_MS);
    const { zones, fleets } = totals(inputOf(story));
    expect(zones[0]).toMatchObject({ obtainedNodeSeconds: 600 });
    expect(fleets[0]).toMatchObject({ targetNodeSeconds: 1200 });
  });

  test('Each thing a person must look at has its own alarm.', () => {
    const story = createStory();
    story.running(0, { gpu: 'h200' });
    story.running(1, { vm: { status: 'node_failure', startAtMs: null } });
    story.running(2, {}, { fleet: 'gone' });
    story.waiting(3, { limit: price(2400) });
    story.tell({ kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-x', fleet: null });
    story.tell({ kind: 'breaker_opened', cause: '403' });
    const lost = story.create({ slot: 4 });
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    const overrun = story.running(6);
    story.see(
      overrun,
      seenNode({ nodeId: `n_${overrun}`, procurementId: `p_${overrun}`, endAtMs: START_MS + 5 * HOUR_MS }),
    );
    story.tell({
      kind: 'change_refused',
      intent: story.create({ slot: 5 }),
      change: 'create',
      code: 'funds',
      status: 402,
      message: '',
    });
    story.accept(999);
    const codes = alarms(inputOf(story)).map((alarm) => alarm.code);
    expect(new Set(codes)).toEqual(
      new Set([
        'wrong_goods',
        'unhealthy',
        'orphaned_fleet',
        'unit_mismatch',
        'unowned',
        'breaker',
        'unknown_purchase',
        'funds',
        'overrun',
        'contradiction',
      ]),
    );
    expect(alarms(inputOf(createStory()))).toEqual([]);
  });
});
