// A log line about a tick, as a value: who it concerns, how loud it is, the words and the same in figures.

/** One line before it is written. `data` is for machines; the words say the same. */
export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly fleet: string | null;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
}
