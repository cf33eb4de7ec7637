// What was decided, as a person reads it: equal decisions about several nodes are one line, one that stands from tick to tick
// is the same line with a later end, and the newest few of each fleet are kept. After a start the ledger's intents come first.
import type { RefusalCode, UnknownCause } from '../domain/change.ts';
import type { Entry, LedgerRecord, Seq } from '../domain/entry.ts';
import type { Said } from '../domain/overview.ts';
import type { Decision, Sent, TickReport } from '../domain/report.ts';
import type { UnixMs } from '../domain/time.ts';
import type { Books } from '../reconcile/books.ts';

const KEPT_PER_FLEET = 8;
const KEPT_IN_ALL = 40;
/** The venue's words are cut here; ours are shorter. */
const WHY_CHARACTERS = 400;

type Line = { -readonly [Key in keyof Said]: Said[Key] };

export interface SaidRecord {
  readonly remember: (books: Books, record: LedgerRecord) => void;
  readonly see: (report: TickReport) => void;
  /** Newest first, at least one of each fleet that said anything. */
  readonly newest: () => readonly Said[];
}

export const createSaid = (): SaidRecord => {
  const kept = new Map<string, Line[]>();
  let lastMs: UnixMs | null = null;

  const keep = (line: Line): void => {
    const lines = kept.get(line.fleet) ?? [];
    kept.set(line.fleet, lines);
    lines.push(line);
    if (lines.length > KEPT_PER_FLEET) lines.shift();
  };

  /** A line that was said at the tick before goes on; any other is a new one. */
  const see = (report: TickReport): void => {
    if (report.end === 'not_leader') return;
    for (const line of linesOf(report)) {
      const stood = (one: Line): boolean => one.kind !== 'did' && one.untilMs === lastMs && isSame(one, line);
      const standing = kept.get(line.fleet)?.find(stood);
      if (standing === undefined) keep(line);
      else Object.assign(standing, { untilMs: line.untilMs, why: line.why, nodes: line.nodes });
    }
    lastMs = report.atMs;
  };

  const remember = (books: Books, { entry, atMs }: LedgerRecord): void => {
    const line = lineOfEntry(books, entry, atMs);
    if (line === null) return;
    const last = kept.get(line.fleet)?.at(-1);
    if (last === undefined || last.fromMs !== atMs || !isSame(last, line)) keep(line);
    else Object.assign(last, { nodes: last.nodes + 1, name: null });
  };

  return {
    remember,
    see,
    newest: () => {
      const lines = [...kept.values()]
        .flat()
        .toSorted((a, b) => b.untilMs - a.untilMs || b.fromMs - a.fromMs);
      const fleets = new Set<string>();
      return lines.filter((line, index) => {
        const first = !fleets.has(line.fleet);
        fleets.add(line.fleet);
        return first || index < KEPT_IN_ALL;
      });
    },
  };
};

const isSame = (a: Said, b: Said): boolean =>
  a.kind === b.kind &&
  a.action === b.action &&
  a.zone === b.zone &&
  a.guard === b.guard &&
  a.reason === b.reason &&
  (a.kind !== 'did' || (a.limit === b.limit && a.why === b.why));

const lineOf = (decision: Decision, atMs: UnixMs): Line => {
  const { fleet, action, zone, name, limit, refusedBy: guard, reason } = decision;
  const kind = guard !== null ? 'held_back' : action === 'none' ? 'note' : 'did';
  const why = decision.why.slice(0, WHY_CHARACTERS);
  // A wait is about the fleet; that it was told zone by zone adds nothing.
  const where = kind === 'note' ? null : zone;
  return {
    kind,
    fromMs: atMs,
    untilMs: atMs,
    fleet,
    action,
    zone: where,
    nodes: 1,
    name,
    limit,
    guard,
    reason,
    why,
  };
};

