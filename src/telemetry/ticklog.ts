// Turns finished ticks into log lines that a person at 3 a.m. can use: what was decided and why, what came of it, which
// alarm began or ended, how a fleet's coverage changed. A line is written when something changed or something was sent; a
// quiet world gets one heartbeat every few minutes. It keeps only what it needs to see a change.
import { formatInstant } from '../domain/time.ts';
import type { DurationMs } from '../domain/time.ts';
import type { StageReport, TickReport } from '../domain/report.ts';
import type { Clock } from '../ports/clock.ts';
import type { Line } from './line.ts';
import type { Log } from './log.ts';
import { coverageLine, coverageShape, heartbeatLine } from './coverage-lines.ts';
import { decisionLines } from './decision-lines.ts';
import { outcomeLines } from './outcome-lines.ts';
import { standingAlarms } from './alarm-lines.ts';
import type { StandingAlarm } from './alarm-lines.ts';

export interface TickLogOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Real time without a line after which a quiet daemon says that it lives. Default 5 minutes. */
  readonly heartbeatMs?: DurationMs;
}

const HEARTBEAT_MS = 300_000;

/** What is remembered from the report before. */
interface Memory {
  readonly coverage: ReadonlyMap<string, string>;
  readonly decisions: ReadonlyMap<string, number>;
  readonly alarms: ReadonlyMap<string, StandingAlarm>;
}

/** Makes the function that takes each finished tick. */
export const createTickLog = (options: TickLogOptions): ((report: TickReport) => void) => {
  const { log, clock } = options;
  const heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
  let before: Memory = { coverage: new Map(), decisions: new Map(), alarms: new Map() };
  let lastLineMs = clock.monotonic();
  return (report) => {
    const decided = decisionLines(report, before.decisions);
    const alarms = standingAlarms(report);
    const lines = [
      ...alarmChanges(before.alarms, alarms),
      ...report.stagesReached.map(stageLine),
      ...decided.lines,
      ...outcomeLines(report),
      ...coverageChanges(report, before.coverage),
    ];
    const nowMs = clock.monotonic();
    if (lines.length === 0 && nowMs - lastLineMs >= heartbeatMs) lines.push(heartbeatLine(report));
    if (lines.length > 0) lastLineMs = nowMs;
    const at = formatInstant(report.atMs);
    for (const { level, fleet, text, data } of lines) {
      log[level]({ at, ...(fleet === null ? {} : { fleet }), ...(data === undefined ? {} : { data }) }, text);
    }
    before = { coverage: shapes(report), decisions: decided.seen, alarms };
  };
};

/** A stage of a budget is said once a period, by the tick that reaches it. */
const stageLine = ({ budget, fleet, period, stage, text }: StageReport): Line => ({
  level: 'warn',
  fleet,
  text,
  data: { budget, period, stage },
});

const shapes = (report: TickReport): ReadonlyMap<string, string> =>
  new Map(report.fleets.map((fleet) => [fleet.fleet, coverageShape(fleet)]));

const coverageChanges = (report: TickReport, before: ReadonlyMap<string, string>): readonly Line[] =>
  report.fleets
    .filter((fleet) => before.get(fleet.fleet) !== coverageShape(fleet))
    .map((fleet) => coverageLine(fleet, report));

/** Each alarm once when it begins and once when it is over. */
const alarmChanges = (
  before: ReadonlyMap<string, StandingAlarm>,
  now: ReadonlyMap<string, StandingAlarm>,
): readonly Line[] => {
  const begun = [...now].filter(([key]) => !before.has(key));
  const over = [...before].filter(([key]) => !now.has(key));
  return [
    ...begun.map(([, { level, fleet, code, text }]): Line => ({ level, fleet, text, data: { alarm: code } })),
    ...over.map(([, { fleet, code, overText }]): Line => ({
      level: 'info',
      fleet,
      text: overText,
      data: { over: code },
    })),
  ];
};
