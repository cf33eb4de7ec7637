// One request from its arrival to its answer: time moves on, a fault may strike, the market acts, the records remember. The
// same way carries out late commits, whose sender has long been told nothing.
import type { UnixMs } from '../domain/time.ts';
import { advance } from './advance.ts';
import type { Answer, MarketRequest, Reply } from './exchange.ts';
import { answerThrough, reachesMarket } from './fault-answers.ts';
import { strike, type ActiveRule } from './faults.ts';
import { later } from './node-life.ts';
import { noteListing } from './past-lists.ts';
import { nodeLimitOf } from './route-market.ts';
import { answer } from './routes.ts';
import { trim, type MarketState } from './state.ts';

/** Moves market time on; it never goes back. */
export const advanceTo = (market: MarketState, nowMs: UnixMs): void => advance(market, nowMs, commitLate);

/** Takes a request at `nowMs` (or at market time, if that is later) and says what the transport is to do. */
export const handle = (market: MarketState, request: MarketRequest, nowMs: UnixMs): Answer => {
  advanceTo(market, nowMs);
  const rule = market.rules.length === 0 ? null : strike(market.rules, request, market.nowMs);
  const fault = rule?.rule.fault ?? null;
  const reply = reachesMarket(fault) ? answer(market, request, fault) : null;
  if (fault?.kind === 'late_commit') {
    later(market, market.nowMs + fault.afterMs, { kind: 'late_commit', request, fault: rule?.id ?? '' });
  }
  const result = answerThrough(market, request.path, reply, fault);
  if (request.method !== 'GET') remember(market, request, reply, result, rule);
  noteListing(market);
  return result;
};

const commitLate = (market: MarketState, request: MarketRequest, ruleId: string): void => {
  const reply = answer(market, request, null);
  remember(market, request, reply, { kind: 'drop' }, { id: ruleId });
};

const remember = (
  market: MarketState,
  request: MarketRequest,
  reply: Reply | null,
  result: { readonly kind: Answer['kind'] },
  rule: Pick<ActiveRule, 'id'> | null,
): void => {
  market.requests.push({
    atMs: market.nowMs,
    method: request.method,
    path: request.path,
    ...readOffer(request),
    status: reply?.status ?? 0,
    answered: result.kind,
    fault: rule?.id ?? null,
    nodes: reply?.nodes ?? [],
  });
  trim(market.requests, market.bounds.requests);
};

/** The names and the limit that a request carried, as far as they can be read; cents per node-hour. */
const readOffer = (request: MarketRequest): { names: readonly string[]; limit: number | null } => {
  try {
    const body = JSON.parse(request.body ?? '{}') as Record<string, unknown>;
    const { names, max_price_per_node_hour: perNode, buy_limit_price_per_gpu_hour: perGpu } = body;
    const limit =
      typeof perNode === 'number' ? perNode : typeof perGpu === 'number' ? nodeLimitOf(perGpu) : null;
    return { names: Array.isArray(names) ? names.map(String) : [], limit };
  } catch {
    return { names: [], limit: null };
  }
};
