// What a backtest refuses, each with a stable code; the message names the file and, where there is one, the line. The
// documentation lists the same.

export const BACKTEST_ERRORS = {
  E_BACKTEST_FILE: {
    meaning: 'A price history, availability history or manifest cannot be read.',
    remedy: 'Name a file that this user may read; a folder needs manifest.csv and the series it names.',
  },
  E_BACKTEST_DATA: {
    meaning: 'A history is corrupt, unsorted or empty.',
    remedy: 'Mend the file at the line named; rows go by time, each later than the one before.',
  },
  E_BACKTEST_SHORT: {
    meaning: 'A history is too short to judge anything by.',
    remedy: 'Give at least a day; after two weeks the first seven days are warm-up.',
  },
} as const;

export type BacktestErrorCode = keyof typeof BACKTEST_ERRORS;

export class BacktestError extends Error {
  override readonly name = 'BacktestError';
  readonly code: BacktestErrorCode;

  constructor(code: BacktestErrorCode, detail: string) {
    super(`${code} ${detail}. ${BACKTEST_ERRORS[code].remedy}`);
    this.code = code;
  }
}
