// The venue's token as a source, because it can be rotated while the daemon runs. Whoever asks gets the plain text and must
// keep it out of every message; only the venue adapter asks.

export interface TokenSource {
  /** The token as last read. Never logged, never part of an error. */
  readonly current: () => string;
  /** Reads the token again from where it came; true when it is now another one. Never throws: a failed reading keeps the old. */
  readonly reread: () => boolean;
}
