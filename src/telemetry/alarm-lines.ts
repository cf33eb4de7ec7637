// What is wrong as long as it lasts: the alarms of a report, and the states of the whole daemon that a person must know of
// (a tick that could not finish, a pause, an open breaker, books that contradict themselves).
import type { TickReport } from '../domain/report.ts';
import { pauseText } from './pause-text.ts';

export interface StandingAlarm {
  readonly code: string;
  readonly fleet: string | null;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  /** What is said when it is over. */
  readonly overText: string;
}

/** The alarms that stand after this report, by a key that stays the same while only their numbers change. */
export const standingAlarms = (report: TickReport): ReadonlyMap<string, StandingAlarm> => {
  const standing = [...daemonAlarms(report), ...report.alarms.map(alarmOf)];
  return new Map(standing.map((alarm) => [`${alarm.code} ${alarm.fleet ?? ''}`, alarm]));
};

const alarmOf = ({ code, fleet, text }: TickReport['alarms'][number]): StandingAlarm => ({
  code,
  fleet,
  level: 'warn',
  text: `alarm ${code}: ${text}`,
  overText: `alarm ${code} is over`,
});

const daemonAlarms = (report: TickReport): readonly StandingAlarm[] => {
  const alarms: StandingAlarm[] = [];
  const add = (code: string, level: StandingAlarm['level'], text: string, overText: string): void => {
    alarms.push({ code, fleet: null, level, text, overText });
  };
  if (report.contradiction !== null) {
    const text = `the books contradict themselves, nothing is bought: ${report.contradiction}`;
    add('contradiction', 'error', text, 'the books agree again');
  }
  if (report.breaker !== null) {
    const text = `the breaker is open, nothing is bought until a person resumes: ${report.breaker}`;
    add('breaker', 'error', text, 'the breaker is closed again');
  }
  if (report.pause !== null) add('paused', 'warn', pauseText(report, report.pause), 'resumed');
  const end = ENDS[report.end];
  if (end !== null) {
    const why = report.problem === null ? '' : `: ${report.problem}`;
    add(`tick_${report.end}`, end.level, `${end.text}${why}`, end.overText);
  }
  return alarms;
};

/** Words for a tick that could not finish; null for those a person need not hear of. */
const ENDS: Readonly<Record<TickReport['end'], Pick<StandingAlarm, 'level' | 'text' | 'overText'> | null>> = {
  done: null,
  // Another writer (a pause, a resume) came first; the next tick decides on the new books.
  moved: null,
  no_look: {
    level: 'warn',
    text: 'the venue could not be looked at, so nothing is bought',
    overText: 'the venue can be looked at again',
  },
  ledger_failed: {
    level: 'error',
    text: 'the ledger could not be written, so nothing is bought',
    overText: 'the ledger can be written again',
  },
  not_leader: {
    level: 'error',
    text: 'this process does not hold the lease, so it does nothing',
    overText: 'this process holds the lease again',
  },
  deadline: {
    level: 'warn',
    text: 'the tick ran into its deadline',
    overText: 'ticks end in time again',
  },
};
