// The answer of `why` in sentences, the most useful one first: what was wanted and had, then whether it bought and what
// stood in the way, then the bid, the money and the last deeds with what became of them.
import { formatCents, formatPrice } from '../../domain/money.ts';
import type { FleetPolicy } from '../../domain/policy.ts';
import type { TickReport } from '../../domain/report.ts';
import { formatDuration, formatInstant } from '../../domain/time.ts';
import type { Books } from '../../reconcile/books.ts';
import { climbKey } from '../../reconcile/books.ts';
import { entryText } from '../entries/entry-words.ts';
import { decisionLines } from '../report-text.ts';
import type { WhyAnswer } from './why-answer.ts';
import type { Deed, WhyHistory } from './why-history.ts';

export interface WhyTextInput {
  readonly answer: WhyAnswer;
  readonly books: Books;
  readonly history: WhyHistory;
  /** The present settings of the fleet; null when they do not have it. */
  readonly fleet: FleetPolicy | null;
  /** What a running daemon said last; only for the present. */
  readonly live: TickReport | null;
}

const DEEDS_SHOWN = 6;

export const whyText = (input: WhyTextInput): string => {
  const { answer } = input;
  return [
    `${answer.fleet} at ${formatInstant(answer.atMs)}`,
    '',
    ...haveLines(input),
    '',
    ...verdictLines(input),
    ...section('The bid', bidLines(input)),
    ...section('Budgets', budgetLines(answer)),
    ...section('Last deeds', deedLines(input)),
    ...section('What the daemon said at its last look', liveLines(input)),
    '',
    ...sourceLines(input),
  ].join('\n');
};

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const nodes = (count: number): string => (count === 1 ? '1 node' : `${count} nodes`);

const haveLines = ({ answer, fleet }: WhyTextInput): string[] => {
  const { wanted, running, waiting, unknown, releasing, missing, missingSinceMs } = answer;
  const gpu = fleet === null ? '' : ` (${wanted * 8} ${fleet.gpu} GPUs)`;
  const parts = [`${running} ran`];
  if (waiting > 0) parts.push(`${waiting} stood as waiting bids`);
  if (unknown > 0) parts.push(`of ${unknown} it was not known whether they were bought`);
  if (releasing > 0) parts.push(`${releasing} had been released`);
  const lines = [`It wanted ${nodes(wanted)}${gpu}; ${parts.join(', ')}.`];
  if (missing > 0)
    lines.push(
      `${nodes(missing)} ${missing === 1 ? 'was' : 'were'} missing, with no bid for ${missing === 1 ? 'it' : 'them'}.`,
    );
  if (missingSinceMs !== null)
    lines.push(
      `Fewer ran than wanted since ${formatInstant(missingSinceMs)} (${formatDuration(answer.atMs - missingSinceMs)}).`,
    );
  return lines;
};

const verdictLines = ({ answer }: WhyTextInput): string[] => {
  const { obstacles, missing, waiting } = answer;
  const ways = obstacles.map((one) => `  - ${one.text}`);
  if (missing === 0) {
    const have = waiting > 0 ? 'a bid stands for every node that is missing' : 'it had what it wanted';
    const lines = [`It did not buy more, because ${have}.`];
    return ways.length === 0 ? lines : [...lines, 'Beside that:', ...ways];
  }
  if (obstacles.length === 0)
    return ['Nothing that the ledger knows of stood in its way; the last deeds below tell how far it came.'];
  return ['What stood in its way:', ...ways];
};

const REASONS: Readonly<Record<string, string>> = {
  started: 'a new climb started there',
  stepped: 'it rose by a step, because the bid stood unfilled',
  reanchored: 'a fresh quote moved it there',
};

