// `bidkeeper verify`: a sound ledger passes whole, and every broken promise that entries can show is found at its entry.
import { describe, expect, test } from 'vitest';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { Entry, LedgerRecord } from '../../src/domain/entry.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createAudit, type Finding } from '../../src/reconcile/audit.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { createWorld, fleetPolicy, processPolicy, START_MS } from '../simulation/world.ts';
import { lookOf } from '../support/scene.ts';
import { createStory, seenNode, type Story } from '../support/story.ts';
import { runIn } from './fake-shop.ts';
import { makeMonth } from './month-ledger.ts';

const findingsOf = (
  story: { readonly records: readonly LedgerRecord[] },
  policy: Policy = processPolicy(),
): readonly Finding[] => {
  const audit = createAudit({ policy, settingsHash: 'present', periodOf });
  for (const record of story.records) audit.add(record);
  return audit.findings();
};

const codes = (story: { readonly records: readonly LedgerRecord[] }, policy?: Policy): readonly string[] => [
  ...new Set(findingsOf(story, policy).map((one) => one.code)),
];

/** A ledger whose entries are written under the present settings, with a target. */
const begun = (wanted = 4): Story => {
  const story = createStory();
  story.tell({ kind: 'daemon_started', version: '0.1.0', mode: 'live', settingsHash: 'present' });
  story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: wanted, runningNodes: 0 });
  return story;
};
const end = (story: Story, node: number): void => {
  story.see(node, seenNode({ nodeId: `n_${node}`, status: 'terminated', vm: null }));
  story.tell({ kind: 'node_ended', node, proof: 'terminated' });
};

