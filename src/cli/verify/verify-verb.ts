// `bidkeeper verify`: storage and chain, then the promises that entries can show, then (with --venue) who owns what runs.
import type { Reading } from '../../ports/venue.ts';
import type { Look } from '../../domain/look.ts';
import { createAudit, type Audit, type AuditCounts, type Finding } from '../../reconcile/audit.ts';
import { areSameBooks, booksKept } from '../../daemon/snapshots.ts';
import { periodOf } from '../../schedule/periods.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { ChainCheck, LedgerReader, LoadedSettings, Shop } from '../shop.ts';
import { settingsOf, type VerbOptions } from '../verbs.ts';
import { checkVenue, idsToAsk, type VenueCheck } from './venue-check.ts';

export interface VerifyOptions extends VerbOptions {
  readonly venue: boolean;
}

type AskedVenue = { readonly problem: string } | VenueCheck | null;

export const verifyVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: VerifyOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { settings } = found;
  const ledger = shop.openLedger(settings);
  try {
    const chain = await ledger.checkChain();
    const audit = createAudit({ policy: settings.policy, settingsHash: settings.hash, periodOf });
    // A broken chain cannot be read to its end, and entries that may have been changed prove nothing.
    const whole = chain.problems.length === 0;
    const snapshot = whole ? await addAll(ledger, audit) : null;
    const venue = whole && options.venue ? await askVenue(shop, settings, ledger, audit) : null;
    const findings = [...audit.findings(), ...(venue === null || 'problem' in venue ? [] : venue.findings)];
    const sound = whole && findings.every((one) => one.severity === 'note') && snapshot?.kind !== 'differs';
    const result = { path: ledger.path, sound, chain, snapshot, counts: audit.counts(), findings, venue };
    if (options.json) shop.write(JSON.stringify(result, null, 2));
    else shop.write(verifyText(result));
    if (!sound) return EXIT.failed;
    return venue !== null && 'problem' in venue ? EXIT.unavailable : EXIT.ok;
  } finally {
    ledger.close();
  }
};

const addFrom = async (ledger: LedgerReader, audit: Audit, after: number): Promise<void> => {
  for await (const batch of ledger.read(after)) for (const record of batch) audit.add(record);
};

/** What a start would begin with, held against the fold of its entries. */
type SnapshotCheck =
  | { readonly kind: 'none' }
  | { readonly kind: 'agrees' | 'differs' | 'other_program'; readonly seq: number }
  | { readonly kind: 'damaged'; readonly detail: string };

/** Every entry, and on the way the snapshot held against what its entries fold to. */
const addAll = async (ledger: LedgerReader, audit: Audit): Promise<SnapshotCheck> => {
  const found = ledger.snapshots?.snapshot() ?? { kind: 'none' };
  const kept = booksKept(ledger);
  let check: SnapshotCheck = found.kind === 'kept' ? { kind: 'other_program', seq: found.seq } : found;
  for await (const batch of ledger.read(0)) {
    for (const record of batch) {
      audit.add(record);
      if (kept === null || record.seq !== kept.seq) continue;
      // The audit takes a contradiction as read.
      const same = areSameBooks({ ...kept, contradiction: null }, audit.books);
      check = { kind: same ? 'agrees' : 'differs', seq: kept.seq };
    }
  }
  return check;
};

const askVenue = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
  ledger: LedgerReader,
  audit: Audit,
): Promise<AskedVenue> => {
  const before = idsToAsk(audit.books);
  const look: Reading<Look> = await shop.besideVenue(settings, async (venue) => {
    const list = await venue.look({ nodes: [], procurements: [] });
    if (!list.ok) return list;
    const listed = new Set(list.value.nodes.map((one) => one.nodeId));
    const missing = before.filter((id) => !listed.has(id));
    if (missing.length === 0) return list;
    return venue.look({ nodes: missing, procurements: [] });
  });
  if (!look.ok) return { problem: `${look.code}: ${look.message}` };
  // What a running daemon noted meanwhile is no difference.
  await addFrom(ledger, audit, audit.books.seq);
  return checkVenue({ look: look.value, before, books: audit.books, namePrefix: settings.policy.namePrefix });
};

interface Result {
  readonly path: string;
  readonly sound: boolean;
  readonly chain: ChainCheck;
  /** Null when the chain is broken. */
  readonly snapshot: SnapshotCheck | null;
  readonly counts: AuditCounts;
  readonly findings: readonly Finding[];
  readonly venue: AskedVenue;
}

const SHOWN = 50;

const snapshotText = (snapshot: SnapshotCheck): string => {
  switch (snapshot.kind) {
    case 'none':
      return 'none yet';
    case 'agrees':
      return `at entry ${snapshot.seq}: bound to the chain, and the same as the fold of all entries up to it`;
    case 'other_program':
      return `at entry ${snapshot.seq}: of another version of the program; the next start folds everything`;
    case 'differs':
      return `at entry ${snapshot.seq}: NOT WHAT ITS ENTRIES FOLD TO; drop it (DROP TABLE snapshot) and report it`;
    case 'damaged':
      return `of no use, so a start folds everything: ${snapshot.detail}`;
  }
};

const verifyText = ({ path, sound, chain, snapshot, counts, findings, venue }: Result): string => {
  const lines = [`${path}: ${chain.entries} entries`];
  if (chain.problems.length > 0) {
    lines.push(`chain     BROKEN: ${chain.problems.length} problems; nothing else was checked`);
    for (const one of chain.problems.slice(0, SHOWN))
      lines.push(`  ! ${one.seq === null ? 'storage' : `entry ${one.seq}`} [${one.code}] ${one.detail}`);
    lines.push('', 'NOT SOUND. Keep the file, restore the last good backup and start.');
    return lines.join('\n');
  }
  const problems = findings.filter((one) => one.severity === 'problem');
  const notes = findings.filter((one) => one.severity === 'note');
  const kept = (codes: string): string => (problems.length === 0 ? codes : `${problems.length} PROBLEMS`);
  lines.push(
    'chain     whole: storage, numbers, hashes and shapes of every entry',
    `          head ${chain.head}, hash ${chain.headHash} (keep it elsewhere: it proves a later cut)`,
    ...(snapshot === null ? [] : [`snapshot  ${snapshotText(snapshot)}`]),
    `promises  ${kept('kept')}: ${counts.intents} intents, ${counts.nodes} purchases, ${counts.orders} orders; ${counts.underSettings} entries were also held against the present settings`,
    `venue     ${venueText(venue)}`,
  );
  if (problems.length > 0)
    lines.push('', 'problems', ...problems.slice(0, SHOWN).map((one) => `  ! ${findingText(one)}`));
  if (problems.length > SHOWN) lines.push(`  … and ${problems.length - SHOWN} more (--json shows them)`);
  if (notes.length > 0)
    lines.push('', 'worth knowing', ...notes.slice(0, SHOWN).map((one) => `  - ${findingText(one)}`));
  if (notes.length > SHOWN) lines.push(`  … and ${notes.length - SHOWN} more (--json shows them)`);
  lines.push('', sound ? 'SOUND.' : 'NOT SOUND.');
  return lines.join('\n');
};

const findingText = (one: Finding): string =>
  `${one.seq === null ? '' : `entry ${one.seq} `}[${one.code}] ${one.text}`;

const venueText = (venue: AskedVenue): string => {
  if (venue === null) return 'not asked (--venue compares the ledger with what runs there)';
  if ('problem' in venue) return `could not be asked: ${venue.problem}`;
  return `${venue.shown} live nodes with our prefix, ${venue.owned} of them owned by this ledger`;
};
