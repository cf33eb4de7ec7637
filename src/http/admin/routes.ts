// The routes of the admin API as a table: what each is for, what it takes and gives, and what it asks of the daemon. Changes
// go the way of every change: an entry in the ledger with who and why, which the tick obeys.
import { z } from 'zod';
import type { InsideResult } from '../../daemon/ask-inside.ts';
import type { ReloadAnswer, ReloadOptions } from '../../daemon/reloader.ts';
import type { Request, Who } from '../../daemon/requests.ts';
import type { LedgerRecord } from '../../domain/entry.ts';
import type { TickReport } from '../../domain/report.ts';
import type { Books } from '../../reconcile/books.ts';
import type { Candidate } from '../../reconcile/handover.ts';
import * as shape from './shapes.ts';

export interface AdminDeps {
  readonly lastReport: () => TickReport | null;
  readonly books: () => Books;
  /** At most `limit` records with a number above `after`; null: the newest. */
  readonly records: (after: number | null, limit: number) => Promise<readonly LedgerRecord[]>;
  readonly ask: (request: Request, who: Who) => Promise<InsideResult>;
  readonly reload: (options: ReloadOptions, who: Who) => Promise<ReloadAnswer>;
  /** One look at a node at the venue; words when it cannot be had. */
  readonly observe: (node: string) => Promise<Candidate | string>;
  /** What the daemon would do with a node that it does not do now; words when it cannot be told. */
  readonly foresee: (
    request: Extract<Request, { kind: 'adopt' }>,
    who: Who,
  ) => Promise<readonly string[] | string>;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: z.output<typeof shape.ledgerQuery>;
  readonly body: Record<string, never>;
}

export type Answer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 404 | 409 | 502 | 503; readonly code: string; readonly message: string };

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Fastify's form: `:name` is a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly body: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly answer: z.ZodType;
  readonly run: (deps: AdminDeps, call: Call) => Promise<Answer>;
}

type Body<Schema extends z.ZodType> = Omit<Call, 'body'> & { readonly body: z.output<Schema> };

const ok = (body: unknown): Answer => ({ status: 200, body });
const missing = (message: string): Answer => ({ status: 404, code: 'E_HTTP_NOT_FOUND', message });

const read = (
  path: string,
  summary: string,
  answer: z.ZodType,
  from: (report: TickReport, deps: AdminDeps, call: Call) => unknown,
): Route => ({
  method: 'GET',
  path,
  summary,
  body: null,
  query: null,
  answer,
  run: async (deps, call) => {
    const report = deps.lastReport();
    if (report === null)
      return { status: 503, code: 'E_HTTP_NO_REPORT', message: 'no tick has finished yet' };
    const found = from(report, deps, call);
    return found === undefined ? missing(`there is no ${Object.values(call.params).join(' ')}`) : ok(found);
  },
});

const change = <Schema extends z.ZodType<Who>>(
  method: 'POST' | 'DELETE',
  path: string,
  summary: string,
  body: Schema,
  request: (call: Body<Schema>) => Request,
): Route => ({
  method,
  path,
  summary,
  body,
  query: null,
  answer: shape.doneShape,
  run: async (deps, call) => {
    const { by, why } = call.body as unknown as Who;
    return answerOf(await deps.ask(request(call as Body<Schema>), { by, why }));
  },
});

const answerOf = (result: InsideResult): Answer => {
  if (result.kind === 'refused') return { status: 409, code: result.code, message: result.message };
  if (result.kind === 'failed') return { status: 503, code: 'E_STOP_WRITE', message: result.message };
  return ok({ result: result.kind });
};

const strangers = (books: Books): unknown =>
  [...books.unowned].map(([nodeId, { name, fleet }]) => ({ nodeId, name, fleet }));

const climbs = (books: Books): unknown =>
  [...books.climbs].map(([key, { level, steps, movedAtMs }]) => {
    const [fleet = '', zone = ''] = key.split('/');
    return { fleet, zone, level, steps, movedAtMs };
  });

const reload: Route = {
  method: 'POST',
  path: '/v1/reload',
  summary: 'Load the settings file anew; all of it is taken over or nothing.',
  body: shape.reloadBody,
  query: null,
  answer: shape.reloadShape,
  run: async (deps, call) => {
    const { by, why, acknowledge, dry_run } = call.body as unknown as z.output<typeof shape.reloadBody>;
    const answer = await deps.reload({ acknowledged: acknowledge, dryRun: dry_run }, { by, why });
    if (answer.kind === 'refused')
      return { status: 409, code: answer.code, message: [...answer.problems, ...answer.changes].join('; ') };
    return ok({ result: answer.kind, changes: 'changes' in answer ? answer.changes : [] });
  },
};

