// The month as one page to send on: a file that needs nothing beside itself, says what each number means, and claims
// nothing that was not computed. Every text from outside is escaped.
import { formatInstant } from '../../domain/time.ts';
import {
  addFigures,
  emptyFigures,
  type Figures,
  type MonthDay,
  type MonthOfFleet,
} from '../../reconcile/month.ts';
import { barChart, escapeHtml, type Bar } from './charts.ts';
import {
  boughtMs,
  costOfFigures,
  dollars,
  drift,
  gpuHours,
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
import { hasFigures } from './month-text.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { MonthView } from './report-verb.ts';

export const monthHtml = ({ month, report, fleets }: MonthView): string => {
  const all = fleets.reduce((sum, one) => addFigures(sum, one.total), emptyFigures());
  const title = `GPU spend in ${monthName(month)}`;
  const open = fleets.some((one) => one.endMs > report.asOfMs) ? ' The month is not over.' : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="soft">bidkeeper, ledger ${escapeHtml(report.ledgerId ?? '(empty)')}, as of ${formatInstant(report.asOfMs)}.${open}</p>
</header>
${report.contradiction === null ? '' : `<p class="alarm">The ledger contradicts itself: ${escapeHtml(report.contradiction)}. Do not rely on this page before it is looked into.</p>`}
${cards(all)}
${fleets.length > 1 ? byFleet(fleets, all) : ''}
${fleets.map(fleetSection).join('\n')}
<footer>
<p><b>Cost</b> is what the venue billed, less what it gave back, and an estimate for time that is bought and not billed yet (open). Money lies on the hours it pays for.
<b>Obtained</b> is time with a VM running. <b>Not used</b> is bought time without one: starting, failed, or running out after a release; its cost is taken at the average price.
<b>Saved</b> is what the bought hours would have cost otherwise, less what they did; where such a price was not known, nothing is counted as saved.
<b>At worst</b> is the limit that was set, times the time bought. <b>Overrun</b> was renewed by the venue while the daemon was down or blind.</p>
<p>GPU-hours are node-hours times 8. Days and months follow the clock of each fleet.</p>
</footer>
</main>
</body>
</html>
`;
};

/** The bill split by fleet, where there are several. */
const byFleet = (fleets: readonly MonthOfFleet[], all: Figures): string => {
  const total = costOfFigures(all);
  const line = (name: string, sum: Figures): readonly string[] => [
    name,
    hours(sum.wantedMs),
    hours(sum.obtainedMs),
    share(sum.obtainedMs, sum.wantedMs),
    perGpuHour(costOfFigures(sum), sum.obtainedMs),
    dollars(costOfFigures(sum)),
    share(costOfFigures(sum), total),
  ];
  const names = ['Fleet', 'Wanted', 'Obtained', 'Of wanted', 'Per GPU-hour obtained', 'Cost', 'Of cost'];
  const rows = fleets.map((one) => row(line(one.fleet, one.total)));
  return `<h3>By fleet</h3>
<div class="scroll"><table><thead>${row(names, 'th')}</thead><tbody>${rows.join('')}</tbody><tfoot>${row(line('Total', all))}</tfoot></table></div>`;
};

const card = (value: string, name: string, note: string): string =>
  `<div class="card"><b>${escapeHtml(value)}</b><span class="name">${escapeHtml(name)}</span><br><span>${escapeHtml(note)}</span></div>`;

const cards = (sum: Figures): string => {
  const cost = costOfFigures(sum);
  return `<div class="cards">
${card(dollars(cost), 'cost', `${dollars(sum.settled - sum.refunded)} billed, ${dollars(sum.openAccrued)} open`)}
${card(hours(sum.obtainedMs), 'GPU-hours obtained', `${share(sum.obtainedMs, sum.wantedMs)} of ${hours(sum.wantedMs)} wanted`)}
${card(perGpuHour(cost, sum.obtainedMs), 'a GPU-hour obtained', `${perGpuHour(cost, boughtMs(sum))} a GPU-hour bought`)}
${savedCard(sum)}
${card(dollars(wastedCost(sum)), 'not used', `${hours(wastedMs(sum))} GPU-hours, ${share(wastedMs(sum), boughtMs(sum))} of bought`)}
</div>`;
};

/** Against the vendor's default: what somebody without the daemon would most likely have paid. */
const savedCard = (sum: Figures): string => {
  const saving = savings(sum).find(({ reference }) => reference === 'vendor_default');
  if (saving === undefined) return '';
  return card(
    dollars(saving.saved),
    'saved',
    `${share(saving.saved, saving.cost)} of ${dollars(saving.cost)}, ${saving.words}`,
  );
};

const fleetSection = (one: MonthOfFleet): string => {
  const days = one.days.filter(hasFigures);
  const known = one.days.slice(0, one.days.findLastIndex(hasFigures) + 1);
  const charts =
    days.length === 0
      ? '<p>Nothing was wanted or bought.</p>'
      : `<h3>GPU-hours a day</h3>
${barChart({ title: `GPU-hours wanted and obtained by ${one.fleet}, by day`, bars: known.map((day) => hoursBar(one, day)), unit: (value) => short(value) })}
<ul class="key"><li><i class="main"></i>obtained</li><li><i class="light"></i>bought, not used</li><li><i class="line"></i>wanted</li></ul>
<h3>Cost a day</h3>
${barChart({ title: `Cost of ${one.fleet}, by day`, bars: known.map((day) => costBar(one, day)), unit: (value) => `$${short(value)}` })}
<ul class="key"><li><i class="main"></i>billed</li><li><i class="light"></i>open (estimate)</li></ul>
<h3>Day by day</h3>
${dayTable(one, days)}`;
  return `<section>
<h2>${escapeHtml(one.fleet)}</h2>
<p class="soft">days in ${escapeHtml(one.timeZone)}</p>
${summary(one)}
${charts}
</section>`;
};

/** Numbers of an axis: `1,200`, `12.5k`. */
const short = (value: number): string =>
  value >= 10_000
    ? `${Number((value / 1000).toFixed(1))}k`
    : String(Number(value.toFixed(2))).replace(/\B(?=(\d{3})+$)/, ',');

const summary = ({ total, places }: MonthOfFleet): string => {
  const cost = costOfFigures(total);
  const difference = drift(total);
  const rows: readonly (readonly [string, string])[] = [
    [
      'Cost',
      `${dollars(cost)}: ${dollars(total.settled)} billed, ${dollars(total.refunded)} given back, ${dollars(total.openAccrued)} open`,
    ],
    ['At worst', `${dollars(total.committed)}`],
    ['Wanted', `${hours(total.wantedMs)} GPU-hours`],
    [
      'Obtained',
      `${hours(total.obtainedMs)} GPU-hours, ${share(total.obtainedMs, total.wantedMs)} of wanted, ${perGpuHour(cost, total.obtainedMs)} each`,
    ],
    ['Bought', `${hours(boughtMs(total))} GPU-hours, ${perGpuHour(cost, boughtMs(total))} each`],
    ['Not used', `${hours(wastedMs(total))} GPU-hours, about ${dollars(wastedCost(total))}`],
    ...savings(total).map(
      ({ words, cost: other, saved }) =>
        ['Saved', `${dollars(saved)} (${share(saved, other)}) against ${dollars(other)}, ${words}`] as const,
    ),
    ['Overrun', dollars(total.overrun)],
    ['Interruptions', `${total.outbid} outbid, ${total.failed} failed`],
    ['Purchases', purchasesText(total)],
    [
      'Estimates',
      `bills were ${dollars(Math.abs(difference))} (${share(Math.abs(difference), total.settled - total.refunded)}) ${difference < 0 ? 'under' : 'over'} them`,
    ],
    ...(places.size > 1
      ? [...places].map(
          ([place, figures]) =>
            [
              `In ${place.split(',')[0] ?? place}`,
              `${dollars(costOfFigures(figures))} for ${hours(boughtMs(figures))} GPU-hours bought (${place.split(', ')[1] ?? ''})`,
            ] as const,
        )
      : []),
  ];
  return `<h3>Summary</h3>
<dl>${rows.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
};

const dayLabel = (one: MonthOfFleet, day: MonthDay): string =>
  String(Number(localDate(one.timeZone, day.startMs).slice(8)));

const hoursBar = (one: MonthOfFleet, day: MonthDay): Bar => {
  const { figures } = day;
  return {
    label: dayLabel(one, day),
    title: `${localDate(one.timeZone, day.startMs)}: ${hours(figures.obtainedMs)} obtained of ${hours(figures.wantedMs)} wanted, ${hours(boughtMs(figures))} bought`,
    parts: [
      { value: gpuHours(figures.obtainedMs), style: 'main' },
      { value: gpuHours(wastedMs(figures)), style: 'light' },
    ],
    mark: figures.wantedMs > 0 ? gpuHours(figures.wantedMs) : null,
  };
};

const costBar = (one: MonthOfFleet, day: MonthDay): Bar => {
  const { figures } = day;
  const billed = figures.settled - figures.refunded;
  return {
    label: dayLabel(one, day),
    title: `${localDate(one.timeZone, day.startMs)}: ${dollars(billed)} billed, ${dollars(figures.openAccrued)} open`,
    parts: [
      { value: billed / 360_000, style: 'main' },
      { value: figures.openAccrued / 360_000, style: 'light' },
    ],
    mark: null,
  };
};

const COLUMNS = [
  'Day',
  'Wanted',
  'Obtained',
  'Bought',
  'Not used',
  'Billed',
  'Open',
  'Cost',
  'Per GPU-hour',
  'Interrupted',
];

const cells = (name: string, figures: Figures): readonly string[] => [
  name,
  hours(figures.wantedMs),
  hours(figures.obtainedMs),
  hours(boughtMs(figures)),
  hours(wastedMs(figures)),
  dollars(figures.settled - figures.refunded),
  dollars(figures.openAccrued),
  dollars(costOfFigures(figures)),
  perGpuHour(costOfFigures(figures), boughtMs(figures)),
  String(figures.outbid + figures.failed),
];

const row = (values: readonly string[], tag = 'td'): string =>
  `<tr>${values.map((value) => `<${tag}>${escapeHtml(value)}</${tag}>`).join('')}</tr>`;

const dayTable = ({ timeZone, total }: MonthOfFleet, days: readonly MonthDay[]): string =>
  `<div class="scroll"><table><thead>${row(COLUMNS, 'th')}</thead><tbody>${days
    .map((day) => row(cells(localDate(timeZone, day.startMs), day.figures)))
    .join('')}</tbody><tfoot>${row(cells('Total', total))}</tfoot></table></div>`;
