// The admin API on a server: checks who asks, how often, and what, before a route is run; says no with a code and what to do.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { HTTP_ERRORS, refusal, type HttpErrorCode } from '../errors.ts';
import { refusalOf, type AccessRules } from './access.ts';
import { openApi } from './openapi.ts';
import { bucket, type Bucket } from './rate.ts';
import { ROUTES, type AdminDeps, type Answer, type Call, type Route } from './routes.ts';

export interface AdminOptions {
  readonly version: string;
  readonly access: AccessRules;
  readonly deps: AdminDeps;
}

const BODY_BYTES_MAX = 4096;
const MINUTE_MS = 60_000;
/** Adopting waits for the venue; a stop for the running tick. */
const ROUTE_TIMEOUT_MS = 100_000;

const STATUS: Readonly<Partial<Record<HttpErrorCode, number>>> = {
  E_HTTP_TOKEN: 401,
  E_HTTP_RATE: 429,
  E_HTTP_REQUEST: 400,
};

interface Buckets {
  readonly reads: Bucket;
  readonly changes: Bucket;
  readonly wrong: Bucket;
}

export const addAdmin = (server: FastifyInstance, { version, access, deps }: AdminOptions): void => {
  const now = (): number => performance.now();
  const buckets: Buckets = {
    reads: bucket(600, MINUTE_MS, now),
    changes: bucket(60, MINUTE_MS, now),
    wrong: bucket(20, MINUTE_MS, now),
  };
  const document = openApi(version);
  server.get('/v1/openapi.json', async (request, reply) => {
    const code = admit(access, buckets, request, 'read');
    return code === null ? document : refuse(reply, code);
  });
  for (const route of ROUTES) {
    server.route({
      method: route.method,
      url: route.path,
      bodyLimit: BODY_BYTES_MAX,
      handlerTimeout: ROUTE_TIMEOUT_MS,
      // Before the body is read: a stranger sends nothing that anybody looks at.
      onRequest: async (request, reply) => {
        const code = admit(access, buckets, request, route.body === null ? 'read' : 'change');
        if (code !== null) await refuse(reply, code);
      },
      handler: async (request, reply) => {
        const call = callOf(route, request);
        if (typeof call === 'string') return refuse(reply, 'E_HTTP_REQUEST', call);
        return send(reply, await route.run(deps, call));
      },
    });
  }
};

const admit = (
  access: AccessRules,
  buckets: Buckets,
  request: FastifyRequest,
  what: 'read' | 'change',
): HttpErrorCode | null => {
  const { host, origin, authorization } = request.headers;
  const code = refusalOf(
    access,
    { remoteAddress: request.socket.remoteAddress, host, origin, authorization },
    what,
  );
  if (code !== null) return code === 'E_HTTP_TOKEN' && !buckets.wrong.take() ? 'E_HTTP_RATE' : code;
  return (what === 'read' ? buckets.reads : buckets.changes).take() ? null : 'E_HTTP_RATE';
};

const refuse = (reply: FastifyReply, code: HttpErrorCode, detail?: string): FastifyReply => {
  if (code === 'E_HTTP_TOKEN') reply.header('www-authenticate', 'Bearer');
  if (code === 'E_HTTP_RATE') reply.header('retry-after', '60');
  return reply.code(STATUS[code] ?? 403).send(refusal(code, detail));
};

const send = (reply: FastifyReply, answer: Answer): FastifyReply => {
  if (answer.status === 200) return reply.code(200).send(answer.body);
  const { status, code, message } = answer;
  const remedy = code in HTTP_ERRORS ? HTTP_ERRORS[code as HttpErrorCode].remedy : message;
  return reply.code(status).send({ code, message, remedy });
};

/** The request held against its schemas; words when it does not fit. */
const callOf = (route: Route, request: FastifyRequest): Call | string => {
  const parsed: Record<'query' | 'body', unknown> = { query: {}, body: {} };
  for (const part of ['query', 'body'] as const) {
    const schema: z.ZodType | null = route[part];
    if (schema === null) continue;
    const result = schema.safeParse(request[part] ?? {});
    if (!result.success) {
      const [issue] = result.error.issues;
      return `${part}${issue?.path.length === 0 ? '' : ` ${issue?.path.join('.')}`}: ${issue?.message ?? 'unreadable'}`;
    }
    parsed[part] = result.data;
  }
  return { params: request.params as Record<string, string>, ...parsed } as Call;
};
