// The verbs that read or stop: each asks the shop, prints, and says with its exit code how it went.
import { formatCents } from '../domain/money.ts';
import type { Policy } from '../domain/policy.ts';
import { formatDuration } from '../domain/time.ts';
import { reachBound } from '../reconcile/liveness.ts';
import type { Request } from '../daemon/requests.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { planText, statusText } from './report-text.ts';
import type { LoadedSettings, Shop } from './shop.ts';

export interface VerbOptions {
  readonly config: string;
  readonly json: boolean;
}

/** Settings or an exit code, after every problem was printed. */
export const settingsOf = <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  file: string,
): { readonly settings: Settings } | { readonly exit: ExitCode } => {
  const loaded = shop.load(file);
  if (!loaded.ok) {
    for (const problem of loaded.problems) shop.complain(problem.line);
    return { exit: exitCodeOf(loaded.problems[0]?.code ?? 'E_SETTINGS_FILE') };
  }
  for (const warning of loaded.settings.warnings) shop.complain(warning);
  return { settings: loaded.settings };
};

const json = (value: unknown): string => JSON.stringify(value, null, 2);

export const check = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: VerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const outlook = found.settings.outlook();
  if (options.json) {
    shop.write(json(outlook.json));
    return EXIT.ok;
  }
  const parts = [
    found.settings.explain().trimEnd(),
    'Targets of the next 24 hours',
    outlook.targets,
    'Worst case',
    outlook.worstCase,
    'Once faults stop, the ask is under the ceiling and funds exist, the target is reached within',
    bounds(found.settings.policy),
  ];
  shop.write(`${parts.join('\n\n')}\n\n${options.config} is accepted.`);
  return EXIT.ok;
};

const bounds = (policy: Policy): string =>
  policy.fleets.map((fleet) => `${fleet.name}: ${formatDuration(reachBound(policy, fleet))}`).join('\n');

export const plan = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: VerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const report = await shop.rehearse(found.settings);
  if (options.json) shop.write(json(report));
  else shop.write(planText(report));
  return report.end === 'done' ? EXIT.ok : EXIT.unavailable;
};

export const status = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: VerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const live = await shop.askDaemon(found.settings);
  const report = live ?? (await shop.readLedger(found.settings));
  if (report === null) {
    shop.complain('No daemon answers and there is no ledger yet: `bidkeeper run` starts one.');
    return EXIT.unavailable;
  }
  if (live === null)
    shop.complain('No daemon answers; this is what its ledger says. Held nodes go on costing money.');
  if (options.json) shop.write(json(report));
  else shop.write(statusText(report));
  return live === null ? EXIT.unavailable : EXIT.ok;
};

export const stop = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  how: Request['kind'],
  options: VerbOptions & { readonly why: string },
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const result = await shop.stop(found.settings, how, options.why);
  if (result.kind === 'failed') {
    shop.complain(`E_STOP_WRITE ${how} was not written: ${result.message}`);
    return EXIT.ledger;
  }
  if (options.json) shop.write(json({ verb: how, result: result.kind, paused: result.books.pause !== null }));
  else shop.write(stopText(how, result));
  return result.kind === 'unconfirmed' ? EXIT.unavailable : EXIT.ok;
};

const STOP_WORDS = {
  acknowledged: 'The daemon has stopped; every node is left as it is, and autoreserved ones go on renewing.',
  unconfirmed: 'Written, but the daemon has not ended yet: it does so after its running tick.',
  unchanged: 'No daemon runs on this ledger.',
} as const;

const stopText = (
  how: Request['kind'],
  result: Exclude<Awaited<ReturnType<Shop['stop']>>, { kind: 'failed' }>,
): string => {
  if (how === 'resume')
    return result.kind === 'unchanged'
      ? 'Nothing was paused.'
      : 'Resumed: buying may go on from the next tick.';
  if (how === 'stop') return STOP_WORDS[result.kind];
  const held = [...result.books.nodes.values()].filter(
    (node) => node.phase === 'running' && node.hold === 'autoreserved',
  );
  const rate = held.reduce((sum, node) => sum + node.limit, 0);
  const cost = `for at most ${formatCents(rate)} an hour`;
  const drains = result.books.pause?.drain === true;
  const goesOn =
    held.length === 0
      ? 'No held node goes on renewing.'
      : drains
        ? `${held.length} held nodes are let go as their paid time ends; until then they may renew ${cost}.`
        : `${held.length} held nodes go on renewing ${cost}.`;
  if (result.kind === 'unconfirmed')
    return `Written, but the daemon has not confirmed it yet: it may still spend. ${goesOn}`;
  const word = drains ? 'Draining' : 'Paused';
  if (result.kind === 'unchanged') return `Already ${word.toLowerCase()}. ${goesOn}`;
  return `${word}: nothing that adds spend is sent, waiting bids are withdrawn. ${goesOn}`;
};
