// The command line: verbs, their options and their help. Every verb takes --config; the reading ones take --json.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type NotifyVerbOptions, notifyVerb } from './notify-verb.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { addBacktestVerb } from './backtest-verb.ts';
import type { LoadedSettings, MarketOptions, RunOptions, Shop } from './shop.ts';
import { confirmFirstLive } from './first-live.ts';
import { doctorVerb, type DoctorOptions } from './doctor/doctor-verb.ts';
import { addReadingVerbs } from './reading-verbs.ts';
import { addRecordingVerb } from './recording-verb.ts';
import { addRequestVerbs } from './request-verbs.ts';
import { check, plan, settingsOf, status, watchStatus, type VerbOptions } from './verbs.ts';

const DEFAULT_CONFIG = 'config/bidkeeper.yaml';

const port = (text: string): number => {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return value;
};

/** Runs one command line and gives its exit code. Errors with a code are printed in one line with what to do. */
export const runProgram = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  argv: readonly string[],
): Promise<ExitCode> => {
  let exit: ExitCode = EXIT.ok;
  const program = new Command('bidkeeper')
    .description(
      'Keeps a wanted number of GPUs running on the SF Compute market for as little money as the market allows.',
    )
    .version(shop.version, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shop.write(text.trimEnd()),
      writeErr: (text) => shop.complain(text.trimEnd()),
    })
    .showHelpAfterError('(bidkeeper --help lists the verbs)');

  const configured = (command: Command): Command =>
    command.option('-c, --config <file>', 'settings file', DEFAULT_CONFIG);
  const verb = (name: string, description: string): Command =>
    configured(program.command(name).description(description));
  const reading = (name: string, description: string): Command =>
    verb(name, description).option('--json', 'print JSON for machines', false);
  const logging = (command: Command): Command =>
    command
      .addOption(
        new Option('--log <form>', 'form of the log (default: text on a terminal, else json)').choices([
          'json',
          'text',
        ]),
      )
      .addOption(
        new Option('--log-level <level>', 'least level that is logged').choices([
          'trace',
          'debug',
          'info',
          'warn',
          'error',
          'silent',
        ]),
      );

  logging(verb('run', 'hold the fleets until told to stop'))
    .option('--yes', 'the worst case of a first live run is accepted', false)
    .action(async (options: VerbOptions & RunOptions) => {
      const found = settingsOf(shop, options.config);
      if ('exit' in found) exit = found.exit;
      else {
        await confirmFirstLive(shop, found.settings, options.yes);
        exit = await shop.run(found.settings, options);
      }
    });
  reading(
    'check',
    'check the settings: effective values in both units, the next 24 h of targets, the worst-case spend',
  ).action(async (options: VerbOptions) => {
    exit = await check(shop, options);
  });
  reading('plan', 'show what would be done now and why, and what not; sends nothing').action(
    async (options: VerbOptions) => {
      exit = await plan(shop, options);
    },
  );
  logging(verb('market', 'serve the embedded market of the settings by itself'))
    .option('-p, --port <port>', 'port on 127.0.0.1; 0 takes a free one', port, 9470)
    .action(async (options: VerbOptions & MarketOptions) => {
      const found = settingsOf(shop, options.config);
      exit = 'exit' in found ? found.exit : await shop.market(found.settings, options);
    });
  reading('status', 'what is wanted, held, spent and wrong')
    .option('-w, --watch', 'go on until Ctrl-C: redrawn on a terminal, else a line for each change', false)
    .action(async (options: VerbOptions & { readonly watch: boolean }) => {
      exit = await (options.watch ? watchStatus : status)(shop, options);
    });
  reading(
    'doctor',
    'find what keeps the daemon from its work, each with what to do; --probe settles what is not public',
  )
    .option('--probe', 'bid for two nodes far under the market and withdraw them: this may cost money', false)
    .option('--fleet <name>', 'probe with nodes like those of this fleet (default: the first)')
    .option('--yes', 'the worst case of the probe is accepted', false)
    .addHelpText(
      'after',
      '\nExit code 0: no problem. 1: problems were found. 69: the venue could not be asked.',
    )
    .action(async (options: DoctorOptions) => {
      exit = await doctorVerb(shop, options);
    });
  addRequestVerbs(shop, reading, (code) => {
    exit = code;
  });

  reading('notify', 'show who is told at once, of what, and what is open; --test sends a harmless notice')
    .option('--test', 'send a test notice by every channel', false)
    .action(async (options: NotifyVerbOptions) => {
      exit = await notifyVerb(shop, options);
    });

  addBacktestVerb(shop, program, (code) => {
    exit = code;
  });
  addReadingVerbs(shop, verb, (code) => {
    exit = code;
  });
  addRecordingVerb(shop, program, configured, (code) => {
    exit = code;
  });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    return explainError(shop, error);
  }
};

/** Commander has printed its own errors; others with a code are said in one line; the rest are a fault of the program. */
const explainError = <Settings extends LoadedSettings>(shop: Shop<Settings>, error: unknown): ExitCode => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('E_')
  ) {
    const { code, message } = error;
    shop.complain(message.startsWith(code) ? message : `${code} ${message}`);
    return exitCodeOf(code);
  }
  shop.complain(
    `E_BUG this is a fault of bidkeeper, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return EXIT.failed;
};
