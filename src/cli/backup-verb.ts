// `bidkeeper backup FILE`: a verified copy of the ledger, beside a running daemon.
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { LoadedSettings, Shop } from './shop.ts';
import { settingsOf, type VerbOptions } from './verbs.ts';

export const backupVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  file: string,
  options: VerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { entries, head, headHash } = await shop.backUp(found.settings, file);
  if (options.json) shop.write(JSON.stringify({ file, entries, head, headHash }, null, 2));
  else
    shop.write(
      `${file} holds ${entries} entries; its chain was verified up to entry ${head}, hash ${headHash}.\nTo restore it: stop the daemon, put the file in the place of the store, remove the store's -wal and -shm files, start.`,
    );
  return EXIT.ok;
};
