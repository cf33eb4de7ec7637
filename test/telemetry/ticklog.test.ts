// What a person reads of a tick, and what is left unsaid.
import { beforeEach, describe, expect, it } from 'vitest';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { Decision, Sent, TickReport } from '../../src/domain/report.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTickLog } from '../../src/telemetry/ticklog.ts';
import { fleetReport, reportOf } from './reports.ts';

interface Said {
  readonly level: string;
  readonly fleet?: string;
  readonly msg: string;
  readonly at: string;
}

let lines: Said[] = [];
let nowMs = 0;
let take: (report: TickReport) => void = () => undefined;

beforeEach(() => {
  lines = [];
  nowMs = 0;
  const log = createLog({ format: 'json', write: (line) => lines.push(JSON.parse(line) as Said) });
  take = createTickLog({ log, clock: { monotonic: () => nowMs } });
});

/** What was said about this report alone. */
const said = (report: TickReport): string[] => {
  lines = [];
  take(report);
  return lines.map(({ level, fleet, msg }) => `${level} ${fleet ?? '-'}: ${msg}`);
};

const quiet = (changes: Partial<TickReport> = {}): TickReport => reportOf(['train'], changes);

const decision = (changes: Partial<Decision> = {}): Decision => ({
  fleet: 'train',
  action: 'create',
  zone: 'hayesvalley',
  name: 'bk-ab12-train-6-g1',
  limit: centsPerNodeHour(1600),
  refusedBy: null,
  reason: 'shortfall',
  why: '2 nodes are missing; the quote is $15.60',
  ...changes,
});

const sent = (changes: Partial<Sent> = {}): Sent => ({
  intent: 9,
  fleet: 'train',
  name: 'bk-ab12-train-6-g1',
  change: 'create',
  outcome: { kind: 'accepted', node: null, procurement: null },
  tookMs: 140,
  ...changes,
});

describe('money', () => {
  it('says a stage of a budget in the tick that reaches it, as a warning, and a low runway once until it is over', () => {
    const reached = {
      budget: 'train',
      fleet: 'train',
      period: 'day',
      stage: 'stop_buying',
      share: 9500,
      limit: cents(10_000),
      used: cents(9500),
      periodEndMs: 0,
      text: '$95.00 of the day budget $100.00 of train is spent or put aside',
    } as const;
    said(quiet());
    expect(said(quiet({ stagesReached: [reached] }))).toEqual([`warn train: ${reached.text}`]);
    expect(lines[0]).toMatchObject({ data: { budget: 'train', period: 'day', stage: 'stop_buying' } });
    expect(said(quiet())).toEqual([]);
    const alarms = [{ code: 'low_runway', fleet: null, text: 'the money runs out' }];
    expect(said(quiet({ alarms }))).toEqual(['warn -: alarm low_runway: the money runs out']);
    expect(said(quiet({ alarms }))).toEqual([]);
    expect(said(quiet())).toEqual(['info -: alarm low_runway is over']);
  });
});

describe('coverage', () => {
  it('is one line in words and numbers when it is first seen and when it changes', () => {
    expect(said(quiet())).toEqual([
      'info train: holds 6 of 8 nodes (48 of 64 GPUs), 2 waiting; limit $16.00/node-hour ($2.00/gpu-hour), ask $15.20/node-hour ($1.90/gpu-hour); $96.00 an hour now',
    ]);
    expect(said(quiet())).toEqual([]);
    const states = [{ zone: 'hayesvalley', hold: 'autoreserved', state: 'running', nodes: 8 }] as const;
    expect(said(quiet({ fleets: [fleetReport('train', { states })] }))[0]).toMatch(
      /holds 8 of 8 nodes \(64 of 64 GPUs\);/,
    );
  });

  it('carries the time of the clock that decisions are made by', () => {
    said(quiet());
    expect(lines[0]?.at).toBe('2026-11-23T14:00:00Z');
  });
});

describe('a quiet world', () => {
  it('gets one heartbeat every five minutes and nothing else', () => {
    said(quiet());
    const heard: string[] = [];
    for (let tick = 0; tick < 60; tick += 1) {
      nowMs += 30_000;
      heard.push(...said(quiet()));
    }
    expect(heard).toHaveLength(6);
    expect(heard[0]).toBe(
      'info -: nothing to do: train 6/8; $96.00 an hour now; next change 2026-11-23T14:10:00Z',
    );
  });
});

