// When nothing is known of how asks move: reservation prices for buying k hours, one after another, from asks known only to lie
// between two bounds. Optimal for the worst case (k-min search; Lorenz, Panagiotou and Steger, "Optimal algorithms for
// k-search with application in option pricing", Algorithmica 55, 2009).
//
// With φ = most ÷ least, the i-th hour (1 … k) is bought at an ask of at most
//     p(i) = most · (1 − (1 − 1/r) · (1 + 1/(k·r))^(i−1)),
// where r, the ratio to the clairvoyant that cannot be passed, solves (1 − 1/φ) ÷ (1 − 1/r) = (1 + 1/(k·r))^k.

export interface SearchBounds {
  /** No ask is believed to be lower, cents per node-hour; above 0. */
  readonly least: number;
  /** What an hour costs when all else fails. */
  readonly most: number;
}

const BISECTIONS = 60;

/** The worst-case ratio r for k hours; 1 when the bounds are one price. */
const ratioOf = (k: number, { least, most }: SearchBounds): number => {
  const phi = most / least;
  let low = 1;
  let high = Math.max(1, phi);
  for (let turn = 0; turn < BISECTIONS; turn += 1) {
    const r = (low + high) / 2;
    if ((1 + 1 / (k * r)) ** k * (1 - 1 / r) < 1 - 1 / phi) low = r;
    else high = r;
  }
  return high;
};

/**
 * The most to pay for the next hour, cents per node-hour.
 * @param hours k: how many hours are needed in all, at least 1.
 * @param done hours that were bought already, 0 … k − 1.
 */
export const reservationPrice = (hours: number, done: number, bounds: SearchBounds): number => {
  const k = Math.max(1, Math.ceil(hours));
  const i = Math.min(k, Math.max(1, Math.floor(done) + 1));
  const r = ratioOf(k, bounds);
  return bounds.most * (1 - (1 - 1 / r) * (1 + 1 / (k * r)) ** (i - 1));
};
