// Spent and obtained: what the money bought. Sums come from the ledger's counters, so they hold over any window; ratios
// divide sums.
import type { Board } from './board.ts';

const ACCRUED = 'bidkeeper_spend_dollars_total{fleet=~"$fleet",basis="accrued"}';
const GPU_SECONDS = 'bidkeeper_obtained_gpu_seconds_total{fleet=~"$fleet"}';
const OBTAINED = 'bidkeeper_obtained_node_seconds_total{fleet=~"$fleet"}';
const TARGET = 'bidkeeper_target_node_seconds_total{fleet=~"$fleet"}';
const PAID = 'bidkeeper_paid_node_seconds_total{fleet=~"$fleet"}';

export const spentAndObtained: Board = {
  uid: 'bidkeeper-spend',
  title: 'Spent and obtained',
  says: 'Money, GPU-hours, the price of one, how much of the target was filled, and what was paid for and not used.',
  from: 'now-7d',
  panels: [
    {
      title: 'Spent, 24 h',
      says: 'Best estimate of what the last 24 hours cost.',
      kind: 'number',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: `sum(increase(${ACCRUED}[1d]))`, legend: 'dollars' }],
    },
    {
      title: 'Spent, 30 d',
      says: 'Best estimate of what the last 30 days cost.',
      kind: 'number',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: `sum(increase(${ACCRUED}[30d]))`, legend: 'dollars' }],
    },
    {
      title: 'GPU-hours, 24 h',
      says: 'GPU-hours that really ran in the last 24 hours.',
      kind: 'number',
      unit: 'none',
      decimals: 0,
      base: 'blue',
      steps: [],
      queries: [{ expr: `sum(increase(${GPU_SECONDS}[1d])) / 3600`, legend: 'GPU-hours' }],
    },
    {
      title: 'Price of a GPU-hour, 24 h',
      says: 'Dollars for one GPU-hour that really ran: boot and unused paid time are in it.',
      kind: 'number',
      unit: 'currencyUSD',
      decimals: 3,
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: `sum(increase(${ACCRUED}[1d])) / (sum(increase(${GPU_SECONDS}[1d])) / 3600 > 0)`,
          legend: 'dollars per GPU-hour',
        },
      ],
    },
    {
      title: 'Filled, 24 h',
      says: 'Node time that ran, as a share of the node time that was wanted.',
      kind: 'number',
      unit: 'percentunit',
      decimals: 1,
      base: 'red',
      steps: [
        { from: 0.8, colour: 'yellow' },
        { from: 0.95, colour: 'green' },
      ],
      queries: [
        {
          expr: `clamp_max(sum(increase(${OBTAINED}[1d])) / (sum(increase(${TARGET}[1d])) > 0), 1)`,
          legend: 'filled',
        },
      ],
    },
    {
      title: 'Wasted, 24 h',
      says: 'Share of the paid node time in which no VM ran: boot, the tail of a last hour, early loss.',
      kind: 'number',
      unit: 'percentunit',
      decimals: 1,
      base: 'green',
      steps: [
        { from: 0.1, colour: 'yellow' },
        { from: 0.25, colour: 'red' },
      ],
      queries: [
        {
          expr: `clamp_min(1 - sum(increase(${OBTAINED}[1d])) / (sum(increase(${PAID}[1d])) > 0), 0)`,
          legend: 'wasted',
        },
      ],
    },
    {
      title: 'Spent each interval',
      says: 'Best estimate, by fleet. Choose the interval above.',
      kind: 'bars',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: `sum by (fleet) (increase(${ACCRUED}[$interval]))`, legend: '{{fleet}}' }],
    },
    {
      title: 'GPU-hours each interval',
      says: 'GPU-hours that really ran, by fleet.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [{ expr: `sum by (fleet) (increase(${GPU_SECONDS}[$interval])) / 3600`, legend: '{{fleet}}' }],
    },
    {
      title: 'Price of a GPU-hour',
      says: 'Dollars for one GPU-hour that really ran, by fleet, over the interval.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: `sum by (fleet) (increase(${ACCRUED}[$interval])) / (sum by (fleet) (increase(${GPU_SECONDS}[$interval])) / 3600 > 0)`,
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Filled',
      says: 'Node time that ran, as a share of the node time that was wanted, over the interval.',
      kind: 'lines',
      unit: 'percentunit',
      base: 'red',
      steps: [
        { from: 0.8, colour: 'yellow' },
        { from: 0.95, colour: 'green' },
      ],
      queries: [
        {
          expr: `clamp_max(sum by (fleet) (increase(${OBTAINED}[$interval])) / (sum by (fleet) (increase(${TARGET}[$interval])) > 0), 1)`,
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Paid and not used',
      says: 'Paid node-hours less those that ran, since the window began. Settlement comes a little late, so the end of the line lags.',
      kind: 'lines',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: `clamp_min(sum by (fleet) (increase(${PAID}[$interval])) - sum by (fleet) (increase(${OBTAINED}[$interval])), 0) / 3600`,
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Worst case, estimate and settled',
      says: 'The same money seen three ways, never to be added up: at the limits, at our best estimate, and by the orders of the venue.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (basis) (increase(bidkeeper_spend_dollars_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{basis}}',
        },
      ],
    },
    {
      title: 'Overruns and refunds',
      says: 'Renewals the venue made while nobody looked, at their limit; and money that came back. Overruns should be 0.',
      kind: 'bars',
      unit: 'currencyUSD',
      base: 'green',
      steps: [{ from: 0.01, colour: 'red' }],
      queries: [
        {
          expr: 'sum by (fleet) (increase(bidkeeper_overrun_dollars_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{fleet}} overrun',
        },
        {
          expr: 'sum by (fleet) (increase(bidkeeper_refunded_dollars_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{fleet}} refunded',
        },
      ],
    },
    {
      title: 'Saved against each reference',
      says: 'What the same hours would have cost, bought otherwise, less what they did cost. Below 0 the other way would have been cheaper.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'red',
      steps: [{ from: 0, colour: 'green' }],
      queries: [
        {
          expr: `sum by (reference) (increase(bidkeeper_reference_cost_dollars_total{fleet=~"$fleet"}[$interval])) - on () group_left () sum(increase(${ACCRUED}[$interval]))`,
          legend: 'against {{reference}}',
        },
      ],
    },
    {
      title: 'Account by category',
      says: 'Transactions of the whole account, whoever caused them, by what they are about.',
      kind: 'bars',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (category) (increase(bidkeeper_billed_dollars_total[$interval]))',
          legend: '{{category}}',
        },
      ],
    },
    {
      title: 'Account by owner',
      says: 'Purchases of the account since the ledger began, by whose they are: ours, not ours, or not looked up yet.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'max by (owner) (bidkeeper_account_spend_dollars)', legend: '{{owner}}' }],
    },
  ],
};
