// Bounded work: synchronous code that is not trusted to come to an end, such as a bidding strategy.

/** Runs `run` and gives its answer; throws what it throws, and throws when it does not end in time. */
export type Bounded = <Value>(run: () => Value) => Value;
