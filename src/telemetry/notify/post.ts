// Sends one request and learns its status, nothing more: the answer's body is never read, so a receiver can neither flood us
// nor hold us. One deadline for everything in real time; redirects are not followed, because the address was chosen by a
// person. What is said of a failure never holds the address.
import Agent from 'undici/lib/dispatcher/agent.js';
import type { Dispatcher } from 'undici';
import type { DurationMs } from '../../domain/time.ts';
import type { Letter } from './letter.ts';

export type Posted =
  /** `retryAfterMs`: when the receiver asked to be left alone for so long; null when not. */
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: DurationMs | null }
  | { readonly kind: 'failed'; readonly why: string };

export interface Post {
  readonly send: (url: string, letter: Letter, signal: AbortSignal) => Promise<Posted>;
  readonly close: () => Promise<void>;
}

export const createPost = (deadlineMs: DurationMs): Post => {
  const agent = new Agent({
    connections: 2,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: deadlineMs },
  });
  return {
    send: (url, letter, signal) =>
      new Promise((resolve) => new Attempt(resolve, deadlineMs, signal).dispatch(agent, url, letter)),
    close: () => agent.destroy(),
  };
};

/** One request; settles exactly once. */
class Attempt implements Dispatcher.DispatchHandler {
  readonly #settle: (posted: Posted) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;

  constructor(settle: (posted: Posted) => void, deadlineMs: DurationMs, signal: AbortSignal) {
    this.#settle = settle;
    this.#signal = signal;
    this.#timer = setTimeout(
      () => this.#finish({ kind: 'failed', why: `no answer within ${Math.round(deadlineMs / 1000)} s` }),
      deadlineMs,
    );
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#finish({ kind: 'failed', why: 'stopped' });

  dispatch(agent: Agent, url: string, letter: Letter): void {
    if (this.#signal.aborted) this.#onAbort();
    if (this.#settled) return;
    try {
      const { origin, pathname, search } = new URL(url);
      const { headers, body } = letter;
      agent.dispatch({ origin, path: `${pathname}${search}`, method: 'POST', headers, body }, this);
    } catch (error) {
      this.#finish({ kind: 'failed', why: reasonOf(error) });
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('not needed any more'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Whatever comes before the answer (103 and the like) is not it.
    if (status < 200) return;
    this.#finish({ kind: 'answered', status, retryAfterMs: retryAfter(headers['retry-after']) });
  }

  onResponseData(): void {
    // Nobody reads it: the answer was taken at its status.
  }

  onResponseEnd(): void {
    this.#finish({ kind: 'failed', why: 'the connection ended without an answer' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish({ kind: 'failed', why: reasonOf(error) });
  }

  #finish(posted: Posted): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#settle(posted);
    this.#controller?.abort(new Error('the answer is known'));
  }
}

/** Only the code: the words of a network error may name the address. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'the connection failed';

/** Seconds as a number; a date is not worth the trouble. */
const retryAfter = (value: string | string[] | undefined): DurationMs | null => {
  const seconds = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : null;
  return seconds === null ? null : seconds * 1000;
};
