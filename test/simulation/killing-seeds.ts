// The seed that is known to catch each planted bug. When a bug is no longer caught by its seed, hunt for another one: a changed
// scenario draw moves them all, a checker gone blind moves one.

/** Turns of the pace in a hunt. */
export const MUTANT_TICKS = 300;

export const KILLING_SEEDS: Readonly<Record<string, number>> = {
  'a waiting node does not count': 1,
  'a lost answer frees the name for a retry': 1,
  'a change is sent twice': 1,
  'absence is believed at once': 23,
  'a limit is rounded up': 1,
  'a budget is looked at without the money put aside': 8,
  'the generation is raised when a release is accepted': 20,
  'a price per GPU is taken for one per node': 1,
  'a pause ends when it is acknowledged': 23,
  'an order is counted with a cent too much': 4,
  'the worst case stays counted beside the real price': 1,
  'the next hour is never let through': 5,
  'an ask above the ceiling is ignored': 1,
  'an edge is learned from a clock that stands wrong': 61,
  'a quote of bids is the basis of a block': 24,
  'a name is sent again though the ask is above the ceiling': 1,
  'an unknown purchase is never given up': 1,
  'no hourly rate is kept': 15,
  'the count of the living is not kept by the tick': 83,
  'a node out of sight has ended': 25,
  'bought time is booked twice': 1,
};
