// Which payment rule the fills show (DESIGN §10): what a fill costs is our limit or something below it, and that may differ
// between a bid that stood and was hit, and a limit that was matched at once (a crossing bid, a renewal). Only fills whose
// limit stood clearly above the ask teach, and those of which nobody knew the ask; old evidence fades, so that a venue that
// changes its mind is noticed.
import type { FillKind, PaymentRuleSeen } from '../domain/account.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';

/** Fills that paid our limit, and fills that paid less. */
interface Evidence {
  limit: number;
  less: number;
}

export type PaymentBook = Readonly<Record<FillKind, Evidence>>;

export const emptyPayment = (): PaymentBook => ({
  stood: { limit: 0, less: 0 },
  taken: { limit: 0, less: 0 },
});

/** So many fills teach something; beyond twice sixteen, both sides are halved, rounded down. */
const FILLS_TO_KNOW = 3;
const FILLS_KEPT = 32;
/** A side must have so many times the fills of the other one. */
const DOMINATES = 4;
/** Prices nearer to each other than this, in cents of the whole order, are not told apart. */
const CENTS_APART = 3;

/** Cheaper orders tell nothing. */
const CENTS_TO_TELL = 100;

/** What a unit price makes of `seconds`, in whole cents, rounded up as the venue rounds. */
const centsFor = (price: number, seconds: number): number => Math.ceil((price * seconds) / 3600);

/** Takes the price of one settled fill. */
export const learnPayment = (
  book: PaymentBook,
  fill: {
    readonly kind: FillKind;
    readonly ask: CentsPerNodeHour | null;
    readonly limit: CentsPerNodeHour;
    readonly seconds: number;
    readonly cost: number;
  },
): void => {
  const atLimit = centsFor(fill.limit, fill.seconds);
  if (fill.ask !== null && atLimit - centsFor(fill.ask, fill.seconds) < CENTS_APART) return;
  // Of a few minutes the cents that are rounded up hide the difference.
  if (atLimit < CENTS_TO_TELL) return;
  const evidence = book[fill.kind];
  if (fill.cost >= atLimit - 1) evidence.limit += 1;
  else evidence.less += 1;
  if (evidence.limit + evidence.less < FILLS_KEPT) return;
  evidence.limit = Math.floor(evidence.limit / 2);
  evidence.less = Math.floor(evidence.less / 2);
};

const shown = ({ limit, less }: Evidence): keyof Evidence | null => {
  if (limit >= FILLS_TO_KNOW && limit >= DOMINATES * less) return 'limit';
  return less >= FILLS_TO_KNOW && less >= DOMINATES * limit ? 'less' : null;
};

/** The rule that both kinds of fill show. A standing bid that paid less means that all fills pay the ask. */
export const paymentRule = (book: PaymentBook): PaymentRuleSeen => {
  const stood = shown(book.stood);
  const taken = shown(book.taken);
  if (taken === 'limit') return stood === 'less' ? 'unsure' : 'bid';
  if (stood === 'less') return 'clear';
  return stood === 'limit' && taken === 'less' ? 'maker' : 'unsure';
};

/** What an hour of a fill probably costs; never above its limit. Without an ask: the limit. */
export const likelyPrice = (
  book: PaymentBook,
  fill: {
    readonly kind: FillKind | null;
    readonly ask: CentsPerNodeHour | null;
    readonly limit: CentsPerNodeHour;
  },
): CentsPerNodeHour => {
  const { kind, ask, limit } = fill;
  if (ask === null || ask >= limit) return limit;
  return kind !== null && shown(book[kind]) === 'limit' ? limit : ask;
};
