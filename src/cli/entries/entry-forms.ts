// The three forms a list of entries can take: a table for people, CSV (RFC 4180) for spreadsheets, JSON lines for machines.
// Each turns one record into one piece of text, so that a list may be as long as it likes.
import type { LedgerRecord } from '../../domain/entry.ts';
import { csvField } from '../../domain/csv.ts';
import { GPUS_PER_NODE } from '../../domain/money.ts';
import { formatInstant } from '../../domain/time.ts';
import type { Subject } from './attribution.ts';
import { amountsOf, entryText } from './entry-words.ts';

export const ENTRY_FORMS = ['table', 'csv', 'json'] as const;
export type EntryFormName = (typeof ENTRY_FORMS)[number];

export interface EntryForm {
  /** Stands in front of the first entry; empty when nothing does. */
  readonly head: string;
  readonly line: (record: LedgerRecord, subjects: readonly Subject[]) => string;
}

/** One value when all subjects agree, else nothing. */
const common = (subjects: readonly Subject[], of: (one: Subject) => string | null): string | null => {
  const values = new Set(subjects.map(of));
  const [only] = values;
  return values.size === 1 ? (only ?? null) : null;
};

/** Widths are fixed by what names may look like here, because nobody has seen the last line when the first is written. */
const table = (fleets: readonly string[]): EntryForm => {
  const fleetWidth = Math.max(5, ...fleets.map((one) => one.length));
  const nodeWidth = fleetWidth + 14;
  const row = (seq: string, at: string, fleet: string, node: string, text: string): string =>
    `${seq.padStart(7)}  ${at.padEnd(20)}  ${fleet.padEnd(fleetWidth)}  ${node.padEnd(nodeWidth)}  ${text}\n`;
  return {
    head: row('entry', 'time (UTC)', 'fleet', 'node', 'what happened'),
    line: ({ seq, atMs, entry }, subjects) => {
      const fleet = common(subjects, (one) => one.fleet) ?? '';
      const node = common(subjects, (one) => one.node) ?? '';
      return row(String(seq), formatInstant(atMs), fleet, node, entryText(entry));
    },
  };
};

const CSV_COLUMNS = [
  'entry',
  'time_utc',
  'kind',
  'fleet',
  'node',
  'zone',
  'price_usd_per_node_hour',
  'price_usd_per_gpu_hour',
  'ask_usd_per_node_hour',
  'cost_usd',
  'from_utc',
  'to_utc',
  'answers_entry',
  'text',
] as const;

const csvLine = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`;

const usd = (cents: number | null): string => (cents === null ? '' : (cents / 100).toFixed(2));
/** An eighth of whole cents has at most three more decimals. */
const usdPerGpu = (cents: number | null): string =>
  cents === null ? '' : (cents / 100 / GPUS_PER_NODE).toFixed(5).replace(/(\.\d\d\d*?)0+$/, '$1');
const instant = (at: number | null): string => (at === null ? '' : formatInstant(at));

const csv: EntryForm = {
  head: csvLine(CSV_COLUMNS),
  line: ({ seq, atMs, entry }, subjects) => {
    const { price, ask, cost, fromMs, toMs, intent } = amountsOf(entry);
    const fields: Readonly<Record<(typeof CSV_COLUMNS)[number], string>> = {
      entry: String(seq),
      time_utc: formatInstant(atMs),
      kind: entry.kind,
      fleet: common(subjects, (one) => one.fleet) ?? '',
      node: common(subjects, (one) => one.node) ?? '',
      zone: common(subjects, (one) => one.zone) ?? '',
      price_usd_per_node_hour: usd(price),
      price_usd_per_gpu_hour: usdPerGpu(price),
      ask_usd_per_node_hour: usd(ask),
      cost_usd: usd(cost),
      from_utc: instant(fromMs),
      to_utc: instant(toMs),
      answers_entry: intent === null ? '' : String(intent),
      text: entryText(entry),
    };
    return csvLine(CSV_COLUMNS.map((column) => fields[column]));
  },
};

const json: EntryForm = {
  head: '',
  line: ({ seq, atMs, entry }, subjects) => {
    const about = subjects.map(({ fleet, node, zone }) => ({ fleet, node, zone }));
    return `${JSON.stringify({ seq, atMs, at: formatInstant(atMs), about, text: entryText(entry), entry })}\n`;
  },
};

export const entryForm = (name: EntryFormName, fleets: readonly string[]): EntryForm =>
  name === 'table' ? table(fleets) : name === 'csv' ? csv : json;
