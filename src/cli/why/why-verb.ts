// `bidkeeper why FLEET`: folds the ledger up to an instant and answers from there; for the present a running daemon's last
// decisions are shown beside it.
import { nearest } from '../../domain/nearest.ts';
import type { UnixMs } from '../../domain/time.ts';
import { emptyBooks } from '../../reconcile/books.ts';
import { fold } from '../../reconcile/fold.ts';
import { periodOf } from '../../schedule/periods.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseInstant } from '../instant.ts';
import { newestAt, unknownName } from '../entries/ledger-verb.ts';
import type { LedgerReader, LoadedSettings, Shop } from '../shop.ts';
import { settingsOf, type VerbOptions } from '../verbs.ts';
import { whyAnswer } from './why-answer.ts';
import { createHistory } from './why-history.ts';
import { whyText } from './why-text.ts';

export interface WhyOptions extends VerbOptions {
  readonly at: string | undefined;
}

export const whyVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  fleet: string,
  options: WhyOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { settings } = found;
  const ledger = shop.openLedger(settings);
  try {
    const newestMs = await newestAt(ledger);
    const nowMs = settings.nowMs() ?? newestMs;
    const atMs =
      options.at === undefined ? Math.max(nowMs, newestMs) : parseInstant('--at', options.at, nowMs);
    const { books, history } = await foldUpTo(ledger, fleet, atMs);
    const configured = settings.policy.fleets.map((one) => one.name);
    const known = [...new Set([...configured, ...history.fleets()])];
    if (!known.includes(fleet))
      throw unknownName('E_USAGE_FLEET', `there is no fleet ${fleet}`, nearest(fleet, known), known);
    const answer = whyAnswer({ fleet, atMs, books, history, policy: settings.policy, periodOf });
    const live = options.at === undefined ? await shop.askDaemon(settings) : null;
    if (options.json) {
      const decisions = live?.decisions.filter((one) => one.fleet === fleet) ?? null;
      shop.write(JSON.stringify({ ...answer, deeds: history.deeds(), decisions }, null, 2));
      return EXIT.ok;
    }
    const policy = settings.policy.fleets.find((one) => one.name === fleet) ?? null;
    shop.write(whyText({ answer, books, history, fleet: policy, live }));
    return EXIT.ok;
  } finally {
    ledger.close();
  }
};

/** Stops at the first entry that was written after the instant. */
const foldUpTo = async (
  ledger: Pick<LedgerReader, 'read'>,
  fleet: string,
  atMs: UnixMs,
): Promise<{ books: ReturnType<typeof emptyBooks>; history: ReturnType<typeof createHistory> }> => {
  const books = emptyBooks();
  const history = createHistory(fleet);
  for await (const batch of ledger.read(0)) {
    for (const record of batch) {
      if (record.atMs > atMs) return { books, history };
      fold(books, record);
      history.add(record);
    }
  }
  return { books, history };
};
