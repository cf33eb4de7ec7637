// Exit codes, in the manner of sysexits(3), so that scripts and supervisors can tell what to do next.

export const EXIT = {
  ok: 0,
  /** Something else went wrong; the message says what. */
  failed: 1,
  /** The command line is wrong. */
  usage: 64,
  /** A file that was given cannot be used: a price history or a recording that is corrupt, unsorted, empty or missing. */
  data: 65,
  /** The venue, the daemon or a port cannot be had now. */
  unavailable: 69,
  /** The ledger cannot be opened, read or written; or a recording cannot be written. */
  ledger: 74,
  /** Another bidkeeper holds this store. */
  held: 75,
  /** The settings were refused. */
  settings: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a coded error (`E_ROOM_WHAT`). */
export const exitCodeOf = (code: string): ExitCode => {
  if (code === 'E_LEASE_HELD') return EXIT.held;
  if (code.startsWith('E_USAGE_')) return EXIT.usage;
  if (code.startsWith('E_SETTINGS_') || code === 'E_NOTIFY_NONE') return EXIT.settings;
  if (code === 'E_RECORDING_WRITE') return EXIT.ledger;
  if (code === 'E_RECORDING_OFF') return EXIT.settings;
  if (code.startsWith('E_BACKTEST_') || code.startsWith('E_RECORDING_')) return EXIT.data;
  if (code.startsWith('E_LEDGER_') || code.startsWith('E_LEASE_')) return EXIT.ledger;
  if (code.startsWith('E_HTTP_') || code.startsWith('E_VENUE_') || code.startsWith('E_MARKET_'))
    return EXIT.unavailable;
  return EXIT.failed;
};
