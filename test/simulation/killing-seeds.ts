// The seed that is known to catch each planted bug. When a bug is no longer caught by its seed, hunt for another one: a changed
// scenario draw moves them all, a checker gone blind moves one.

export interface Killing {
  readonly seed: number;
  readonly ticks: number;
}

/** Turns of the pace in a hunt, where fewer than a whole run are enough. */
const HUNT_TICKS = 300;

const by = (seed: number, ticks = HUNT_TICKS): Killing => ({ seed, ticks });

export const KILLING_SEEDS: Readonly<Record<string, Killing>> = {
  'a waiting node does not count': by(1),
  'a lost answer frees the name for a retry': by(1),
  'a change is sent twice': by(1),
  'absence is believed at once': by(23),
  'a limit is rounded up': by(1),
  'a budget is looked at without the money put aside': by(18),
  'the generation is raised when a release is accepted': by(20),
  'a price per GPU is taken for one per node': by(1),
  'a pause ends when it is acknowledged': by(23),
  'an order is counted with a cent too much': by(4),
  'the worst case stays counted beside the real price': by(1),
  'the next hour is never let through': by(5),
  'an ask above the ceiling is ignored': by(1),
  'an edge is learned from a clock that stands wrong': by(61),
  'a quote of bids is the basis of a block': by(24),
  'a name is sent again though the ask is above the ceiling': by(1),
  'an unknown purchase is never given up': by(1),
  'no hourly rate is kept': by(17),
  'the count of the living is not kept by the tick': by(83),
  'a node out of sight has ended': by(25),
  'an extension whose answer was lost is sent again': by(8),
  'an old listing takes bought time back': by(187, 1000),
  'an older node of a stranger is taken for ours': by(130),
  'a name that was refused and never found is asked for again': by(42),
  'waiting bids stand on in a pause': by(101),
  'an ended node keeps its slot': by(1),
  'a limit is set for a stranger as well': by(101),
  'bought time is booked twice': by(1),
};
