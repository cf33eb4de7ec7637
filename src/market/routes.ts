// The table of calls, and the way from a request to the call that answers it. Everything but the health check needs a bearer
// token; any token that is not empty is accepted (the server may insist on one).
import { refusalReply, refuse } from './errors.ts';
import type { MarketRequest, Reply } from './exchange.ts';
import type { Fault } from './faults.ts';
import {
  getProcurement,
  getQuote,
  getZone,
  listProcurements,
  listZones,
  patchProcurement,
} from './route-market.ts';
import { getBalances, getContract, listContracts, listOrders, listTransactions } from './route-money.ts';
import {
  getHealth,
  getNode,
  listNodes,
  noRoute,
  patchExtend,
  patchRelease,
  postNodes,
  putRedeploy,
  removeNode,
  type Call,
} from './route-nodes.ts';
import type { MarketState } from './state.ts';

type Route = (call: Call) => Reply;

/** By path, then method; `*` stands for one segment. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/v1/nodes': { GET: listNodes, POST: postNodes },
  '/v1/nodes/*': { GET: getNode, DELETE: removeNode },
  '/v1/nodes/*/extend': { PATCH: patchExtend },
  '/v1/nodes/*/release': { PATCH: patchRelease },
  '/v1/nodes/*/redeploy': { PUT: putRedeploy },
  '/v1/_healthz': { GET: getHealth },
  '/v0/procurements': { GET: listProcurements },
  '/v0/procurements/*': { GET: getProcurement, PATCH: patchProcurement },
  '/v0/zones': { GET: listZones },
  '/v0/zones/*': { GET: getZone },
  '/v0/quote': { GET: getQuote },
  '/v1/balances': { GET: getBalances },
  '/v1/transactions': { GET: listTransactions },
  '/v0/contracts': { GET: listContracts },
  '/v0/contracts/*': { GET: getContract },
  '/v0/orders': { GET: listOrders },
};

/** Answers a request by the market as it is now; `fault` may spoil the goods or the quote. */
export const answer = (market: MarketState, request: MarketRequest, fault: Fault | null): Reply => {
  const [path = '', queryText = ''] = splitOnce(request.path, '?');
  const found = findRoute(path);
  if (found === null) return refusalReply(refuse(400, 'The path is not well encoded.'));
  const call = { market, request, query: new URLSearchParams(queryText), target: found.target, fault };
  if (path !== '/v1/_healthz' && !hasToken(request)) {
    return refusalReply(refuse(401, 'A bearer token is required.'));
  }
  if (found.methods === undefined) return noRoute(call);
  const route = found.methods[request.method];
  return route === undefined
    ? refusalReply(refuse(405, `${request.method} is not allowed here.`))
    : route(call);
};

const splitOnce = (text: string, mark: string): readonly string[] => {
  const index = text.indexOf(mark);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
};

const hasToken = (request: MarketRequest): boolean =>
  /^Bearer +\S/i.test(request.headers['authorization'] ?? '');

const findRoute = (
  path: string,
): { target: string; methods: Readonly<Record<string, Route>> | undefined } | null => {
  const exact = ROUTES[path];
  if (exact !== undefined) return { target: '', methods: exact };
  const [, version = '', noun = '', target = '', ...rest] = path.split('/');
  const pattern = [`/${version}`, noun, '*', ...rest].join('/');
  try {
    return { target: decodeURIComponent(target), methods: target === '' ? undefined : ROUTES[pattern] };
  } catch {
    return null;
  }
};
