// Errors that belong to no room but the command line itself; the documentation lists the same.

export const CLI_ERRORS = {
  E_STOP_WRITE: {
    meaning: 'A pause or resume could not be written to the ledger.',
    remedy:
      'Read the reason behind it; to stop spending at once, stop the daemon and release nodes at the venue by hand.',
  },
  E_BUG: {
    meaning: 'A fault of bidkeeper itself.',
    remedy: 'Please report it with the text and the log around it.',
  },
} as const;
