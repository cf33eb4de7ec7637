// A report as a person reads it: fleets, money, what was decided and why, alarms on top.
import {
  costToCentsUp,
  formatCents,
  formatGpuPrice,
  formatPrice,
  type Cents,
  type CentSeconds,
} from '../domain/money.ts';
import type { Decision, FleetReport, FundsReport, TickReport } from '../domain/report.ts';
import { jobLines } from './job-text.ts';
import { moneyLines } from './money-text.ts';
import { formatDuration, formatInstant } from '../domain/time.ts';

const dollars = (cost: CentSeconds): string => formatCents(costToCentsUp(cost));

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** Everything `status` says. */
export const statusText = (report: TickReport): string => {
  const head = `${report.mode === 'live' ? 'live' : 'DRY RUN'}${haltWord(report)}, as of ${formatInstant(report.atMs)}`;
  const lines = [head];
  if (report.pause !== null) lines.push(...pauseLines(report, report.pause));
  if (report.end !== 'done' && report.problem !== null) lines.push(`last look: ${report.problem}`);
  for (const alarm of report.alarms)
    lines.push(`! ${alarm.fleet === null ? '' : `${alarm.fleet}: `}${alarm.text}`);
  lines.push(...stageLines(report));
  for (const fleet of report.fleets) lines.push('', ...fleetText(report, fleet));
  if (report.budgets.length > 0) lines.push('', 'budgets', ...indent(budgetLines(report)));
  lines.push('', 'money', ...indent(moneyLines(report.money)));
  if (report.funds !== null) lines.push('', fundsText(report.funds));
  if (report.market.length > 0) lines.push('', 'market', ...indent(marketLines(report)));
  return lines.join('\n');
};

const haltWord = ({ pause }: TickReport): string =>
  pause === null ? '' : pause.drain ? ', DRAINING' : ', PAUSED';

const pauseLines = (report: TickReport, pause: NonNullable<TickReport['pause']>): string[] => {
  const rate = report.fleets.reduce((sum, fleet) => sum + fleet.unattendedRate, 0) as Cents;
  const sure = pause.acknowledged ? '' : '; the daemon has not confirmed it yet';
  const goesOn = pause.drain
    ? 'nodes are let go as their paid time ends; until then they go on'
    : 'held nodes go on';
  return [
    `${pause.drain ? 'draining' : 'paused'} since ${formatInstant(pause.atMs)} by ${pause.by}: ${pause.why}${sure}`,
    `${goesOn} for at most ${formatCents(rate)} an hour; \`bidkeeper resume\` ends it`,
  ];
};

const fleetText = (report: TickReport, fleet: FleetReport): string[] => {
  const met = fleet.runningNodes >= fleet.wantedNodes;
  const since =
    fleet.shortfallSinceMs === 0 ? '' : `, short for ${formatDuration(report.atMs - fleet.shortfallSinceMs)}`;
  const lines = [
    `${fleet.fleet}: ${fleet.runningNodes} of ${fleet.wantedNodes} nodes run (${fleet.runningNodes * 8} of ${fleet.wantedGpus} ${fleet.gpu} GPUs)${met ? '' : since}`,
  ];
  const states = fleet.states.map((one) => `${one.nodes} ${one.state} in ${one.zone}`);
  if (states.length > 0) lines.push(`  nodes     ${states.join(', ')}`);
  const limit = fleet.limit === null ? 'no bid stands' : `limit ${formatPrice(fleet.limit)}`;
  lines.push(`  bid       ${fleet.strategy}, ${limit}, ceiling ${formatGpuPrice(fleet.ceiling)}`);
  lines.push(
    `  burn      at most ${formatCents(fleet.spendRate)} an hour now; unattended ${formatCents(fleet.unattendedRate)} an hour`,
  );
  const next = fleet.nextChangeMs === null ? 'never' : formatInstant(fleet.nextChangeMs);
  lines.push(`  target    changes next: ${next}`);
  if (fleet.override !== null) {
    const { by, why, untilMs } = fleet.override;
    lines.push(
      `            set by ${by} until ${formatInstant(untilMs)}, whatever the schedule says: ${why}`,
    );
  }
  lines.push(`  spent     ${spentText(report, fleet.fleet)}`);
  lines.push(...comparedLines(report, fleet.fleet));
  for (const line of jobLines(fleet.jobs, report.atMs)) lines.push(`  job       ${line}`);
  return lines;
};

const spentText = (report: TickReport, fleet: string): string => {
  const mine = report.totals.filter((one) => one.fleet === fleet);
  const sum = (of: (one: (typeof mine)[number]) => number): number =>
    mine.reduce((total, one) => total + of(one), 0);
  const hours = (sum((one) => one.obtainedNodeSeconds ?? 0) * 8) / 3600;
  const unseen = mine.some((one) => one.obtainedNodeSeconds === null);
  const obtained = unseen
    ? 'obtained: not known until the venue is seen'
    : `obtained ${hours.toFixed(1)} GPU-hours`;
  const settled = sum((one) => one.settled) as CentSeconds;
  const accrued = sum((one) => one.accrued) as CentSeconds;
  const committed = sum((one) => one.committed) as CentSeconds;
  return `settled ${dollars(settled)}, accrued ${dollars(accrued)}, at worst ${dollars(committed)}; ${obtained}`;
};

