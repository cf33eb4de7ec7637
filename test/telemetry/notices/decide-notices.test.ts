// What a person is told, when, and what they are spared: reports in, notices out, with real time moved by hand.
import { beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT_CATEGORIES, SPEND_OWNERS } from '../../../src/domain/account.ts';
import { cents, centSeconds, centsPerNodeHour, type Cents } from '../../../src/domain/money.ts';
import { NOTICE_EVENTS } from '../../../src/domain/notice.ts';
import type { Notice } from '../../../src/domain/notice.ts';
import type { BudgetStage } from '../../../src/domain/policy.ts';
import type { FleetReport, NodeReport, TickReport } from '../../../src/domain/report.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/time.ts';
import { decideNotices } from '../../../src/telemetry/notices/decide-notices.ts';
import type { NoticeRules } from '../../../src/telemetry/notices/decide-notices.ts';
import { decodeKept, emptyMemory, encodeKept } from '../../../src/telemetry/notices/memory.ts';
import type { NoticeMemory } from '../../../src/telemetry/notices/memory.ts';
import { AT_MS, fleetReport, fleetTotals, pauseOf, reportOf } from '../reports.ts';

const RULES: NoticeRules = {
  events: NOTICE_EVENTS,
  quietMs: 10 * MINUTE_MS,
  patienceMs: 30 * MINUTE_MS,
  perHour: 30,
};

let memory: NoticeMemory = emptyMemory;
let realMs = AT_MS;
let rules = RULES;
let heldBack: readonly string[] = [];

beforeEach(() => {
  memory = emptyMemory;
  realMs = AT_MS;
  rules = RULES;
  heldBack = [];
});

const notices = (report: TickReport): readonly Notice[] => {
  const decided = decideNotices({ report, memory, rules, realMs });
  // Kept and read back each time, as after a restart at every tick.
  const kept = decodeKept(encodeKept({ memory: decided.memory, outbox: [] }));
  if (kept === null) throw new Error('what was kept cannot be read back');
  memory = kept.memory;
  heldBack = decided.heldBack;
  return decided.notices;
};

/** What is said of this report, `after` so much real time. */
const said = (report: TickReport, after = 30_000): readonly string[] => {
  realMs += after;
  return notices(report).map(({ severity, state, text }) => `${severity} ${state}: ${text}`);
};

const running = (nodes: number, changes: Partial<FleetReport> = {}): FleetReport =>
  fleetReport('train', {
    runningNodes: nodes,
    shortfallSinceMs: nodes >= (changes.wantedNodes ?? 8) ? 0 : AT_MS,
    states: [{ zone: 'hayesvalley', hold: 'autoreserved', state: 'running', nodes }],
    ...changes,
  });
const world = (fleet: FleetReport, changes: Partial<TickReport> = {}): TickReport =>
  reportOf(['train'], { fleets: [fleet], budgets: [], ...changes });
const met = (changes: Partial<TickReport> = {}): TickReport => world(running(8), changes);
const node = (changes: Partial<NodeReport> = {}): NodeReport => ({
  name: 'bk-ab12-train-0-g1',
  nodeId: 'n_1',
  fleet: 'train',
  zone: 'hayesvalley',
  hold: 'autoreserved',
  state: 'running',
  limit: centsPerNodeHour(1600),
  endAtMs: AT_MS + 30 * MINUTE_MS,
  ...changes,
});
const nothing = <Key extends string>(keys: readonly Key[]) =>
  Object.fromEntries(keys.map((key) => [key, cents(0)])) as Record<Key, Cents>;
const EMPTY_ACCOUNT: NonNullable<TickReport['money']['account']> = {
  readToMs: AT_MS,
  billed: nothing(ACCOUNT_CATEGORIES),
  takenBack: cents(0),
  spend: nothing(SPEND_OWNERS),
  drift: centSeconds(0),
};
const asking = (ask: number): TickReport['market'] => [
  { zone: 'hayesvalley', gpu: 'h100', ask: centsPerNodeHour(ask), median: null, askedAtMs: AT_MS },
];

