// The first live run on a ledger against a venue whose money is real: the worst case is shown and somebody says yes.
import { CliError } from './errors.ts';
import type { LoadedSettings, Shop } from './shop.ts';

/** Returns when the run may go on; throws E_USAGE_CONFIRM. A ledger that exists was confirmed when it began. */
export const confirmFirstLive = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
  yes: boolean,
): Promise<void> => {
  if (!settings.realMoney || shop.hasLedger(settings)) return;
  shop.complain(
    `This is the first live run on this ledger. It spends real money, at worst:\n${settings.outlook().worstCase}`,
  );
  if (yes || (await shop.confirm('Go live?'))) return;
  throw new CliError('E_USAGE_CONFIRM', 'going live for the first time was not confirmed');
};