/** The last stage of each budget that holds now: what a person must know before reading on. */
const stageLines = (report: TickReport): string[] =>
  report.budgets.flatMap(({ budget, period, stages, periodEndMs }) => {
    const last = stages.findLast(({ holds }) => holds);
    if (last === undefined) return [];
    const reached = `its ${period} budget came to ${last.share / 100}%`;
    return [`! ${budget}: ${reached} (spent + put aside): ${last.stage} until ${formatInstant(periodEndMs)}`];
  });

/** What the bought hours would have cost otherwise, and what watching strategies would have paid. */
const comparedLines = (report: TickReport, fleet: string): string[] => {
  const totals = report.fleetTotals.find((one) => one.fleet === fleet);
  if (totals === undefined || totals.references.ceiling === 0) return [];
  const { ceiling, vendor_default: vendor, all_reserved: blocks } = totals.references;
  return [
    `  else      ${dollars(ceiling)} at the ceiling, ${dollars(vendor)} at 1.5 x the ask at start, ${dollars(blocks)} as blocks`,
    ...totals.shadows.map(
      ({ strategy, cost, nodeSeconds }) =>
        `  shadow    ${strategy} would have paid ${dollars(cost)} for ${((nodeSeconds * 8) / 3600).toFixed(1)} GPU-hours`,
    ),
  ];
};

const paceText = ({ pace }: TickReport['budgets'][number]): string =>
  pace === null ? '' : `; paced at ${formatPrice(pace)}`;

const budgetLines = (report: TickReport): string[] =>
  report.budgets.map((one) => {
    const used = (costToCentsUp(one.spent) + costToCentsUp(one.earmarked)) as Cents;
    return `${one.budget} ${one.period}: ${dollars(one.spent)} spent + ${dollars(one.earmarked)} put aside = ${formatCents(used)} of ${formatCents(one.limit)}; ${dollars(one.forecast)} expected by ${formatInstant(one.periodEndMs)}${paceText(one)}`;
  });

const fundsText = ({ available, perHour, runwayMs }: FundsReport): string => {
  const lasts =
    runwayMs === null
      ? 'nothing is spent'
      : `lasts ${formatDuration(runwayMs)} at up to ${formatCents(perHour)} an hour`;
  return `account: ${formatCents(available)} available, ${lasts}`;
};

const marketLines = (report: TickReport): string[] =>
  report.market.map((one) => {
    const ask = one.ask === null ? 'nothing for sale' : `ask ${formatPrice(one.ask)}`;
    return `${one.zone} (${one.gpu}): ${ask}, quoted ${formatDuration(report.atMs - one.askedAtMs)} ago`;
  });

/** Everything `plan` says: what would be done now, what not, and why. */
export const planText = (report: TickReport): string => {
  if (report.end !== 'done') return `Nothing can be planned: ${report.problem ?? report.end}.`;
  const does = report.decisions.filter((one) => one.refusedBy === null && one.action !== 'none');
  const refused = report.decisions.filter((one) => one.refusedBy !== null);
  const notes = report.decisions.filter((one) => one.refusedBy === null && one.action === 'none');
  const quiet = does.length + refused.length + notes.length === 0;
  return [
    statusText(report),
    '',
    ...(quiet ? ['Nothing to do: every fleet has what it wants.'] : []),
    ...section('would do', does),
    ...section('would be refused', refused),
    ...section('does nothing about', notes),
  ].join('\n');
};

/** What a report decided about one fleet, done or not, in the form of `plan`. */
export const decisionLines = (report: TickReport, fleet: string): string[] => {
  const mine = report.decisions.filter((one) => one.fleet === fleet);
  return [
    ...section(
      'did',
      mine.filter((one) => one.refusedBy === null && one.action !== 'none'),
    ),
    ...section(
      'was held back from',
      mine.filter((one) => one.refusedBy !== null),
    ),
    ...section(
      'did nothing about',
      mine.filter((one) => one.refusedBy === null && one.action === 'none'),
    ),
  ];
};

/** Decisions of one kind with the same words are one line. */
const section = (title: string, decisions: readonly Decision[]): string[] => {
  if (decisions.length === 0) return [];
  const groups = new Map<string, { readonly first: Decision; count: number }>();
  for (const one of decisions) {
    const key = [one.fleet, one.action, one.zone, one.limit, one.refusedBy, one.why].join('|');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: one, count: 1 });
    else group.count += 1;
  }
  return [`${title}:`, ...indent([...groups.values()].map(({ first, count }) => decisionText(first, count)))];
};

const decisionText = (one: Decision, count: number): string => {
  const what = one.action === 'none' ? one.reason : `${one.action}${count > 1 ? ` × ${count}` : ''}`;
  const name = count === 1 && one.name !== null ? ` ${one.name}` : '';
  const where = one.zone === null ? '' : ` in ${one.zone}`;
  const limit = one.limit === null ? '' : ` at ${formatPrice(one.limit)}`;
  const guard = one.refusedBy === null ? '' : ` [${one.refusedBy}]`;
  return `${one.fleet}: ${what}${name}${where}${limit}${guard}: ${one.why}`;
};