const bidLines = ({ answer, books, history, fleet }: WhyTextInput): string[] => {
  const lines: string[] = [];
  const [lowest] = answer.limits;
  const highest = answer.limits.at(-1);
  if (lowest !== undefined && highest !== undefined) {
    const range =
      lowest === highest ? formatPrice(lowest) : `${formatPrice(lowest)} to ${formatPrice(highest)}`;
    lines.push(`The limits in force were ${range}.`);
  }
  for (const [zone, { atMs, entry }] of history.climbs()) {
    const steps = books.climbs.get(climbKey(answer.fleet, zone))?.steps ?? 0;
    const above = steps === 0 ? '' : `, ${steps === 1 ? '1 step' : `${steps} steps`} above its start`;
    const ask = entry.ask === null ? 'without a quote' : `the ask was ${formatPrice(entry.ask)}`;
    lines.push(
      `In ${zone} the climb stood at ${formatPrice(entry.level)}${above}, since ${formatInstant(atMs)}: ${REASONS[entry.reason] ?? entry.reason} (${ask}).`,
    );
  }
  if (fleet !== null) lines.push(`The ceiling is ${formatPrice(fleet.bid.ceiling)} by the present settings.`);
  if (books.raisingRefusedAtMs !== null)
    lines.push(
      `The venue refused to change a limit in place at ${formatInstant(books.raisingRefusedAtMs)}; for a day bids are replaced instead.`,
    );
  return lines;
};

const budgetLines = ({ budgets }: WhyAnswer): string[] =>
  budgets.map((one) => {
    const left = Math.max(0, one.limitCents - one.usedCents);
    const over =
      one.usedCents > one.limitCents ? `, ${formatCents(one.usedCents - one.limitCents)} over it` : '';
    return `${one.budget} ${one.period}: ${formatCents(left)} of ${formatCents(one.limitCents)} left until ${formatInstant(one.endMs)}${over}`;
  });

/** Deeds of one instant with the same words and the same outcome are one. */
const deedLines = ({ answer, history }: WhyTextInput): string[] => {
  const groups = new Map<string, { readonly deed: Deed; readonly nodes: string[] }>();
  for (const deed of history.deeds()) {
    const key = `${deed.atMs}|${entryText(deed.entry)}|${deed.outcome?.entry.kind ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { deed, nodes: [deed.node ?? ''] });
    else group.nodes.push(deed.node ?? '');
  }
  if (groups.size === 0) return [`Nothing was ever sent for ${answer.fleet}.`];
  return [...groups.values()].slice(-DEEDS_SHOWN).flatMap(({ deed, nodes: [first, ...others] }) => {
    const whom = others.length === 0 ? (first ?? '') : `${first} and ${others.length} more`;
    return [
      `${formatInstant(deed.atMs)}  ${whom}  ${entryText(deed.entry)}`,
      `${' '.repeat(20)}  -> ${outcomeText(deed)}${others.length === 0 ? '' : ' (the first of them)'}`,
    ];
  });
};

const outcomeText = (deed: Deed): string => {
  if (deed.outcome === null) return 'no answer yet';
  const after = formatDuration(deed.outcome.atMs - deed.atMs);
  return `after ${after}: ${entryText(deed.outcome.entry).replaceAll(` of entry ${deed.seq}`, '')}`;
};

const liveLines = ({ live, answer }: WhyTextInput): string[] => {
  if (live === null) return [];
  const lines = decisionLines(live, answer.fleet);
  const what = live.end === 'done' ? [] : [`the look failed: ${live.problem ?? live.end}`];
  return [
    `${formatInstant(live.atMs)}`,
    ...what,
    ...(lines.length === 0 ? ['nothing had to be done'] : lines),
  ];
};

const sourceLines = ({ answer, history, live }: WhyTextInput): string[] => {
  const started = history.started();
  const since =
    started === null
      ? ''
      : `; bidkeeper ${started.entry.version} runs since ${formatInstant(started.atMs)} (${started.entry.mode})`;
  const lines = [
    `From the ledger up to entry ${answer.entry} of ${formatInstant(answer.entryAtMs)}${since}.`,
  ];
  if (live === null)
    lines.push(
      'Quotes that led to nothing are not written down; `bidkeeper plan` asks the venue now and shows every refusal.',
    );
  return lines;
};