describe('a sound ledger', () => {
  test('of the real daemon over a day on the market, with losses, is found sound', async () => {
    const world = await createWorld({
      policy: processPolicy({
        fleets: [fleetPolicy({ budget: { hour: cents(9000), day: cents(150_000) } })],
      }),
    });
    await world.run(12 * HOUR_MS, 2 * MINUTE_MS);
    const records = await world.records();
    const policy = processPolicy({
      fleets: [fleetPolicy({ budget: { hour: cents(9000), day: cents(150_000) } })],
    });
    const run = await runIn({ records, policy, hash: 'test' }, 'verify');
    expect(run.out).toContain('SOUND.');
    expect(run.exit).toBe(0);
    expect(records.length).toBeGreaterThan(60);
  });

  test('tells what was checked, and the head to keep elsewhere', async () => {
    const story = begun();
    end(story, story.running(0));
    const { out } = await runIn({ records: story.records, hash: 'present' }, 'verify');
    expect(out).toContain(`/store.db: ${story.records.length} entries`);
    expect(out).toMatch(/head \d+, hash [0-9a-f]{64} \(keep it elsewhere: it proves a later cut\)/);
    expect(out).toContain('kept: 1 intents, 1 purchases, 0 orders');
  });

  test('of a month is judged within seconds of processor time', () => {
    const made = makeMonth(Date.UTC(2026, 10, 1), 30);
    const before = process.cpuUsage();
    expect(findingsOf(made)).toEqual([]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});

describe('a broken promise is found', () => {
  const broken: readonly (readonly [what: string, code: string, tell: (story: Story) => void])[] = [
    ['a node that no intent made', 'no_intent', (story) => story.see(99, seenNode())],
    [
      'an answer to an intent that is not there',
      'no_intent',
      (story) =>
        story.tell({
          kind: 'change_accepted',
          intent: 77,
          change: 'create',
          node: null,
          limit: null,
          estimate: null,
        }),
    ],
    [
      'an intent that was accepted and then refused',
      'ended_twice',
      (story) => {
        const intent = story.running(0);
        story.tell({
          kind: 'change_refused',
          intent,
          change: 'create',
          code: 'price',
          status: 400,
          message: '',
        });
      },
    ],
    [
      'an intent voided although its node was found',
      'ended_twice',
      (story) =>
        story.tell({ kind: 'intent_voided', intent: story.running(0), proof: 'absent_after_quarantine' }),
    ],
    [
      'a refused purchase that runs',
      'ended_twice',
      (story) => {
        const intent = story.create();
        story.tell({
          kind: 'change_refused',
          intent,
          change: 'create',
          code: 'price',
          status: 400,
          message: '',
        });
        story.see(intent, seenNode());
      },
    ],
    [
      'a generation raised while the former node may live',
      'generation',
      (story) => {
        story.running(0);
        story.create({ slot: 0, generation: 2 });
      },
    ],
    [
      'a generation used again after its node ended',
      'generation',
      (story) => {
        end(story, story.running(0));
        story.create({ slot: 0, generation: 1 });
      },
    ],
    [
      'a generation under one that was seen at the venue',
      'generation',
      (story) => {
        story.tell({ kind: 'generation_seen', fleet: 'train', slot: 0, generation: 4 });
        story.create({ slot: 0, generation: 3 });
      },
    ],
    [
      'an end without its proof',
      'proof',
      (story) => story.tell({ kind: 'node_ended', node: story.running(0), proof: 'terminated' }),
    ],
    [
      'a delete of ours that was never accepted',
      'proof',
      (story) => story.tell({ kind: 'node_ended', node: story.running(0), proof: 'deleted_by_us' }),
    ],
    [
      'a reservation ended before its time',
      'proof',
      (story) => {
        const node = story.running(0, {}, { hold: 'reserved', endAtMs: START_MS + HOUR_MS });
        story.tell({ kind: 'node_ended', node, proof: 'reservation_over' });
      },
    ],
    [
      'a node shown after its end',
      'after_end',
      (story) => {
        const node = story.running(0);
        end(story, node);
        story.see(node, seenNode({ nodeId: `n_${node}` }));
      },
    ],
    ['a limit between two eighths', 'limit', (story) => story.create({ limit: centsPerNodeHour(1201) })],
    ['a limit above the ceiling', 'ceiling', (story) => story.create({ limit: centsPerNodeHour(1608) })],
    ['a raise above the ceiling', 'ceiling', (story) => story.raise(story.running(0), 1608)],
    [
      'a purchase during a pause',
      'stopped',
      (story) => {
        story.tell({ kind: 'pause_requested', by: 'anna', why: 'x' });
        story.tell({ kind: 'pause_acknowledged' });
        story.create();
      },
    ],
    [
      'a raise while the breaker is open',
      'stopped',
      (story) => {
        const node = story.running(0);
        story.tell({ kind: 'breaker_opened', cause: '403' });
        story.raise(node, 1208);
      },
    ],
    [
      'a purchase beyond the target',
      'surge',
      (story) => {
        for (let slot = 0; slot < 5; slot += 1) story.create({ slot });
      },
    ],
    [
      'a purchase beside a node that is not ours',
      'unowned',
      (story) => {
        story.tell({ kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-zz99-train-0-g1', fleet: 'train' });
        story.create();
      },
    ],
    [
      'an order settled for two nodes',
      'settled_twice',
      (story) => {
        for (const node of [story.running(0), story.running(1)])
          story.tell({
            kind: 'order_settled',
            orderId: 'o',
            node,
            fromMs: START_MS,
            toMs: START_MS + HOUR_MS,
            cost: cents(1000),
          });
      },
    ],
    [
      'an order settled twice with the same sum',
      'settled_twice',
      (story) => {
        const node = story.running(0);
        const order: Entry = {
          kind: 'order_settled',
          orderId: 'o',
          node,
          fromMs: START_MS,
          toMs: START_MS + HOUR_MS,
          cost: cents(1000),
        };
        story.tell(order);
        story.tell(order);
      },
    ],
    [
      'a ledger opened twice',
      'opened',
      (story) => story.tell({ kind: 'ledger_opened', ledgerId: 'cd34', namePrefix: 'bk' }),
    ],
  ];

  test.each(broken)('%s [%s]', (_, code, tell) => {
    const story = begun();
    tell(story);
    const found = findingsOf(story).filter((one) => one.code === code);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ severity: 'problem' });
    expect(found[0]?.seq).toBeGreaterThan(3);
  });

  test('a budget that what was let through passes', () => {
    const policy = processPolicy({ fleets: [fleetPolicy({ budget: { day: cents(3000) } })] });
    const story = begun();
    story.create({ slot: 0 });
    story.later(MINUTE_MS);
    story.create({ slot: 1 });
    story.later(MINUTE_MS);
    expect(codes(story, policy)).toEqual([]);
    const third = story.create({ slot: 2 });
    story.later(MINUTE_MS);
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 4, runningNodes: 0 });
    expect(findingsOf(story, policy)).toMatchObject([{ code: 'budget', seq: third }]);
  });

  test('more purchases within an hour than are allowed', () => {
    const policy = processPolicy({ limits: { ...processPolicy().limits, purchasesPerHour: 2 } });
    const story = begun();
    for (let slot = 0; slot < 3; slot += 1) story.create({ slot });
    expect(codes(story, policy)).toEqual(['rate']);
  });

  test('but entries written under other settings are not held against these', () => {
    const story = createStory();
    story.tell({ kind: 'daemon_started', version: '0.1.0', mode: 'live', settingsHash: 'earlier' });
    story.create({ limit: centsPerNodeHour(1608) });
    expect(codes(story)).toEqual([]);
  });

  test('and a contradiction is found each time, not once', () => {
    const story = begun();
    story.see(98, seenNode());
    story.see(99, seenNode());
    expect(findingsOf(story).filter((one) => one.code === 'contradiction')).toHaveLength(2);
  });
});

describe("what is the venue's doing is worth knowing and breaks nothing", () => {
  test('a purchase that turned up after it was proved void', async () => {
    const story = begun();
    const intent = story.create();
    story.tell({
      kind: 'change_unknown',
      intent,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '',
    });
    story.later(HOUR_MS);
    story.tell({ kind: 'intent_voided', intent, proof: 'absent_after_quarantine' });
    story.see(intent, seenNode());
    const run = await runIn({ records: story.records, hash: 'present' }, 'verify');
    expect(run.exit).toBe(0);
    expect(run.out).toContain('worth knowing');
    expect(run.out).toContain('[late] bk-ab12-train-0-g1 turned up after its purchase was proved void');
  });

  test('an order above every limit, and two orders for one time', () => {
    const story = begun();
    const node = story.running(0);
    const order = { kind: 'order_settled', node, fromMs: START_MS, toMs: START_MS + HOUR_MS } as const;
    story.tell({ ...order, orderId: 'o1', cost: cents(1300) });
    story.tell({ ...order, orderId: 'o2', cost: cents(1000) });
    expect(findingsOf(story).map((one) => [one.severity, one.code])).toEqual([
      ['note', 'above_limit'],
      ['note', 'paid_twice'],
    ]);
  });

  test('a node settled days after its end is still known', () => {
    const story = begun();
    const node = story.running(0);
    end(story, node);
    story.later(6 * DAY_MS);
    story.tell({
      kind: 'order_settled',
      orderId: 'o',
      node,
      fromMs: START_MS,
      toMs: START_MS + HOUR_MS,
      cost: cents(1000),
    });
    expect(findingsOf(story)).toEqual([]);
  });
});

describe('the verb', () => {
  test('leaves with 1 and names each problem with its entry', async () => {
    const story = begun();
    story.raise(story.running(0), 1608);
    const run = await runIn({ records: story.records, hash: 'present' }, 'verify');
    expect(run.exit).toBe(1);
    expect(run.out).toContain(
      '  ! entry 7 [ceiling] the limit $16.08/node-hour ($2.01/gpu-hour) is above the ceiling',
    );
    expect(run.out.trimEnd().endsWith('NOT SOUND.')).toBe(true);
    const json = await runIn({ records: story.records, hash: 'present' }, 'verify', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ sound: false, findings: [{ code: 'ceiling', seq: 7 }] });
  });

  test('--venue: owned and shown nodes pass', async () => {
    const story = begun();
    const node = story.running(0);
    const shown = seenNode({ nodeId: `n_${node}` });
    const run = await runIn(
      { records: story.records, look: { ok: true, value: lookOf(START_MS, [shown]) } },
      'verify',
      '--venue',
    );
    expect(run.exit).toBe(0);
    expect(run.out).toContain('1 live nodes with our prefix, 1 of them owned by this ledger');
  });

  test('--venue: a live node with our prefix that the ledger does not own is a problem, one of another prefix is not', async () => {
    const shown = [
      seenNode({ nodeId: 'n_x', name: 'bk-zz99-train-7-g1' }),
      seenNode({ nodeId: 'n_y', name: 'theirs-1' }),
    ];
    const run = await runIn(
      { records: begun().records, look: { ok: true, value: lookOf(START_MS, shown) } },
      'verify',
      '--venue',
    );
    expect(run.exit).toBe(1);
    expect(run.out).toContain('[unowned] bk-zz99-train-7-g1 (n_x) is running at the venue');
    expect(run.out).not.toContain('theirs-1');
  });

  test('--venue: a node that the ledger holds alive and the venue does not show is a problem', async () => {
    const story = begun();
    story.running(0);
    const lookups = new Map([['n_4', 'absent' as const]]);
    const run = await runIn(
      { records: story.records, look: { ok: true, value: lookOf(START_MS, [], { lookups }) } },
      'verify',
      '--venue',
    );
    expect(run.exit).toBe(1);
    expect(run.out).toContain(
      '[not_shown] bk-ab12-train-0-g1 (n_4) is running by ledger, but the venue answers 404 for it',
    );
  });

  test('--venue: a venue that cannot be asked is exit 69, and the ledger is judged all the same', async () => {
    const look = { ok: false, code: 'connection', status: null, message: 'refused' } as const;
    const run = await runIn({ records: begun().records, look }, 'verify', '--venue');
    expect(run.exit).toBe(69);
    expect(run.out).toContain('could not be asked: connection: refused');
    expect(run.out).toContain('SOUND.');
  });
});
