// The market's own endpoints under `/_market/`, for tests and for people who play with it. They are no part of the venue's
// API, need no token, and change the market as a person with his hands in the machine would.
//
//   GET    /_market/clock      {nowMs, startMs, balance, asks}          GET  /_market/records  everything (records.ts)
//   GET    /_market/faults     rules with their counts                  POST /_market/faults   one rule or a list → {ids}
//   DELETE /_market/faults     all, or those named by ?id=              POST /_market/events   {event, atMs?} (world.ts)
//   POST   /_market/switches   {uniqueNames?, raisingAllowed?, …}       POST /_market/ask      {zone, ask: cents|null|"source"}
import { prettifyError, type z } from 'zod';
import { askSchema, faultRulesSchema, happeningSchema, switchesSchema } from './control-schema.ts';
import { isRefusal, refusalReply, refuse, type Refusal } from './errors.ts';
import type { MarketRequest, Reply } from './exchange.ts';
import type { Market } from './market.ts';
import type { WorldEvent } from './world.ts';

export const CONTROL_PREFIX = '/_market/';

const json = (value: object): Reply => ({ status: 200, body: JSON.stringify(value) });

const read = <Schema extends z.ZodType>(
  schema: Schema,
  body: string | null,
  shape: (value: unknown) => unknown = (value) => value,
): { readonly value: z.output<Schema> } | Refusal => {
  try {
    const result = schema.safeParse(shape(JSON.parse(body ?? '')));
    return result.success ? { value: result.data } : refuse(400, prettifyError(result.error));
  } catch {
    return refuse(400, 'The body must be JSON.');
  }
};

/** One rule may be sent without the list around it. */
const asList = (value: unknown): unknown => (Array.isArray(value) ? (value as unknown[]) : [value]);

const happen = (market: Market, event: WorldEvent, atMs?: number): Reply => {
  if (atMs !== undefined && atMs > market.now()) {
    market.plan(atMs, event);
    return json({ plannedAtMs: atMs });
  }
  return market.happen(event)
    ? json({ happenedAtMs: market.now() })
    : refusalReply(refuse(404, 'That node or zone is not there.'));
};

/** Answers a request under the prefix, or null when the path is the venue's. Market time is that of the last request. */
export const control = (market: Market, request: MarketRequest): Reply | null => {
  if (!request.path.startsWith(CONTROL_PREFIX)) return null;
  const [path = '', query = ''] = request.path.slice(CONTROL_PREFIX.length).split('?');
  const found = ENDPOINTS[`${request.method} ${path}`];
  if (found === undefined) return refusalReply(refuse(404, `There is no ${request.method} ${request.path}.`));
  const result = found(market, request, new URLSearchParams(query));
  return isRefusal(result) ? refusalReply(result) : result;
};

type Endpoint = (market: Market, request: MarketRequest, query: URLSearchParams) => Reply | Refusal;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'GET clock': (market) => json(market.clock()),
  'GET records': (market) => json(market.records()),
  'GET faults': (market) => json({ rules: market.faults() }),
  'POST faults': (market, request) => {
    const rules = read(faultRulesSchema, request.body, asList);
    return isRefusal(rules) ? rules : json({ ids: market.addFaults(rules.value) });
  },
  'DELETE faults': (market, _request, query) => {
    const ids = query.getAll('id');
    market.removeFaults(ids.length === 0 ? undefined : ids);
    return json({ rules: market.faults() });
  },
  'POST events': (market, request) => {
    const asked = read(happeningSchema, request.body);
    return isRefusal(asked) ? asked : happen(market, asked.value.event, asked.value.atMs);
  },
  'POST switches': (market, request) => {
    const switches = read(switchesSchema, request.body);
    return isRefusal(switches) ? switches : happen(market, { kind: 'switch', switches: switches.value });
  },
  'POST ask': (market, request) => {
    const ask = read(askSchema, request.body);
    return isRefusal(ask) ? ask : happen(market, { kind: 'set_ask', ...ask.value });
  },
};
