// Decides what is said after a report. Level-triggered over what is remembered: a condition is said when it begins and when it
// is over, once each, and whatever may not be said yet (a hold-off, a repeat that came too soon, too many in an hour) is judged
// again with the next report, so nothing is lost by waiting and what has passed meanwhile is never said. Pure: the same
// memory, report and time give the same notices.
import { floorLimit } from '../../domain/money.ts';
import type { Notice, NoticeEvent, NoticeFigures } from '../../domain/notice.ts';
import type { FleetReport, TickReport } from '../../domain/report.ts';
import { HOUR_MS, formatDuration } from '../../domain/time.ts';
import type { DurationMs, UnixMs } from '../../domain/time.ts';
import { held, heldText, lowestAsk } from '../coverage-lines.ts';
import type { Condition, FleetMemory } from './condition.ts';
import { daemonConditions } from './daemon-conditions.ts';
import { fleetConditions, isMet, outbidCounts } from './fleet-conditions.ts';
import type { NoticeMemory, Standing } from './memory.ts';

export interface NoticeRules {
  readonly events: readonly NoticeEvent[];
  /** Real time in which the same thing is not said to begin a second time. */
  readonly quietMs: DurationMs;
  /** How long a raised target may stay unmet before that is news, on the clock of the decisions. */
  readonly patienceMs: DurationMs;
  /** Most notices in an hour of real time. */
  readonly perHour: number;
}

export interface Decided {
  readonly notices: readonly Notice[];
  readonly memory: NoticeMemory;
  /** Keys that could not be said because too many were said within the hour. */
  readonly heldBack: readonly string[];
}

export interface DecideInput {
  readonly report: TickReport;
  readonly memory: NoticeMemory;
  readonly rules: NoticeRules;
  /** Real time, which the limits above are kept in. */
  readonly realMs: UnixMs;
}

/** Something that could be said now: its notice, and the memory once it was. */
interface Candidate {
  readonly key: string;
  readonly notice: Notice;
  readonly after: (memory: Draft) => void;
}

/** The memory in the making. */
interface Draft {
  readonly standing: Map<string, Standing>;
  readonly fleets: Map<string, FleetMemory>;
}

export const decideNotices = (input: DecideInput): Decided => {
  const { report, memory, rules, realMs } = input;
  // Whoever does not lead knows nothing; the leader says what there is to say.
  if (report.end === 'not_leader') return { notices: [], memory, heldBack: [] };
  const draft: Draft = {
    standing: new Map(Object.entries(memory.standing)),
    fleets: new Map(Object.entries(memory.fleets)),
  };
  const conditions = new Map(conditionsOf(input).map((one) => [one.key, one] as const));
  const candidates = [
    ...outbidNews(input, draft),
    ...over(input, draft, conditions),
    ...begun(input, draft, conditions),
  ];
  if (report.end === 'done') rememberFleets(report, draft);
  const made = memory.made.filter((atMs) => atMs > realMs - HOUR_MS && atMs <= realMs);
  const free = Math.max(0, rules.perHour - made.length);
  const ordered = candidates.toSorted((a, b) => weight(b.notice) - weight(a.notice));
  const said = ordered.slice(0, free);
  for (const { after } of said) after(draft);
  return {
    notices: said.map(({ notice }) => notice),
    memory: {
      standing: Object.fromEntries(draft.standing),
      fleets: Object.fromEntries(draft.fleets),
      made: [...made, ...said.map(() => realMs)],
    },
    heldBack: ordered.slice(free).map(({ key }) => key),
  };
};

const WEIGHTS = { info: 0, warning: 1, critical: 2 } as const;
const weight = (notice: Notice): number => WEIGHTS[notice.severity];

/** Only a report that saw the venue and whose books are whole can tell of fleets. */
const conditionsOf = ({ report, memory, rules }: DecideInput): readonly Condition[] => {
  const of = (key: string): Standing | undefined =>
    Object.hasOwn(memory.standing, key) ? memory.standing[key] : undefined;
  const nodes = Map.groupBy(report.nodes, ({ fleet }) => fleet);
  const fleets =
    report.end === 'done'
      ? report.fleets.flatMap((fleet) =>
          fleetConditions({
            fleet,
            nodes: nodes.get(fleet.fleet) ?? [],
            report,
            memory: memory.fleets[fleet.fleet],
            stood: (key) => of(key)?.stands === true,
            patienceMs: rules.patienceMs,
          }),
        )
      : [];
  return [...daemonConditions(report, (key) => of(key)?.told === true), ...fleets].filter(({ event }) =>
    rules.events.includes(event),
  );
};

