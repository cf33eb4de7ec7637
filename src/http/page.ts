// The status page and the two documents it reads, to this machine only. The page is plain files, served as they lie in the
// sources and in the packages; nothing is built and nothing comes from another host. A document is made at most once a tick,
// only when somebody asks, and compressed off the main thread.
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { History, Overview } from '../domain/overview.ts';
import type { DurationMs } from '../domain/time.ts';
import { refusal, type HttpErrorCode } from './errors.ts';
import type { Health } from './server.ts';

export interface PageOptions {
  readonly overview: () => Overview | null;
  readonly history: () => History | null;
  readonly about: {
    readonly version: string;
    /** In words: `the embedded market` or an address. */
    readonly venue: string;
    /** How much faster than real time the clock runs. */
    readonly clockSpeed: number;
    /** Real time from tick to tick at most. */
    readonly paceMs: DurationMs;
  };
}

const compress = promisify(gzip);
const SMALLEST_COMPRESSED = 1024;

// Seen from src/http and from dist/http alike, the sources of the page lie at the same place.
const PAGE = new URL('../../src/page/', import.meta.url);
const packages = createRequire(import.meta.url);
const packaged =
  (path: string): (() => URL) =>
  () =>
    new URL(`file://${packages.resolve(path)}`);

const PACKAGED: Readonly<Record<string, () => URL>> = {
  'preact.js': packaged('preact'),
  'hooks.js': packaged('preact/hooks'),
  'htm.js': () => new URL('htm.module.js', packaged('htm')()),
  'uplot.js': packaged('uplot/dist/uPlot.iife.min.js'),
  'uplot.css': packaged('uplot/dist/uPlot.min.css'),
};
const OWN_NAME = /^[a-z][a-z-]*\.(js|css|svg)$/;

const urlOf = (name: string): URL | null => {
  if (Object.hasOwn(PACKAGED, name)) return PACKAGED[name]?.() ?? null;
  return OWN_NAME.test(name) ? new URL(name, PAGE) : null;
};

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  html: 'text/html; charset=utf-8',
};

interface Body {
  readonly plain: Buffer;
  readonly gzip: Buffer | null;
}

const bodyOf = async (plain: Buffer): Promise<Body> => ({
  plain,
  gzip: plain.length < SMALLEST_COMPRESSED ? null : await compress(plain),
});

const sendBody = (request: FastifyRequest, reply: FastifyReply, body: Body): FastifyReply => {
  reply.header('vary', 'accept-encoding');
  const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (body.gzip === null || !accepts) return reply.send(body.plain);
  return reply.header('content-encoding', 'gzip').send(body.gzip);
};

/** Nothing but what this server itself sends runs or is shown; the one inline script is named by its digest. */
const policyFor = (html: string): string => {
  const inline = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const digest = createHash('sha256').update(inline).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${digest}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
};

const FAR_AWAY = `bidkeeper shows its status page only to the machine it runs on.

From elsewhere, bring its port to yours and open http://127.0.0.1:9464 there:

  ssh -L 9464:127.0.0.1:9464 the-machine-of-the-daemon
`;

type Refused = (request: FastifyRequest) => HttpErrorCode | null;

/**
 * Adds `/`, `/page/…`, `/v1/overview` and `/v1/history`, each only where nothing is `refused`. The page itself, which holds no
 * data, also comes to who has not shown a token: it asks for one.
 */
export const addPage = (
  server: FastifyInstance,
  options: PageOptions & { readonly health: () => Health },
  refused: Refused,
): void => {
  const files = new Map<string, Body>();
  const fileOf = async (name: string, url: URL): Promise<Body | null> => {
    const known = files.get(name);
    if (known !== undefined) return known;
    try {
      const body = await bodyOf(await readFile(url));
      files.set(name, body);
      return body;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };

  const mayLoad = (request: FastifyRequest): boolean => {
    const code = refused(request);
    return code === null || code === 'E_HTTP_TOKEN';
  };

  server.get('/', async (request, reply): Promise<FastifyReply> => {
    if (!mayLoad(request)) {
      return reply.code(403).header('content-type', 'text/plain; charset=utf-8').send(FAR_AWAY);
    }
    const body = await fileOf('index.html', new URL('index.html', PAGE));
    if (body === null) return reply.code(404).send(refusal('E_HTTP_NOT_FOUND'));
    reply.header('content-type', TYPES['html']).header('referrer-policy', 'no-referrer');
    reply.header('content-security-policy', policyFor(body.plain.toString('utf8')));
    return sendBody(request, reply, body);
  });
  server.get<{ Params: { name: string } }>('/page/:name', async (request, reply): Promise<FastifyReply> => {
    if (!mayLoad(request)) return reply.code(403).send(refusal('E_HTTP_LOCAL_ONLY'));
    const { name } = request.params;
    const url = urlOf(name);
    const body = url === null ? null : await fileOf(name, url);
    if (body === null) return reply.code(404).send(refusal('E_HTTP_NOT_FOUND'));
    reply.header('content-type', TYPES[name.slice(name.lastIndexOf('.') + 1)]);
    return sendBody(request, reply, body);
  });
  addDocuments(server, options, refused);
};

const addDocuments = (
  server: FastifyInstance,
  options: PageOptions & { readonly health: () => Health },
  refused: Refused,
): void => {
  // A restarted daemon counts its ticks anew: its documents are never taken for those of the one before.
  const run = randomUUID().slice(0, 8);
  const documentOf = (
    path: string,
    make: () => { readonly tag: string; readonly value: unknown } | null,
  ): void => {
    let kept: { readonly tag: string; readonly body: Promise<Body> } | null = null;
    server.get(path, async (request, reply): Promise<FastifyReply> => {
      const code = refused(request);
      if (code !== null) return reply.code(code === 'E_HTTP_TOKEN' ? 401 : 403).send(refusal(code));
      const made = make();
      if (made === null) {
        return reply.code(503).send(refusal('E_HTTP_NO_REPORT', options.health().reason ?? undefined));
      }
      const tag = `"${run}-${made.tag}"`;
      reply.header('etag', tag);
      if (request.headers['if-none-match'] === tag) return reply.code(304).send();
      if (kept?.tag !== tag) kept = { tag, body: bodyOf(Buffer.from(JSON.stringify(made.value))) };
      reply.header('content-type', 'application/json; charset=utf-8');
      return sendBody(request, reply, await kept.body);
    });
  };
  documentOf('/v1/overview', () => {
    const overview = options.overview();
    const health = options.health();
    const tag = `${overview?.tick}-${health.alive}-${health.ready}`;
    return overview === null ? null : { tag, value: { about: options.about, run, health, ...overview } };
  });
  documentOf('/v1/history', () => {
    const tick = options.overview()?.tick;
    return tick === undefined ? null : { tag: `${tick}`, value: options.history() };
  });
};
