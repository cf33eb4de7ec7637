// Chance comes in through here, so that a simulation can replay it.

export interface Random {
  /** A number in [0, 1). */
  readonly next: () => number;
}
