// What single entries do to the books: raises, waits, fills, pauses, contradictions. Each is a rule of DESIGN §3, §4 or §9.
import { describe, expect, test } from 'vitest';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { believedLimit, countsAt, isAlive, limitInForce } from '../../src/reconcile/books.ts';
import { renewalLead } from '../../src/reconcile/earmarks.ts';
import { basis, createStory, seenNode, type Story } from '../support/story.ts';

const procurement = (story: Story, node: number, limit: number): void => {
  story.tell({
    kind: 'procurement_seen',
    node,
    procurementId: `p_${node}`,
    limit: centsPerNodeHour(limit),
    horizonMs: 0,
  });
};

const answerRaise = (story: Story, intent: number, answer: 'accepted' | 'unknown'): void => {
  if (answer === 'accepted') story.accept(intent);
  else
    story.tell({
      kind: 'change_unknown',
      intent,
      change: 'raise',
      cause: 'timeout',
      status: null,
      message: '',
    });
};

describe('raises', () => {
  test('Until a raise is read back the books hold the higher of old and new, up or down, answered or not.', () => {
    const story = createStory();
    const node = story.waiting(0);
    const up = story.raise(node, 1400);
    expect(limitInForce(story.node(node))).toBe(1400);
    answerRaise(story, up, 'accepted');
    expect(limitInForce(story.node(node))).toBe(1400);
    procurement(story, node, 1400);
    const down = story.raise(node, 1000);
    answerRaise(story, down, 'accepted');
    expect(limitInForce(story.node(node))).toBe(1400);
    procurement(story, node, 1000);
    expect(limitInForce(story.node(node))).toBe(1000);
    expect(story.node(node).raises).toEqual([]);
  });

  test('Reading back the newest accepted raise settles the accepted ones before it; one with a lost answer counts for an hour.', () => {
    const story = createStory();
    const node = story.waiting(0);
    answerRaise(story, story.raise(node, 1400), 'accepted');
    const lost = story.raise(node, 1560);
    answerRaise(story, lost, 'unknown');
    answerRaise(story, story.raise(node, 1000), 'accepted');
    story.later(MINUTE_MS);
    procurement(story, node, 1000);
    expect(story.node(node).raises.map((raise) => raise.intent)).toEqual([lost]);
    expect(limitInForce(story.node(node))).toBe(1560);
    expect(believedLimit(story.node(node))).toEqual({ limit: 1000, sure: true });
    story.later(HOUR_MS);
    procurement(story, node, 1000);
    expect(limitInForce(story.node(node))).toBe(1000);
  });

  test('A 403 on a raise is remembered as “cannot raise in place” and opens no breaker; on a create it opens the breaker.', () => {
    const story = createStory();
    const node = story.waiting(0);
    const raise = story.raise(node, 1400);
    story.tell({
      kind: 'change_refused',
      intent: raise,
      change: 'raise',
      code: 'forbidden',
      status: 403,
      message: '',
    });
    expect(story.books).toMatchObject({ raisingRefusedAtMs: story.nowMs, breaker: null });
    expect(limitInForce(story.node(node))).toBe(1200);
    const create = story.create({ slot: 1 });
    story.tell({
      kind: 'change_refused',
      intent: create,
      change: 'create',
      code: 'forbidden',
      status: 403,
      message: 'frozen',
    });
    expect(story.books.breaker).toMatch(/403.*frozen/);
    story.tell({ kind: 'resume_requested', by: 'ann', why: '' });
    expect(story.books.breaker).toBeNull();
  });
});

