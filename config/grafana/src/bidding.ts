// Bidding: how bids climb, how long they wait, what becomes of them and what stopped them.
import type { Board } from './board.ts';

const FILL = 'bidkeeper_purchase_fill_seconds';
const PRICE = 'bidkeeper_purchase_price_dollars_per_gpu_hour';

export const bidding: Board = {
  uid: 'bidkeeper-bidding',
  title: 'Bidding',
  says: 'The market, our bids in it, time to fill, outcomes, and what the guards refused.',
  from: 'now-7d',
  panels: [
    {
      title: 'Market',
      says: 'What the venue last quoted for a node-hour, and the median of the last hour of quotes. A gap: nothing for sale, or nobody asked.',
      kind: 'steps',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'max by (zone, gpu, stat) (bidkeeper_market_price_dollars_per_node_hour)',
          legend: '{{stat}} {{zone}} {{gpu}}',
        },
      ],
    },
    {
      title: 'Headroom below the ceiling',
      says: 'How far the limit stands below the ceiling. At 0 the bid can rise no further.',
      kind: 'lines',
      unit: 'percentunit',
      base: 'red',
      steps: [
        { from: 0.02, colour: 'yellow' },
        { from: 0.1, colour: 'green' },
      ],
      queries: [
        {
          expr: '1 - max by (fleet) (bidkeeper_bid_limit_dollars_per_node_hour{fleet=~"$fleet"}) / max by (fleet) (bidkeeper_bid_ceiling_dollars_per_node_hour{fleet=~"$fleet"})',
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Steps of the climb',
      says: 'How many steps the highest climb of a fleet stands above its start.',
      kind: 'steps',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [{ expr: 'max by (fleet) (bidkeeper_bid_step{fleet=~"$fleet"})', legend: '{{fleet}}' }],
    },
    {
      title: 'Changes of limits',
      says: 'Limits set anew on standing bids and held nodes, by direction and reason.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (direction, reason) (increase(bidkeeper_bid_changes_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{reason}} {{direction}}',
        },
      ],
    },
    {
      title: 'Time to fill',
      says: 'From the first ask to a filled purchase: half of them, and nine of ten, were filled within this time.',
      kind: 'lines',
      unit: 's',
      base: 'green',
      steps: [{ from: 7200, colour: 'yellow' }],
      queries: [
        {
          expr: `histogram_quantile(0.5, sum by (le, fleet) (increase(${FILL}_bucket{fleet=~"$fleet"}[1d])))`,
          legend: '{{fleet}} half',
        },
        {
          expr: `histogram_quantile(0.9, sum by (le, fleet) (increase(${FILL}_bucket{fleet=~"$fleet"}[1d])))`,
          legend: '{{fleet}} nine of ten',
        },
      ],
    },
    {
      title: 'Price at fill',
      says: 'Mean price of a GPU-hour of the purchases that were filled in the day before.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: `sum by (fleet) (increase(${PRICE}_sum{fleet=~"$fleet"}[1d])) / (sum by (fleet) (increase(${PRICE}_count{fleet=~"$fleet"}[1d])) > 0)`,
          legend: '{{fleet}}',
        },
      ],
    },
    {
      title: 'Purchases by outcome',
      says: 'What became of purchases. Refused for price is how a block waits for its market; unknown should be rare.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (outcome) (increase(bidkeeper_purchases_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Blocked by a guard',
      says: 'Lines of plans that a guard refused at the spending gate. Each names the limit that bound.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (guard) (increase(bidkeeper_guard_blocked_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{guard}}',
        },
      ],
    },
    {
      title: 'Decisions',
      says: 'Lines of plans by action, refused ones included; none says that nothing is done for a reason.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (action) (increase(bidkeeper_decisions_total{fleet=~"$fleet"}[$interval]))',
          legend: '{{action}}',
        },
      ],
    },
    {
      title: 'Released and lost',
      says: 'Nodes let go by reason, and nodes lost before we gave them up, by cause.',
      kind: 'bars',
      unit: 'none',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (reason) (increase(bidkeeper_releases_total{fleet=~"$fleet"}[$interval]))',
          legend: 'released: {{reason}}',
        },
        {
          expr: 'sum by (cause) (increase(bidkeeper_interruptions_total{fleet=~"$fleet"}[$interval]))',
          legend: 'lost: {{cause}}',
        },
      ],
    },
    {
      title: 'Shadow strategies',
      says: 'Dollars for a GPU-hour by strategies that ran on the same market without buying, beside what was really paid.',
      kind: 'lines',
      unit: 'currencyUSD',
      base: 'blue',
      steps: [],
      queries: [
        {
          expr: 'sum by (fleet, strategy) (increase(bidkeeper_shadow_spend_dollars_total{fleet=~"$fleet"}[$interval])) / (sum by (fleet, strategy) (increase(bidkeeper_shadow_obtained_gpu_seconds_total{fleet=~"$fleet"}[$interval])) / 3600 > 0)',
          legend: '{{fleet}} {{strategy}}',
        },
        {
          expr: 'sum by (fleet) (increase(bidkeeper_spend_dollars_total{fleet=~"$fleet",basis="accrued"}[$interval])) / (sum by (fleet) (increase(bidkeeper_obtained_gpu_seconds_total{fleet=~"$fleet"}[$interval])) / 3600 > 0)',
          legend: '{{fleet}} really',
        },
      ],
    },
    {
      title: 'Payment rule',
      says: 'How fills were paid so far: at the ask, at the limit where a bid stood, always at the limit, or not sure yet.',
      kind: 'bands',
      unit: 'none',
      base: 'blue',
      steps: [{ from: 1, colour: 'green' }],
      queries: [{ expr: 'max by (rule) (bidkeeper_payment_rule)', legend: '{{rule}}' }],
    },
  ],
};