/** Whether a report can tell that a condition is over. */
const canTellOver = (report: TickReport, event: NoticeEvent): boolean =>
  report.end === 'done' || (event === 'pause' && report.end !== 'ledger_failed');

const noticeOf = (
  report: TickReport,
  given: Pick<Notice, 'event' | 'state' | 'severity' | 'fleet' | 'text'> & { readonly key: string },
): Notice => {
  const { key, text, ...rest } = given;
  const fleet = report.fleets.find((one) => one.fleet === given.fleet);
  return {
    ...rest,
    id: `${key} ${given.state} ${report.atMs}`.replaceAll(/[^A-Za-z0-9_-]+/g, '.'),
    atMs: report.atMs,
    mode: report.mode,
    text: report.mode === 'dry_run' ? `[dry run] ${text}` : text,
    figures: fleet === undefined ? null : figuresOf(fleet, report),
  };
};

const figuresOf = (fleet: FleetReport, report: TickReport): NoticeFigures => {
  const { nodes, gpus } = held(fleet);
  return {
    wantedNodes: fleet.wantedNodes,
    heldNodes: nodes,
    wantedGpus: fleet.wantedGpus,
    heldGpus: gpus,
    limitCents: fleet.limit,
    ceilingCents: floorLimit(fleet.ceiling),
    askCents: lowestAsk(fleet, report.market),
  };
};

// --- what stands --------------------------------------------------------------------------------------------------

const begun = (
  input: DecideInput,
  draft: Draft,
  conditions: ReadonlyMap<string, Condition>,
): readonly Candidate[] => {
  const { report, rules, realMs } = input;
  return [...conditions.values()].flatMap((one): readonly Candidate[] => {
    const before = draft.standing.get(one.key);
    const standing = standingOf(one, before, input);
    draft.standing.set(one.key, standing);
    if (standing.told || realMs - standing.seenRealMs < one.holdOffMs) return [];
    const { saidRealMs } = standing;
    if (saidRealMs !== null && realMs >= saidRealMs && realMs - saidRealMs < rules.quietMs) return [];
    const { key, event, severity, fleet, text } = one;
    return [
      {
        key,
        notice: noticeOf(report, { key, event, severity, fleet, text, state: 'begun' }),
        after: ({ standing: all }) => all.set(key, { ...standing, told: true, saidRealMs: realMs }),
      },
    ];
  });
};

const standingOf = (
  one: Condition,
  before: Standing | undefined,
  { report, realMs }: DecideInput,
): Standing => ({
  event: one.event,
  fleet: one.fleet,
  stands: true,
  // A clock that was set back must not hold anything off for as long.
  seenRealMs: before?.stands === true ? Math.min(before.seenRealMs, realMs) : realMs,
  sinceMs: before?.stands === true ? before.sinceMs : report.atMs,
  saidRealMs: before?.saidRealMs ?? null,
  told: before?.told ?? false,
  overText: one.overText,
  onceUntilMs: one.onceUntilMs,
});

const over = (
  input: DecideInput,
  draft: Draft,
  conditions: ReadonlyMap<string, Condition>,
): readonly Candidate[] => {
  const { report, rules, realMs } = input;
  const candidates: Candidate[] = [];
  for (const [key, standing] of draft.standing) {
    if (conditions.has(key) || !canTellOver(report, standing.event)) continue;
    const gone = standing.fleet !== null && !report.fleets.some(({ fleet }) => fleet === standing.fleet);
    // Once a period: remembered until the period is past, whatever the sums do meanwhile.
    if (standing.onceUntilMs !== null && standing.told && report.atMs < standing.onceUntilMs) continue;
    const silent =
      gone ||
      standing.overText === null ||
      !rules.events.includes(standing.event) ||
      (standing.event === 'pause' && report.pause !== null);
    if (standing.told && !silent) candidates.push(overCandidate(input, key, standing));
    else if (!gone && standing.onceUntilMs === null && isRecent(standing, rules, realMs))
      draft.standing.set(key, { ...standing, stands: false, told: false });
    else draft.standing.delete(key);
  }
  return candidates;
};