describe('a node’s life', () => {
  test('An evicted node goes back to waiting under the same generation, counted as an interruption; refilled it runs again.', () => {
    const story = createStory();
    const node = story.running(0);
    const evicted = seenNode({
      nodeId: `n_${node}`,
      procurementId: `p_${node}`,
      status: 'awaitingcapacity',
      vm: null,
    });
    story.nowMs += HOUR_MS;
    story.see(node, evicted);
    expect(story.node(node)).toMatchObject({ phase: 'waiting', waitingSinceMs: story.nowMs, generation: 1 });
    expect([...(story.books.fleets.get('train')?.interruptions ?? [])]).toEqual([['hayesvalley/outbid', 1]]);
    story.later(30 * MINUTE_MS);
    const vm = { status: 'running', startAtMs: story.nowMs } as const;
    story.see(node, { ...evicted, status: 'running', vm, endAtMs: story.nowMs + 30 * MINUTE_MS });
    const { phase, blocks } = story.node(node);
    expect(phase).toBe('running');
    expect(blocks.map((block) => (block.toMs - block.fromMs) / MINUTE_MS)).toEqual([60, 30]);
  });

  test('A released node is alive and usable to its end, and counts no longer for the time after it.', () => {
    const story = createStory();
    const node = story.running(0);
    const end = story.nowMs + HOUR_MS;
    story.accept(
      story.tell({ kind: 'release_intended', node, nodeId: `n_${node}`, reason: 'surplus', why: '' }),
    );
    const book = story.node(node);
    expect(book).toMatchObject({ phase: 'releasing', usableSinceMs: story.nowMs });
    expect([isAlive(book), countsAt(book, end - 1), countsAt(book, end)]).toEqual([true, true, false]);
  });

  test('A release whose answer was lost or refused leaves the node counted as it was.', () => {
    for (const refused of [true, false]) {
      const story = createStory();
      const node = story.running(0);
      const intent = story.tell({
        kind: 'release_intended',
        node,
        nodeId: `n_${node}`,
        reason: 'surplus',
        why: '',
      });
      story.tell(
        refused
          ? { kind: 'change_refused', intent, change: 'release', code: 'request', status: 400, message: '' }
          : {
              kind: 'change_unknown',
              intent,
              change: 'release',
              cause: 'timeout',
              status: null,
              message: '',
            },
      );
      expect(story.node(node).phase).toBe('running');
      expect(countsAt(story.node(node), story.nowMs + 9 * HOUR_MS)).toBe(true);
    }
  });

  test('Another GPU type or zone than was asked is not a fill.', () => {
    for (const wrong of [{ gpu: 'h200' }, { zone: 'elsewhere' }]) {
      const story = createStory();
      const node = story.running(0, wrong);
      expect(story.node(node)).toMatchObject({ wrongGoods: true, usableSinceMs: null });
      expect(story.books.fleets.get('train')?.purchases.filled).toBe(0);
    }
  });

  test('Obtained time counts while a VM runs, and never beyond the time that was bought.', () => {
    const story = createStory();
    const node = story.running(0, { vm: { status: 'pending', startAtMs: null } });
    const shown = seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}` });
    story.later(2 * MINUTE_MS);
    story.see(node, shown);
    story.later(2 * HOUR_MS);
    story.tell({ kind: 'node_ended', node, proof: 'terminated' });
    const [sums] = story.books.sums.values();
    expect(sums?.obtainedMs).toBe(58 * MINUTE_MS);
  });
});

describe('when the venue renews', () => {
  const watched = (horizonMs: number, jumps: readonly number[]) => {
    const story = createStory();
    const node = story.running(0);
    story.tell({ kind: 'procurement_seen', node, procurementId: `p_${node}`, limit: null, horizonMs });
    let end = story.nowMs + HOUR_MS;
    for (const leadMs of jumps) {
      story.nowMs = end - leadMs;
      end += HOUR_MS;
      story.see(node, seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}`, endAtMs: end }), true);
    }
    return renewalLead(story.books, story.node(node));
  };

  test('Until two jumps of the end were watched the next hour counts as bought when this one starts.', () => {
    expect(watched(0, [])).toBe(HOUR_MS);
    expect(watched(0, [10 * SECOND_MS])).toBe(HOUR_MS);
    expect(watched(0, [10 * SECOND_MS, 40 * SECOND_MS])).toBe(40 * SECOND_MS);
  });

  test('A stated horizon is believed at least, and what was seen where that is more.', () => {
    expect(watched(HOUR_MS, [30 * MINUTE_MS, 30 * MINUTE_MS])).toBe(HOUR_MS);
    expect(watched(10 * MINUTE_MS, [20 * MINUTE_MS, 12 * MINUTE_MS])).toBe(20 * MINUTE_MS);
    expect(watched(2 * HOUR_MS, [])).toBe(2 * HOUR_MS);
  });

  test('An end that falls back and comes again, as an old listing shows it, teaches nothing and buys nothing.', () => {
    const story = createStory();
    const node = story.running(0);
    const end = story.nowMs + HOUR_MS;
    const shown = seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}`, endAtMs: end });
    for (let fault = 0; fault < 3; fault += 1) {
      story.see(node, { ...shown, endAtMs: end - HOUR_MS }, true);
      story.see(node, shown, true);
    }
    expect(renewalLead(story.books, story.node(node))).toBe(HOUR_MS);
    expect(story.node(node).blocks).toHaveLength(1);
  });
});

describe('entries that do not fit', () => {
  test.each([
    ['a generation that is spent', (story: Story) => void [story.create(), story.create()]],
    [
      'a node that is not in the books',
      (story: Story) => void story.tell({ kind: 'node_ended', node: 99, proof: 'failed' }),
    ],
    ['an answer to an intent that is not open', (story: Story) => story.accept(99)],
    [
      'an order of a node that is gone',
      (story: Story) =>
        void story.tell({
          kind: 'order_settled',
          orderId: 'o',
          node: 99,
          fromMs: 0,
          toMs: 1,
          cost: 1 as never,
        }),
    ],
    [
      'a voided node that was found',
      (story: Story) =>
        void story.tell({
          kind: 'intent_voided',
          intent: story.running(0),
          proof: 'absent_after_quarantine',
        }),
    ],
    [
      'a second id under one intent',
      (story: Story) => story.see(story.running(0), seenNode({ nodeId: 'n_other' })),
    ],
    [
      'a raise of nothing',
      (story: Story) =>
        void story.tell({
          kind: 'raise_intended',
          node: 99,
          procurementId: 'p',
          from: 8 as never,
          to: 16 as never,
          reason: 'climb',
          basis,
          why: '',
        }),
    ],
  ])('%s is remembered as a contradiction, in words, and nothing throws.', (_, tell) => {
    const story = createStory();
    tell(story);
    expect(story.books.contradiction).toMatch(/\w+ \w+/);
  });

  test('A gap in the numbers is a contradiction; a person’s resume lets it pass.', () => {
    const story = createStory();
    story.records.push(...story.records);
    story.tell({ kind: 'pause_acknowledged' });
    expect(story.books.contradiction).toMatch(/follows entry/);
    story.tell({ kind: 'resume_requested', by: 'ann', why: 'looked at it' });
    expect(story.books.contradiction).toBeNull();
  });
});

describe('refusals', () => {
  test('A refused create frees its slot, with the same name; one that was not sent costs no purchase count.', () => {
    const story = createStory();
    for (const code of ['price', 'capacity', 'funds', 'request', 'not_sent'] as const) {
      const intent = story.create();
      story.tell({ kind: 'change_refused', intent, change: 'create', code, status: null, message: '' });
      expect(story.books.nodes.size).toBe(0);
    }
    expect(story.books.contradiction).toBeNull();
    expect(story.books.fleets.get('train')?.purchases).toEqual({
      filled: 0,
      refused_price: 1,
      refused_capacity: 1,
      refused_funds: 1,
      refused_request: 1,
      unknown: 0,
    });
  });

  test('Refusals for lack of funds are counted in a row, and end with the next accepted purchase or extension.', () => {
    const story = createStory();
    const endAtMs = story.nowMs + HOUR_MS;
    const node = story.running(0, { endAtMs }, { hold: 'reserved', endAtMs });
    const refuse = () => {
      const intent = story.create({ slot: 1 });
      story.tell({
        kind: 'change_refused',
        intent,
        change: 'create',
        code: 'funds',
        status: 402,
        message: '',
      });
    };
    refuse();
    refuse();
    expect(story.books.funds.refusals).toBe(2);
    const limit = story.node(node).limit;
    const extend = {
      kind: 'extend_intended',
      node,
      nodeId: `n_${node}`,
      endBeforeMs: endAtMs,
      endAfterMs: endAtMs + HOUR_MS,
      limit,
    } as const;
    story.accept(story.tell({ ...extend, basis, why: '' }));
    expect(story.books.funds.refusals).toBe(0);
    refuse();
    story.accept(story.create({ slot: 2 }));
    expect(story.books.funds.refusals).toBe(0);
  });
});
