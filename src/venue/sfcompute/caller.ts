// One call, and the reading of one resource. A call goes to the transport once, with the token of this moment, and is
// reported for metrics. A reading (GET) is repeated with back-off and jitter inside the one deadline of its operation: after
// a lost connection, a 408, 429 or 5xx, and once more after a 401 when the token has changed. A change is never repeated here
// or below. Every text that came from outside is scrubbed of secrets before it leaves this file.
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { TokenSource } from '../../ports/token.ts';
import type { ReadFailureCode } from '../../ports/venue.ts';
import type { DurationMs, UnixMs } from '../../domain/time.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { readBody } from './body.ts';
import { httpDate } from './fields.ts';
import type { Endpoint, WireRequest } from './requests.ts';
import type { HttpMethod, Transport, TransportAnswer } from './transport.ts';

/** One finished call, for metrics; `code` is the status as text, or the failure: timeout, connection, too_large, redirect. */
export interface RequestReport {
  readonly method: HttpMethod;
  readonly endpoint: Endpoint;
  readonly code: string;
  readonly tookMs: DurationMs;
}

export interface CallerOptions {
  readonly transport: Transport;
  readonly token: TokenSource;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly random: Random;
  readonly onRequest: ((report: RequestReport) => void) | null;
}

/** The end of an operation in real time, shared by all of its calls. */
export interface Deadline {
  readonly remainingMs: () => DurationMs;
}

export interface ReadFailure {
  readonly ok: false;
  readonly code: ReadFailureCode;
  readonly status: number | null;
  readonly message: string;
}

export type Got =
  | { readonly ok: true; readonly found: true; readonly value: unknown; readonly dateMs: UnixMs | null }
  /** The venue's own 404. */
  | { readonly ok: true; readonly found: false; readonly message: string }
  | ReadFailure;

export interface Caller {
  /** Sends once. */
  readonly call: (request: WireRequest, deadlineMs: DurationMs) => Promise<TransportAnswer>;
  /** Reads, with retries inside the deadline. */
  readonly get: (request: WireRequest, deadline: Deadline) => Promise<Got>;
  readonly deadline: (afterMs: DurationMs) => Deadline;
  /** After a 401: reads the token again unless somebody did already; true when `used` is no longer the token. */
  readonly renewToken: (used: string) => boolean;
  readonly token: () => string;
  /** A text from outside, safe to keep: without secrets and control characters, not longer than a line. */
  readonly clean: (text: string, secret?: string | null) => string;
}

const RETRIES_MAX = 5;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 5000;
const MESSAGE_CHARACTERS_MAX = 300;

/** What a person does about a 401. */
const NEW_TOKEN =
  'A new one in a token file is taken up by itself, one in the environment with the next start';

const RETRIED: ReadonlySet<ReadFailureCode> = new Set(['connection', 'rate_limited', 'server_error']);

export const readFailure = (code: ReadFailureCode, status: number | null, message: string): ReadFailure => ({
  ok: false,
  code,
  status,
  message,
});

export const createCaller = (options: CallerOptions): Caller => {
  const { clock, token } = options;
  const clean = createCleaner();

  const call = async (request: WireRequest, deadlineMs: DurationMs): Promise<TransportAnswer> => {
    const used = token.current();
    clean.learn(used);
    const startedMs = clock.monotonic();
    const answer = await sendOnce(options.transport, request, used, deadlineMs);
    const code = answer.kind === 'response' ? String(answer.status) : answer.cause;
    const tookMs = Math.max(0, clock.monotonic() - startedMs);
    options.onRequest?.({ method: request.method, endpoint: request.endpoint, code, tookMs });
    return answer;
  };

  const renewToken = (used: string): boolean => token.current() !== used || token.reread();

  const get = async (request: WireRequest, deadline: Deadline): Promise<Got> => {
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      const remainingMs = deadline.remainingMs();
      if (remainingMs <= 0) return readFailure('timeout', null, 'no time was left to ask');
      const used = token.current();
      const answer = await call(request, remainingMs);
      const got = judge(answer, clean.text);
      if (got.ok) return got;
      if (got.code === 'auth' && !renewed && renewToken(used)) {
        renewed = true;
        continue;
      }
      const waitMs = RETRIED.has(got.code) ? retryDelay(attempt, answer, options) : null;
      if (waitMs === null || waitMs >= deadline.remainingMs()) return got;
      await options.timer.sleep(waitMs);
    }
  };

  const deadline = (afterMs: DurationMs): Deadline => {
    const endMs = clock.monotonic() + afterMs;
    return { remainingMs: () => endMs - clock.monotonic() };
  };

  return { call, get, deadline, renewToken, token: () => token.current(), clean: clean.text };
};

