// `bidkeeper report`: folds the ledger once and shows one month of it as text, as a page to send on, or as JSON.
import { nearest } from '../../domain/nearest.ts';
import { formatInstant, type UnixMs } from '../../domain/time.ts';
import { createMonth, type MonthOfFleet, type MonthReport } from '../../reconcile/month.ts';
import { periodOf } from '../../schedule/periods.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { newestAt, unknownName } from '../entries/ledger-verb.ts';
import type { LoadedSettings, Shop } from '../shop.ts';
import { settingsOf } from '../verbs.ts';
import { monthHtml } from './month-html.ts';
import { monthJson } from './month-json.ts';
import { monthText } from './month-text.ts';

export const REPORT_FORMS = ['text', 'html', 'json'] as const;

export interface ReportOptions {
  readonly config: string;
  /** Default: the month of the newest entry. */
  readonly month: string | undefined;
  readonly fleet: string | undefined;
  readonly form: (typeof REPORT_FORMS)[number];
  readonly out: string | undefined;
}

export interface MonthView {
  /** `2026-11`. */
  readonly month: string;
  readonly report: MonthReport;
  /** The fleets asked for. */
  readonly fleets: readonly MonthOfFleet[];
}

export const reportVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: ReportOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { settings } = found;
  const ledger = shop.openLedger(settings);
  try {
    const month = options.month ?? formatInstant(await newestAt(ledger)).slice(0, 7);
    const timeZones = new Map(settings.policy.fleets.map((fleet) => [fleet.name, fleet.schedule.timeZone]));
    const account = createMonth({ timeZones, withinMs: middleOf(month), periodOf });
    for await (const batch of ledger.read(0)) for (const record of batch) account.add(record);
    const report = account.finish();
    const view: MonthView = { month, report, fleets: fleetsOf(report, options.fleet) };
    const text = render(view, options.form);
    if (options.out === undefined) await shop.print(text);
    else {
      shop.save(options.out, text);
      shop.complain(`${options.out} is written.`);
    }
    return EXIT.ok;
  } finally {
    ledger.close();
  }
};

/** The 15th at noon lies in the month on every clock of the world. Throws E_USAGE_MONTH. */
const middleOf = (month: string): UnixMs => {
  const [, year, number] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === undefined || number === undefined)
    throw new CliError('E_USAGE_MONTH', `--month ${month} is no month`);
  return Date.UTC(Number(year), Number(number) - 1, 15, 12);
};

const fleetsOf = ({ fleets }: MonthReport, wanted: string | undefined): readonly MonthOfFleet[] => {
  if (wanted === undefined) return fleets;
  const mine = fleets.filter((one) => one.fleet === wanted);
  if (mine.length > 0) return mine;
  const known = fleets.map((one) => one.fleet);
  throw unknownName('E_USAGE_FLEET', `there is no fleet ${wanted}`, nearest(wanted, known), known);
};

const render = (view: MonthView, form: ReportOptions['form']): string => {
  if (form === 'html') return monthHtml(view);
  return `${form === 'json' ? monthJson(view) : monthText(view)}\n`;
};
