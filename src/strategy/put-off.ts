// A start that would not earn its boot. Each start wastes its boot, and within the hour after an ask above the ceiling it tends to come
// back: then a start whose bought time and one further hour, less the boot, are worth less at the ceiling than they cost, is put off to
// the next quote. An old quote may hide that the ask has fallen, so it puts off nothing.
import { formatPrice } from '../domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { wasAbove } from './ask-trail.ts';
import type { BidInput } from './strategy.ts';

/** What a start wastes: paid and not yet useful. */
const BOOT_MS = 10 * MINUTE_MS;
const COMES_BACK_WITHIN_MS = HOUR_MS;

type Start = Pick<BidInput, 'quote' | 'nowMs' | 'boughtMs' | 'trail' | 'quoteFreshMs' | 'policy'>;

/** Words for a start that is put off; null when it is not. */
export const putOff = ({ quote, nowMs, boughtMs, trail, quoteFreshMs, policy }: Start): string | null => {
  const spanMs = boughtMs + HOUR_MS;
  if (quote?.ask == null || nowMs - quote.askedAtMs > quoteFreshMs) return null;
  if (quote.ask * spanMs <= policy.ceiling * (spanMs - BOOT_MS)) return null;
  if (!wasAbove(trail, policy.ceiling, nowMs, COMES_BACK_WITHIN_MS)) return null;
  return `the ask ${formatPrice(quote.ask)} is near the ceiling and was above it within the hour; a start would not earn its boot`;
};
