// Planted bugs: one line of the real source changed into a mistake somebody could make, each with the seed that is known to
// catch it. They test the checkers: an oracle that lets one of them live proves nothing about the rest.

export interface Mutant {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}
