// What `doctor` looks at, gathered in one place as values: the settings, the venue with one look and one quote a zone, the
// ledger, the running daemon, the disk. Nothing is sent and nothing is written; what cannot be had is said, not thrown.
import type { Balance, Look } from '../../domain/look.ts';
import type { Quote, Zone } from '../../domain/market.ts';
import type { TickReport } from '../../domain/report.ts';
import { HOUR_MS } from '../../domain/time.ts';
import type { Reading, Venue } from '../../ports/venue.ts';
import type { Books } from '../../reconcile/books.ts';
import { booksToBegin } from '../../daemon/snapshots.ts';
import { catchUp } from '../../daemon/tick.ts';
import type { LedgerReader, LoadedSettings, Shop } from '../shop.ts';

export type AskedVenue = Pick<Venue, 'look' | 'zones' | 'quote' | 'balance'>;

export interface VenueFacts {
  readonly look: Reading<Look>;
  readonly zones: Reading<readonly Zone[]>;
  readonly balance: Reading<Balance>;
  /** One for each zone that a fleet may buy in. */
  readonly quotes: readonly { readonly zone: Zone; readonly quote: Reading<Quote> }[];
}

export interface LedgerFacts {
  readonly path: string;
  readonly entries: number;
  readonly chainProblems: readonly string[];
  readonly books: Books;
}

export interface Facts {
  readonly warnings: readonly string[];
  /** Words when the venue could not be asked at all (no token, no such host). */
  readonly venue: VenueFacts | string;
  /** Null: there is none yet; words when it cannot be read. */
  readonly ledger: LedgerFacts | string | null;
  /** The last report of a running daemon; null when none answers. */
  readonly daemon: TickReport | null;
  readonly disk: { readonly path: string; readonly freeBytes: number } | null;
  readonly stopFiles: readonly { readonly how: string; readonly path: string; readonly why: string }[];
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const gather = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
): Promise<Facts> => {
  const [venue, ledger, daemon] = await Promise.all([
    shop.besideVenue(settings, (one) => askVenue(one, settings)).catch(wordsOf),
    readLedger(shop, settings),
    shop.askDaemon(settings),
  ]);
  const { warnings } = settings;
  return { warnings, venue, ledger, daemon, disk: shop.disk(settings), stopFiles: shop.stopFiles(settings) };
};

const askVenue = async (venue: AskedVenue, { policy }: LoadedSettings): Promise<VenueFacts> => {
  const [look, zones, balance] = await Promise.all([
    venue.look({ nodes: [], procurements: [] }),
    venue.zones(),
    venue.balance(),
  ]);
  const bought = (zones.ok ? zones.value : []).filter((zone) =>
    policy.fleets.some(
      (fleet) => fleet.gpu === zone.gpu && (fleet.zones === 'any' || fleet.zones.includes(zone.name)),
    ),
  );
  const quotes = await Promise.all(
    bought.map(async (zone) => ({
      zone,
      quote: await venue.quote({ zone, nodes: 1, durationMs: HOUR_MS, startAtMs: null }),
    })),
  );
  return { look, zones, balance, quotes };
};

const booksOf = async (ledger: LedgerReader): Promise<Books> => {
  const books = booksToBegin(ledger);
  const problem = await catchUp(ledger, books);
  if (problem !== null) throw new Error(problem);
  return books;
};

const readLedger = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
): Promise<Facts['ledger']> => {
  if (!shop.hasLedger(settings)) return null;
  try {
    const ledger = shop.openLedger(settings);
    try {
      const chain = await ledger.checkChain();
      const problems = chain.problems.map(
        ({ code, seq, detail }) => `${code}${seq === null ? '' : ` at entry ${seq}`}: ${detail}`,
      );
      return {
        path: ledger.path,
        entries: chain.entries,
        chainProblems: problems,
        books: await booksOf(ledger),
      };
    } finally {
      ledger.close();
    }
  } catch (error) {
    return wordsOf(error);
  }
};
