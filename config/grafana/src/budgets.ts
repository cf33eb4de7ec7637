// Budgets: how much of each is used, how fast, and what is left when.
import type { Board } from './board.ts';

const LIMIT = 'max by (budget, period) (bidkeeper_budget_limit_dollars)';
const SPENT = 'max by (budget, period) (bidkeeper_budget_spent_dollars)';
const EARMARKED = 'max by (budget, period) (bidkeeper_budget_earmarked_dollars)';

export const budgets: Board = {
  uid: 'bidkeeper-budgets',
  title: 'Budgets',
  says: 'What each budget has left, how fast it is used, and what the guard refused for it. Budgets of all fleets and of the process.',
  from: 'now-7d',
  panels: [
    {
      title: 'Used',
      says: 'Spent and put aside, as a share of the budget of the running period. At 100 % the guard refuses purchases.',
      kind: 'steps',
      unit: 'percentunit',
      base: 'green',
      steps: [
        { from: 0.8, colour: 'yellow' },
        { from: 1, colour: 'red' },
      ],
      queries: [{ expr: `(${SPENT} + ${EARMARKED}) / ${LIMIT}`, legend: '{{budget}} {{period}}' }],
    },
    {
      title: 'Left in the period',
      says: 'Burn-down: the budget less what is spent and put aside. It jumps up when a period begins.',
      kind: 'steps',
      unit: 'currencyUSD',
      base: 'red',
      steps: [{ from: 0.01, colour: 'green' }],
      queries: [{ expr: `${LIMIT} - ${SPENT} - ${EARMARKED}`, legend: '{{budget}} {{period}}' }],
    },
    {
      title: 'Spent and put aside',
      says: 'Settled where the orders of the venue are known, else at the limit; put aside for what is asked, waiting, unknown or about to renew.',
      kind: 'steps',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        { expr: SPENT, legend: '{{budget}} {{period}} spent' },
        { expr: EARMARKED, legend: '{{budget}} {{period}} put aside' },
      ],
    },
    {
      title: 'Burn against the even pace',
      says: 'Spent in the last hour over what the budget allows in an hour when it lasts its whole period. 4 for hours is an alert.',
      kind: 'lines',
      unit: 'none',
      base: 'green',
      steps: [
        { from: 1.5, colour: 'yellow' },
        { from: 4, colour: 'red' },
      ],
      queries: [
        {
          expr: `label_replace(sum by (fleet) (increase(bidkeeper_spend_dollars_total{basis="accrued"}[1h])), "budget", "$1", "fleet", "(.*)") / on (budget) (max by (budget) (bidkeeper_budget_limit_dollars{period="day"}) / 24)`,
          legend: '{{budget}} by its day',
        },
        {
          expr: `sum(increase(bidkeeper_spend_dollars_total{basis="accrued"}[1h])) / scalar(max(bidkeeper_budget_limit_dollars{budget="process",period="day"}) / 24)`,
          legend: 'process by its day',
        },
      ],
    },
    {
      title: 'Period ends in',
      says: 'Time until the budget begins anew.',
      kind: 'lines',
      unit: 's',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'max by (budget, period) (bidkeeper_budget_period_end_timestamp_seconds) - time()',
          legend: '{{budget}} {{period}}',
        },
      ],
    },
    {
      title: 'Refused for the budget',
      says: 'Lines of plans that the budget guard refused. While nodes are missing this is money that binds.',
      kind: 'bars',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'yellow' }],
      queries: [
        {
          expr: 'sum by (fleet) (increase(bidkeeper_guard_blocked_total{fleet=~"$fleet",guard="budget"}[$interval]))',
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Forecast',
      says: 'Where the period will probably end, as a share of its budget. Above 100 % decide before the guard does.',
      kind: 'lines',
      unit: 'percentunit',
      base: 'green',
      steps: [
        { from: 0.9, colour: 'yellow' },
        { from: 1, colour: 'red' },
      ],
      queries: [
        {
          expr: `max by (budget, period) (bidkeeper_budget_forecast_dollars) / ${LIMIT}`,
          legend: '{{budget}} {{period}}',
        },
      ],
    },
    {
      title: 'Balance',
      says: 'Prepaid money left on the account, whoever spends from it.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'min(bidkeeper_account_balance_dollars)', legend: 'left' }],
    },
    {
      title: 'Runway',
      says: 'How long the balance lasts at the present burn. Below 12 hours is an alert; nothing while nothing burns.',
      kind: 'lines',
      unit: 's',
      base: 'red',
      steps: [
        { from: 43200, colour: 'yellow' },
        { from: 172800, colour: 'green' },
      ],
      queries: [{ expr: 'min(bidkeeper_account_runway_seconds)', legend: 'lasts' }],
    },
  ],
};
