// Money as integers with their unit in the type. Prices are whole cents per node-hour; a cost is a price times whole
// seconds, counted in cent-seconds (3,600 of them are one cent), so splitting a cost by seconds never rounds. Limits are
// rounded down, cost is rounded up, and every function says which it does.

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** Whole cents. */
export type Cents = Unit<'cents'>;
/** Whole cents for one node for one hour: what `max_price_per_node_hour` carries. */
export type CentsPerNodeHour = Unit<'cents per node-hour'>;
/** Cents per hour × seconds: 1/3,600 of a cent. Exact for every price and every whole second. */
export type CentSeconds = Unit<'cent-seconds'>;

export const CENT_SECONDS_PER_CENT = 3600;
/** GPUs of one node at this venue. */
export const GPUS_PER_NODE = 8;
/** A limit is a multiple of one cent per GPU-hour on every GPU of a node, because that is what a procurement carries. */
export const LIMIT_GRAIN_CENTS = 8;

const whole = (value: number, what: string): number => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} must be a whole number, got ${value}`);
  return value;
};

/** Brands a whole number of cents; throws RangeError on anything else (a programmer's fault). */
export const cents = (value: number): Cents => whole(value, 'cents') as Cents;
/** Brands a whole number of cents per node-hour; throws RangeError on anything else. */
export const centsPerNodeHour = (value: number): CentsPerNodeHour =>
  whole(value, 'cents per node-hour') as CentsPerNodeHour;
/** Brands a whole number of cent-seconds; throws RangeError on anything else. */
export const centSeconds = (value: number): CentSeconds => whole(value, 'cent-seconds') as CentSeconds;

/** The largest limit a procurement can express that is not above `price`: rounds down to a multiple of 8 cents. */
export const floorLimit = (price: number): CentsPerNodeHour =>
  centsPerNodeHour(Math.floor(price / LIMIT_GRAIN_CENTS) * LIMIT_GRAIN_CENTS);

/** The smallest limit a procurement can express that is not below `price`: rounds up to a multiple of 8 cents. */
export const ceilLimit = (price: number): CentsPerNodeHour =>
  centsPerNodeHour(Math.ceil(price / LIMIT_GRAIN_CENTS) * LIMIT_GRAIN_CENTS);

/** Price × duration, exact. `seconds` is whole and not negative. */
export const costOf = (price: CentsPerNodeHour, seconds: number): CentSeconds => centSeconds(price * seconds);

/** A sum of cents as cost, exact. */
export const centsToCost = (sum: Cents): CentSeconds => centSeconds(sum * CENT_SECONDS_PER_CENT);

/** A cost in whole cents, rounded up: cost is never shown or counted smaller than it is. */
export const costToCentsUp = (cost: CentSeconds): Cents => cents(Math.ceil(cost / CENT_SECONDS_PER_CENT));

/** A cost in dollars for metrics and people; a float, never used in a decision. */
export const costToDollars = (cost: CentSeconds): number => cost / (CENT_SECONDS_PER_CENT * 100);

/** `1234` → `$12.34`; negative sums carry the sign in front. */
export const formatCents = (sum: number): string => {
  const sign = sum < 0 ? '-' : '';
  const absolute = Math.abs(sum);
  const text = Math.floor(absolute / 100).toString();
  return `${sign}$${text}.${String(absolute % 100).padStart(2, '0')}`;
};

/** A node price as people read it: `$16.00/node-hour ($2.00/gpu-hour)`. */
export const formatPrice = (price: CentsPerNodeHour): string =>
  `${formatCents(price)}/node-hour (${formatGpuPrice(price)})`;

/** The same price per GPU-hour, exact to the tenth of a cent that an eighth can need: `$2.00/gpu-hour`, `$1.37125/gpu-hour`. */
export const formatGpuPrice = (price: CentsPerNodeHour): string => {
  const thousandthsOfCents = (price * 1000) / GPUS_PER_NODE;
  const dollars = (thousandthsOfCents / 100_000).toFixed(5);
  return `$${dollars.replace(/(\.\d\d\d*?)0+$/, '$1')}/gpu-hour`;
};
