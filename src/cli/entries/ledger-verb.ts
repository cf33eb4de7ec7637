// `bidkeeper ledger`: the entries that were asked for, as a stream; a node by its name as one story. The ledger is read
// beside a running daemon, batch by batch, and nothing that was printed is kept.
import type { LedgerRecord, Seq } from '../../domain/entry.ts';
import { nearest } from '../../domain/nearest.ts';
import { emptyBooks } from '../../reconcile/books.ts';
import { foldWatched } from '../../reconcile/bookings.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { LedgerReader, LoadedSettings, Shop } from '../shop.ts';
import { settingsOf } from '../verbs.ts';
import { Attribution, type Subject } from './attribution.ts';
import { entryForm, type EntryFormName } from './entry-forms.ts';
import { matches, nearestSoFar, parseFilter, type EntryFilter, type FilterOptions } from './filter.ts';
import { storiesOf } from './node-story.ts';

export interface LedgerOptions extends FilterOptions {
  readonly config: string;
  readonly form: EntryFormName;
}

export const ledgerVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: LedgerOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { settings } = found;
  const ledger = shop.openLedger(settings);
  try {
    const nowMs = settings.nowMs() ?? (await newestAt(ledger));
    const filter = parseFilter(options, nowMs);
    const configured = settings.policy.fleets.map((fleet) => fleet.name);
    const names = await known(ledger, filter, configured);
    const whole = options.since === undefined && options.until === undefined && options.kind === undefined;
    if (names.nodes !== null && whole && options.form === 'table') {
      await shop.print(`${await tellStories(ledger, names.nodes)}\n`);
      return EXIT.ok;
    }
    const shown = await list(shop, ledger, filter, names, options.form);
    if (shown === 0) shop.complain('No entry fits.');
    return EXIT.ok;
  } finally {
    ledger.close();
  }
};

/** The time of the newest entry; 0 for an empty ledger. */
export const newestAt = async (ledger: Pick<LedgerReader, 'head' | 'read'>): Promise<number> => {
  let atMs = 0;
  for await (const batch of ledger.read(Math.max(0, ledger.head() - 1))) atMs = batch.at(-1)?.atMs ?? atMs;
  return atMs;
};

interface Names {
  readonly fleets: readonly string[];
  /** The purchases of the node asked for; null when none is. */
  readonly nodes: ReadonlySet<Seq> | null;
}

/** Reads once to know the names that are asked for. Throws E_USAGE_FLEET and E_USAGE_NODE with the nearest right name. */
const known = async (
  ledger: LedgerReader,
  filter: EntryFilter,
  configured: readonly string[],
): Promise<Names> => {
  const fleetKnown = filter.fleet === null || configured.includes(filter.fleet);
  if (fleetKnown && filter.node === null) return { fleets: configured, nodes: null };
  const fleets = new Set(configured);
  const near = nearestSoFar(filter.node ?? '');
  const nodes = new Set<Seq>();
  const attribution = new Attribution();
  let stranger = false;
  for await (const batch of ledger.read(0)) {
    for (const record of batch) {
      const [subject] = attribution.subjectsOf(record);
      if (subject?.fleet != null) fleets.add(subject.fleet);
      if (filter.node === null || subject?.node == null) continue;
      const { kind } = record.entry;
      if (kind === 'create_intended' || kind === 'unowned_seen') near.offer(subject.node);
      if (subject.node !== filter.node && idOf(record) !== filter.node) continue;
      if (subject.nodeSeq === null) stranger = true;
      else nodes.add(subject.nodeSeq);
    }
  }
  if (filter.fleet !== null && !fleets.has(filter.fleet)) {
    throw unknownName(
      'E_USAGE_FLEET',
      `there is no fleet ${filter.fleet}`,
      nearest(filter.fleet, [...fleets]),
      fleets,
    );
  }
  if (filter.node !== null && nodes.size === 0 && !stranger) {
    throw unknownName('E_USAGE_NODE', `the ledger knows no node ${filter.node}`, near.best(), null);
  }
  return { fleets: [...fleets], nodes: filter.node === null || nodes.size === 0 ? null : nodes };
};

/** The refusal of a name that nobody knows, with the nearest one and, where there are few, all of them. */
export const unknownName = (
  code: 'E_USAGE_FLEET' | 'E_USAGE_NODE',
  detail: string,
  near: string | null,
  all: Iterable<string> | null,
): CliError => {
  const meant = near === null ? '' : `, the nearest is ${near}`;
  const list = all === null ? '' : ` (there are: ${[...all].join(', ')})`;
  return new CliError(code, `${detail}${meant}${list}`);
};

/** The id at the venue that a record shows. */
const idOf = ({ entry }: LedgerRecord): string | null => {
  if (entry.kind === 'node_seen') return entry.seen.nodeId;
  if (entry.kind === 'change_accepted') return entry.node?.nodeId ?? null;
  return entry.kind === 'unowned_seen' ? entry.nodeId : null;
};

const tellStories = async (ledger: LedgerReader, nodes: ReadonlySet<Seq>): Promise<string> => {
  const stories = storiesOf();
  const attribution = new Attribution();
  const books = emptyBooks();
  for await (const batch of ledger.read(0)) {
    for (const record of batch) {
      const watched = foldWatched(books, record);
      for (const { nodeSeq } of attribution.subjectsOf(record)) {
        if (nodeSeq !== null && nodes.has(nodeSeq)) stories.add(nodeSeq, record, watched);
      }
    }
  }
  return stories.text();
};

const list = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  ledger: LedgerReader,
  filter: EntryFilter,
  { fleets, nodes }: Names,
  formName: EntryFormName,
): Promise<number> => {
  const form = entryForm(formName, fleets);
  const attribution = new Attribution();
  const ours = (one: Subject): boolean => one.nodeSeq !== null && nodes?.has(one.nodeSeq) === true;
  const wanted: EntryFilter = nodes === null ? filter : { ...filter, node: null };
  let shown = 0;
  let text = form.head;
  for await (const batch of ledger.read(0)) {
    for (const record of batch) {
      const subjects = attribution.subjectsOf(record);
      if (!matches(wanted, record, subjects) || (nodes !== null && !subjects.some(ours))) continue;
      text += form.line(record, subjects);
      shown += 1;
    }
    if (text !== '') await shop.print(text);
    text = '';
  }
  if (text !== '') await shop.print(text);
  return shown;
};
