// What really moved and how it is paid: the account's transactions by category, whose its purchases are, the payment rule
// that fills show, drift, and how long and at what price fills came.
import { ACCOUNT_CATEGORIES, PAYMENT_RULES, SPEND_OWNERS } from '../domain/account.ts';
import { GPUS_PER_NODE, costToDollars } from '../domain/money.ts';
import type { MetricsContext, MetricsGroup } from './metrics-context.ts';

const CENTS_PER_DOLLAR = 100;
const MS_PER_SECOND = 1000;
const inDollars = (cents: number): number => cents / CENTS_PER_DOLLAR;

const accountMetrics = ({ instruments }: MetricsContext): MetricsGroup => {
  const billed = instruments.ledgerCounter(
    {
      name: 'billed_dollars_total',
      help: 'Transactions of the account since the ledger began, whoever caused them, by what they are about; taken_back is what changed and vanished records took off them.',
      labels: ['category'],
    },
    inDollars,
  );
  const spend = instruments.gauges({
    name: 'account_spend_dollars',
    help: 'Purchases of the account since the ledger began, by whose they are; open: not looked up yet.',
    labels: ['owner'],
  });
  const drift = instruments.gauges({
    name: 'account_drift_dollars',
    help: 'Accrued by all fleets minus what the transactions of the account show as ours; absent before the first is read.',
    labels: [],
  });
  return ({ money: { account } }) => {
    billed.set([
      ...ACCOUNT_CATEGORIES.map((category) => ({
        labels: { category },
        value: account?.billed[category] ?? 0,
      })),
      { labels: { category: 'taken_back' }, value: account?.takenBack ?? 0 },
    ]);
    spend.set(
      SPEND_OWNERS.map((owner) => ({ labels: { owner }, value: inDollars(account?.spend[owner] ?? 0) })),
    );
    drift.set(account === null ? [] : [{ labels: {}, value: costToDollars(account.drift) }]);
  };
};

const learnedMetrics = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const rule = instruments.gauges({
    name: 'payment_rule',
    help: '1 for the payment rule that fills show.',
    labels: ['rule'],
  });
  const drift = instruments.gauges({
    name: 'ledger_drift_dollars',
    help: 'Accrued minus settled: what the records of the venue do not show yet, or show otherwise.',
    labels: ['fleet'],
  });
  return ({ money }) => {
    rule.set(PAYMENT_RULES.map((one) => ({ labels: { rule: one }, value: one === money.rule ? 1 : 0 })));
    drift.set(
      money.drift.map(({ fleet, cost }) => ({
        labels: { fleet: guards.fleet(fleet) },
        value: costToDollars(cost),
      })),
    );
  };
};

/** Few steps each: a fleet has at most a hundred series. */
const FILL_SECONDS = [30, 300, 1800, 3 * 3600];
const PRICES = [1, 1.5, 2, 3];

const fillMetrics = ({ fleets, guards, instruments }: MetricsContext): MetricsGroup => {
  const seconds = instruments.histogram(
    {
      name: 'purchase_fill_seconds',
      help: 'Time from the first ask for a node to its fill.',
      labels: ['fleet', 'node_type'],
    },
    FILL_SECONDS,
  );
  const price = instruments.histogram(
    {
      name: 'purchase_price_dollars_per_gpu_hour',
      help: 'Price of a fill as it was accrued.',
      labels: ['fleet'],
    },
    PRICES,
  );
  for (const { name, hold } of fleets) {
    seconds.zero({ fleet: name, node_type: hold });
    price.zero({ fleet: name });
  }
  let counted: number | null = null;
  return ({ atMs, money: { fills } }) => {
    // Fills from before this process began were observed by the one before it.
    const fresh =
      counted === null
        ? fills.last.filter((fill) => fill.atMs >= atMs)
        : fills.last.slice(Math.max(0, fills.last.length - (fills.count - counted)));
    counted = fills.count;
    for (const fill of fresh) {
      const fleet = guards.fleet(fill.fleet);
      seconds.observe({ fleet, node_type: guards.nodeType(fill.hold) }, fill.afterMs / MS_PER_SECOND);
      price.observe({ fleet }, fill.price / CENTS_PER_DOLLAR / GPUS_PER_NODE);
    }
  };
};

export const moneyMetrics = (context: MetricsContext): MetricsGroup => {
  const groups = [accountMetrics(context), learnedMetrics(context), fillMetrics(context)];
  return (report) => {
    for (const group of groups) group(report);
  };
};