describe('a target', () => {
  it('that is lost is told at once, and once, and again when it is met', () => {
    expect(said(met())).toEqual([]);
    expect(said(world(running(6)))).toEqual([
      'critical begun: train lost its target: it holds 6 of 8 nodes (48 of 64 GPUs)',
    ]);
    expect(said(world(running(6)))).toEqual([]);
    expect(said(world(running(5)))).toEqual([]);
    expect(said(met({ atMs: AT_MS + 12 * MINUTE_MS }))).toEqual([
      'info over: train is at its target again: it holds 8 of 8 nodes (64 of 64 GPUs), after 12m',
    ]);
    expect(said(met())).toEqual([]);
  });

  it('that was raised is no loss: it is told when it stays unmet for longer than the patience', () => {
    said(world(running(4, { wantedNodes: 4, wantedGpus: 32 })));
    expect(said(world(running(4)))).toEqual([]);
    expect(said(world(running(6), { atMs: AT_MS + 29 * MINUTE_MS }))).toEqual([]);
    expect(said(world(running(6), { atMs: AT_MS + 30 * MINUTE_MS }))).toEqual([
      'warning begun: train has been under its target for 30m: it holds 6 of 8 nodes (48 of 64 GPUs)',
    ]);
  });

  it('that is lost and then raised is not said to be met before it is', () => {
    said(met());
    said(world(running(6)));
    expect(said(world(running(6, { wantedNodes: 16, wantedGpus: 128 })))).toEqual([]);
    expect(said(world(running(16, { wantedNodes: 16, wantedGpus: 128 })))).toHaveLength(1);
  });

  it('that was lowered to what is held is met', () => {
    said(met());
    said(world(running(6)));
    expect(said(world(running(6, { wantedNodes: 6, wantedGpus: 48 })))).toEqual([
      expect.stringMatching(/^info over: train is at its target again: it holds 6 of 6/),
    ]);
  });

  it('that comes and goes is said to be lost once in the quiet time, and at its end if it is lost then', () => {
    said(met());
    const heard: string[] = [];
    for (let tick = 0; tick < 18; tick += 1) heard.push(...said(tick % 2 === 0 ? world(running(6)) : met()));
    expect(heard.filter((text) => text.includes('begun'))).toHaveLength(1);
    expect(said(world(running(6)), 10 * MINUTE_MS)).toHaveLength(1);
  });

  it('is judged only by a report that saw the venue', () => {
    said(met());
    said(world(running(6)));
    for (const end of ['no_look', 'moved', 'ledger_failed', 'deadline', 'not_leader'] as const)
      expect(said(met({ end }))).toEqual([]);
    expect(said(met())).toHaveLength(1);
  });

  it('of a fleet that left the settings is forgotten without a word', () => {
    said(met());
    said(world(running(6)));
    expect(
      said(reportOf(['other'], { budgets: [], fleets: [fleetReport('other', { runningNodes: 8 })] })),
    ).toEqual([]);
    expect(JSON.stringify(memory)).not.toContain('train');
  });
});

describe('a ceiling', () => {
  const short = running(6, { shortfallSinceMs: AT_MS - MINUTE_MS });

  it('in the way of a fleet that is short is told with what is wanted, held and asked', () => {
    const waiting = node({ state: 'waiting', limit: centsPerNodeHour(2000), endAtMs: null });
    expect(said(world(short, { nodes: [waiting] }))).toEqual([
      'warning begun: train is at its ceiling of $20.00/node-hour ($2.50/gpu-hour) and short: it holds 6 of 8 nodes (48 of 64 GPUs); the ask is $15.20/node-hour ($1.90/gpu-hour)',
    ]);
    expect(said(met({ market: asking(1520) }))[0]).toMatch(
      /^info over: train is no longer held back by its ceiling/,
    );
  });

  it('under the ask counts too, though no bid stands', () => {
    expect(said(world(short, { market: asking(2100) }))).toHaveLength(1);
  });

  it('is no news while the target is met, or while a bid under it stands', () => {
    const under = node({ state: 'waiting', limit: centsPerNodeHour(1992) });
    expect(said(world(short, { nodes: [under] }))).toEqual([]);
    expect(said(met({ market: asking(2100) }))).toEqual([]);
  });

  it('carries the figures for machines', () => {
    const [notice] = notices(world(short, { market: asking(2100) }));
    expect(notice).toMatchObject({
      event: 'ceiling',
      fleet: 'train',
      figures: {
        wantedNodes: 8,
        heldNodes: 6,
        wantedGpus: 64,
        heldGpus: 48,
        ceilingCents: 2000,
        askCents: 2100,
      },
    });
  });
});

