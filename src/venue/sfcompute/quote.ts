// One quote: what the asked hours would cost now, as an ask per node-hour. The ask comes from what was really offered, the
// returned quantity and the returned window, and is rounded up. An absurd offer, or one for other goods than were asked for,
// teaches nothing: it is a failed reading, never a price.
import { centsPerNodeHour } from '../../domain/money.ts';
import type { Quote } from '../../domain/market.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { QuoteRequest, Reading } from '../../ports/venue.ts';
import { readFailure } from './caller.ts';
import type { Caller } from './caller.ts';
import { askOf, decodeQuote } from './decode.ts';
import type { QuoteAnswer } from './decode.ts';
import { gpuOf } from './fields.ts';
import { getQuote } from './requests.ts';

export interface QuoteOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly deadlineMs: DurationMs;
}

export const takeQuote = async (options: QuoteOptions, request: QuoteRequest): Promise<Reading<Quote>> => {
  const { caller, clock } = options;
  const askedAtMs = clock.now();
  const got = await caller.get(getQuote(request), caller.deadline(options.deadlineMs));
  if (!got.ok) return got;
  if (!got.found) return readFailure('http', 404, got.message);
  const answer = decodeQuote(got.value, askedAtMs);
  if (answer === null) return readFailure('garbled', 200, 'the quote cannot be read');
  const zone = request.zone.name;
  const common = { zone, gpu: request.zone.gpu, askedAtMs, answeredAtMs: clock.now() };
  if (answer.offer === null) {
    const noQuoteReason = answer.reason === null ? null : caller.clean(answer.reason);
    return { ok: true, value: { ...common, ask: null, noQuoteReason, quantity: 0 } };
  }
  const problem = otherGoods(answer.offer, request);
  if (problem !== null) return readFailure('garbled', 200, caller.clean(problem));
  const { price, nodes, fromMs, toMs } = answer.offer;
  const ask = askOf(price, nodes, toMs - fromMs);
  if (ask === null) return readFailure('garbled', 200, `an absurd quote: ${price} cents for ${nodes} nodes`);
  return { ok: true, value: { ...common, ask: centsPerNodeHour(ask), noQuoteReason: null, quantity: nodes } };
};

const otherGoods = (offer: NonNullable<QuoteAnswer['offer']>, request: QuoteRequest): string | null => {
  if (offer.zone !== null && offer.zone !== request.zone.name) {
    return `a quote for zone ${offer.zone} where ${request.zone.name} was asked for`;
  }
  if (offer.instanceType !== null && gpuOf(offer.instanceType) !== request.zone.gpu) {
    return `a quote for ${offer.instanceType} where ${request.zone.gpu} was asked for`;
  }
  return null;
};
