// The verbs that read the ledger: `ledger`, `why`, `report`, `verify`, `backup`. They work beside a running daemon and
// change nothing, neither in the ledger nor at the venue.
import { type Command, Option } from 'commander';
import { backupVerb } from './backup-verb.ts';
import type { ExitCode } from './exit-codes.ts';
import { ENTRY_FORMS } from './entries/entry-forms.ts';
import { KIND_GROUPS } from './entries/filter.ts';
import { ledgerVerb, type LedgerOptions } from './entries/ledger-verb.ts';
import { REPORT_FORMS, reportVerb, type ReportOptions } from './report/report-verb.ts';
import type { LoadedSettings, Shop } from './shop.ts';
import { verifyVerb, type VerifyOptions } from './verify/verify-verb.ts';
import type { VerbOptions } from './verbs.ts';
import { whyVerb, type WhyOptions } from './why/why-verb.ts';

const INSTANTS =
  'Times are UTC: 2026-11-23, 2026-11-23T14:00, 2026-11-23T14:00:00Z; a span such as 90m, 36h or 7d is that long ago.';

/** `verb` makes a verb that takes --config; `done` takes its exit code. */
export const addReadingVerbs = <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  verb: (name: string, description: string) => Command,
  done: (exit: ExitCode) => void,
): void => {
  verb('ledger', 'list what was decided, sent, seen and paid; one purchase as one story with --node')
    .option('--fleet <name>', 'only entries about this fleet')
    .option('--node <name>', 'only entries about this node (its name, or its id at the venue)')
    .option('--since <time>', 'from this instant on')
    .option('--until <time>', 'before this instant')
    .option('--kind <kinds>', `only these kinds, or groups of them: ${Object.keys(KIND_GROUPS).join(', ')}`)
    .addOption(
      new Option('--form <form>', 'a table, CSV (RFC 4180) or one JSON value a line')
        .choices(ENTRY_FORMS)
        .default('table'),
    )
    .addHelpText(
      'after',
      `\n${INSTANTS}\n--node alone tells the whole story of that purchase; with a period, a kind or another form its entries are listed.`,
    )
    .action(async (options: LedgerOptions) => done(await ledgerVerb(shop, options)));
  verb('why', 'say in sentences why a fleet did or did not buy')
    .argument('<fleet>', 'name of the fleet')
    .option('--at <time>', 'as of this instant (default: now, with what a running daemon decided last)')
    .option('--json', 'print JSON for machines', false)
    .addHelpText('after', `\n${INSTANTS}`)
    .action(async (fleet: string, options: WhyOptions) => done(await whyVerb(shop, fleet, options)));
  verb('verify', 'check the chain of the ledger and the promises that its entries can show')
    .option('--venue', 'ask the venue as well (reading only): who owns what runs there', false)
    .option('--json', 'print JSON for machines', false)
    .addHelpText(
      'after',
      '\nExit code 0: sound. 1: problems were found. 69: sound, but the venue could not be asked.',
    )
    .action(async (options: VerifyOptions) => done(await verifyVerb(shop, options)));
  verb('backup', 'copy the ledger to a new file, beside a running daemon, and verify the copy')
    .argument('<file>', 'a file that does not exist yet')
    .option('--json', 'print JSON for machines', false)
    .action(async (file: string, options: VerbOptions) => done(await backupVerb(shop, file, options)));
  verb('report', 'one month: what was wanted, obtained, paid and not used, by fleet and day')
    .option('--month <year-month>', 'the month, such as 2026-11 (default: that of the newest entry)')
    .option('--fleet <name>', 'only this fleet')
    .addOption(
      new Option('--form <form>', 'text, one HTML page to send on, or JSON')
        .choices(REPORT_FORMS)
        .default('text'),
    )
    .option('-o, --out <file>', 'write to this file instead of standard out')
    .addHelpText(
      'after',
      '\nDays and months follow the clock of each fleet. Money lies on the hours it pays for.',
    )
    .action(async (options: ReportOptions) => done(await reportVerb(shop, options)));
};
