// The settings as every verb gets them: loaded and judged once, with the whole of them kept for the wiring.
// Also says which store they mean.
import type { Loaded, LoadedSettings } from '../cli/shop.ts';
import { formatProblem } from '../settings/errors.ts';
import { explain } from '../settings/explain.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/settings.ts';
import { formatTargets, formatWorstCase, worstCase } from '../settings/worst-case.ts';

export interface Wired extends LoadedSettings {
  readonly settings: Settings;
}

export const load = (file: string): Loaded<Wired> => {
  const result = loadSettings({ path: file }, process.env, Date.now());
  if (!result.ok) {
    return {
      ok: false,
      problems: result.problems.map((one) => ({ line: formatProblem(one), code: one.code })),
    };
  }
  const { settings } = result;
  const outlook = (): ReturnType<LoadedSettings['outlook']> => {
    const worst = worstCase(settings, Date.now());
    const json = { settings: { ...settings, policy: withoutBodies(settings) }, worst };
    return { targets: formatTargets(settings, worst), worstCase: formatWorstCase(worst), json };
  };
  const warnings = result.warnings.map(formatProblem);
  const { policy } = settings;
  const nowMs = (): number | null => (settings.clockSpeed === 1 ? Date.now() : null);
  return {
    ok: true,
    settings: {
      file,
      policy,
      hash: settings.hash,
      nowMs,
      realMoney: policy.mode === 'live' && settings.venue.kind === 'sfcompute' && !settings.venue.loopback,
      settings,
      warnings,
      explain: () => explain(settings),
      outlook,
    },
  };
};

/** The policy without cloud-init bodies, which may hold secrets. */
const withoutBodies = (settings: Settings): unknown => ({
  ...settings.policy,
  fleets: settings.policy.fleets.map((fleet) => ({ ...fleet, node: { ...fleet.node, cloudInit: null } })),
});

/** A dry run never touches the ledger of real money. */
export const storeOf = (settings: Settings): string =>
  settings.policy.mode === 'dry_run' ? `${settings.storePath}.dry-run` : settings.storePath;
