// The market on HTTP: node:http on a loopback port, speaking the venue's paths and bytes and, under `/_market/`, its own
// controls. It moves market time on with each request and by a real-time beat, so that the market lives without requests.
// Whoever keeps the market on disk is told of every change before the answer leaves. Other hosts than loopback are refused.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Timer } from '../ports/clock.ts';
import { control, CONTROL_PREFIX } from './control.ts';
import type { Answer, MarketRequest } from './exchange.ts';
import { MarketError } from './market-error.ts';
import type { Market } from './market.ts';

/** Something that may have changed the market otherwise than by time alone. */
export interface MarketInput {
  readonly atMs: number;
  readonly request: MarketRequest;
}

export interface MarketServerSettings {
  readonly market: Market;
  readonly clock: Clock;
  readonly timer: Timer;
  /** 0: any free port. */
  readonly port: number;
  /** A loopback address; default 127.0.0.1. */
  readonly host?: string;
  /** Only this bearer token is accepted; without it any is. */
  readonly token?: string;
  /** Real milliseconds between beats; default 50. */
  readonly beatMs?: number;
  /** Called after the market took a request that may have changed it, before the answer is sent. */
  readonly onMutation?: (input: MarketInput) => void;
  /** Called at each beat, after time moved on. */
  readonly onBeat?: (nowMs: number) => void;
}

export interface MarketServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Stops listening, ends open connections, ends the beat. */
  readonly close: () => Promise<void>;
}

const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** How often a delayed answer looks at the clock, real milliseconds. */
const LOOK_MS = 10;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** Listens; rejects with MarketError: E_MARKET_HOST for a host that is not loopback, E_MARKET_PORT for a port that cannot be had. */
export const startMarketServer = async (settings: MarketServerSettings): Promise<MarketServer> => {
  const host = settings.host ?? '127.0.0.1';
  if (!LOOPBACK.test(host))
    throw new MarketError('E_MARKET_HOST', `the market listens on loopback only, not on ${host}`);
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    serve(settings, request, response, stopping.signal).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  await listen(server, settings.port, host);
  const beating = beat(settings, stopping.signal);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: async () => {
      stopping.abort();
      await closeServer(server);
      await beating;
    },
  };
};

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new MarketError('E_MARKET_PORT', `cannot listen on ${host}:${port}`, error)),
    );
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const beat = async (settings: MarketServerSettings, stopped: AbortSignal): Promise<void> => {
  while (!stopped.aborted) {
    settings.market.advanceTo(settings.clock.now());
    settings.onBeat?.(settings.market.now());
    await settings.timer.sleep(settings.beatMs ?? 50, stopped);
  }
};

const serve = async (
  settings: MarketServerSettings,
  incoming: IncomingMessage,
  response: ServerResponse,
  stopped: AbortSignal,
): Promise<void> => {
  const request = await readRequest(settings, incoming);
  if (request === null) {
    response.writeHead(413).end();
    return;
  }
  if (incoming.headers.origin !== undefined && request.path.startsWith(CONTROL_PREFIX)) {
    // A page in somebody's browser is not a person with his hands in the machine.
    response.writeHead(403).end();
    return;
  }
  const answer = take(settings, request);
  await act(settings, answer, response, stopped);
};

/** One turn of the market, without an await in it: requests are taken one after the other. */
const take = (settings: MarketServerSettings, request: MarketRequest): Answer => {
  const { market } = settings;
  market.advanceTo(settings.clock.now());
  const rulesStood = market.faults().length > 0;
  const own = control(market, request);
  const answer: Answer =
    own === null
      ? market.handle(request, market.now())
      : { kind: 'response', delayMs: 0, headers: { 'content-type': 'application/json' }, ...own };
  if (request.method !== 'GET' || rulesStood) settings.onMutation?.({ atMs: market.now(), request });
  return answer;
};

const readRequest = async (
  settings: MarketServerSettings,
  incoming: IncomingMessage,
): Promise<MarketRequest | null> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: knownHeaders(settings, incoming),
    body: bytes === 0 ? null : Buffer.concat(chunks).toString('utf8'),
  };
};

/** Of the headers the market needs to know only whether a token was sent; the token itself is kept nowhere. */
const knownHeaders = (
  settings: MarketServerSettings,
  incoming: IncomingMessage,
): MarketRequest['headers'] => {
  const given = /^Bearer +(\S+)$/i.exec(incoming.headers.authorization ?? '')?.[1];
  const accepted = given !== undefined && (settings.token === undefined || given === settings.token);
  return accepted ? { authorization: 'Bearer accepted' } : {};
};

const act = async (
  settings: MarketServerSettings,
  answer: Answer,
  response: ServerResponse,
  stopped: AbortSignal,
): Promise<void> => {
  if (answer.kind === 'hang') return;
  if (answer.kind === 'drop') {
    response.destroy();
    return;
  }
  if (answer.kind === 'response')
    await reach(settings, settings.market.now() + answer.delayMs, response, stopped);
  if (stopped.aborted || response.destroyed) return;
  const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...answer.headers, ...length });
  if (answer.kind === 'response') response.end(answer.status === 204 ? undefined : answer.body);
  else await drip(settings, answer, response, stopped);
};

/** Waits until market time is `untilMs` or the client is gone. */
const reach = async (
  settings: MarketServerSettings,
  untilMs: number,
  response: ServerResponse,
  stopped: AbortSignal,
): Promise<void> => {
  while (settings.clock.now() < untilMs && !stopped.aborted && !response.destroyed) {
    await settings.timer.sleep(LOOK_MS, stopped);
  }
};

const drip = async (
  settings: MarketServerSettings,
  answer: Extract<Answer, { kind: 'drip' }>,
  response: ServerResponse,
  stopped: AbortSignal,
): Promise<void> => {
  const bytes = Buffer.from(answer.body);
  for (let sent = 0; sent < bytes.length && !response.destroyed && !stopped.aborted; sent += answer.bytes) {
    response.write(bytes.subarray(sent, sent + answer.bytes));
    await settings.timer.sleep(answer.everyMs, stopped);
  }
  response.end();
};