const lineOfSent = (sent: Sent, atMs: UnixMs): Line | null => {
  const { outcome, fleet, name, change: action } = sent;
  if (outcome.kind === 'accepted') return null;
  const reason = outcome.kind === 'refused' ? outcome.code : outcome.cause;
  return answerLine({ kind: outcome.kind, atMs, fleet, name, action, reason, message: outcome.message });
};

const answerLine = (answer: {
  readonly kind: 'refused' | 'unknown';
  readonly atMs: UnixMs;
  readonly fleet: string;
  readonly name: string;
  readonly action: Line['action'];
  readonly reason: RefusalCode | UnknownCause;
  readonly message: string;
}): Line => {
  const { kind, atMs, fleet, name, action, reason, message } = answer;
  const why = message.slice(0, WHY_CHARACTERS);
  const rest = { zone: null, nodes: 1, limit: null, guard: null };
  return { kind, fromMs: atMs, untilMs: atMs, fleet, name, action, reason, why, ...rest };
};

/** Equal decisions of one report as one line each. */
const linesOf = (report: TickReport): Iterable<Line> => {
  const lines = new Map<string, Line>();
  const add = (line: Line): void => {
    const { kind, fleet, action, zone, limit, guard, reason } = line;
    const key = `${kind} ${fleet} ${action} ${zone} ${kind === 'did' ? limit : ''} ${guard} ${reason}`;
    const before = lines.get(key);
    if (before === undefined) lines.set(key, line);
    else Object.assign(before, { nodes: before.nodes + 1, name: null });
  };
  for (const decision of report.decisions) add(lineOf(decision, report.atMs));
  for (const sent of report.sent) {
    const line = lineOfSent(sent, report.atMs);
    if (line !== null) add(line);
  }
  return lines.values();
};

/** What an entry tells of a decision or its answer; null for all others. */
const lineOfEntry = (books: Books, entry: Entry, atMs: UnixMs): Line | null => {
  if (entry.kind === 'change_refused' || entry.kind === 'change_unknown') {
    const node = nodeBehind(books, entry.intent);
    if (node === null) return null;
    const { fleet, name } = node;
    const [kind, reason] =
      entry.kind === 'change_refused'
        ? (['refused', entry.code] as const)
        : (['unknown', entry.cause] as const);
    return answerLine({ kind, atMs, fleet, name, action: entry.change, reason, message: entry.message });
  }
  if (entry.kind === 'create_intended') {
    const { fleet, zone, limit, name } = entry;
    return intentLine({
      fleet,
      zone,
      name,
      limit,
      action: 'create',
      reason: 'shortfall',
      why: entry.why,
      atMs,
    });
  }
  const action = ACTIONS[entry.kind];
  if (action === undefined || !('node' in entry) || !('why' in entry)) return null;
  const node = entry.node === null ? undefined : books.nodes.get(entry.node);
  if (node === undefined) return null;
  const { fleet, zone, name } = node;
  const limit = 'to' in entry ? entry.to : 'limit' in entry ? entry.limit : null;
  const reason = 'reason' in entry ? entry.reason : action;
  return intentLine({ fleet, zone, name, limit, action, reason, why: entry.why, atMs });
};

const ACTIONS: Readonly<Partial<Record<Entry['kind'], Line['action']>>> = {
  repost_intended: 'repost',
  raise_intended: 'raise',
  extend_intended: 'extend',
  release_intended: 'release',
  delete_intended: 'delete',
};

const intentLine = ({
  atMs,
  ...line
}: Pick<Line, 'fleet' | 'zone' | 'name' | 'limit' | 'action' | 'reason' | 'why'> & {
  readonly atMs: UnixMs;
}): Line => ({ ...line, kind: 'did', fromMs: atMs, untilMs: atMs, nodes: 1, guard: null });

const nodeBehind = (books: Books, intent: Seq): { readonly fleet: string; readonly name: string } | null => {
  const open = books.open.get(intent);
  return open === undefined ? null : (books.nodes.get(open.node) ?? null);
};