describe('being outbid', () => {
  it('is told before the edge, while the limit can still be changed, where the ask is above the ceiling', () => {
    const ends = (minutes: number): TickReport =>
      met({ nodes: [node({ endAtMs: AT_MS + minutes * MINUTE_MS })], market: asking(2100) });
    expect(said(ends(13))).toEqual([]);
    expect(said(ends(12))).toEqual([
      'warning begun: train is being outbid: hayesvalley asks $21.00/node-hour ($2.625/gpu-hour), above the ceiling of $20.00/node-hour ($2.50/gpu-hour), and 1 node ends at 2026-11-23T14:12:00Z unless it falls',
    ]);
    expect(said(met())).toEqual([]);
  });

  const lostNodes = (count: number): TickReport =>
    met({
      fleetTotals: [
        fleetTotals('train', {
          interruptions: [
            { zone: 'hayesvalley', cause: 'outbid', count },
            { zone: 'hayesvalley', cause: 'failed', count: 99 },
          ],
        }),
      ],
    });

  it('and losing nodes is told with how many, those of the quiet time together', () => {
    expect(said(lostNodes(3))).toEqual([]);
    expect(said(lostNodes(5))).toEqual(['warning once: train lost 2 nodes in hayesvalley to a higher bid']);
    expect(said(lostNodes(6))).toEqual([]);
    expect(said(lostNodes(7), 9 * MINUTE_MS)).toEqual([]);
    expect(said(lostNodes(8), MINUTE_MS)).toEqual([
      'warning once: train lost 3 nodes in hayesvalley to a higher bid',
    ]);
  });
});

describe('a budget', () => {
  const at = (share: number, changes: Partial<TickReport> = {}): TickReport =>
    met({
      budgets: [
        {
          budget: 'train',
          period: 'day',
          limit: cents(10_000),
          spent: centSeconds(share * 100 * 3600),
          earmarked: centSeconds(0),
          periodEndMs: AT_MS + 10 * HOUR_MS,
          forecast: centSeconds(0),
          pace: null,
          stages: [],
        },
      ],
      ...changes,
    });

  it('tells each stage once a period, whatever the sums do meanwhile, and no lower one after a higher one', () => {
    expect(said(at(79))).toEqual([]);
    expect(said(at(80))).toEqual([
      'warning begun: the budget of train for this day passed 80 %: $80.00 of $100.00 spent or put aside, until 2026-11-24T00:00:00Z',
    ]);
    expect([...said(at(70)), ...said(at(85), HOUR_MS)]).toEqual([]);
    expect(said(at(100))[0]).toMatch(/^critical begun: the budget of train for this day passed 100 %/);
    expect([...said(at(90), HOUR_MS), ...said(at(100), HOUR_MS)]).toEqual([]);
  });

  it('begins anew with the next period', () => {
    said(at(80));
    const tomorrow = AT_MS + 11 * HOUR_MS;
    expect(said(at(0, { atMs: tomorrow }))).toEqual([]);
    expect(Object.keys(memory.standing)).toEqual([]);
  });

  it('with stages of its own tells each as it is reached and what it does, once, and nothing else', () => {
    const staged = (...reached: readonly BudgetStage[]): TickReport => {
      const report = at(95);
      const stages = (['notify', 'stop_buying'] as const).map((stage) => ({
        stage,
        share: stage === 'notify' ? 5000 : 9000,
        holds: reached.includes(stage),
        reachedAtMs: reached.includes(stage) ? AT_MS : null,
      }));
      return { ...report, budgets: report.budgets.map((budget) => ({ ...budget, stages })) };
    };
    expect(said(staged())).toEqual([]);
    expect(said(staged('notify'))).toEqual([
      'warning begun: the budget of train for this day passed 50 %: $95.00 of $100.00 spent or put aside, until 2026-11-24T00:00:00Z; nothing changes yet',
    ]);
    expect(said(staged('notify', 'stop_buying'))).toEqual([
      expect.stringMatching(/^critical begun: .* passed 90 %.*; nothing is bought any more$/),
    ]);
    expect(said(staged('notify', 'stop_buying'), HOUR_MS)).toEqual([]);
  });

  it('that stops a fleet is told with the reason', () => {
    const decisions: TickReport['decisions'] = [
      {
        fleet: 'train',
        action: 'create',
        zone: 'hayesvalley',
        name: null,
        limit: null,
        refusedBy: 'budget',
        reason: 'shortfall',
        why: 'the day budget has $1.00 left and this may cost $16.00',
      },
    ];
    expect(said(met({ decisions }))).toEqual([
      'critical begun: train is stopped by a budget: the day budget has $1.00 left and this may cost $16.00',
    ]);
    expect(said(met())[0]).toMatch(/^info over: train is no longer stopped by a budget/);
  });
});