/** A transport never rejects; if one does all the same, the request may have left. */
const sendOnce = async (
  transport: Transport,
  request: WireRequest,
  token: string,
  deadlineMs: DurationMs,
): Promise<TransportAnswer> => {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'user-agent': 'bidkeeper',
    ...(request.body === null ? {} : { 'content-type': 'application/json' }),
  };
  const { method, path, body, maxBytes } = request;
  try {
    return await transport({ method, path, headers, body, maxBytes }, deadlineMs);
  } catch {
    return { kind: 'failed', cause: 'connection', sent: true, message: 'the transport broke' };
  }
};

const judge = (answer: TransportAnswer, clean: (text: string) => string): Got => {
  if (answer.kind === 'failed') {
    const code = answer.cause === 'redirect' ? 'http' : answer.cause;
    return readFailure(code, null, clean(answer.message));
  }
  const { status } = answer;
  const body = readBody(answer.body);
  const words =
    body.kind === 'error' ? clean(body.error.message) : `HTTP ${status} without the venue's words`;
  if (status >= 200 && status < 300) {
    if (body.kind !== 'json') return readFailure('garbled', status, `HTTP ${status} with an unreadable body`);
    return { ok: true, found: true, value: body.value, dateMs: httpDate(answer.headers['date']) };
  }
  if (status === 404 && body.kind === 'error') return { ok: true, found: false, message: words };
  const told = status === 401 ? `the token is refused: ${words}. ${NEW_TOKEN}` : words;
  return readFailure(failureCode(status), status, told);
};

const failureCode = (status: number): ReadFailureCode => {
  if (status === 401) return 'auth';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'rate_limited';
  return status >= 500 || status === 408 ? 'server_error' : 'http';
};

/** How long to wait before the next attempt; null when there is none. Doubling with jitter; Retry-After is a floor. */
const retryDelay = (
  attempt: number,
  answer: TransportAnswer,
  options: Pick<CallerOptions, 'random' | 'clock'>,
): DurationMs | null => {
  if (attempt >= RETRIES_MAX) return null;
  const stepMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt);
  const backoffMs = Math.ceil(stepMs * (0.5 + options.random.next() / 2));
  const asked = answer.kind === 'response' ? retryAfter(answer.headers) : null;
  return Math.max(backoffMs, asked ?? 0);
};

/** Whole seconds, or a date measured against the server's own Date; null when neither can be read. */
const retryAfter = (headers: Readonly<Record<string, string>>): DurationMs | null => {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  if (/^\d{1,6}$/.test(text)) return Number(text) * SECOND_MS;
  const until = httpDate(text);
  const now = httpDate(headers['date']);
  return until === null || now === null ? null : Math.max(0, until - now);
};

interface Cleaner {
  readonly learn: (secret: string) => void;
  readonly text: (text: string, secret?: string | null) => string;
}

/** Remembers the last tokens, because an answer to an old one may come after a rotation. */
const createCleaner = (): Cleaner => {
  let tokens: readonly string[] = [];
  return {
    learn: (token) => {
      if (token !== '' && !tokens.includes(token)) tokens = [token, ...tokens].slice(0, 4);
    },
    text: (text, secret = null) => {
      const secrets = secret === null || secret === '' ? tokens : [...tokens, secret];
      const scrubbed = secrets.reduce((rest, one) => rest.replaceAll(one, '[redacted]'), text);
      return scrubbed
        .replaceAll(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, MESSAGE_CHARACTERS_MAX);
    },
  };
};
