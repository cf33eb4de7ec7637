// The registry of everything that can be wrong with settings: one stable code each, what it means and what to do. The
// README's table is made from it. A problem names the file, line and column; secrets never get into one.

export const SETTINGS_ERRORS = {
  E_SETTINGS_FILE: {
    meaning: 'The settings file is missing or cannot be read.',
    remedy: 'Give the path of a readable file with --config.',
  },
  E_SETTINGS_TOO_LARGE: {
    meaning: 'The settings file is larger than 1 MiB or nested deeper than any setting.',
    remedy: 'Check that the path names a settings file.',
  },
  E_SETTINGS_EMPTY: {
    meaning: 'The settings hold no key at all.',
    remedy: 'Start from config/bidkeeper.yaml.',
  },
  E_SETTINGS_YAML: {
    meaning: 'The text is not YAML.',
    remedy: 'Mend the text at that place; put cron text in quotes.',
  },
  E_SETTINGS_DUPLICATE_KEY: { meaning: 'A key stands twice in one mapping.', remedy: 'Keep one of the two.' },
  E_SETTINGS_UNKNOWN_KEY: {
    meaning: 'There is no such key.',
    remedy: 'Use the nearest right key, or remove the line.',
  },
  E_SETTINGS_MISSING: { meaning: 'A key that has no default is missing.', remedy: 'Add the key.' },
  E_SETTINGS_TYPE: {
    meaning: 'A value is of the wrong sort: a list where a text belongs, or nothing at all.',
    remedy: 'Write a value of the sort named.',
  },
  E_SETTINGS_VALUE: {
    meaning: 'A value lies outside its range or is not one of the words allowed.',
    remedy: 'Write a value from the range or list named.',
  },
  E_SETTINGS_PRICE: {
    meaning: 'A price is not a whole number of cents per node-hour with its unit.',
    remedy: 'Write $2.00/gpu-hour or $16.00/node-hour.',
  },
  E_SETTINGS_MONEY: {
    meaning: 'A sum of money is not dollars and whole cents.',
    remedy: 'Write $500 or $500.50.',
  },
  E_SETTINGS_SHARE: { meaning: 'A share is not a percentage.', remedy: 'Write 5% (or +2% after `quote:`).' },
  E_SETTINGS_DURATION: {
    meaning: 'A duration has no unit or lies outside its range.',
    remedy: 'Write 90s, 5m, 1h or 1h30m.',
  },
  E_SETTINGS_CEILING: {
    meaning: 'A ceiling is above the hard cap of the process, or below the smallest possible bid.',
    remedy: 'Lower the ceiling of the fleet, or raise limits.ceiling.',
  },
  E_SETTINGS_STEP: {
    meaning: 'A step is under 8 cents per node-hour, which no bid can express.',
    remedy: 'Write at least $0.01/gpu-hour.',
  },
  E_SETTINGS_START: {
    meaning: 'A climb would start above its own ceiling, or under 8 cents per node-hour.',
    remedy: 'Start at or under the ceiling.',
  },
  E_SETTINGS_GPUS: {
    meaning: 'A number of GPUs is no whole number of nodes.',
    remedy: 'Write a multiple of 8.',
  },
  E_SETTINGS_CRON: {
    meaning: 'The cron text of a window is impossible.',
    remedy: 'Write five fields: minute hour day month weekday.',
  },
  E_SETTINGS_TICK: {
    meaning: 'The pace is no cron text of six fields, or too slow for the clock.',
    remedy: 'Write for example "*/30 * * * * *".',
  },
  E_SETTINGS_TIMEZONE: {
    meaning: 'There is no such time zone.',
    remedy: 'Write a name of the IANA database, for example America/Los_Angeles.',
  },
  E_SETTINGS_OVERLAP: {
    meaning: 'Two windows of a fleet claim the same time, so the target is ambiguous.',
    remedy: 'Shorten one of them.',
  },
  E_SETTINGS_RESTART: {
    meaning:
      'A reload would change what is read at the start only (a hard cap, the store, the venue, an address).',
    remedy: 'Restart the daemon, or take that change back and reload.',
  },
  E_SETTINGS_ACKNOWLEDGE: {
    meaning:
      'A reload would raise a ceiling or a budget to more than twice its value, or drop a fleet whose nodes live.',
    remedy: 'If it is meant, run `bidkeeper reload --acknowledge`; else mend the file.',
  },
  E_SETTINGS_SECRET: {
    meaning: 'A secret stands in the settings file.',
    remedy:
      'Put it into an environment variable or a file of its own and name that (token_env or token_file; secret_env, url_env …); then replace the secret.',
  },
  E_SETTINGS_UNLIMITED: {
    meaning: 'A live venue that costs real money has no hard limits.',
    remedy: 'Set limits.ceiling, limits.nodes and a day or month budget (or `budget: unlimited`).',
  },
  E_SETTINGS_BASE_URL: {
    meaning: 'The token would be sent to a host that is not the venue.',
    remedy: 'Use https://api.sfcompute.com, http to loopback, or name the host with allow_host.',
  },
  E_SETTINGS_VENUE: {
    meaning: 'A key of the venue does not fit its kind, or contradicts another one.',
    remedy: 'Remove it, or change venue.kind.',
  },
  E_SETTINGS_SPEED: {
    meaning: 'The clock would run fast against a venue whose hours are real.',
    remedy: 'Remove clock.speed.',
  },
  E_SETTINGS_RATE: {
    meaning: 'The steady state of the fleets would pass a rate limit.',
    remedy: 'Raise the limit, or make the fleets calmer.',
  },
  E_SETTINGS_NAME: {
    meaning: 'A fleet name or name_prefix is malformed or used twice.',
    remedy:
      'Write lower-case letters, digits and (in fleet names) dashes, a letter first; every fleet another name.',
  },
  E_SETTINGS_NODES: {
    meaning: 'Together the fleets want more nodes than limits.nodes.',
    remedy: 'Raise limits.nodes, or want less.',
  },
  E_SETTINGS_STRATEGY: {
    meaning: 'A key of the bid policy that its strategy does not use.',
    remedy: 'Remove the key, or write strategy: follow.',
  },
  E_SETTINGS_JOB: {
    meaning:
      'A job cannot be read, has no GPUs, cannot be done in time, or stands in a fleet that buys blocks.',
    remedy: 'Write need: 512 gpu-hours, by: 2026-12-18T18:00 America/Los_Angeles and enough gpus.',
  },
  E_SETTINGS_BLOCK: {
    meaning: 'A block is not whole hours, or the fleet buys none.',
    remedy: 'Write block: 1h, 2h … beside hold: reserved.',
  },
  E_SETTINGS_EXTEND_LEAD: {
    meaning: 'A lost answer to an extension could not be cleared up before the block ends.',
    remedy: 'Keep extend_lead at least 5 minutes above quarantine and within a block.',
  },
  E_SETTINGS_BUDGET: {
    meaning: 'A budget is zero or limits nothing.',
    remedy: 'Write a sum for hour, day, week or month, or remove the budget.',
  },
  E_SETTINGS_STAGES: {
    meaning: 'The staged actions of a budget are out of order, or there are none.',
    remedy:
      'Let the shares rise from notify over stop_raising, stop_buying and let_end to release, or remove `stages`.',
  },
  E_SETTINGS_PACING: {
    meaning: 'Pacing names a period whose budget is not limited.',
    remedy: 'Write a sum for that period, or name one that has a sum.',
  },
  E_SETTINGS_CLOUD_INIT: {
    meaning: 'The cloud-init file is missing, unreadable, empty or larger than 64 KiB.',
    remedy: 'Name a readable file, relative to the settings file.',
  },
  E_SETTINGS_ASK: {
    meaning: 'The ask of a simulated zone cannot be read or contradicts itself.',
    remedy: 'Mend the path or the CSV file at the line named.',
  },
  E_SETTINGS_LISTEN: {
    meaning: 'An address to listen on is malformed or used twice.',
    remedy: 'Write host:port, for example 127.0.0.1:9464.',
  },
  E_SETTINGS_STORE: {
    meaning: 'The store is not a SQLite file.',
    remedy: 'Write sqlite:./data/bidkeeper.db (relative to the settings file).',
  },
  E_SETTINGS_NOTIFY: {
    meaning: 'Notifications name nobody, or a secret of theirs has no place, two places, or cannot be had.',
    remedy:
      'Set the variable or write the file that notify.webhook or notify.slack names; docs/how-to/notifications.md shows both.',
  },
  E_SETTINGS_TOKEN: {
    meaning: 'The token of the venue cannot be had.',
    remedy: 'Set the environment variable of token_env, or write the token into the file of token_file.',
  },
} as const satisfies Record<string, { readonly meaning: string; readonly remedy: string }>;