describe('drift', () => {
  const drifting = (dollars: number, recordsLateMs: number | null = null): TickReport => {
    const late = recordsLateMs === null ? null : { count: 9, halfMs: 0, ninetyMs: 0, mostMs: recordsLateMs };
    const report = met();
    return {
      ...report,
      money: {
        ...report.money,
        lateness: { answers: null, fills: null, records: late },
        drift: [{ fleet: 'train', cost: centSeconds(dollars * 100 * 3600) }],
      },
    };
  };
  // At $96 an hour 2 % of a day are $46.08; an hour that runs and one that is late are $192.
  it.each([
    ['less than the records can show yet', 238, null],
    ['less than the records can show yet, where they come five hours late', 620, 5 * HOUR_MS],
    ['2 % of a day the other way', -46, null],
  ])('of %s is no news', (_what, dollars, late) => {
    said(drifting(dollars, late));
    expect(said(drifting(dollars, late), 7 * HOUR_MS)).toEqual([]);
  });

  it('beyond that is told when it stood for six hours, and when it is over', () => {
    expect([...said(drifting(239)), ...said(drifting(239), 5 * HOUR_MS)]).toEqual([]);
    expect(said(drifting(240), HOUR_MS)).toEqual([
      "warning begun: the venue's records of train show $240.00 less than was reckoned as spent",
    ]);
    expect(said(drifting(0))).toEqual([expect.stringMatching(/agree with what was reckoned again/)]);
  });

  it('the other way, and of the account, is told too', () => {
    said(drifting(-47));
    expect(said(drifting(-47), 6 * HOUR_MS)).toEqual([
      "warning begun: the venue's records of train show $47.00 more than was reckoned as spent",
    ]);
    const report = drifting(0);
    const account = { ...EMPTY_ACCOUNT, drift: centSeconds(-60 * 100 * 3600) };
    const both = { ...report, money: { ...report.money, account } };
    said(both);
    expect(said(both, 6 * HOUR_MS)).toEqual([
      expect.stringMatching(/records of the account show \$60\.00 more/),
    ]);
  });
});

