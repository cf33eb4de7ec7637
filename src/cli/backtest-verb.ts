// `bidkeeper backtest`: price histories through the very tick that runs live, against the exact clairvoyant. It reads no
// settings and touches no ledger; without files it plays synthetic series.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { GPUS_PER_NODE } from '../domain/money.ts';
import { CliError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { LoadedSettings, Shop } from './shop.ts';

interface BacktestOptions {
  readonly outside: string | undefined;
  readonly available: string | undefined;
  readonly data: string | undefined;
  readonly nodes: number;
  readonly depth: number;
  readonly seed: number;
  readonly jobs: boolean;
  readonly html: string | undefined;
  readonly json: boolean;
}

const wholeFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,6}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`write a whole number from ${least} to ${most}`);
    }
    return value;
  };

/** `$2.69/gpu-hour` or `$21.52/node-hour` in cents per node-hour, not rounded. */
export const outsideCents = (text: string): number => {
  const match = /^\$(\d{1,6}(?:\.\d{1,6})?)\/(gpu|node)-hour$/.exec(text);
  const cents = match === null ? 0 : Number(match[1]) * 100 * (match[2] === 'gpu' ? GPUS_PER_NODE : 1);
  if (cents <= 0) throw new CliError('E_USAGE_PRICE', `"${text}" is no price`);
  return cents;
};

const backtest = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  files: readonly string[],
  options: BacktestOptions,
): Promise<ExitCode> => {
  if (files.length > 0 && options.outside === undefined) {
    throw new CliError(
      'E_USAGE_PRICE',
      'price files and recordings need --outside, what a node-hour costs elsewhere',
    );
  }
  const request = {
    files,
    folder: options.data ?? null,
    availability: options.available ?? null,
    outsideCents: options.outside === undefined ? 0 : outsideCents(options.outside),
    nodes: options.nodes,
    depthCents: options.depth,
    seed: options.seed,
    jobs: options.jobs,
  };
  const answer = await shop.backtest(request, shop.progress).finally(() => shop.progress(null));
  if (options.html !== undefined && answer.page !== undefined) shop.save(options.html, await answer.page());
  await shop.print(`${options.json ? JSON.stringify(answer.json, null, 2) : answer.text}\n`);
  if (options.html !== undefined && !options.json) shop.write(`\nThe charts are in ${options.html}.`);
  return EXIT.ok;
};

export const addBacktestVerb = <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  program: Command,
  done: (exit: ExitCode) => void,
): void => {
  program
    .command('backtest')
    .description(
      'play price histories (CSV, gzip) through the daemon and compare with the clairvoyant; synthetic ones without files',
    )
    .argument('[file...]', 'timestamp_unix,price_usd_per_node_hour,available_nodes; or a recording (SQLite)')
    .option('--outside <price>', 'what a node-hour costs elsewhere: $21.52/node-hour or $2.69/gpu-hour')
    .addOption(
      new Option('--available <file>', 'timestamp_unix,available: 0 means that nothing was for sale'),
    )
    .addOption(
      new Option('--data <folder>', 'play every series of its manifest.csv instead').conflicts([
        'outside',
        'available',
      ]),
    )
    .option('--nodes <count>', 'nodes wanted', wholeFrom(1, 1000), 1)
    .option(
      '--depth <cents>',
      'cents (of the scaled $20.00 node-hour) by which each node held moves the ask for the next',
      wholeFrom(0, 2000),
      0,
    )
    .option('--seed <number>', 'which synthetic series are made', wholeFrom(1, 999_999), 1)
    .addOption(
      new Option('--jobs', 'play jobs with a deadline: 36 and 18 useful hours within 72, a new one each day')
        .default(false)
        .conflicts(['html', 'nodes', 'depth']),
    )
    .option('--html <file>', 'write a page with charts')
    .option('--json', 'print JSON for machines', false)
    .action(async (files: readonly string[], options: BacktestOptions) => {
      done(await backtest(shop, files, options));
    });
};