export type SettingsCode = keyof typeof SETTINGS_ERRORS;

export interface SettingsProblem {
  readonly code: SettingsCode;
  /** The settings file as it was named; `<text>` when there is none. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The key, `fleets[0].bid.step`; empty when the whole file is meant. */
  readonly path: string;
  /** The offending text, shortened; `[redacted]` for secrets; null when something is missing. */
  readonly value: string | null;
  readonly reason: string;
  readonly remedy: string;
}

/** `bidkeeper.yaml:12:9 E_SETTINGS_STEP fleets[0].bid.step: "$0.001/gpu-hour": reason. Remedy.` */
export const formatProblem = (problem: SettingsProblem): string => {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const what = [problem.path, problem.value === null ? '' : JSON.stringify(problem.value)].filter(
    (part) => part !== '',
  );
  const subject = what.length === 0 ? '' : ` ${what.join(': ')}`;
  return `${place} ${problem.code}${subject}\n    ${sentence(problem.reason)}\n    ${sentence(problem.remedy)}`;
};

const sentence = (text: string): string => {
  const trimmed = text.trim();
  // A sentence that begins with a key (`extend_lead`, `fleets[0]`) keeps its spelling.
  const isWord = /^[a-z]+(?:[\s,']|$)/.test(trimmed);
  const upper = isWord ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
};
