// What `status` and `plan` print, read as a person at 3 a.m. reads it.
import { expect, test } from 'vitest';
import { decisionLines, planText, statusText } from '../../src/cli/report-text.ts';
import { startText, stopText } from '../../src/cli/run-text.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { Decision, FleetReport } from '../../src/domain/report.ts';
import { fleetReport, reportOf } from '../telemetry/reports.ts';

const report = reportOf(['train']);
const decision = (change: Partial<Decision> = {}): Decision => ({
  fleet: 'train',
  action: 'create',
  zone: 'hayesvalley',
  name: 'bk-ab12-train-0-g1',
  limit: centsPerNodeHour(1600),
  refusedBy: null,
  reason: 'shortfall',
  why: '2 of 8 nodes are missing',
  ...change,
});

test('status names the mode and the instant first, and a pause in capitals', () => {
  expect(statusText(report).split('\n')[0]).toBe('live, as of 2026-11-23T14:00:00Z');
  expect(
    statusText({
      ...report,
      mode: 'dry_run',
      pause: { by: 'anna', why: 'audit', atMs: Date.UTC(2026, 10, 23), drain: false, acknowledged: true },
    }).split('\n')[0],
  ).toBe('DRY RUN, PAUSED, as of 2026-11-23T14:00:00Z');
});

test('alarms stand above everything else, each with its fleet', () => {
  const lines = statusText({ ...report, alarms: [{ code: 'x', fleet: 'train', text: 'look here' }] }).split(
    '\n',
  );
  expect(lines[1]).toBe('! train: look here');
});

test('a look that failed is said with its reason', () => {
  expect(statusText({ ...report, end: 'no_look', problem: 'timeout' })).toContain('last look: timeout');
});

test('a fleet shows what runs, how long it is short, its bid in both units and what it burns unattended', () => {
  const text = statusText(report);
  expect(text).toContain('train: 6 of 8 nodes run (48 of 64 h100 GPUs), short for 1m');
  expect(text).toContain('limit $16.00/node-hour ($2.00/gpu-hour), ceiling $2.50/gpu-hour');
  expect(text).toContain('unattended $96.00 an hour');
});

test('a fleet that has what it wants is not called short, and one without a bid says so', () => {
  const met: FleetReport = { ...fleetReport('train'), runningNodes: 8, shortfallSinceMs: 0, limit: null };
  const text = statusText({ ...report, fleets: [met] });
  expect(text).not.toContain('short for');
  expect(text).toContain('no bid stands');
});

test('obtained time that nobody has seen since the start is said to be unknown, not zero', () => {
  const totals = report.totals.map((one) => ({ ...one, obtainedNodeSeconds: null }));
  expect(statusText({ ...report, totals })).toContain('obtained: not known until the venue is seen');
});

test('budgets and asks carry their sums, ends and ages', () => {
  const text = statusText(report);
  expect(text).toContain(
    'train day: $123.45 spent + $0.00 put aside = $123.45 of $4000.00; $3000.00 expected by 2026-11-24T00:00:00Z; paced at $14.40/node-hour',
  );
  expect(text).toContain('hayesvalley (h100): ask $15.20/node-hour ($1.90/gpu-hour), quoted 30s ago');
  const [known] = report.market;
  if (known === undefined) throw new Error('no market');
  expect(statusText({ ...report, market: [{ ...known, ask: null }] })).toContain('nothing for sale');
});

test('plan counts equal decisions, keeps refusals apart with the guard that refused, and gives every reason', () => {
  const decisions = [
    decision(),
    decision({ name: 'bk-ab12-train-1-g1' }),
    decision({ action: 'raise', refusedBy: 'budget', why: 'the day is used up' }),
    decision({
      action: 'none',
      reason: 'stand_down',
      why: 'the ask is above the ceiling',
      zone: null,
      limit: null,
      name: null,
    }),
  ];
  const text = planText({ ...report, decisions });
  expect(text).toContain(
    'would do:\n  train: create × 2 in hayesvalley at $16.00/node-hour ($2.00/gpu-hour): 2 of 8',
  );
  expect(text).toContain(
    'would be refused:\n  train: raise bk-ab12-train-0-g1 in hayesvalley at $16.00/node-hour ($2.00/gpu-hour) [budget]: the day is used up',
  );
  expect(text).toContain('does nothing about:\n  train: stand_down: the ask is above the ceiling');
});

test('plan says in words when there is nothing to do', () => {
  expect(planText(report)).toContain('Nothing to do: every fleet has what it wants.');
});

test('the decisions of one fleet leave out those of others', () => {
  const lines = decisionLines({ ...report, decisions: [decision(), decision({ fleet: 'serve' })] }, 'train');
  expect(lines.join('\n')).toContain('train: create');
  expect(lines.join('\n')).not.toContain('serve');
});

test('the start tells where to look, the stop what goes on costing money', () => {
  const facts = {
    version: '1',
    fleets: ['a', 'b'],
    venue: 'the market',
    mode: 'live',
    store: '/x.db',
    listen: { host: '::1', port: 9 },
  };
  expect(startText(facts)).toContain('http://[::1]:9/metrics');
  expect(stopText(report)).toContain('train: 0 held, 0 waiting, at most $96.00 an hour goes on');
  expect(stopText(null)).toContain('before the first look');
});
