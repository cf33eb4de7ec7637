// Why a market could not be opened or served, with stable codes; the documentation lists the same.

export const MARKET_ERRORS = {
  E_MARKET_STORE: {
    meaning: 'The state of the embedded market cannot be read.',
    remedy:
      'Move the file away to begin a new market; the ledger beside it then belongs to the old one, so move that too.',
  },
  E_MARKET_SNAPSHOT: {
    meaning:
      'The kept state does not fit the settings of the market (another version, or a zone with nodes is gone).',
    remedy: 'Put the zones back, or move the state and its ledger away to begin anew.',
  },
  E_MARKET_HOST: {
    meaning: 'The embedded market listens on loopback only.',
    remedy: 'Serve it on 127.0.0.1.',
  },
  E_MARKET_PORT: {
    meaning: 'The port for the market is taken by another program, or this user may not use it.',
    remedy: 'Choose another with --port; 0 takes a free one.',
  },
} as const;

export type MarketErrorCode = keyof typeof MARKET_ERRORS;

/** Thrown where a market cannot be opened or served. `message` is the detail followed by the remedy. */
export class MarketError extends Error {
  override readonly name = 'MarketError';
  readonly code: MarketErrorCode;

  constructor(code: MarketErrorCode, detail: string, cause?: unknown) {
    super(`${code} ${detail}. ${MARKET_ERRORS[code].remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