const adopt: Route = {
  method: 'POST',
  path: '/v1/nodes/:node/adopt',
  summary: 'Observe a node that this ledger does not own, and hand it over when told to.',
  body: shape.adoptBody,
  query: null,
  answer: shape.adoptShape,
  run: async (deps, call) => {
    const { by, why, fleet, hand_over } = call.body as unknown as z.output<typeof shape.adoptBody>;
    const node = call.params['node'] ?? '';
    const candidate = await deps.observe(node);
    if (typeof candidate === 'string') return { status: 502, code: 'E_HTTP_VENUE', message: candidate };
    const request = { kind: 'adopt', fleet, candidate } as const;
    const would = await deps.foresee(request, { by, why });
    if (typeof would === 'string') return { status: 409, code: 'E_REQUEST_ADOPT', message: would };
    if (!hand_over) return ok({ result: 'observed', would });
    const result = answerOf(await deps.ask(request, { by, why }));
    return result.status === 200 ? ok({ ...(result.body as object), would }) : result;
  },
};

const ledger: Route = {
  method: 'GET',
  path: '/v1/ledger',
  summary: 'Entries of the ledger, oldest first.',
  body: null,
  query: shape.ledgerQuery,
  answer: z.array(shape.entryShape),
  run: async (deps, { query }) => ok(await deps.records(query.after ?? null, query.limit)),
};

const HALTS = {
  pause: 'Send nothing that adds spend; held nodes go on.',
  drain: 'A pause that also lets nodes go as their paid time ends.',
  stop: 'Leave everything as it is and exit.',
  resume: 'End a pause or drain and reset the breaker.',
} as const;

const halts = (['pause', 'drain', 'stop', 'resume'] as const).map((kind) =>
  change('POST', `/v1/${kind}`, HALTS[kind], shape.whoBody, () => ({ kind })),
);

export const ROUTES: readonly Route[] = [
  read('/v1/fleets', 'Every fleet.', z.array(shape.fleetShape), ({ fleets }) => fleets),
  read('/v1/fleets/:fleet', 'One fleet.', shape.fleetShape, ({ fleets }, _, { params }) =>
    fleets.find(({ fleet }) => fleet === params['fleet']),
  ),
  read('/v1/nodes', 'Every living node.', z.array(shape.nodeShape), ({ nodes }) => nodes),
  read(
    '/v1/strangers',
    'Live nodes with our prefix that this ledger does not own.',
    z.array(shape.strangerShape),
    (_, deps) => strangers(deps.books()),
  ),
  read(
    '/v1/bids',
    'Standing bids, and where each climb stands.',
    z.object({ waiting: z.array(shape.nodeShape), climbs: z.array(shape.climbShape) }),
    ({ nodes }, deps) => ({
      waiting: nodes.filter(({ state }) => state === 'waiting' || state === 'unknown'),
      climbs: climbs(deps.books()),
    }),
  ),
  read(
    '/v1/decisions',
    'What the last tick decided and why.',
    z.array(shape.decisionShape),
    ({ decisions }) => decisions,
  ),
  read(
    '/v1/budgets',
    'Every budget with what is spent and put aside.',
    z.array(shape.budgetShape),
    ({ budgets }) => budgets,
  ),
  ledger,
  ...halts,
  reload,
  change(
    'POST',
    '/v1/fleets/:fleet/target',
    'Another target than the schedule, up to an instant.',
    shape.targetBody,
    ({ params, body }) => ({
      kind: 'target',
      fleet: params['fleet'] ?? '',
      gpus: body.gpus,
      untilMs: body.until_ms,
    }),
  ),
  change(
    'DELETE',
    '/v1/fleets/:fleet/target',
    'Let the schedule say the target again.',
    shape.whoBody,
    ({ params }) => ({
      kind: 'end_target',
      fleet: params['fleet'] ?? '',
    }),
  ),
  change(
    'POST',
    '/v1/nodes/:node/acknowledge',
    'Say that a purchase whose answer was lost was never made.',
    shape.whoBody,
    ({ params }) => ({
      kind: 'acknowledge',
      node: params['node'] ?? '',
    }),
  ),
  adopt,
  change(
    'POST',
    '/v1/nodes/:node/disown',
    'Take a node out of the daemon’s hands, or say of a stranger that it is not ours.',
    shape.whoBody,
    ({ params }) => ({
      kind: 'disown',
      node: params['node'] ?? '',
    }),
  ),
];
