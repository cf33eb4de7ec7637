// The month for a terminal: the bill first, then each fleet with its days.
import { formatInstant } from '../../domain/time.ts';
import {
  addFigures,
  emptyFigures,
  type Figures,
  type MonthDay,
  type MonthOfFleet,
} from '../../reconcile/month.ts';
import {
  boughtMs,
  costOfFigures,
  dollars,
  drift,
  hours,
  localDate,
  monthName,
  perGpuHour,
  purchasesText,
  savings,
  share,
  wastedCost,
  wastedMs,
} from './figures.ts';
import type { MonthView } from './report-verb.ts';

export const monthText = ({ month, report, fleets }: MonthView): string => {
  const all = fleets.reduce((sum, one) => addFigures(sum, one.total), emptyFigures());
  const lines = [
    `GPU spend in ${monthName(month)}, from ledger ${report.ledgerId ?? '(empty)'} as of ${formatInstant(report.asOfMs)}`,
    ...(report.contradiction === null ? [] : [`! the ledger contradicts itself: ${report.contradiction}`]),
    ...fleets.flatMap((one) => ['', ...fleetLines(one)]),
  ];
  if (fleets.length > 1) lines.push('', 'all fleets', ...sumLines(all));
  lines.push('', ...NOTES);
  return lines.join('\n');
};

const NOTES: readonly string[] = [
  'Money lies on the hours it pays for. Open: bought and not billed yet, at the price estimated when it was bought.',
  'Saved: what the bought hours would have cost otherwise, less what they did. Where such a price was not known, nothing is counted as saved.',
  'Not used: bought and without a running VM (starting, failed, or after a release), at the average price of the month.',
];

const fleetLines = (one: MonthOfFleet): string[] => [
  `${one.fleet} (days in ${one.timeZone})`,
  ...sumLines(one.total),
  ...(one.places.size > 1
    ? [...one.places].map(
        ([place, figures]) =>
          `  in ${place}: ${dollars(costOfFigures(figures))} for ${hours(boughtMs(figures))} GPU-hours`,
      )
    : []),
  '',
  ...dayTable(one),
];

const sumLines = (sum: Figures): string[] => {
  const cost = costOfFigures(sum);
  const difference = drift(sum);
  const billed = sum.settled - sum.refunded;
  return [
    `  cost          ${dollars(cost)} = ${dollars(sum.settled)} settled - ${dollars(sum.refunded)} refunded + ${dollars(sum.openAccrued)} open`,
    `  at worst      ${dollars(sum.committed)} (limit x time)`,
    `  wanted        ${hours(sum.wantedMs)} GPU-hours`,
    `  obtained      ${hours(sum.obtainedMs)} GPU-hours (${share(sum.obtainedMs, sum.wantedMs)} of wanted), ${perGpuHour(cost, sum.obtainedMs)} a GPU-hour`,
    `  bought        ${hours(boughtMs(sum))} GPU-hours, ${perGpuHour(cost, boughtMs(sum))} a GPU-hour`,
    `  not used      ${hours(wastedMs(sum))} GPU-hours (${share(wastedMs(sum), boughtMs(sum))} of bought), about ${dollars(wastedCost(sum))}`,
    ...savings(sum).map(
      ({ words, cost: other, saved }, index) =>
        `  ${(index === 0 ? 'saved' : '').padEnd(13)} ${dollars(saved)} (${share(saved, other)}) against ${dollars(other)}, ${words}`,
    ),
    `  overrun       ${dollars(sum.overrun)} bought by the venue while nobody looked`,
    `  interruptions ${sum.outbid} outbid, ${sum.failed} failed`,
    `  purchases     ${purchasesText(sum)}`,
    `  drift         the bills were ${dollars(Math.abs(difference))} (${share(Math.abs(difference), billed)}) ${difference < 0 ? 'under' : 'over'} the estimates`,
  ];
};

const COLUMNS = [
  'day',
  'wanted',
  'obtained',
  'bought',
  'not used',
  'cost',
  'settled',
  'open',
  '$/GPU-hour',
  'lost',
] as const;

const dayTable = ({ days, timeZone }: MonthOfFleet): string[] => {
  const shown = days.filter((day) => hasFigures(day));
  if (shown.length === 0) return ['  nothing was wanted or bought'];
  const rows = shown.map(({ startMs, figures }) => [
    localDate(timeZone, startMs),
    hours(figures.wantedMs),
    hours(figures.obtainedMs),
    hours(boughtMs(figures)),
    hours(wastedMs(figures)),
    dollars(costOfFigures(figures)),
    dollars(figures.settled - figures.refunded),
    dollars(figures.openAccrued),
    perGpuHour(costOfFigures(figures), boughtMs(figures)),
    String(figures.outbid + figures.failed),
  ]);
  const widths = COLUMNS.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`;
  return [line(COLUMNS), ...rows.map(line)];
};

/** True for a day on which anything was wanted, had or paid. */
export const hasFigures = ({ figures }: MonthDay): boolean =>
  figures.wantedMs + figures.obtainedMs + figures.boughtSeconds + figures.settled + figures.refunded > 0;
