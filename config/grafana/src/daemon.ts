// Daemon: whether the program itself is well: ticks, calls to the venue, ledger, memory.
import type { Board } from './board.ts';

const CALLS = 'bidkeeper_api_requests_total';

export const daemon: Board = {
  uid: 'bidkeeper-daemon',
  title: 'Daemon',
  says: 'Ticks, calls to the venue, the ledger, and what a person should read now.',
  from: 'now-24h',
  panels: [
    {
      title: 'Since the last good tick',
      says: 'Time since a tick could look at the venue and write its ledger. More than 5 minutes is an alert.',
      kind: 'number',
      unit: 's',
      base: 'green',
      steps: [
        { from: 120, colour: 'yellow' },
        { from: 300, colour: 'red' },
      ],
      queries: [{ expr: 'time() - max(bidkeeper_tick_last_success_timestamp_seconds)', legend: 'since' }],
    },
    {
      title: 'Paused',
      says: '1 while nothing that adds spend is sent.',
      kind: 'number',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'yellow' }],
      queries: [{ expr: 'max(bidkeeper_paused)', legend: 'paused' }],
    },
    {
      title: 'Breaker',
      says: '1 after a 403 that concerns the account: nothing is bought until a person resumes.',
      kind: 'number',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'red' }],
      queries: [{ expr: 'max(bidkeeper_breaker_open)', legend: 'open' }],
    },
    {
      title: 'Alarms',
      says: 'How many things a person should read now; the status has the words.',
      kind: 'number',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'red' }],
      queries: [{ expr: 'sum(bidkeeper_alarms)', legend: 'alarms' }],
    },
    {
      title: 'Drift',
      says: 'Accrued less settled: the last hour is always in it, because orders are read a little later.',
      kind: 'number',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'sum(bidkeeper_ledger_drift_dollars)', legend: 'dollars' }],
    },
    {
      title: 'Version',
      says: 'The version of the daemon that runs.',
      kind: 'number',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'max by (version) (bidkeeper_build_info)', legend: '{{version}}' }],
    },
    {
      title: 'Ticks by stage',
      says: 'Mean time of the stages of a tick. Observe and act wait for the venue; decide and persist are ours.',
      kind: 'lines',
      unit: 's',
      base: 'green',
      steps: [{ from: 60, colour: 'red' }],
      queries: [
        {
          expr: 'sum by (stage) (increase(bidkeeper_tick_duration_seconds_sum[$interval])) / (sum by (stage) (increase(bidkeeper_tick_duration_seconds_count[$interval])) > 0)',
          legend: '{{stage}}',
        },
      ],
    },
    {
      title: 'Calls to the venue by code',
      says: 'Calls a second by status, or by the word for what went wrong on the way.',
      kind: 'bars',
      unit: 'reqps',
      base: 'blue',
      steps: [],
      queries: [{ expr: `sum by (code) (rate(${CALLS}[$__rate_interval]))`, legend: '{{code}}' }],
    },
    {
      title: 'Calls to the venue by endpoint',
      says: 'Calls a second. A quiet world causes no calls beyond the pace of the ticks.',
      kind: 'lines',
      unit: 'reqps',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: `sum by (method, endpoint) (rate(${CALLS}[$__rate_interval]))`,
          legend: '{{method}} {{endpoint}}',
        },
      ],
    },
    {
      title: 'Time of calls',
      says: 'Nine of ten calls were answered within this time. Quotes may take minutes; the tick does not wait for them.',
      kind: 'lines',
      unit: 's',
      base: 'green',
      steps: [{ from: 20, colour: 'yellow' }],
      queries: [
        {
          expr: 'histogram_quantile(0.9, sum by (le, endpoint) (increase(bidkeeper_api_request_duration_seconds_bucket[$interval])))',
          legend: '{{endpoint}}',
        },
      ],
    },
    {
      title: 'Ledger entries',
      says: 'Entries written, by kind. A quiet world writes none.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (kind) (increase(bidkeeper_ledger_entries_total[$interval]))',
          legend: '{{kind}}',
        },
      ],
    },
    {
      title: 'Write errors and label overflow',
      says: 'Ticks that could not write the ledger, and label values outside their closed set. Both should be 0.',
      kind: 'lines',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'red' }],
      queries: [
        {
          expr: 'sum(increase(bidkeeper_ledger_write_errors_total[$interval]))',
          legend: 'write errors',
        },
        {
          expr: 'sum by (label) (increase(bidkeeper_label_overflow_total[$interval]))',
          legend: 'overflow of {{label}}',
        },
      ],
    },
    {
      title: 'Alarms by kind',
      says: 'What a person should read, over time. Each kind has a runbook or a line in the log.',
      kind: 'steps',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'red' }],
      queries: [{ expr: 'max by (alarm) (bidkeeper_alarms)', legend: '{{alarm}}' }],
    },
    {
      title: 'Memory',
      says: 'Resident memory of the process. It should not grow from day to day.',
      kind: 'lines',
      unit: 'bytes',
      base: 'green',
      steps: [{ from: 268435456, colour: 'yellow' }],
      queries: [{ expr: 'max(process_resident_memory_bytes{job="bidkeeper"})', legend: 'resident' }],
    },
    {
      title: 'Processor',
      says: 'Share of one processor that the daemon uses.',
      kind: 'lines',
      unit: 'percentunit',
      base: 'green',
      steps: [{ from: 0.5, colour: 'yellow' }],
      queries: [
        {
          expr: 'max(rate(process_cpu_seconds_total{job="bidkeeper"}[$__rate_interval]))',
          legend: 'processor',
        },
      ],
    },
    {
      title: 'Notifications',
      says: 'Attempts to notify people, by channel and how they ended. Refused, expired and dropped ones did not reach anybody.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (channel, outcome) (increase(bidkeeper_notifications_total[$interval]))',
          legend: '{{channel}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Settings',
      says: '1 while the settings that were last asked for are in force; 0 after they were refused and the old ones stay.',
      kind: 'steps',
      unit: 'none',
      base: 'red',
      steps: [{ from: 1, colour: 'green' }],
      queries: [{ expr: 'min(bidkeeper_config_last_reload_success)', legend: 'in force' }],
    },
  ],
};
