// Errors that belong to no room but the command line itself; the documentation lists the same.

export const CLI_ERRORS = {
  E_STOP_WRITE: {
    meaning: 'A pause, drain, stop or resume could not be written to the ledger.',
    remedy:
      'Read the reason behind it; to stop spending at once, stop the daemon and release nodes at the venue by hand.',
  },
  E_STOP_FILE: {
    meaning: 'A file beside the ledger says pause, drain or stop, and holds as long as it exists.',
    remedy: 'Remove the file when its reason is over; then resume, or start the daemon.',
  },
  E_USAGE_CONFIRM: {
    meaning: 'Something that spends money has to be confirmed, and nobody did.',
    remedy: 'Read what it may cost and answer yes on the terminal, or give --yes.',
  },
  E_USAGE_TARGET: {
    meaning: 'A target on the command line lacks its number of GPUs or its end.',
    remedy:
      'Write for example `bidkeeper target train 64 --for 6h`, or `--end` to let the schedule say it again.',
  },
  E_USAGE_TIME: {
    meaning: 'An instant on the command line cannot be read.',
    remedy:
      'Write 2026-11-23, 2026-11-23T14:00, 2026-11-23T14:00:00Z (all UTC), or a span such as 90m, 36h, 7d: that long ago.',
  },
  E_USAGE_RANGE: {
    meaning: 'A period on the command line ends before it begins.',
    remedy: 'Give a --until that lies after --since; --since is included, --until is not.',
  },
  E_USAGE_KIND: {
    meaning: 'There is no such kind of entry.',
    remedy: 'Give kinds of entries or groups of them, separated by commas.',
  },
  E_USAGE_FLEET: {
    meaning: 'Neither the settings nor the ledger know a fleet of this name.',
    remedy: 'Give the name of a fleet as it stands in the settings.',
  },
  E_USAGE_NODE: {
    meaning: 'The ledger knows no node of this name or id.',
    remedy:
      'Give the name of a node as `bidkeeper status` or `bidkeeper ledger` shows it, or its id at the venue.',
  },
  E_USAGE_PRICE: {
    meaning: 'A price on the command line is missing or cannot be read.',
    remedy: 'Write it with its unit: --outside $21.52/node-hour or $2.69/gpu-hour.',
  },
  E_USAGE_MONTH: {
    meaning: 'A month on the command line cannot be read.',
    remedy: 'Write year and month: 2026-11.',
  },
  E_NOTIFY_NONE: {
    meaning: 'The settings name nobody to notify.',
    remedy: 'Add notify.webhook or notify.slack; docs/how-to/notifications.md shows both.',
  },
  E_OUT_FILE: {
    meaning: 'The file that was asked for could not be written.',
    remedy: 'Name a file in a directory that this user may write to.',
  },
  E_BUG: {
    meaning: 'A fault of bidkeeper itself.',
    remedy: 'Please report it with the text and the log around it.',
  },
} as const;

export type CliErrorCode = keyof typeof CLI_ERRORS;

/** A refusal of the command line. `message` is the detail followed by the remedy, one line, fit for a person. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, detail: string) {
    super(`${detail}. ${CLI_ERRORS[code].remedy}`);
    this.code = code;
  }
}
