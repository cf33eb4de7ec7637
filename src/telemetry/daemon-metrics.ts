// The daemon about itself: ticks, decisions, guards, calls to the venue, ledger writes, pause and breaker. The counters
// here begin with the process; what the guards and ticks did before it is not theirs to tell.
import type { DurationMs, UnixMs } from '../domain/time.ts';
import { GUARDS } from '../domain/report.ts';
import { HOOK_OUTCOMES, type HookOutcome } from './node-hooks.ts';
import type { MetricsContext, MetricsGroup } from './metrics-context.ts';

const MS_PER_SECOND = 1000;
const TICK_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 90];
const CALL_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 180, 600];

/** One finished call to the venue. `code`: an HTTP status, or the word for its failure. */
export interface RequestNote {
  readonly method: string;
  readonly endpoint: string;
  readonly code: string;
  readonly tookMs: DurationMs;
}

export const requestMetrics = ({ guards, instruments }: MetricsContext): ((note: RequestNote) => void) => {
  const labels = ['method', 'endpoint', 'code'];
  const requests = instruments.counter({ name: 'api_requests_total', help: 'Calls to the venue.', labels });
  const durations = instruments.histogram(
    { name: 'api_request_duration_seconds', help: 'How long calls to the venue took.', labels },
    CALL_BUCKETS,
  );
  return (note) => {
    const values = {
      method: guards.method(note.method),
      endpoint: guards.endpoint(note.endpoint),
      code: guards.code(note.code),
    };
    requests.inc(values);
    durations.observe(values, note.tookMs / MS_PER_SECOND);
  };
};

/** Calls of hooks that are told of a node's end. */
export const hookMetrics = ({ instruments }: MetricsContext): ((outcome: HookOutcome) => void) => {
  const calls = instruments.counter({
    name: 'hook_calls_total',
    help: 'Calls of the hook that is told when a node is going to end.',
    labels: ['outcome'],
  });
  for (const outcome of HOOK_OUTCOMES) calls.inc({ outcome }, 0);
  return (outcome) => calls.inc({ outcome });
};

/** An attempt to load the settings, the start included. */
export interface ReloadNote {
  readonly success: boolean;
  readonly atMs: UnixMs;
}

export const reloadMetrics = ({ instruments }: MetricsContext): ((note: ReloadNote) => void) => {
  const success = instruments.gauges({
    name: 'config_last_reload_success',
    help: '1 when the settings that were last asked for are in force, 0 when they were refused and the old ones stay.',
    labels: [],
  });
  const at = instruments.gauges({
    name: 'config_last_reload_timestamp_seconds',
    help: 'When settings were last taken over, the start included.',
    labels: [],
  });
  return (note) => {
    success.set([{ labels: {}, value: note.success ? 1 : 0 }]);
    if (note.success) at.set([{ labels: {}, value: note.atMs / MS_PER_SECOND }]);
  };
};

const tickMetrics = ({ instruments }: MetricsContext): MetricsGroup => {
  const duration = instruments.histogram(
    { name: 'tick_duration_seconds', help: 'How long the stages of a tick took.', labels: ['stage'] },
    TICK_BUCKETS,
  );
  const success = instruments.gauges({
    name: 'tick_last_success_timestamp_seconds',
    help: 'When the last tick that could look at the venue and write its ledger began; 0 before there was one.',
    labels: [],
  });
  const errors = instruments.counter({
    name: 'ledger_write_errors_total',
    help: 'Ticks that could not write the ledger.',
    labels: [],
  });
  return (report) => {
    for (const [stage, tookMs] of Object.entries(report.stages)) {
      duration.observe({ stage }, tookMs / MS_PER_SECOND);
    }
    if (report.end === 'done') success.set([{ labels: {}, value: report.atMs / MS_PER_SECOND }]);
    if (report.end === 'ledger_failed') errors.inc();
  };
};

