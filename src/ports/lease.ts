// The right to act: at most one daemon holds it for a store.

export interface Lease {
  /** True while this process alone may act. Asked at the start of a tick and before every request that may spend. */
  readonly held: () => boolean;
}
