// The daemon over HTTP: metrics, health, readiness, the status page, the last report and the admin API. It knows the daemon
// as a handful of functions. Answers are never cached, and a slow or broken client costs a socket and nothing else.
import { setTimeout as delay } from 'node:timers/promises';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TickReport } from '../domain/report.ts';
import type { DurationMs } from '../domain/time.ts';
import { refusalOf, type Asker } from './admin/access.ts';
import { addAdmin, type AdminOptions } from './admin/admin.ts';
import { HttpError, refusal, type HttpErrorCode } from './errors.ts';
import { isLocal } from './local-only.ts';
import { addPage, type PageOptions } from './page.ts';

export interface Address {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** How the daemon is. `reason` is in words whenever one of the two is false. */
export interface Health {
  /** The watchdog of the loop is content: ticks end, or it is not long since one did. */
  readonly alive: boolean;
  /** A tick has finished and this process holds the lease. */
  readonly ready: boolean;
  readonly reason: string | null;
}

export interface HttpOptions {
  readonly listen: Address;
  /** A second port with /metrics, /healthz and /readyz only. */
  readonly listenMetrics: Address | null;
  readonly lastReport: () => TickReport | null;
  readonly page: PageOptions;
  /** The admin API with the rules of who may use it; null: the status alone, for this machine alone. */
  readonly admin: AdminOptions | null;
  readonly health: () => Health;
  readonly metrics: (accept: string | undefined) => Promise<{
    readonly status: number;
    readonly contentType: string;
    readonly body: string;
  }>;
}

export interface RunningHttp {
  /** Where it listens, with the ports the system chose. */
  readonly listen: Address;
  readonly listenMetrics: Address | null;
  /** Stops listening and ends every connection. Resolves within a second; may be called twice. */
  readonly close: () => Promise<void>;
}

const BODY_BYTES_MAX = 1024;
const HEADER_BYTES_MAX = 8 * 1024;
const REQUEST_TIMEOUT_MS: DurationMs = 10_000;
const KEEP_ALIVE_MS: DurationMs = 75_000;
const CONNECTIONS_MAX = 200;
/** Requests under way are answered before their connections end: a stop asked over the API is one of them. */
const ANSWER_WITHIN_MS: DurationMs = 500;

/** Starts listening. Rejects with HttpError: E_HTTP_PORT or E_HTTP_ADDRESS; nothing listens then. */
export const startHttp = async (options: HttpOptions): Promise<RunningHttp> => {
  const main = createServer();
  addReadings(main, options);
  addStatus(main, options);
  addPage(main, { ...options.page, health: options.health }, (request) =>
    refusedReading(options, askerOf(request)),
  );
  if (options.admin !== null) addAdmin(main, options.admin);
  const second = options.listenMetrics === null ? null : createServer();
  if (second !== null) addReadings(second, options);
  const answered = answersOf(main);
  const close = async (): Promise<void> => {
    await Promise.race([answered(), delay(ANSWER_WITHIN_MS, undefined, { ref: false })]);
    await Promise.all([main.close(), second?.close()]);
  };
  try {
    const listen = await listenOn(main, options.listen);
    const listenMetrics =
      second === null || options.listenMetrics === null
        ? null
        : await listenOn(second, options.listenMetrics);
    return { listen, listenMetrics, close };
  } catch (error) {
    await close();
    throw error;
  }
};

const createServer = (): FastifyInstance => {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: REQUEST_TIMEOUT_MS },
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  // Only JSON: what a form of a foreign page could send without asking is not even parsed.
  server.removeContentTypeParser('text/plain');
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send(refusal('E_HTTP_NOT_FOUND')));
  server.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    const theirs = status >= 400 && status < 500;
    return reply.code(theirs ? status : 500).send(refusal(theirs ? 'E_HTTP_REQUEST' : 'E_HTTP_INTERNAL'));
  });
  return server;
};

/** Resolves when no request is under way. */
const answersOf = (server: FastifyInstance): (() => Promise<void>) => {
  let underWay = 0;
  let waiting: (() => void)[] = [];
  server.addHook('onRequest', async () => {
    underWay += 1;
  });
  server.addHook('onResponse', async () => {
    underWay -= 1;
    if (underWay > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  });
  return () =>
    new Promise((resolve) => {
      if (underWay === 0) resolve();
      else waiting.push(resolve);
    });
};

/** What a monitoring system needs. */
const addReadings = (server: FastifyInstance, options: HttpOptions): void => {
  server.get('/metrics', async (request, reply) => {
    const scrape = await options.metrics(request.headers.accept);
    return reply.code(scrape.status).header('content-type', scrape.contentType).send(scrape.body);
  });
  server.get('/healthz', async (_request, reply) => {
    const { alive, reason } = options.health();
    return reply.code(alive ? 200 : 503).send({ alive, ...(alive ? {} : { reason }) });
  });
  server.get('/readyz', async (_request, reply) => {
    const { ready, reason } = options.health();
    return reply.code(ready ? 200 : 503).send({ ready, ...(ready ? {} : { reason }) });
  });
};

/** What a person on this machine needs. */
const addStatus = (server: FastifyInstance, options: HttpOptions): void => {
  server.get('/v1/status', async (request, reply): Promise<FastifyReply> => {
    const code = refusedReading(options, askerOf(request));
    if (code !== null) return reply.code(code === 'E_HTTP_TOKEN' ? 401 : 403).send(refusal(code));
    const report = options.lastReport();
    if (report === null) {
      return reply.code(503).send(refusal('E_HTTP_NO_REPORT', options.health().reason ?? undefined));
    }
    return reply.code(200).send(report);
  });
};

const refusedReading = ({ admin }: HttpOptions, asker: Asker): HttpErrorCode | null => {
  if (admin !== null) return refusalOf(admin.access, asker, 'read');
  return isLocal(asker) ? null : 'E_HTTP_LOCAL_ONLY';
};

const askerOf = (request: FastifyRequest): Asker => ({
  remoteAddress: request.socket.remoteAddress,
  host: request.headers.host,
  origin: request.headers.origin,
  authorization: request.headers.authorization,
});

const listenOn = async (server: FastifyInstance, { host, port }: Address): Promise<Address> => {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    const where = `${host}:${port}`;
    if (code === 'EADDRINUSE')
      throw new HttpError('E_HTTP_PORT', `${where} is in use by another program`, error);
    if (code === 'EACCES') throw new HttpError('E_HTTP_PORT', `this user may not listen on ${where}`, error);
    throw new HttpError('E_HTTP_ADDRESS', `cannot listen on ${where}: ${String(code ?? error)}`, error);
  }
  const bound = server.server.address();
  return { host, port: bound !== null && typeof bound === 'object' ? bound.port : port };
};