const decisionMetrics = ({ fleets, guards, instruments }: MetricsContext): MetricsGroup => {
  const decisions = instruments.counter({
    name: 'decisions_total',
    help: 'Lines of plans, refused ones included.',
    labels: ['fleet', 'action', 'reason'],
  });
  const blocked = instruments.counter({
    name: 'guard_blocked_total',
    help: 'Lines of plans that a guard refused.',
    labels: ['fleet', 'guard'],
  });
  // A tick that does not lead plans nothing, so that guard has something to refuse only when the lease is lost within a tick.
  const known = GUARDS.filter((guard) => guard !== 'not_leader');
  for (const { name } of fleets) for (const guard of known) blocked.inc({ fleet: name, guard }, 0);
  return (report) => {
    for (const { fleet, action, reason, refusedBy } of report.decisions) {
      decisions.inc({ fleet: guards.fleet(fleet), action, reason: guards.reason(reason) });
      if (refusedBy !== null) blocked.inc({ fleet: guards.fleet(fleet), guard: refusedBy });
    }
  };
};

const ledgerMetrics = ({ instruments }: MetricsContext): MetricsGroup => {
  const entries = instruments.counter({
    name: 'ledger_entries_total',
    help: 'Entries that ticks of this process wrote, by kind.',
    labels: ['kind'],
  });
  return (report) => {
    for (const [kind, count] of Object.entries(report.entries)) entries.inc({ kind }, count);
  };
};

/** The alarms a report can carry; each has its series from the first scrape on. */
const ALARMS = [
  'contradiction',
  'breaker',
  'funds',
  'unowned',
  'unknown_purchase',
  'wrong_goods',
  'unhealthy',
  'unit_mismatch',
  'orphaned_fleet',
  'overrun',
  'low_runway',
];

const alarmMetrics = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const board = instruments.gauges({
    name: 'alarms',
    help: 'What a person should read now, by kind; the log and the status have the words.',
    labels: ['alarm'],
  });
  return (report) => {
    const counts = new Map(ALARMS.map((code) => [code, 0]));
    for (const { code } of report.alarms) {
      const alarm = guards.alarm(code);
      counts.set(alarm, (counts.get(alarm) ?? 0) + 1);
    }
    board.set([...counts].map(([alarm, value]) => ({ labels: { alarm }, value })));
  };
};

const stopMetrics = ({ instruments }: MetricsContext): MetricsGroup => {
  const paused = instruments.gauges({
    name: 'paused',
    help: '1 while nothing that adds spend is sent.',
    labels: ['scope'],
  });
  const since = instruments.gauges({
    name: 'paused_since_timestamp_seconds',
    help: 'When the pause or drain that stands was asked for; 0 while there is none.',
    labels: ['scope'],
  });
  const draining = instruments.gauges({
    name: 'draining',
    help: '1 while nodes are let go as their paid time ends.',
    labels: ['scope'],
  });
  const breaker = instruments.gauges({
    name: 'breaker_open',
    help: '1 while a refusal that concerns the account keeps everything from being bought.',
    labels: ['zone'],
  });
  return (report) => {
    paused.set([{ labels: { scope: 'process' }, value: report.paused ? 1 : 0 }]);
    const { pause } = report;
    since.set([{ labels: { scope: 'process' }, value: (pause?.atMs ?? 0) / MS_PER_SECOND }]);
    draining.set([{ labels: { scope: 'process' }, value: pause?.drain === true ? 1 : 0 }]);
    breaker.set([{ labels: { zone: 'all' }, value: report.breaker === null ? 0 : 1 }]);
  };
};

export const daemonMetrics = (context: MetricsContext): MetricsGroup => {
  const groups = [
    tickMetrics(context),
    decisionMetrics(context),
    ledgerMetrics(context),
    alarmMetrics(context),
    stopMetrics(context),
  ];
  return (report) => {
    for (const group of groups) group(report);
  };
};