describe('the daemon and its account', () => {
  it('tell a pause with what held nodes go on costing, and the resumption', () => {
    expect(said(met({ pause: pauseOf() }))).toEqual([
      'warning begun: paused since 2026-11-23T14:00:00Z by anna (audit): nothing that adds spend is sent; held nodes go on for at most $96.00 an hour',
    ]);
    expect(said(met({ pause: null, end: 'no_look' }))).toEqual([
      'info over: resumed: buying may go on, after 0s',
    ]);
  });

  it('tell a pause that becomes a drain, and one resumption', () => {
    said(met({ pause: pauseOf() }));
    const drained = met({ pause: pauseOf({ drain: true }) });
    expect(said(drained)).toEqual([
      expect.stringMatching(/^warning begun: draining since .* nodes go as their paid/),
    ]);
    expect([...said(drained), ...said(met()), ...said(met())]).toEqual([
      'info over: resumed: buying may go on, after 0s',
    ]);
  });

  const alarm = (code: string, fleet: string | null = null): TickReport['alarms'] => [
    { code, fleet, text: `words of ${code}` },
  ];

  it.each([
    ['auth', 'critical'],
    ['breaker', 'critical'],
    ['funds', 'critical'],
    ['contradiction', 'critical'],
    ['low_runway', 'warning'],
  ])('tell %s at once, and when it is over', (code, severity) => {
    expect(said(met({ alarms: alarm(code) }))).toEqual([`${severity} begun: words of ${code}`]);
    expect(said(met({ alarms: alarm(code) }))).toEqual([]);
    expect(said(met())).toEqual([expect.stringMatching(/^info over: /)]);
  });

  it('tell an unknown purchase only when the looks of two minutes did not clear it up, many as one', () => {
    const alarms = [...alarm('unknown_purchase', 'train'), ...alarm('unknown_purchase', 'train')];
    expect(said(met({ alarms }))).toEqual([]);
    expect(said(met({ alarms }), 2 * MINUTE_MS)).toEqual([
      'warning begun: train: words of unknown_purchase (and 1 more)',
    ]);
  });

  it('say nothing of alarms that can wait', () => {
    expect(said(met({ alarms: alarm('unhealthy', 'train') }), HOUR_MS)).toEqual([]);
  });

  it('tell a venue that cannot be seen for ten minutes, and that it is seen again', () => {
    const blind = met({ end: 'no_look', problem: 'timeout' });
    said(met());
    expect([...said(blind), ...said(blind, 9 * MINUTE_MS)]).toEqual([]);
    expect(said(blind, MINUTE_MS)).toEqual([
      'critical begun: the venue cannot be seen, so nothing is bought and held nodes renew unwatched: timeout',
    ]);
    expect(said(met())).toEqual([expect.stringMatching(/^info over: the venue can be seen again/)]);
  });

  it('forget nothing of the account while the venue cannot be seen', () => {
    said(met({ alarms: alarm('auth') }));
    expect(said(met({ end: 'no_look', problem: 'timeout' }))).toEqual([]);
    expect(said(met())).toHaveLength(1);
  });
});

describe('what is said', () => {
  it('is only what was chosen', () => {
    rules = { ...RULES, events: ['pause'] };
    said(met());
    expect(said(world(running(6), { pause: pauseOf() }))).toHaveLength(1);
  });

  it('is at most so much an hour, the worst first; what is still true afterwards is told then', () => {
    rules = { ...RULES, perHour: 2 };
    said(met());
    const bad = world(running(6), {
      pause: pauseOf(),
      alarms: [{ code: 'funds', fleet: null, text: 'no funds' }],
    });
    expect(said(bad).map((text) => text.slice(0, 8))).toEqual(['critical', 'critical']);
    expect(heldBack).toEqual(['pause']);
    expect(said(bad, 59 * MINUTE_MS)).toEqual([]);
    expect(said(bad, MINUTE_MS)).toEqual([expect.stringContaining('paused')]);
  });

  it('that passed while it had to wait is never said', () => {
    rules = { ...RULES, perHour: 1 };
    said(met());
    said(world(running(6)));
    said(world(running(6), { pause: pauseOf() }));
    expect(said(world(running(6)), HOUR_MS)).toEqual([]);
  });

  it('in a dry run says so', () => {
    expect(said(met({ pause: pauseOf(), mode: 'dry_run' }))[0]).toMatch(/^warning begun: \[dry run\] paused/);
  });

  it('survives a clock that is set back by a year', () => {
    said(met());
    said(world(running(6)));
    said(met());
    expect(said(world(running(6)), -365 * 24 * HOUR_MS)).toHaveLength(1);
  });

  it('has an id of its own that fits into a header', () => {
    said(met());
    const ids = notices(world(running(6), { pause: pauseOf() })).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  it('is nothing where another process leads', () => {
    expect(said(met({ end: 'not_leader', pause: pauseOf() }))).toEqual([]);
  });
});

describe('what is kept', () => {
  it.each(['', '{', '[]', '{"version":2}', '{"version":1,"memory":{},"outbox":[]}'])(
    'and damaged (%s) is not read',
    (text) => {
      expect(decodeKept(text)).toBeNull();
    },
  );
});
