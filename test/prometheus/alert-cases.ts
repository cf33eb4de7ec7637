// Every alert with series that make it fire and series, as alike as can be, that do not: the border is what is tested. In the
// notation of `promtool test rules`: a value a minute, `0x30` thirty-one zeros, `0+5x60` rising by 5. Time begins at 0.

export interface AlertCase {
  readonly alert: string;
  /** When the rules are judged: `30m`. */
  readonly at: string;
  readonly fires: Readonly<Record<string, string>>;
  readonly silent: Readonly<Record<string, string>>;
}

const UP = 'up{job="bidkeeper",instance="a:9464"}';
const REQUESTS = (code: string): string =>
  `bidkeeper_api_requests_total{method="GET",endpoint="/v1/nodes",code="${code}"}`;
const SPEND =
  'bidkeeper_spend_dollars_total{fleet="train",zone="z",node_type="autoreserved",gpu="h100",basis="accrued"}';
const OBTAINED =
  'bidkeeper_obtained_node_seconds_total{fleet="train",zone="z",node_type="autoreserved",gpu="h100"}';
const TARGET = 'bidkeeper_target_node_seconds_total{fleet="train"}';
const WANTED = 'bidkeeper_fleet_spec_nodes{fleet="train"}';
const SHORT = 'bidkeeper_fleet_shortfall_since_timestamp_seconds{fleet="train"}';
const LIMIT = 'bidkeeper_bid_limit_dollars_per_node_hour{fleet="train",node_type="autoreserved"}';
const CEILING = 'bidkeeper_bid_ceiling_dollars_per_node_hour{fleet="train",node_type="autoreserved"}';
const ASK = 'bidkeeper_market_price_dollars_per_node_hour{zone="z",gpu="h100",stat="ask"}';
const DAY = 'bidkeeper_budget_limit_dollars{budget="train",period="day"}';
const END = 'bidkeeper_earliest_end_timestamp_seconds{fleet="train"}';
const CHANGE = 'bidkeeper_fleet_spec_next_change_timestamp_seconds{fleet="train"}';
const nodes = (state: string, type = 'autoreserved'): string =>
  `bidkeeper_fleet_status_nodes{fleet="train",zone="z",node_type="${type}",state="${state}"}`;
const alarm = (code: string): string => `bidkeeper_alarms{alarm="${code}"}`;

