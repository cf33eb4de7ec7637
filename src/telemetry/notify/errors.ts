// Errors of the notifications; the documentation lists the same. None of them stops the daemon.

export const NOTIFY_ERRORS = {
  E_NOTIFY_DELIVERY: {
    meaning: 'A notice was given up: the receiver refused it, or could not be reached for too long.',
    remedy: 'Check the address and the secret of that channel with `bidkeeper notify --test`.',
  },
  E_NOTIFY_STATE: {
    meaning:
      'What was notified already cannot be kept or read back, so after a restart news may be told twice.',
    remedy: 'Make the directory of the ledger writable for this user; a damaged file is replaced by itself.',
  },
} as const;
