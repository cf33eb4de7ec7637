// `bidkeeper why`: the reasons it gives are the ones the ledger holds at that instant, and each tells when it ends.
import { describe, expect, test } from 'vitest';
import { whyAnswer, type WhyAnswer } from '../../src/cli/why/why-answer.ts';
import { createHistory } from '../../src/cli/why/why-history.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { fleetPolicy, processPolicy, START_MS } from '../simulation/world.ts';
import { basis, createStory, seenNode, type Story } from '../support/story.ts';
import { reportOf } from '../telemetry/reports.ts';
import { runIn } from './fake-shop.ts';

const answerOf = (story: Story, policy: Policy = processPolicy(), fleet = 'train'): WhyAnswer => {
  const history = createHistory(fleet);
  for (const record of story.records) history.add(record);
  return whyAnswer({ fleet, atMs: story.nowMs, books: story.books, history, policy, periodOf });
};

const wanting = (nodes: number): Story => {
  const story = createStory();
  story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: nodes, runningNodes: 0 });
  return story;
};

const codes = (answer: WhyAnswer): readonly string[] => answer.obstacles.map((one) => one.code);

describe('the state it answers from', () => {
  test('nodes are told apart: running, waiting, unknown, releasing, missing', () => {
    const story = wanting(5);
    story.running(0);
    story.waiting(1);
    const lost = story.create({ slot: 2 });
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    const going = story.running(3);
    story.tell({ kind: 'release_intended', node: going, nodeId: `n_${going}`, reason: 'surplus', why: 'x' });
    story.accept(story.books.seq);
    const answer = answerOf(story);
    expect(answer).toMatchObject({ wanted: 5, running: 2, waiting: 1, unknown: 1, releasing: 1, missing: 2 });
    expect(answer.missingSinceMs).toBe(START_MS);
  });

  test('--at answers from the entries up to that instant and no later ones', async () => {
    const story = wanting(1);
    story.later(HOUR_MS);
    story.tell({ kind: 'pause_requested', by: 'anna', why: 'audit' });
    const before = await runIn({ records: story.records }, 'why', 'train', '--at', '2026-01-01T00:30');
    expect(before.out).not.toContain('paused');
    expect(before.out).toContain('From the ledger up to entry 2 of 2026-01-01T00:00:00Z');
    const after = await runIn({ records: story.records }, 'why', 'train');
    expect(after.out).toContain(
      'anna paused everything at 2026-01-01T01:00:00Z (the daemon has not confirmed it yet): audit.',
    );
  });
});