/** It was said so lately that it may not be said to begin again. */
const isRecent = ({ saidRealMs }: Standing, rules: NoticeRules, realMs: UnixMs): boolean =>
  saidRealMs !== null && realMs >= saidRealMs && realMs - saidRealMs < rules.quietMs;

const overCandidate = (input: DecideInput, key: string, standing: Standing): Candidate => {
  const { report } = input;
  const fleet = report.fleets.find((one) => one.fleet === standing.fleet);
  const now = fleet === undefined ? '' : `: it ${heldText(fleet)}`;
  const lasted = `, after ${formatDuration(Math.max(0, report.atMs - standing.sinceMs))}`;
  const text = `${standing.overText}${now}${lasted}`;
  const { event, fleet: name } = standing;
  return {
    key,
    notice: noticeOf(report, { key, event, fleet: name, text, severity: 'info', state: 'over' }),
    after: ({ standing: all }) => all.set(key, { ...standing, stands: false, told: false }),
  };
};

// --- what happened ------------------------------------------------------------------------------------------------

/** Nodes lost to a higher bid since that was last told, by fleet and zone; at the first report ever nothing is news. */
const outbidNews = (input: DecideInput, draft: Draft): readonly Candidate[] => {
  const { report, memory, rules, realMs } = input;
  if (report.end !== 'done') return [];
  return report.fleets.flatMap(({ fleet }) => {
    const counts = outbidCounts(report, fleet);
    const known = memory.fleets[fleet]?.outbid;
    if (known === undefined || !rules.events.includes('outbid')) {
      setOutbid(draft, fleet, Object.fromEntries(counts));
      return [];
    }
    return [...counts].flatMap(([zone, count]): readonly Candidate[] => {
      const lost = count - (Object.hasOwn(known, zone) ? (known[zone] ?? 0) : 0);
      const key = `outbid-lost ${fleet} ${zone}`;
      const before = draft.standing.get(key);
      if (lost <= 0 || (before !== undefined && isRecent(before, rules, realMs))) return [];
      const nodes = lost === 1 ? '1 node' : `${lost} nodes`;
      const text = `${fleet} lost ${nodes} in ${zone} to a higher bid`;
      return [
        {
          key,
          notice: noticeOf(report, {
            key,
            event: 'outbid',
            state: 'once',
            severity: 'warning',
            fleet,
            text,
          }),
          after: (all) => {
            setOutbid(all, fleet, { ...all.fleets.get(fleet)?.outbid, [zone]: count });
            all.standing.set(key, pastStanding(fleet, input));
          },
        },
      ];
    });
  });
};

const setOutbid = (draft: Draft, fleet: string, outbid: FleetMemory['outbid']): void => {
  draft.fleets.set(fleet, { metNodes: draft.fleets.get(fleet)?.metNodes ?? null, outbid });
};

/** Remembered only so that the next loss is not said at once as well. */
const pastStanding = (fleet: string, { report, realMs }: DecideInput): Standing => ({
  event: 'outbid',
  fleet,
  stands: false,
  seenRealMs: realMs,
  sinceMs: report.atMs,
  saidRealMs: realMs,
  told: false,
  overText: null,
  onceUntilMs: null,
});

const rememberFleets = (report: TickReport, draft: Draft): void => {
  const names = new Set(report.fleets.map(({ fleet }) => fleet));
  for (const name of draft.fleets.keys()) if (!names.has(name)) draft.fleets.delete(name);
  for (const fleet of report.fleets) {
    const before = draft.fleets.get(fleet.fleet);
    const metNodes = isMet(fleet) ? fleet.wantedNodes : (before?.metNodes ?? null);
    draft.fleets.set(fleet.fleet, { metNodes, outbid: before?.outbid ?? {} });
  }
};