export const ALERT_CASES: readonly AlertCase[] = [
  { alert: 'Down', at: '10m', fires: { [UP]: '0x20' }, silent: { [UP]: '0x5 1x20' } },
  { alert: 'Absent', at: '10m', fires: { 'up{job="other"}': '1x20' }, silent: { [UP]: '0x20' } },
  {
    alert: 'TickStalled',
    at: '20m',
    fires: { 'bidkeeper_tick_last_success_timestamp_seconds{instance="a"}': '0+60x10 600x20' },
    silent: { 'bidkeeper_tick_last_success_timestamp_seconds{instance="a"}': '0+60x30' },
  },
  {
    alert: 'Contradiction',
    at: '5m',
    fires: { [alarm('contradiction')]: '1x10' },
    silent: { [alarm('contradiction')]: '0x10', [alarm('overrun')]: '1x10' },
  },
  {
    alert: 'UnownedNodes',
    at: '15m',
    fires: { bidkeeper_fleet_unowned_nodes: '2x20' },
    silent: { bidkeeper_fleet_unowned_nodes: '2x6 0x20' },
  },
  {
    alert: 'PurchaseUnknown',
    at: '15m',
    fires: { 'bidkeeper_fleet_unknown_purchases{fleet="train"}': '1x20' },
    silent: { 'bidkeeper_fleet_unknown_purchases{fleet="train"}': '1x6 0x20' },
  },
  {
    alert: 'OverTarget',
    at: '120m',
    fires: { [WANTED]: '4x20 2x120', [nodes('running')]: '4x140', [nodes('waiting')]: '0x140' },
    // A falling target keeps its nodes to the end of their paid hour.
    silent: { [WANTED]: '4x60 2x120', [nodes('running')]: '4x140', [nodes('releasing')]: '2x140' },
  },
  {
    alert: 'BudgetExhausted',
    at: '40m',
    fires: {
      'bidkeeper_guard_blocked_total{fleet="train",guard="budget"}': '0+1x60',
      [SHORT]: '60x60',
    },
    silent: {
      'bidkeeper_guard_blocked_total{fleet="train",guard="budget"}': '0+1x60',
      'bidkeeper_guard_blocked_total{fleet="train",guard="rate"}': '0+1x60',
      [SHORT]: '0x60',
    },
  },
  {
    alert: 'BudgetBurnFast',
    at: '420m',
    // $240 a day is $10 an hour; $1 a minute is six times that, for seven hours.
    fires: { [DAY]: '240x430', [SPEND]: '0+1x430' },
    // Only the last hour is that fast.
    silent: { [DAY]: '240x430', [SPEND]: '0+0.1x360 36+1x70' },
  },
  {
    alert: 'ReservationEndingWithoutSuccessor',
    at: '45m',
    fires: {
      [END]: '3600x60',
      [nodes('running', 'reserved')]: '1x60',
      [WANTED]: '1x60',
      [CHANGE]: '90000x60',
    },
    // It is not wanted beyond its end.
    silent: {
      [END]: '3600x60',
      [nodes('running', 'reserved')]: '1x60',
      [WANTED]: '1x60',
      [CHANGE]: '3600x60',
    },
  },
  {
    alert: 'AuthFailing',
    at: '10m',
    fires: { [REQUESTS('401')]: '0+2x20', 'bidkeeper_breaker_open{zone="all"}': '0x20' },
    silent: {
      [REQUESTS('401')]: '3x20',
      [REQUESTS('403')]: '0+2x20',
      'bidkeeper_breaker_open{zone="all"}': '0x20',
    },
  },
  {
    alert: 'BalanceLow',
    at: '20m',
    fires: { bidkeeper_account_runway_seconds: '43000x30' },
    silent: { bidkeeper_account_runway_seconds: '43300x30' },
  },
  {
    alert: 'Overrun',
    at: '10m',
    fires: { 'bidkeeper_overrun_dollars_total{fleet="train"}': '5x5 17x10' },
    silent: { 'bidkeeper_overrun_dollars_total{fleet="train"}': '5x20' },
  },
  {
    alert: 'UnitMismatch',
    at: '5m',
    fires: { [alarm('unit_mismatch')]: '1x10' },
    silent: { [alarm('unit_mismatch')]: '0x10', [alarm('wrong_goods')]: '1x10' },
  },
  {
    alert: 'BelowTarget',
    at: '120m',
    fires: { [OBTAINED]: '0+106x130', [TARGET]: '0+120x130' },
    silent: { [OBTAINED]: '0+109x130', [TARGET]: '0+120x130' },
  },
  {
    alert: 'BidAtCeiling',
    at: '20m',
    fires: {
      [LIMIT]: '16x30',
      [CEILING]: '16x30',
      [SHORT]: '60x30',
      [WANTED]: '4x30',
      [nodes('running')]: '1x30',
    },
    silent: { [LIMIT]: '15.92x30', [CEILING]: '16x30', [SHORT]: '60x30', [WANTED]: '4x30' },
  },
  {
    alert: 'CeilingBelowMarket',
    at: '20m',
    fires: { [CEILING]: '16x30', [ASK]: '17x30', [SHORT]: '60x30', [OBTAINED]: '0x30' },
    // Another of its zones is cheaper.
    silent: {
      [CEILING]: '16x30',
      [ASK]: '17x30',
      [SHORT]: '60x30',
      [OBTAINED]: '0x30',
      [ASK.replace('"z"', '"y"')]: '15x30',
      [OBTAINED.replace('"z"', '"y"')]: '0x30',
    },
  },
  {
    alert: 'BudgetForecastExceeded',
    at: '130m',
    fires: { [DAY]: '240x140', 'bidkeeper_budget_forecast_dollars{budget="train",period="day"}': '241x140' },
    silent: { [DAY]: '240x140', 'bidkeeper_budget_forecast_dollars{budget="train",period="day"}': '240x140' },
  },
  {
    alert: 'LedgerDrift',
    at: '400m',
    fires: { 'bidkeeper_ledger_drift_dollars{fleet="train"}': '-6x410', [SPEND]: '0+0.1x410' },
    // $8 of about $600 is less than 2 %.
    silent: { 'bidkeeper_ledger_drift_dollars{fleet="train"}': '8x410', [SPEND]: '0+1.5x410' },
  },
  {
    alert: 'InterruptionsHigh',
    at: '60m',
    fires: {
      'bidkeeper_interruptions_total{fleet="train",zone="z",cause="outbid"}': '0x10 5x60',
      [WANTED]: '4x70',
    },
    silent: {
      'bidkeeper_interruptions_total{fleet="train",zone="z",cause="outbid"}': '0x10 3x60',
      [WANTED]: '4x70',
    },
  },
  {
    alert: 'ChurnHigh',
    at: '60m',
    fires: {
      'bidkeeper_purchases_total{fleet="train",node_type="autoreserved",outcome="filled"}': '0x10 20x60',
      [WANTED]: '4x70',
    },
    silent: {
      'bidkeeper_purchases_total{fleet="train",node_type="autoreserved",outcome="filled"}': '0x10 12x60',
      [WANTED]: '4x70',
    },
  },
  {
    alert: 'NodesUnhealthy',
    at: '20m',
    fires: { [nodes('unhealthy')]: '1x30' },
    silent: { [nodes('unhealthy')]: '1x10 0x20', [nodes('unknown')]: '1x30' },
  },
  {
    alert: 'OrphanedNodes',
    at: '20m',
    fires: { [alarm('orphaned_fleet')]: '1x30' },
    silent: { [alarm('orphaned_fleet')]: '0x30' },
  },
  {
    alert: 'MarketDataStale',
    at: '30m',
    fires: {
      'bidkeeper_market_last_update_timestamp_seconds{zone="z",gpu="h100"}': '60x40',
      [SHORT]: '60x40',
    },
    // A met target asks for no quotes.
    silent: {
      'bidkeeper_market_last_update_timestamp_seconds{zone="z",gpu="h100"}': '60x40',
      [SHORT]: '0x40',
    },
  },
  {
    alert: 'ApiErrors',
    at: '30m',
    fires: { [REQUESTS('200')]: '0+18x40', [REQUESTS('500')]: '0+1x40', [REQUESTS('timeout')]: '0+1x40' },
    silent: { [REQUESTS('200')]: '0+18x40', [REQUESTS('404')]: '0+9x40', [REQUESTS('500')]: '0+1x40' },
  },
  {
    alert: 'RateLimited',
    at: '30m',
    fires: { [REQUESTS('429')]: '0+1x40' },
    silent: { [REQUESTS('429')]: '0x20 3x20' },
  },
  {
    alert: 'ReloadFailed',
    at: '10m',
    fires: { 'bidkeeper_config_last_reload_success{instance="a"}': '0x20' },
    silent: { 'bidkeeper_config_last_reload_success{instance="a"}': '0x5 1x20' },
  },
  {
    alert: 'NotificationsFailing',
    at: '20m',
    fires: { 'bidkeeper_notifications_total{channel="webhook",outcome="expired"}': '0x5 1x20' },
    silent: {
      'bidkeeper_notifications_total{channel="webhook",outcome="expired"}': '1x30',
      'bidkeeper_notifications_total{channel="webhook",outcome="retried"}': '0+1x30',
    },
  },
  {
    alert: 'PausedForgotten',
    at: '250m',
    fires: { 'bidkeeper_paused{scope="process"}': '1x260' },
    silent: { 'bidkeeper_paused{scope="process"}': '1x200 0x20 1x40' },
  },
  {
    alert: 'DryRunWithTarget',
    at: '1500m',
    fires: {
      'bidkeeper_fleet_info{fleet="train",strategy="ladder",gpu="h100",mode="dry_run"}': '1x1510',
      [WANTED]: '4x1510',
    },
    silent: {
      'bidkeeper_fleet_info{fleet="train",strategy="ladder",gpu="h100",mode="live"}': '1x1510',
      [WANTED]: '4x1510',
    },
  },
];
