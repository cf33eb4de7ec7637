// What a backtest refuses, each with a stable code, the file and, where there is one, the line.

export type BacktestErrorCode =
  /** A file or folder that cannot be read. */
  | 'E_BACKTEST_FILE'
  /** A price or availability file that is corrupt, unsorted or empty. */
  | 'E_BACKTEST_DATA'
  /** A history too short to judge anything by. */
  | 'E_BACKTEST_SHORT';

export class BacktestError extends Error {
  override readonly name = 'BacktestError';
  readonly code: BacktestErrorCode;

  constructor(code: BacktestErrorCode, message: string) {
    super(`${code} ${message}`);
    this.code = code;
  }
}
