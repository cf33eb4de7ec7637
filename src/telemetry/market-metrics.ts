// The market as last quoted, the budgets, and on request one row a node. Gauges only, written anew with every report.
import { costToDollars } from '../domain/money.ts';
import { BUDGET_STAGES } from '../domain/policy.ts';
import type { BudgetReport, NodeReport } from '../domain/report.ts';
import type { MetricsContext, MetricsGroup } from './metrics-context.ts';

const CENTS_PER_DOLLAR = 100;
const MS_PER_SECOND = 1000;

export const marketMetrics = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const price = instruments.gauges({
    name: 'market_price_dollars_per_node_hour',
    help: 'What the venue last quoted (ask), and the median of the last hour of quotes; absent while nothing is for sale.',
    labels: ['zone', 'gpu', 'stat'],
  });
  const updated = instruments.gauges({
    name: 'market_last_update_timestamp_seconds',
    help: 'When the last answered quote of a zone was asked for.',
    labels: ['zone', 'gpu'],
  });
  return ({ market }) => {
    const rows = market.map((quote) => ({
      quote,
      zone: guards.zone(quote.zone),
      gpu: guards.gpu(quote.gpu),
    }));
    price.set(
      rows.flatMap(({ quote: { ask, median }, zone, gpu }) =>
        Object.entries({ ask, median }).flatMap(([stat, cents]) =>
          cents === null ? [] : [{ labels: { zone, gpu, stat }, value: cents / CENTS_PER_DOLLAR }],
        ),
      ),
    );
    updated.set(
      rows.map(({ quote, zone, gpu }) => ({ labels: { zone, gpu }, value: quote.askedAtMs / MS_PER_SECOND })),
    );
  };
};

const BUDGET_GAUGES: readonly (readonly [string, string, (budget: BudgetReport) => number])[] = [
  ['budget_limit_dollars', 'The budget of the current period.', ({ limit }) => limit / CENTS_PER_DOLLAR],
  [
    'budget_spent_dollars',
    'Booked in the current period: settled where known, else bought time at its limit.',
    ({ spent }) => costToDollars(spent),
  ],
  [
    'budget_earmarked_dollars',
    'Put aside in the current period for what is asked, waiting, unknown or about to renew.',
    ({ earmarked }) => costToDollars(earmarked),
  ],
  [
    'budget_forecast_dollars',
    'What will probably be spent by the end of the current period; not bounded by the budget.',
    ({ forecast }) => costToDollars(forecast),
  ],
  [
    'budget_period_end_timestamp_seconds',
    'When the current period ends.',
    ({ periodEndMs }) => periodEndMs / MS_PER_SECOND,
  ],
];

export const budgetMetrics = (context: MetricsContext): MetricsGroup => {
  const { guards, instruments } = context;
  const groups = BUDGET_GAUGES.map(([name, help, value]): MetricsGroup => {
    const board = instruments.gauges({ name, help, labels: ['budget', 'period'] });
    return ({ budgets }) =>
      board.set(
        budgets.map((budget) => ({
          labels: { budget: guards.budget(budget.budget), period: budget.period },
          value: value(budget),
        })),
      );
  });
  groups.push(stageGauge(context));
  return (report) => {
    for (const group of groups) group(report);
  };
};

/** Series only for budgets whose settings name stages. */
const stageGauge = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const board = instruments.gauges({
    name: 'budget_stage',
    help: `The last staged action of a budget that holds in the current period: 0 none, ${BUDGET_STAGES.map((stage, index) => `${index + 1} ${stage}`).join(', ')}.`,
    labels: ['budget', 'period'],
  });
  return ({ budgets }) =>
    board.set(
      budgets
        .filter(({ stages }) => stages.length > 0)
        .map(({ budget, period, stages }) => ({
          labels: { budget: guards.budget(budget), period },
          value:
            1 +
            BUDGET_STAGES.findLastIndex((stage) => stages.some((one) => one.holds && one.stage === stage)),
        })),
    );
};

/** The only series with a node's name in them; the settings have to ask for them. */
export const nodeMetrics = ({ guards, instruments }: MetricsContext): MetricsGroup => {
  const info = instruments.gauges({
    name: 'node_info',
    help: 'Always 1: one series a node of ours.',
    labels: ['fleet', 'zone', 'node_type', 'node', 'state'],
  });
  const limit = instruments.gauges({
    name: 'node_limit_dollars_per_node_hour',
    help: 'The limit in force for a node.',
    labels: ['fleet', 'node'],
  });
  const end = instruments.gauges({
    name: 'node_end_timestamp_seconds',
    help: 'When the paid time of a node ends.',
    labels: ['fleet', 'node'],
  });
  const who = (node: NodeReport): { fleet: string; node: string } => ({
    fleet: guards.fleet(node.fleet),
    node: node.name,
  });
  return ({ nodes }) => {
    info.set(
      nodes.map((node) => ({
        labels: { ...who(node), zone: guards.zone(node.zone), node_type: node.hold, state: node.state },
        value: 1,
      })),
    );
    limit.set(nodes.map((node) => ({ labels: who(node), value: node.limit / CENTS_PER_DOLLAR })));
    end.set(
      nodes.flatMap((node) =>
        node.endAtMs === null ? [] : [{ labels: who(node), value: node.endAtMs / MS_PER_SECOND }],
      ),
    );
  };
};