describe('decisions', () => {
  it('say what is done, at what price, and why', () => {
    said(quiet());
    expect(said(quiet({ decisions: [decision()] }))).toEqual([
      'info train: buy bk-ab12-train-6-g1 in hayesvalley at $16.00/node-hour ($2.00/gpu-hour): 2 nodes are missing; the quote is $15.60',
    ]);
  });

  it('say what is held back and by whom, once for as long as it stands', () => {
    said(quiet());
    const refused = decision({ refusedBy: 'budget', why: '$290.00 of $300.00 for this hour are booked' });
    expect(said(quiet({ decisions: [refused] }))[0]).toMatch(
      /held back by the budget: buy .*: \$290\.00 of \$300\.00/,
    );
    expect(said(quiet({ decisions: [{ ...refused, limit: centsPerNodeHour(1608), why: 'other' }] }))).toEqual(
      [],
    );
    expect(said(quiet({ decisions: [] }))).toEqual([]);
    expect(said(quiet({ decisions: [refused] }))).toHaveLength(1);
  });

  it('about a thousand nodes are one line', () => {
    said(quiet());
    const many = Array.from({ length: 1000 }, (_, slot) => decision({ name: `bk-ab12-train-${slot}-g1` }));
    const heard = said(quiet({ decisions: many }));
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('bk-ab12-train-7-g1 and 992 more in hayesvalley');
  });

  it('to do nothing say why in their own words', () => {
    said(quiet());
    const none = decision({ action: 'none', why: 'the ask of $31.00 is above the ceiling of $20.00' });
    expect(said(quiet({ decisions: [none] }))).toEqual([
      'info train: the ask of $31.00 is above the ceiling of $20.00',
    ]);
  });
});

describe('outcomes', () => {
  it('are told for everything that was sent, louder when they are not the daily business of a market', () => {
    said(quiet());
    const heard = said(
      quiet({
        sent: [
          sent(),
          sent({
            change: 'raise',
            outcome: { kind: 'refused', code: 'price', status: 400, message: 'too low' },
          }),
          sent({
            outcome: { kind: 'unknown', cause: 'timeout', status: null, message: 'no answer within 60 s' },
            tookMs: 60_000,
          }),
          sent({ outcome: { kind: 'refused', code: 'funds', status: 402, message: 'pay first' } }),
        ],
      }),
    );
    expect(heard).toEqual([
      'info train: create of bk-ab12-train-6-g1: accepted after 0.14 s',
      'info train: raise of bk-ab12-train-6-g1: refused (price) after 0.14 s, HTTP 400: too low',
      'warn train: create of bk-ab12-train-6-g1: unknown (timeout) after 60.00 s: no answer within 60 s',
      'warn train: create of bk-ab12-train-6-g1: refused (funds) after 0.14 s, HTTP 402: pay first',
    ]);
  });

  it('that are equal for many requests are one line', () => {
    said(quiet());
    const many = Array.from({ length: 300 }, (_, slot) => sent({ name: `n-${slot}` }));
    expect(said(quiet({ sent: many }))[0]).toContain('n-7 and 292 more: accepted within 0.14 s');
  });
});

describe('alarms', () => {
  it('are told once when they begin and once when they are over, though their numbers move', () => {
    said(quiet());
    const alarm = (nodes: number): TickReport =>
      quiet({ alarms: [{ code: 'unowned_nodes', fleet: 'train', text: `${nodes} nodes are not ours` }] });
    expect(said(alarm(1))).toEqual(['warn train: alarm unowned_nodes: 1 nodes are not ours']);
    expect(said(alarm(2))).toEqual([]);
    expect(said(quiet())).toEqual(['info train: alarm unowned_nodes is over']);
    expect(said(alarm(1))).toHaveLength(1);
  });

  it('of the daemon itself are told the same way: pause, breaker, books, and ticks that could not finish', () => {
    said(quiet());
    const bad = quiet({
      paused: true,
      pause: { by: 'anna', why: 'audit', atMs: Date.UTC(2026, 10, 23), drain: false, acknowledged: true },
      breaker: 'a 403',
      contradiction: 'a fill without an intent',
      end: 'no_look',
      problem: 'timeout',
    });
    expect(said(bad)).toEqual([
      'error -: the books contradict themselves, nothing is bought: a fill without an intent',
      'error -: the breaker is open, nothing is bought until a person resumes: a 403',
      'warn -: paused since 2026-11-23T00:00:00Z by anna (audit): nothing that adds spend is sent; held nodes go on for at most $96.00 an hour',
      'warn -: the venue could not be looked at, so nothing is bought: timeout',
    ]);
    expect(said(bad)).toEqual([]);
    expect(said(quiet())).toEqual([
      'info -: the books agree again',
      'info -: the breaker is closed again',
      'info -: resumed',
      'info -: the venue can be looked at again',
    ]);
    expect(said(quiet({ end: 'moved' }))).toEqual([]);
  });
});
