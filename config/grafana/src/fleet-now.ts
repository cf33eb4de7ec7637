// Fleet now: what is wanted, what is held, what is bid for it and what that costs an hour.
import type { Board } from './board.ts';

export const fleetNow: Board = {
  uid: 'bidkeeper-fleet',
  title: 'Fleet now',
  says: 'Wanted and held nodes, limit, ceiling and ask, and what it all costs an hour.',
  from: 'now-24h',
  panels: [
    {
      title: 'Wanted',
      says: 'Nodes the schedules want now.',
      kind: 'number',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'sum(bidkeeper_fleet_spec_nodes{fleet=~"$fleet"})', legend: 'nodes' }],
    },
    {
      title: 'Running',
      says: 'Nodes that run and can be used now.',
      kind: 'number',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        { expr: 'sum(bidkeeper_fleet_status_nodes{fleet=~"$fleet",state="running"})', legend: 'nodes' },
      ],
    },
    {
      title: 'Short for',
      says: 'How long the fleet that is worst off has been below its target; 0 when all are met.',
      kind: 'number',
      unit: 's',
      base: 'green',
      steps: [
        { from: 1, colour: 'yellow' },
        { from: 3600, colour: 'red' },
      ],
      queries: [
        {
          expr: 'max((time() - bidkeeper_fleet_shortfall_since_timestamp_seconds{fleet=~"$fleet"}) * (bidkeeper_fleet_shortfall_since_timestamp_seconds{fleet=~"$fleet"} > bool 0))',
          legend: 'short for',
        },
      ],
    },
    {
      title: 'Burn',
      says: 'What the running nodes cost an hour at the limits in force, which is the most they can cost.',
      kind: 'number',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        { expr: 'sum(bidkeeper_spend_rate_dollars_per_hour{fleet=~"$fleet"})', legend: 'dollars an hour' },
      ],
    },
    {
      title: 'Unattended',
      says: 'What held autoreserved nodes would go on costing an hour if nobody were there to let them go. All fleets.',
      kind: 'number',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'max(bidkeeper_unattended_dollars_per_hour)', legend: 'dollars an hour' }],
    },
    {
      title: 'Target changes in',
      says: 'Time to the next change of a target; empty when no schedule has one.',
      kind: 'number',
      unit: 's',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'min(bidkeeper_fleet_spec_next_change_timestamp_seconds{fleet=~"$fleet"}) - time()',
          legend: 'until the next change',
        },
      ],
    },
    {
      title: 'Coverage',
      says: 'Share of the wanted nodes that run: green whole, yellow partly, red below a half. A gap means that nothing is wanted.',
      kind: 'bands',
      unit: 'percentunit',
      base: 'red',
      steps: [
        { from: 0.5, colour: 'yellow' },
        { from: 1, colour: 'green' },
      ],
      queries: [
        {
          expr: 'clamp_max(sum by (fleet) (bidkeeper_fleet_status_nodes{fleet=~"$fleet",state="running"}) / (sum by (fleet) (bidkeeper_fleet_spec_nodes{fleet=~"$fleet"}) > 0), 1)',
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Wanted and running nodes',
      says: 'The target by the schedule, and the nodes that run. Running above wanted is paid time that is used to its end.',
      kind: 'steps',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        { expr: 'max by (fleet) (bidkeeper_fleet_spec_nodes{fleet=~"$fleet"})', legend: '{{fleet}} wanted' },
        {
          expr: 'sum by (fleet) (bidkeeper_fleet_status_nodes{fleet=~"$fleet",state="running"})',
          legend: '{{fleet}} running',
        },
      ],
    },
    {
      title: 'Nodes by state',
      says: 'Every node of ours is in exactly one state. Unhealthy and unknown should be rare and short.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        { expr: 'sum by (state) (bidkeeper_fleet_status_nodes{fleet=~"$fleet"})', legend: '{{state}}' },
      ],
    },
    {
      title: 'Limit, ceiling and ask',
      says: 'Per node-hour. The limit follows the ask from below and never passes the ceiling; an ask above the ceiling cannot be filled.',
      kind: 'steps',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'max by (fleet) (bidkeeper_bid_limit_dollars_per_node_hour{fleet=~"$fleet"})',
          legend: '{{fleet}} limit',
        },
        {
          expr: 'max by (fleet) (bidkeeper_bid_ceiling_dollars_per_node_hour{fleet=~"$fleet"})',
          legend: '{{fleet}} ceiling',
        },
        {
          expr: 'max by (zone, gpu) (bidkeeper_market_price_dollars_per_node_hour{stat="ask"})',
          legend: 'ask {{zone}} {{gpu}}',
        },
      ],
    },
    {
      title: 'First paid time to end',
      says: 'When the paid time of the first held node ends. It falls to the edge and jumps when an hour or a block is bought.',
      kind: 'lines',
      unit: 's',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'min by (fleet) (bidkeeper_earliest_end_timestamp_seconds{fleet=~"$fleet"}) - time()',
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Without a proof',
      says: 'Purchases whose outcome is not known yet, and nodes with our prefix that no entry of the ledger owns. Both should be 0.',
      kind: 'steps',
      unit: 'none',
      base: 'green',
      steps: [{ from: 1, colour: 'red' }],
      queries: [
        {
          expr: 'max by (fleet) (bidkeeper_fleet_unknown_purchases{fleet=~"$fleet"})',
          legend: '{{fleet}} unknown purchases',
        },
        { expr: 'max(bidkeeper_fleet_unowned_nodes)', legend: 'unowned nodes' },
      ],
    },
    {
      title: 'Promised to coming hours',
      says: 'Money that bids and held nodes may still cost in hours that have not begun, at their limits.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        { expr: 'max by (fleet) (bidkeeper_committed_dollars{fleet=~"$fleet"})', legend: '{{fleet}}' },
      ],
    },
  ],
};
