// What a large run must have met at least once, or it proves less than it says: situations by name, each recognised in the
// evidence of a run.
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { gather, type Evidence } from './checks/evidence.ts';
import type { RunResult } from './run.ts';

type Recognise = (evidence: Evidence) => boolean;

const has = (evidence: Evidence, test: (entry: Evidence['entries'][number]) => boolean): boolean =>
  evidence.entries.some(test);

/** Creates whose answer was lost and whose node a later look showed. */
const lostThenFound: Recognise = (evidence) => {
  const lost = new Set<number>();
  return has(evidence, ({ entry }) => {
    if (entry.kind === 'change_unknown' && entry.change === 'create') lost.add(entry.intent);
    return entry.kind === 'node_seen' && lost.has(entry.node);
  });
};

const unknownAtCrash: Recognise = (evidence) => {
  const open = new Set<number>();
  return has(evidence, ({ entry, record }) => {
    if (entry.kind === 'create_intended') open.add(record.seq);
    if (entry.kind === 'change_accepted' || entry.kind === 'change_refused' || entry.kind === 'intent_voided')
      open.delete(entry.intent);
    if (entry.kind === 'node_seen') open.delete(entry.node);
    return entry.kind === 'daemon_started' && open.size > 0;
  });
};

const ceilingReached: Recognise = (evidence) =>
  has(
    evidence,
    ({ entry }) =>
      entry.kind === 'climb_moved' &&
      entry.reason === 'stepped' &&
      evidence.policies.some(({ policy }) =>
        policy.fleets.some(
          (fleet) => fleet.name === entry.fleet && entry.level === Math.floor(fleet.bid.ceiling / 8) * 8,
        ),
      ),
  );

const lateAfterQuarantine: Recognise = (evidence) => {
  const names = new Map<number, string>();
  const voided = new Set<string>();
  for (const { entry, record } of evidence.entries) {
    if (entry.kind === 'create_intended') names.set(record.seq, entry.name);
    if (entry.kind === 'intent_voided') voided.add(names.get(entry.intent) ?? '');
  }
  return evidence.nodes.some((node) => node.madeBy?.late === true && voided.has(node.name));
};

const overrunWhileBlind: Recognise = ({ run }) =>
  (run.watch.last()?.fleetTotals ?? []).some((fleet) => fleet.overrun > 0);

const happenedOnce =
  (...whats: readonly string[]): Recognise =>
  (evidence) =>
    whats.some((what) => evidence.happened.has(what));

const entryOf =
  (test: (entry: Evidence['entries'][number]['entry']) => boolean): Recognise =>
  (evidence) =>
    has(evidence, ({ entry }) => test(entry));

/** The target moved within a minute of an hour boundary at which bought time ended. */
const scheduleAtHour: Recognise = (evidence) => {
  const before = new Map<string, number>();
  return has(evidence, ({ entry, record }) => {
    if (entry.kind !== 'coverage_changed') return false;
    const moved = before.has(entry.fleet) && before.get(entry.fleet) !== entry.wantedNodes;
    before.set(entry.fleet, entry.wantedNodes);
    return moved && record.atMs % HOUR_MS < MINUTE_MS;
  });
};

export const SOMETIMES: Readonly<Record<string, Recognise>> = {
  'a lost reply, then the node was found': lostThenFound,
  'a purchase was open when the process died': unknownAtCrash,
  'a climb reached the ceiling': ceilingReached,
  'a budget refused a purchase': happenedOnce('refused by budget'),
  'a node was released because its next hour did not fit the budget': entryOf(
    (entry) => entry.kind === 'release_intended' && entry.reason === 'budget',
  ),
  'a commit came after the quarantine': lateAfterQuarantine,
  'an overrun was booked': overrunWhileBlind,
  'the target changed at an hour boundary': scheduleAtHour,
  'an intent was void by proof': entryOf(
    (entry) => entry.kind === 'intent_voided' && entry.proof === 'absent_after_quarantine',
  ),
  'a burnt name was given up': entryOf(
    (entry) => entry.kind === 'intent_voided' && entry.proof === 'name_refused_never_found',
  ),
  'an extension was void by proof': entryOf(
    (entry) => entry.kind === 'intent_voided' && entry.proof === 'end_unmoved_after_quarantine',
  ),
  'a name was sent again': entryOf((entry) => entry.kind === 'repost_intended'),
  'a reservation ended by our own clocks': entryOf(
    (entry) => entry.kind === 'node_ended' && entry.proof === 'reservation_over',
  ),
  'a node was deleted and gone': entryOf(
    (entry) => entry.kind === 'node_ended' && entry.proof === 'deleted_by_us',
  ),
  'wrong goods were let go': entryOf(
    (entry) => entry.kind === 'release_intended' && entry.reason === 'wrong_goods',
  ),
  'a failed machine was replaced': entryOf(
    (entry) => entry.kind === 'release_intended' && entry.reason === 'unhealthy',
  ),
  'a pause was acknowledged': entryOf((entry) => entry.kind === 'pause_acknowledged'),
  'a stranger blocked a purchase': happenedOnce('refused by unowned'),
  'a stale look refused a purchase': happenedOnce('refused by stale_look', 'refused by clock_skew'),
  'a rate refused a purchase': happenedOnce('refused by rate'),
  'funds ran out': entryOf((entry) => entry.kind === 'change_refused' && entry.code === 'funds'),
  'the breaker opened': entryOf(
    (entry) =>
      (entry.kind === 'change_refused' && entry.code === 'forbidden') || entry.kind === 'breaker_opened',
  ),
  'the process died between the intent and the request': happenedOnce('crash before wire'),
  'the process died between the request and its answer': happenedOnce('crash after wire'),
  'the process died while it wrote': happenedOnce('crash during append'),
};

export const reachedBy = (run: RunResult): readonly string[] => {
  const evidence = gather(run);
  return Object.entries(SOMETIMES)
    .filter(([, recognise]) => recognise(evidence))
    .map(([name]) => name);
};
