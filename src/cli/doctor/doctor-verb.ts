// `bidkeeper doctor`: one run over everything that keeps a daemon from its work, each finding with what to do. `--probe` spends:
// it says what that may cost, asks, and settles with a node or two what the venue does not publish.
import { formatCents } from '../../domain/money.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../errors.ts';
import type { LoadedSettings, Shop } from '../shop.ts';
import { settingsOf, type VerbOptions } from '../verbs.ts';
import { gather } from './facts.ts';
import { findingsOf, type DoctorFinding } from './findings.ts';

export interface DoctorOptions extends VerbOptions {
  readonly probe: boolean;
  readonly fleet?: string;
  readonly yes: boolean;
}

export const doctorVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: DoctorOptions,
): Promise<ExitCode> => {
  const found = settingsOf({ ...shop, complain: () => undefined }, options.config);
  if ('exit' in found) return settingsExit(shop, options.config);
  const { settings } = found;
  if (options.probe) return probeVerb(shop, settings, options);
  const facts = await gather(shop, settings);
  const findings = findingsOf(facts, settings.policy);
  const problems = findings.filter(({ level }) => level === 'problem').length;
  if (options.json) shop.write(JSON.stringify({ problems, findings }, null, 2));
  else shop.write(doctorText(findings));
  const unseen = typeof facts.venue === 'string' || !facts.venue.look.ok;
  if (unseen && problems === 1) return EXIT.unavailable;
  return problems > 0 ? EXIT.failed : EXIT.ok;
};

/** Says what is wrong with the settings as every verb does. */
const settingsExit = <Settings extends LoadedSettings>(shop: Shop<Settings>, file: string): ExitCode => {
  const again = settingsOf(shop, file);
  return 'exit' in again ? again.exit : EXIT.settings;
};

const MARKS = { ok: '  ok      ', note: '  note    ', warning: '! warning ', problem: '! PROBLEM ' } as const;

const doctorText = (findings: readonly DoctorFinding[]): string => {
  const lines = findings.flatMap(({ check, level, text, remedy }) => [
    `${MARKS[level]}${check.padEnd(9)}${text}`,
    ...(remedy === null ? [] : [`${' '.repeat(19)}→ ${remedy}`]),
  ]);
  const count = (level: DoctorFinding['level']): number =>
    findings.filter((one) => one.level === level).length;
  return [...lines, '', `${count('problem')} problems, ${count('warning')} warnings`].join('\n');
};

const probeVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
  options: DoctorOptions,
): Promise<ExitCode> => {
  const name = options.fleet ?? settings.policy.fleets[0]?.name ?? '';
  if (!settings.policy.fleets.some((fleet) => fleet.name === name))
    throw new CliError('E_USAGE_FLEET', `the settings have no fleet ${name}`);
  const plan = shop.planProbe(settings, name);
  shop.complain(
    `The probe bids for two nodes like those of ${name} in ${plan.where}, at most ${formatCents(plan.limit)} an hour each, and withdraws them. It may cost up to ${formatCents(plan.worstCents)} if both fill.`,
  );
  if (!options.yes && !(await shop.confirm('Go on?')))
    throw new CliError('E_USAGE_CONFIRM', 'the probe was not confirmed');
  const answer = await shop.probe(settings, name);
  if (options.json) shop.write(JSON.stringify(answer, null, 2));
  else shop.write(answer.lines.join('\n'));
  if (answer.left > 0)
    shop.complain(
      `${answer.left} nodes of the probe live on: the next \`run\` knows them; look at \`bidkeeper status\`.`,
    );
  return answer.complete && answer.left === 0 ? EXIT.ok : EXIT.failed;
};
