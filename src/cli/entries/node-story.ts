// One purchase as one story: what was known, why it was bought, what was asked for, what came back, how it went, what it
// cost and how it ended. It is built from the entries about one node alone, in order.
import type { Basis, CreateIntended, Entry, LedgerRecord, Seq } from '../../domain/entry.ts';
import { formatCents, formatPrice, type Cents, type CentsPerNodeHour } from '../../domain/money.ts';
import type { SeenNode } from '../../domain/node.ts';
import { formatDuration, formatInstant, HOUR_MS, secondsBetween, type UnixMs } from '../../domain/time.ts';
import type { Watched } from '../../reconcile/bookings.ts';
import { endText, entryText, lossText, refusalText, seenText, voidText } from './entry-words.ts';

interface Line {
  readonly atMs: UnixMs;
  readonly text: string;
}

interface Order {
  readonly orderId: string;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly cost: Cents;
}

/** Collects the story of one node. Memory grows with the node's own entries only. */
interface NodeStory {
  readonly add: (record: LedgerRecord, watched: Watched) => void;
  readonly text: () => string;
}

const ORDERS_SHOWN = 8;

const createStory = (first: LedgerRecord & { readonly entry: CreateIntended }): NodeStory => {
  const { seq, atMs, entry: intent } = first;
  const answers: Line[] = [];
  const life: Line[] = [];
  const orders = new Map<string, Order>();
  let firstSeen: SeenNode | null = null;
  let readLimit: CentsPerNodeHour | null = null;
  let renewals = 0;
  let last: SeenNode | null = null;
  let ended: Line | null = null;
  let seconds = 0;
  let worst = 0;

  const happened = (at: UnixMs, text: string): void => {
    renewals = 0;
    life.push({ atMs: at, text });
  };
  const answered = (at: UnixMs, of: Seq, text: string): void => {
    if (of === seq) answers.push({ atMs: at, text });
    else happened(at, text);
  };

  const see = (at: UnixMs, seen: SeenNode): void => {
    const before = last;
    firstSeen ??= seen;
    last = seen;
    const same = before !== null && before.status === seen.status && before.vm?.status === seen.vm?.status;
    if (!same || (seen.endAtMs ?? 0) <= (before.endAtMs ?? 0)) {
      renewals = 0;
      life.push({ atMs: at, text: `seen: ${sightText(seen, before)}` });
      return;
    }
    renewals += 1;
    const times = renewals === 1 ? 'renewed' : `renewed ${renewals} times, the last time`;
    if (renewals > 1) life.pop();
    life.push({ atMs: at, text: `${times}, bought to ${formatInstant(seen.endAtMs ?? 0)}` });
  };

  const add: NodeStory['add'] = (record, watched) => {
    const { entry, atMs: at } = record;
    const mine = watched.bookings.filter(({ node }) => node.seq === seq);
    for (const block of mine.flatMap(({ blocks }) => blocks)) {
      const span = secondsBetween(block.fromMs, block.toMs);
      seconds += span;
      worst += block.limit * span;
    }
    switch (entry.kind) {
      case 'change_accepted': {
        if (entry.intent !== seq) return happened(at, entryText(entry));
        const shown = entry.node === null ? '' : `: ${seenText(entry.node)}`;
        answered(at, seq, `accepted after ${formatDuration(at - atMs)}${shown}`);
        firstSeen ??= entry.node;
        last = entry.node;
        return;
      }
      case 'change_refused':
        return answered(at, entry.intent, `refused: ${refusalText(entry)}`);
      case 'change_unknown':
        return answered(
          at,
          entry.intent,
          `unknown: ${lossText(entry)}; it counts as bought until looks have proved otherwise`,
        );
      case 'intent_voided':
        return answered(at, entry.intent, `had no effect: ${voidText(entry.proof)}`);
      case 'node_seen':
        return see(at, entry.seen);
      case 'procurement_seen':
        if (entry.limit !== null && entry.limit !== readLimit) happened(at, entryText(entry));
        readLimit = entry.limit ?? readLimit;
        return;
      case 'order_settled':
        orders.set(entry.orderId, entry);
        return;
      case 'order_split': {
        const cost = entry.shares.find((share) => share.node === seq)?.cost;
        if (cost !== undefined) orders.set(entry.orderId, { ...entry, cost });
        return;
      }
      case 'node_ended':
        ended = { atMs: at, text: endText(entry.proof) };
        return;
      case 'create_intended':
      case 'renewals_authorised':
        return;
      default:
        happened(at, `${entryText(entry)}${basisText(entry, at)}`);
    }
  };

  const text = (): string =>
    [
      `${intent.name} (entry ${seq})`,
      `  fleet ${intent.fleet}, slot ${intent.slot}, generation ${intent.generation}: ${intent.gpu} in ${intent.zone}, ${intent.hold}`,
      ...section('why it was bought', whyLines(first)),
      ...section('what was asked for', requestLines(intent)),
      ...section(
        'what the venue answered',
        answers.length === 0 ? ['nothing is known yet'] : answers.map(dated),
      ),
      ...section('read back', readBackLines(intent, firstSeen, readLimit)),
      ...section('how it went', life.map(dated)),
      ...section('what it cost', costLines([...orders.values()], seconds, worst)),
      ...section('how it ended', [ended === null ? notEnded(answers, last) : dated(ended)]),
    ].join('\n');

  return { add, text };
};

/** A sight without what the sight before said as well. */
const sightText = (seen: SeenNode, before: SeenNode | null): string => {
  if (before === null) return seenText(seen);
  const limit = seen.limit === before.limit ? null : seen.limit;
  return seenText(
    { ...seen, limit, zone: seen.zone === before.zone ? null : seen.zone },
    seen.nodeId !== before.nodeId,
  );
};

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const dated = ({ atMs, text }: Line): string => `${formatInstant(atMs)}  ${text}`;

