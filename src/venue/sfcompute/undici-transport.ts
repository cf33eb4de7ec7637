// The real transport: undici's dispatcher, used at its lowest level because that tells exactly when a request's first byte is
// about to be written. One overall deadline a call in real time (undici's own time-outs measure gaps, so a slow drip would
// pass them, and its 300 s default would cut a quote), a size cap, redirects refused, HTTP/1.1 without pipelining so that
// nothing is ever repeated underneath us. A second start of the same request is aborted: a change leaves at most once.
// Answers are asked for uncompressed.
import Agent from 'undici/lib/dispatcher/agent.js';
import type { Dispatcher } from 'undici';
import type { DurationMs } from '../../domain/time.ts';
import { checkBaseUrl } from './host.ts';
import type { Transport, TransportAnswer, TransportFailure, TransportRequest } from './transport.ts';

export interface UndiciTransportOptions {
  readonly baseUrl: string;
  /** A host beside the venue's own and loopback that a person allowed by name. */
  readonly allowHost?: string | null;
  /** Connections kept at once; further requests wait inside their deadline. */
  readonly connections?: number;
}

export interface UndiciTransport {
  readonly send: Transport;
  /** Closes kept connections at once; requests in flight answer as failed. */
  readonly close: () => Promise<void>;
}

const CONNECTIONS = 16;
const CONNECT_MS_MAX = 10_000;
/** Shorter than servers keep idle connections, so that a change seldom meets one that is just being closed. */
const KEEP_ALIVE_MS = 4000;

/** Makes the transport; throws VenueError `E_VENUE_HOST` when the token may not be sent there. */
export const createUndiciTransport = (options: UndiciTransportOptions): UndiciTransport => {
  const base = checkBaseUrl(options.baseUrl, options.allowHost ?? null);
  const agent = new Agent({
    connections: options.connections ?? CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_MS_MAX },
  });
  return {
    send: (request, deadlineMs) =>
      new Promise((resolve) => {
        const exchange = new Exchange(request.maxBytes, deadlineMs, resolve);
        exchange.dispatch(agent, base.origin, base.prefix, request);
      }),
    close: () => agent.destroy(),
  };
};

/** One request and its answer. Settles exactly once; whatever undici reports afterwards is ignored. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #settle: (answer: TransportAnswer) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number, deadlineMs: DurationMs, settle: (answer: TransportAnswer) => void) {
    this.#maxBytes = maxBytes;
    this.#settle = settle;
    this.#timer = setTimeout(() => {
      this.#fail('timeout', `no complete answer within ${Math.round(deadlineMs)} ms`);
    }, deadlineMs);
  }

  dispatch(agent: Agent, origin: string, prefix: string, request: TransportRequest): void {
    try {
      agent.dispatch(
        {
          origin,
          path: `${prefix}${request.path}`,
          method: request.method,
          headers: { ...request.headers, 'accept-encoding': 'identity' },
          body: request.body,
          idempotent: false,
        },
        this,
      );
    } catch (error) {
      this.#fail('connection', describe(error));
    }
  }

  /** Called immediately before the first byte is written; a call that is over, or a second start, is stopped here. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled || this.#controller !== null) {
      controller.abort(new Error('not sent again'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status >= 300 && status < 400) {
      this.#fail('redirect', `redirects are refused (HTTP ${status})`);
      return;
    }
    this.#status = status;
    this.#headers = joinHeaders(headers);
    const announced = Number(this.#headers['content-length'] ?? 0);
    if (announced > this.#maxBytes) this.#fail('too_large', `answer of ${announced} bytes announced`);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#fail('too_large', `answer of more than ${this.#maxBytes} bytes`);
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks, this.#bytes).toString('utf8');
    this.#finish({ kind: 'response', status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail('connection', describe(error));
  }

  #fail(cause: TransportFailure, message: string): void {
    const controller = this.#controller;
    this.#finish({ kind: 'failed', cause, sent: controller !== null, message });
    if (cause !== 'connection') controller?.abort(new Error(cause));
  }

  #finish(answer: TransportAnswer): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#chunks = [];
    this.#settle(answer);
  }
}

const joinHeaders = (
  headers: Record<string, string | string[] | undefined>,
): Readonly<Record<string, string>> => {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
};

/** Code and text of a network error; neither ever holds a header. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown network error';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.message === '' ? code : `${code}: ${error.message}`;
};
