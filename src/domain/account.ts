// The account as the venue's own records show it: transactions, whoever caused them. Amounts are whole cents and carry the
// venue's sign: negative when money left the account.
import type { Cents } from './money.ts';
import type { UnixMs } from './time.ts';

/** What a transaction is about; `other` for words that are new to us. */
export const ACCOUNT_CATEGORIES = [
  'buy_order',
  'sell_order',
  'refund',
  'credit_grant',
  'manual_payment',
  'stripe_card_payment',
  'other',
] as const;
export type AccountCategory = (typeof ACCOUNT_CATEGORIES)[number];

export interface SeenTransaction {
  /** The venue's name for the row; unique. */
  readonly cursor: string;
  readonly atMs: UnixMs;
  readonly category: AccountCategory;
  readonly amount: Cents;
  /** The order a buy, a sale or a refund is about; null where the venue does not say. */
  readonly orderId: string | null;
}

/** Whose a buy order of the account is; `open` until it is known. */
export const SPEND_OWNERS = ['ours', 'others', 'unattributed', 'open'] as const;
export type SpendOwner = (typeof SPEND_OWNERS)[number];

/** What the fills show of what a fill costs; `unsure` until they show it. DESIGN §10 says what each means. */
export const PAYMENT_RULES = ['clear', 'maker', 'bid', 'unsure'] as const;
export type PaymentRuleSeen = (typeof PAYMENT_RULES)[number];

/** How a price came about: a standing bid was hit, or a new limit or a renewal was matched at once. */
export type FillKind = 'stood' | 'taken';
