// The verbs that read or stop: each asks the shop, prints, and says with its exit code how it went.
import type { Policy } from '../domain/policy.ts';
import { formatDuration } from '../domain/time.ts';
import { reachBound } from '../reconcile/liveness.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { planText, statusText } from './report-text.ts';
import type { LoadedSettings, Shop } from './shop.ts';
import { watch } from './watch.ts';

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

export const watchStatus = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: VerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  return watch(shop.watching(found.settings), options.json ? 'json' : 'text');
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