describe('what stood in the way', () => {
  test('nothing, when it has what it wants', async () => {
    const story = wanting(1);
    story.running(0);
    const { out } = await runIn({ records: story.records }, 'why', 'train');
    expect(out).toContain('It did not buy more, because it had what it wanted.');
  });

  test('a lost answer, with the end of its quarantine', () => {
    const story = wanting(1);
    const lost = story.create();
    story.later(MINUTE_MS);
    story.tell({
      kind: 'change_unknown',
      intent: lost,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    const [found] = answerOf(story).obstacles;
    expect(found).toMatchObject({ code: 'quarantine', untilMs: START_MS + 16 * MINUTE_MS });
    expect(found?.text).toContain('two looks after 2026-01-01T00:16:00Z prove that it never was');
  });

  test('released nodes, with the end of their paid time', () => {
    const story = wanting(1);
    const going = story.running(0);
    story.tell({ kind: 'release_intended', node: going, nodeId: `n_${going}`, reason: 'surplus', why: 'x' });
    story.accept(story.books.seq);
    expect(answerOf(story).obstacles).toMatchObject([{ code: 'releasing', untilMs: START_MS + HOUR_MS }]);
    story.later(2 * HOUR_MS);
    expect(codes(answerOf(story))).toEqual([]);
  });

  test('nodes with our prefix that the ledger does not own', () => {
    const story = wanting(1);
    story.tell({ kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-zz99-train-0-g1', fleet: 'train' });
    story.tell({ kind: 'unowned_seen', nodeId: 'n_y', name: 'bk-zz99-serve-0-g1', fleet: 'serve' });
    const { obstacles } = answerOf(story);
    expect(obstacles).toHaveLength(1);
    expect(obstacles[0]?.text).toContain('bk-zz99-train-0-g1 is alive with our prefix');
  });

  test('a breaker, a contradiction and dry run stop everything', () => {
    const story = wanting(1);
    story.tell({ kind: 'breaker_opened', cause: 'the venue answered 403 to a look' });
    story.tell({ kind: 'node_ended', node: 99, proof: 'deleted' });
    expect(codes(answerOf(story, processPolicy({ mode: 'dry_run' })))).toEqual([
      'contradiction',
      'breaker',
      'dry_run',
    ]);
  });

  test('a 402, with the time of the next try', () => {
    const story = wanting(1);
    const intent = story.create();
    story.tell({ kind: 'change_refused', intent, change: 'create', code: 'funds', status: 402, message: '' });
    expect(answerOf(story).obstacles[0]).toMatchObject({ code: 'funds', untilMs: START_MS + 5 * MINUTE_MS });
  });

  test('an offer refused for its price, with the time it may be repeated', () => {
    const story = wanting(1);
    const intent = story.create({ hold: 'reserved', endAtMs: START_MS + HOUR_MS });
    story.tell({ kind: 'change_refused', intent, change: 'create', code: 'price', status: 400, message: '' });
    expect(answerOf(story).obstacles).toMatchObject([{ code: 'refused', untilMs: START_MS + 5 * MINUTE_MS }]);
  });

  test('an ask above the ceiling, while the quote can still be used', () => {
    const story = wanting(1);
    const ask = centsPerNodeHour(1840);
    const node = story.waiting(0);
    const parked = { ...basis, ask, askedAtMs: START_MS };
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 2, runningNodes: 0 });
    const to = centsPerNodeHour(8);
    const from = story.node(node).limit;
    story.tell({
      kind: 'raise_intended',
      node,
      procurementId: 'p',
      from,
      to,
      reason: 'park',
      basis: parked,
      why: 'x',
    });
    story.later(MINUTE_MS);
    expect(answerOf(story).obstacles).toMatchObject([{ code: 'ceiling' }]);
    expect(answerOf(story).obstacles[0]?.text).toContain(
      '$18.40/node-hour ($2.30/gpu-hour) (asked 1m before), is above the ceiling $16.00',
    );
    story.later(HOUR_MS);
    expect(codes(answerOf(story))).toEqual([]);
  });

  test('a budget with less than one more hour left, computed from the books, with the start of the next period', () => {
    const policy = processPolicy({
      fleets: [fleetPolicy({ budget: { hour: cents(1900), day: cents(100_000) } })],
    });
    const story = wanting(2);
    story.running(0);
    const answer = answerOf(story, policy);
    expect(answer.obstacles).toMatchObject([{ code: 'budget', untilMs: START_MS + HOUR_MS }]);
    expect(answer.obstacles[0]?.text).toContain('The hour budget of train has $7.00 of $19.00 left');
    expect(answer.budgets.map((one) => [one.period, one.usedCents])).toEqual([
      ['hour', 1200],
      ['day', 1200],
    ]);
  });

  test('rates and the most nodes of the process', () => {
    const limits = { ...processPolicy().limits, nodes: 1, purchasesPerHour: 1 };
    const story = wanting(2);
    story.running(0);
    expect(answerOf(story, processPolicy({ limits })).obstacles).toMatchObject([
      { code: 'rate', untilMs: START_MS + HOUR_MS },
      { code: 'hard_cap' },
    ]);
  });
});

describe('what it prints', () => {
  test('the climb with its reason, the last deeds with what became of them, and the source', async () => {
    const story = wanting(2);
    const ask = centsPerNodeHour(1180);
    story.tell({
      kind: 'climb_moved',
      fleet: 'train',
      zone: 'hayesvalley',
      level: centsPerNodeHour(1200),
      reason: 'started',
      ask,
      askedAtMs: START_MS,
    });
    story.running(0);
    story.running(1);
    const { out, exit } = await runIn({ records: story.records }, 'why', 'train');
    expect(exit).toBe(0);
    expect(out).toContain('It wanted 2 nodes (16 h100 GPUs); 2 ran.');
    expect(out).toContain(
      'In hayesvalley the climb stood at $12.00/node-hour ($1.50/gpu-hour), since 2026-01-01T00:00:00Z: a new climb started there (the ask was $11.80/node-hour ($1.475/gpu-hour)).',
    );
    expect(out).toContain('buys h100 in hayesvalley');
    expect(out).toContain('-> after 0s: the venue accepted the purchase');
  });

  test('equal deeds of one instant are one line', async () => {
    const story = wanting(3);
    for (const slot of [0, 1, 2]) story.create({ slot });
    const { out } = await runIn({ records: story.records }, 'why', 'train');
    expect(out).toContain('bk-ab12-train-0-g1 and 2 more  buys');
    expect(out).toContain('-> no answer yet (the first of them)');
  });

  test('what a running daemon decided last is shown for the present, and only for it', async () => {
    const live = reportOf(['train'], {
      decisions: [
        {
          fleet: 'train',
          action: 'none',
          zone: 'hayesvalley',
          name: null,
          limit: null,
          refusedBy: null,
          reason: 'stand_down',
          why: 'the ask is above the ceiling',
        },
      ],
    });
    const { records } = wanting(1);
    expect((await runIn({ records, live }, 'why', 'train')).out).toContain(
      'stand_down in hayesvalley: the ask is above the ceiling',
    );
    expect((await runIn({ records, live }, 'why', 'train', '--at', '2026-01-01')).out).not.toContain(
      'stand_down',
    );
  });

  test('--json carries the same as values', async () => {
    const story = wanting(1);
    story.see(story.running(0), seenNode({ nodeId: 'n_3' }));
    const { out } = await runIn({ records: story.records }, 'why', 'train', '--json');
    expect(JSON.parse(out)).toMatchObject({
      fleet: 'train',
      wanted: 1,
      running: 1,
      obstacles: [],
      deeds: [{ seq: 3 }],
    });
  });

  test('a fleet that nobody knows is refused with the nearest name', async () => {
    const run = await runIn({ records: wanting(1).records }, 'why', 'trian');
    expect(run.exit).toBe(64);
    expect(run.err).toContain('E_USAGE_FLEET there is no fleet trian, the nearest is train');
  });

  test('a fleet that only the ledger knows can be asked for', async () => {
    const story = wanting(1);
    story.tell({ kind: 'coverage_changed', fleet: 'old', wantedNodes: 0, runningNodes: 0 });
    const { out, exit } = await runIn({ records: story.records }, 'why', 'old');
    expect(exit).toBe(0);
    expect(out).toContain('The present settings have no fleet old');
  });
});