const age = (from: UnixMs, to: UnixMs): string => `${formatInstant(from)}, ${formatDuration(to - from)} old`;

const whyLines = ({ atMs, entry }: LedgerRecord & { readonly entry: CreateIntended }): string[] => {
  const { basis, why } = entry;
  return [
    `decided  ${formatInstant(atMs)}`,
    `because  ${why}`,
    `look     ${age(basis.lookAtMs, atMs)}`,
    `quote    ${quoteText(basis, atMs)}`,
  ];
};

const quoteText = (basis: Basis, atMs: UnixMs): string => {
  if (basis.askedAtMs === null) return 'none was known';
  const what = basis.ask === null ? 'nothing for sale' : `ask ${formatPrice(basis.ask)}`;
  return `${what}, asked for ${age(basis.askedAtMs, atMs)}`;
};

/** The quote a later decision about the node stood on, when it carries one. */
const basisText = (entry: Entry, atMs: UnixMs): string =>
  'basis' in entry ? ` [${quoteText(entry.basis, atMs)}]` : '';

const requestLines = (intent: CreateIntended): string[] => {
  const from = intent.startAtMs === null ? 'now' : formatInstant(intent.startAtMs);
  const window =
    intent.endAtMs === null
      ? 'from now, renewed hour by hour by the venue while the limit holds'
      : `from ${from} until ${formatInstant(intent.endAtMs)}`;
  const script = intent.cloudInitHash === null ? 'none' : `SHA-256 ${intent.cloudInitHash}`;
  return [
    `limit    ${formatPrice(intent.limit)}`,
    `window   ${window}`,
    `goods    1 node of ${intent.gpu} in ${intent.zone}`,
    `boot     cloud-init: ${script}`,
  ];
};

const readBackLines = (
  intent: CreateIntended,
  seen: SeenNode | null,
  readLimit: CentsPerNodeHour | null,
): string[] => {
  if (seen === null) return [];
  const limit = readLimit ?? seen.limit;
  const judged = (what: string, shown: string | null, wanted: string): string => {
    if (shown === null || shown === '') return `${what} not shown`;
    return shown === wanted ? `${what} ${shown}, as asked` : `${what} ${shown}, NOT ${wanted} as asked`;
  };
  return [
    judged('type    ', seen.gpu, intent.gpu),
    judged('zone    ', seen.zone, intent.zone),
    limit === null ? 'limit    not shown' : `limit    ${formatPrice(limit)}`,
    `id       ${seen.nodeId}${seen.procurementId === null ? '' : `, procurement ${seen.procurementId}`}`,
  ];
};

const hours = (seconds: number): string => `${(seconds / 3600).toFixed(2)} node-hours`;

const costLines = (orders: readonly Order[], seconds: number, worst: number): string[] => {
  const lines = [
    `bought   ${hours(seconds)}, at worst ${formatCents(Math.ceil(worst / 3600))} (limit × time)`,
  ];
  if (orders.length === 0) return seconds === 0 ? ['nothing was bought'] : [...lines, 'settled  nothing yet'];
  const paid = orders.reduce((sum, one) => sum + one.cost, 0);
  const time = orders.reduce((sum, one) => sum + secondsBetween(one.fromMs, one.toMs), 0);
  const rate = Math.round((paid * HOUR_MS) / 1000 / Math.max(1, time)) as CentsPerNodeHour;
  lines.push(
    `settled  ${formatCents(paid)} for ${hours(time)} in ${orders.length} orders, about ${formatPrice(rate)}`,
  );
  const shown = orders.length <= ORDERS_SHOWN ? orders : orders.slice(-ORDERS_SHOWN);
  if (shown.length < orders.length) lines.push(`         the last ${shown.length} of them:`);
  for (const one of shown)
    lines.push(
      `         ${formatInstant(one.fromMs)} to ${formatInstant(one.toMs)}  ${formatCents(one.cost)}  ${one.orderId}`,
    );
  return lines;
};

const notEnded = (answers: readonly Line[], last: SeenNode | null): string => {
  if (last !== null) return 'it has not ended';
  const answer = answers.at(-1)?.text ?? '';
  if (answer.startsWith('refused')) return 'it never began: the venue refused it';
  if (answer.startsWith('had no effect')) return 'it never began';
  return 'it is not known yet whether it began';
};

/** A node that this ledger did not buy has no purchase to tell of: what happened to it since, entry by entry. */
const handedOver = (name: string): NodeStory => {
  const lines: string[] = [];
  return {
    add: ({ atMs, entry }) => void lines.push(`  ${formatInstant(atMs)}  ${entryText(entry)}`),
    text: () => [`${name}, handed over`, ...lines].join('\n'),
  };
};

/** Collects the stories of every purchase that carried one name. */
export const storiesOf = (): {
  readonly add: (seq: Seq, record: LedgerRecord, watched: Watched) => void;
  readonly text: () => string;
} => {
  const stories = new Map<Seq, NodeStory>();
  return {
    add: (seq, record, watched) => {
      const { entry } = record;
      if (entry.kind === 'create_intended' && record.seq === seq)
        stories.set(seq, createStory({ ...record, entry }));
      else if (entry.kind === 'node_adopted' && record.seq === seq)
        stories.set(seq, handedOver(entry.seen.name));
      stories.get(seq)?.add(record, watched);
    },
    text: () => [...stories.values()].map((one) => one.text()).join('\n\n'),
  };
};
