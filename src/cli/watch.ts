// `status --watch`: the daemon's overview again and again. On a terminal it is drawn over itself; elsewhere a line is printed
// when something changed; with --json each new report is one line. A daemon that is gone is said and waited for.
import type { Overview } from '../domain/overview.ts';
import { formatInstant, type DurationMs } from '../domain/time.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { fleetLine, warningLines, watchLines } from './watch-text.ts';

/** What stands between the verb and a terminal, a daemon and time. */
export interface Watching {
  /** Null when no daemon answers, or it has nothing to show yet. */
  readonly ask: () => Promise<Overview | null>;
  /** Null where standard output is no terminal; 0 where a terminal does not know its size. */
  readonly screen: { readonly columns: () => number; readonly rows: () => number } | null;
  readonly write: (text: string) => void;
  readonly monotonic: () => DurationMs;
  /** Resolves after the time, or at once when it is told to stop. */
  readonly sleep: (realMs: DurationMs) => Promise<void>;
  readonly stopped: () => boolean;
}

const ASK_EVERY_MS = 1000;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[2K';
const CLEAR_BELOW = '\u001b[J';
const up = (lines: number): string => (lines === 0 ? '\r' : `\u001b[${lines}A\r`);

interface Sight {
  /** The last that was seen; null before. */
  readonly seen: Overview | null;
  readonly silentMs: DurationMs;
  readonly ageMs: DurationMs;
}

/** Goes on until it is told to stop. */
export const watch = async (watching: Watching, form: 'text' | 'json'): Promise<ExitCode> => {
  const { monotonic } = watching;
  const show =
    form === 'json'
      ? jsonShow(watching)
      : watching.screen === null
        ? plainShow(watching)
        : screenShow(watching);
  let seen: Overview | null = null;
  let answeredMs = monotonic();
  let changedMs = monotonic();
  try {
    while (!watching.stopped()) {
      const answer = await watching.ask();
      if (watching.stopped()) break;
      const now = monotonic();
      if (answer !== null) {
        answeredMs = now;
        if (seen === null || answer.tick !== seen.tick || answer.atMs !== seen.atMs) changedMs = now;
        seen = answer;
      }
      show.draw({
        seen,
        silentMs: answer === null ? Math.max(1, now - answeredMs) : 0,
        ageMs: now - changedMs,
      });
      await watching.sleep(ASK_EVERY_MS);
    }
    return EXIT.ok;
  } finally {
    show.end();
  }
};

interface Show {
  readonly draw: (sight: Sight) => void;
  readonly end: () => void;
}

const NOBODY = 'No daemon answers; asking on. Held nodes go on costing money.';

const screenShow = ({ screen, write }: Watching): Show => {
  let drawn = 0;
  return {
    draw: ({ seen, silentMs, ageMs }) => {
      const columns = Math.max(20, screen?.columns() || 80);
      // The cursor rests below the last line, so one row stays free.
      const rows = Math.max(3, (screen?.rows() || 24) - 1);
      const lines = seen === null ? [NOBODY] : watchLines(seen, { silentMs, ageMs }, rows);
      const text = lines.map((line) => `${CLEAR_LINE}${fit(line, columns)}\n`).join('');
      write(`${drawn === 0 ? HIDE_CURSOR : up(drawn)}${text}${CLEAR_BELOW}`);
      drawn = lines.length;
    },
    end: () => write(drawn === 0 ? '' : SHOW_CURSOR),
  };
};

const fit = (line: string, columns: number): string =>
  line.length < columns ? line : `${line.slice(0, columns - 2)}…`;

/** Each line once, until it says something else. */
const plainShow = ({ write }: Watching): Show => {
  const said = new Map<string, string>();
  let lost = false;
  const say = (key: string, at: string, line: string, sameness = line): void => {
    if (said.get(key) === sameness) return;
    said.set(key, sameness);
    write(`${at}  ${line}\n`);
  };
  return {
    draw: ({ seen, silentMs }) => {
      if (silentMs > 0) {
        if (!lost) write(`${seen === null ? '' : `${formatInstant(seen.atMs)}  `}${NOBODY}\n`);
        lost = true;
        return;
      }
      if (seen === null) return;
      const at = formatInstant(seen.atMs);
      if (lost) write(`${at}  The daemon answers again.\n`);
      lost = false;
      const warnings = warningLines(seen);
      for (const line of warnings) say(line, at, line);
      for (const key of said.keys()) if (key.startsWith('!') && !warnings.includes(key)) said.delete(key);
      for (const fleet of seen.fleets) {
        // How long it has been short changes with every look and is no news.
        const line = fleetLine(seen, fleet);
        say(fleet.fleet, at, line, line.replace(/ short for .*/, ' short'));
      }
    },
    end: () => undefined,
  };
};

const jsonShow = ({ write }: Watching): Show => {
  let last = '';
  return {
    draw: ({ seen, silentMs }) => {
      if (seen === null || silentMs > 0) return;
      const key = `${seen.tick} ${seen.atMs}`;
      if (key !== last) write(`${JSON.stringify(seen)}\n`);
      last = key;
    },
    end: () => undefined,
  };
};
