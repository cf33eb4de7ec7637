// The month for machines: whole cents and GPU-hours, days by their date. Cents are rounded per figure, so that sums of days
// may differ from a total by a cent a day; node-seconds are exact.
import { formatInstant } from '../../domain/time.ts';
import type { Figures } from '../../reconcile/month.ts';
import { boughtMs, costOfFigures, localDate, savings, wastedCost, wastedMs } from './figures.ts';
import type { MonthView } from './report-verb.ts';

const cents = (centSeconds: number): number => Math.round(centSeconds / 3600);
const nodeSeconds = (ms: number): number => Math.round(ms / 1000);

const figuresJson = (figures: Figures): Readonly<Record<string, unknown>> => ({
  wantedNodeSeconds: nodeSeconds(figures.wantedMs),
  obtainedNodeSeconds: nodeSeconds(figures.obtainedMs),
  boughtNodeSeconds: figures.boughtSeconds,
  unusedNodeSeconds: nodeSeconds(wastedMs(figures)),
  openNodeSeconds: figures.openSeconds,
  costCents: cents(costOfFigures(figures)),
  settledCents: cents(figures.settled),
  refundedCents: cents(figures.refunded),
  openCents: cents(figures.openAccrued),
  accruedCents: cents(figures.accrued),
  committedCents: cents(figures.committed),
  unusedCents: cents(wastedCost(figures)),
  overrunCents: cents(figures.overrun),
  references: Object.fromEntries(
    savings(figures).map(({ reference, cost, saved }) => [
      reference,
      { costCents: cents(cost), savedCents: cents(saved) },
    ]),
  ),
  interruptions: { outbid: figures.outbid, failed: figures.failed },
  purchases: figures.purchases,
  boughtGpuHours: Number((boughtMs(figures) / 450_000).toFixed(4)),
});

export const monthJson = ({ month, report, fleets }: MonthView): string =>
  JSON.stringify(
    {
      month,
      ledgerId: report.ledgerId,
      asOf: formatInstant(report.asOfMs),
      contradiction: report.contradiction,
      fleets: fleets.map(({ fleet, timeZone, total, days, places }) => ({
        fleet,
        timeZone,
        total: figuresJson(total),
        places: Object.fromEntries([...places].map(([place, figures]) => [place, figuresJson(figures)])),
        days: days.map((day) => ({ date: localDate(timeZone, day.startMs), ...figuresJson(day.figures) })),
      })),
    },
    null,
    2,
  );
