// Numbers of a month as people read them, and the few that follow from others. Money is rounded once, for showing.
import { formatCents, GPUS_PER_NODE } from '../../domain/money.ts';
import { formatInstant, HOUR_MS, type UnixMs } from '../../domain/time.ts';
import { toLocal, zoneOf } from '../../schedule/zone.ts';
import { REFERENCES, type Reference } from '../../domain/report.ts';
import type { Figures } from '../../reconcile/month.ts';

const GPU_MS_PER_HOUR = HOUR_MS / GPUS_PER_NODE;
const CENT_SECONDS_PER_DOLLAR = 360_000;

export const gpuHours = (nodeMs: number): number => nodeMs / GPU_MS_PER_HOUR;
export const boughtMs = (figures: Figures): number => figures.boughtSeconds * 1000;
/** Bought and not used: starting, failed, or running out after a release. */
export const wastedMs = (figures: Figures): number =>
  Math.max(0, boughtMs(figures) - figures.aheadSeconds * 1000 - figures.obtainedMs);
/** What the venue billed, less what it gave back, and the estimate of what it has not billed yet; cent-seconds. */
export const costOfFigures = (figures: Figures): number =>
  figures.settled - figures.refunded + figures.openAccrued;
/** Cost of the unused time, at the average price of the span. */
export const wastedCost = (figures: Figures): number =>
  figures.boughtSeconds === 0 ? 0 : (costOfFigures(figures) * wastedMs(figures)) / boughtMs(figures);
/** Billed less estimated, over the time that is billed; cent-seconds. */
export const drift = (figures: Figures): number =>
  figures.settled - figures.refunded - (figures.accrued - figures.openAccrued);

export interface Saving {
  /** `reference` label of the metric of the same name. */
  readonly reference: Reference;
  readonly words: string;
  /** What the bought time would have cost; cent-seconds. */
  readonly cost: number;
  /** Less what it did; negative where it was dearer. */
  readonly saved: number;
}

/** What was saved against each reference, over the bought time. */
export const savings = (figures: Figures): readonly Saving[] => {
  const cost = costOfFigures(figures);
  const costs: Readonly<Record<Reference, readonly [string, number]>> = {
    ceiling: ['all at the ceiling', figures.atCeiling],
    vendor_default: ['at 1.5 x the ask when each node was started', figures.atVendorDefault],
    all_reserved: ['all as reserved blocks', figures.atAllReserved],
  };
  return REFERENCES.map((reference) => {
    const [words, other] = costs[reference];
    return { reference, words, cost: other, saved: other - cost };
  });
};

const grouped = (text: string): string => text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `$1,234.56`, rounded to the cent. */
export const dollars = (centSeconds: number): string => {
  const [whole = '', cents = ''] = formatCents(Math.round(centSeconds / 3600)).split('.');
  return `${grouped(whole)}.${cents}`;
};

/** `1,234.5` GPU-hours of node-milliseconds. */
export const hours = (nodeMs: number): string => {
  const [whole = '', tenth = ''] = gpuHours(nodeMs).toFixed(1).split('.');
  return `${grouped(whole)}.${tenth}`;
};

/** `95.7 %`; a dash where nothing can be compared. */
export const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

/** `$1.68` a GPU-hour; a dash for no time. */
export const perGpuHour = (centSeconds: number, nodeMs: number): string =>
  nodeMs === 0 ? '–' : `$${(centSeconds / CENT_SECONDS_PER_DOLLAR / gpuHours(nodeMs)).toFixed(3)}`;

/** The calendar day of an instant on a zone's clock: `2026-11-23`. */
export const localDate = (timeZone: string, at: UnixMs): string =>
  formatInstant(toLocal(zoneOf(timeZone), at)).slice(0, 10);

const MONTHS: readonly string[] =
  'January February March April May June July August September October November December'.split(' ');

/** `November 2026` of `2026-11`. */
export const monthName = (month: string): string =>
  `${MONTHS[Number(month.slice(5)) - 1] ?? month} ${month.slice(0, 4)}`;

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  filled: 'filled',
  refused_price: 'refused for the price',
  refused_capacity: 'refused, nothing for sale',
  refused_funds: 'refused for lack of funds',
  refused_request: 'refused otherwise',
  unknown: 'answer lost (resolved later by looking)',
};

/** `12 filled, 3 refused for the price`. */
export const purchasesText = (figures: Figures): string => {
  const parts = Object.entries(figures.purchases)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${OUTCOME_WORDS[outcome] ?? outcome}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
};
