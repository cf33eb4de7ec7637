// `bidkeeper recording`: what was recorded of the market; out of it as price histories that a backtest and an embedded market
// read, with the evidence of fills from the ledger beside them; and into it from such files. All of it beside a running daemon.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { csvText } from '../domain/csv.ts';
import type { HoldKind } from '../domain/node.ts';
import type { RecordedQuestion } from '../domain/recording.ts';
import { formatDuration, formatInstant } from '../domain/time.ts';
import { createFills, type Fill } from '../reconcile/fills.ts';
import { outsideCents } from './backtest-verb.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { LoadedSettings, Shop } from './shop.ts';
import { settingsOf, type VerbOptions } from './verbs.ts';

interface ExportVerbOptions extends VerbOptions {
  readonly outside: string | undefined;
  readonly form: 'csv' | 'sqlite';
}

interface ImportVerbOptions extends VerbOptions {
  readonly gpu: string | undefined;
  readonly zone: string | undefined;
  readonly blocks: boolean;
}

const question = ({
  zone,
  hold,
  gpu,
  quotes,
  fromMs,
  toMs,
  nothing,
  longestGapMs,
}: RecordedQuestion): string =>
  `${zone} (${gpu}, ${hold === 'reserved' ? 'blocks' : 'bids'}): ${quotes} quotes from ${formatInstant(fromMs)} to ${formatInstant(toMs)}, ${nothing} with nothing for sale, longest gap ${formatDuration(longestGapMs)}`;

const show = <Settings extends LoadedSettings>(shop: Shop<Settings>, options: VerbOptions): ExitCode => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const summary = shop.recording(found.settings).summary();
  if (options.json) shop.write(JSON.stringify(summary, null, 2));
  else {
    const { path, bytes, questions, listed } = summary;
    shop.write(
      `${path}, ${(bytes / 1024 / 1024).toFixed(1)} MiB; the venue lists ${listed.join(', ') || 'no zone'}`,
    );
    for (const one of questions) shop.write(`  ${question(one)}`);
  }
  return EXIT.ok;
};

const FILLS_HEADER =
  'seen_at,fleet,zone,gpu,hold,node,what,from,to,limit_usd_per_node_hour,ask_usd_per_node_hour,paid_usd_per_node_hour,seconds_to_fill';

const dollars = (cents: number | null): string => (cents === null ? '' : (cents / 100).toFixed(2));

const fillCells = (fill: Fill): readonly (string | number | null)[] => [
  formatInstant(fill.atMs),
  fill.fleet,
  fill.zone,
  fill.gpu,
  fill.hold,
  fill.node,
  fill.what,
  formatInstant(fill.fromMs),
  formatInstant(fill.toMs),
  dollars(fill.limit),
  dollars(fill.ask),
  fill.paid === null ? '' : (fill.paid / 100).toFixed(4),
  fill.tookMs === null ? '' : fill.tookMs / 1000,
];

/** The evidence of fills that the ledger holds; null when there is no ledger yet. */
const fillsText = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
): Promise<string | null> => {
  if (!shop.hasLedger(settings)) return null;
  const ledger = shop.openLedger(settings);
  try {
    const fills = createFills();
    for await (const batch of ledger.read(0)) for (const record of batch) fills.add(record);
    return csvText(FILLS_HEADER, fills.finish().map(fillCells));
  } finally {
    ledger.close();
  }
};

const exportTo = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  target: string,
  options: ExportVerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { settings } = found;
  const recording = shop.recording(settings);
  if (options.form === 'sqlite') {
    recording.copyTo(target);
    shop.write(options.json ? JSON.stringify({ file: target }, null, 2) : `${target} holds the recording.`);
    return EXIT.ok;
  }
  const outside = options.outside === undefined ? null : outsideCents(options.outside);
  const fills = await fillsText(shop, settings);
  const exported = recording.exportTo({
    folder: target,
    outsideCents: (gpu) => outside ?? highestCeiling(settings, gpu),
    beside: new Map(fills === null ? [] : [['fills.csv', fills]]),
  });
  if (options.json) {
    shop.write(JSON.stringify({ folder: target, ...exported }, null, 2));
    return EXIT.ok;
  }
  shop.write(`${target} holds ${exported.files.join(', ')}`);
  for (const one of exported.questions) shop.write(`  ${question(one)}`);
  if (exported.short.length > 0)
    shop.write(`Not in manifest.csv, because they are shorter than a day: ${exported.short.join(', ')}`);
  if (exported.files.includes('manifest.csv')) shop.write(`Play it: bidkeeper backtest --data ${target}`);
  return EXIT.ok;
};

/** What an hour is worth to the fleets of a GPU type: the highest ceiling; null where none wants it. */
const highestCeiling = ({ policy }: LoadedSettings, gpu: string): number | null => {
  const ceilings = policy.fleets.flatMap((fleet) => (fleet.gpu === gpu ? [fleet.bid.ceiling] : []));
  return ceilings.length === 0 ? null : Math.max(...ceilings);
};

const importFrom = <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  files: readonly string[],
  options: ImportVerbOptions,
): ExitCode => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const hold: HoldKind = options.blocks ? 'reserved' : 'autoreserved';
  const { gpu = null, zone = null } = options;
  const imported = shop.recording(found.settings).importFrom({ files, gpu, zone, hold });
  if (options.json) shop.write(JSON.stringify(imported, null, 2));
  else for (const one of imported) shop.write(`${one.file}: ${one.added} of ${one.rows} rows are new`);
  return EXIT.ok;
};

const word = (text: string): string => {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('write lower-case letters, digits, dots and dashes');
};

/** `configured` gives a verb its --config; `done` takes its exit code. */
export const addRecordingVerb = <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  program: Command,
  configured: (command: Command) => Command,
  done: (exit: ExitCode) => void,
): void => {
  const recording = program
    .command('recording')
    .description('what was recorded of the market: show it, take it out, bring it in');
  const part = (name: string, description: string, isDefault = false): Command =>
    configured(recording.command(name, { isDefault }).description(description)).option(
      '--json',
      'print JSON for machines',
      false,
    );
  part('show', 'questions, spans, gaps and size', true).action((options: VerbOptions) =>
    done(show(shop, options)),
  );
  part(
    'export',
    'price histories as CSV with the manifest of `backtest --data`, every answer, listing and fill; or one SQLite file',
  )
    .argument('<target>', 'a folder; with --form sqlite a file that does not exist yet')
    .option(
      '--outside <price>',
      'what a node-hour costs elsewhere (default: the highest ceiling of a fleet with that GPU type)',
    )
    .addOption(
      new Option('--form <form>', 'CSV files, or a copy of the recording')
        .choices(['csv', 'sqlite'])
        .default('csv'),
    )
    .action(async (target: string, options: ExportVerbOptions) =>
      done(await exportTo(shop, target, options)),
    );
  part('import', 'add price histories (CSV, gzip) or other recordings; what is there already is passed over')
    .argument('<file...>', 'timestamp_unix,price_usd_per_node_hour,available_nodes; or a recording')
    .option('--gpu <type>', 'GPU type of price histories', word)
    .option('--zone <name>', 'zone of a price history (default: its file name)', word)
    .option('--blocks', 'they are prices of blocks, not of bids', false)
    .action((files: readonly string[], options: ImportVerbOptions) => done(importFrom(shop, files, options)));
};
