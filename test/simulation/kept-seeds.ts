// Seeds that once broke a promise, with what was found behind them. They stay for good: `npm test` plays them first.

export interface KeptSeed {
  readonly seed: number;
  readonly ticks: number;
  readonly found: string;
}

export const KEPT_SEEDS: readonly KeptSeed[] = [
  {
    seed: 12,
    ticks: 1000,
    found:
      'With the clock at 1970 a waiting bid put money aside for 56 years of quarter hours: a tick took minutes.',
  },
  {
    seed: 30,
    ticks: 1000,
    found:
      'A renewal seen with the clock at 1970 taught a lead of 56 years, and hours up to 2082 were let through.',
  },
  {
    seed: 88,
    ticks: 1000,
    found: 'Nodes that ended while the clock stood at 1970 were forgotten before their orders came.',
  },
  { seed: 2, ticks: 1000, found: 'A reserved node whose machine had failed was extended again and again.' },
  {
    seed: 28,
    ticks: 1000,
    found: 'A raise of a procurement that carried nodes which are not ours raised theirs as well.',
  },
  {
    seed: 24,
    ticks: 1000,
    found:
      'The basis of a block was the quote of a bid, so the guard judged another price than the one decided on.',
  },
  {
    seed: 34,
    ticks: 1000,
    found: 'A reserved purchase was sent again although the ask was known above the ceiling.',
  },
  {
    seed: 197,
    ticks: 1000,
    found:
      'A level off the grain that a bad strategy left in the climb was offered for ever and always refused.',
  },
  {
    seed: 409,
    ticks: 1000,
    found:
      'A first post that was done 47 minutes late made a second node of a name that had been deleted since: it blocks buying, as it must.',
  },
  {
    seed: 392,
    ticks: 1000,
    found:
      'A listing that was behind took bought time back: a releasing node lost its place, and a block was extended again at every tick.',
  },
];
