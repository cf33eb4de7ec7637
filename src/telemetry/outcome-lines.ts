// What became of what was sent. Few answers are told one by one; many equal ones are one line with a count, so that a
// storm of refusals stays readable.
import type { Sent, TickReport } from '../domain/report.ts';
import { shorten } from './coverage-lines.ts';
import type { Line } from './line.ts';

/** Refusals that are the market's daily business, not a fault. */
const DAILY: ReadonlySet<string> = new Set(['price', 'capacity', 'not_sent']);

/** `accepted`, `refused (price)`, `unknown (timeout)`. */
const verdict = ({ outcome }: Sent): string => {
  if (outcome.kind === 'accepted') return 'accepted';
  return outcome.kind === 'refused' ? `refused (${outcome.code})` : `unknown (${outcome.cause})`;
};

const levelOf = ({ outcome }: Sent): Line['level'] => {
  if (outcome.kind === 'accepted') return 'info';
  return outcome.kind === 'refused' && DAILY.has(outcome.code) ? 'info' : 'warn';
};

export const outcomeLines = (report: TickReport): readonly Line[] => {
  const groups = new Map<string, Sent[]>();
  for (const sent of report.sent) {
    const key = JSON.stringify([sent.fleet, sent.change, verdict(sent)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sent]);
    else group.push(sent);
  }
  return [...groups.values()].flatMap(lineOf);
};

const lineOf = (group: readonly Sent[]): readonly Line[] => {
  const [first] = group;
  if (first === undefined) return [];
  const { fleet, change, outcome } = first;
  const slowest = Math.max(...group.map((sent) => sent.tookMs));
  const status = outcome.kind === 'accepted' || outcome.status === null ? '' : `, HTTP ${outcome.status}`;
  const message = outcome.kind === 'accepted' || outcome.message === '' ? '' : `: ${outcome.message}`;
  const took = `${group.length > 1 ? 'within' : 'after'} ${(slowest / 1000).toFixed(2)} s`;
  const names = shorten(group.map((sent) => sent.name));
  return [
    {
      level: levelOf(first),
      fleet,
      text: `${change} of ${names}: ${verdict(first)} ${took}${status}${message}`,
      data: {
        event: 'outcome',
        change,
        outcome: outcome.kind,
        requests: group.length,
        took_ms: Math.round(slowest),
      },
    },
  ];
};
