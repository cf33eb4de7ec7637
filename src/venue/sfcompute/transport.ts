// The narrow place where bytes leave and arrive. A transport sends one request once and says what came back, or why nothing
// did and whether the request could have reached the server. It never retries, never follows a redirect, never judges a
// status, and never rejects. The real one is `undici-transport.ts`; a simulation supplies one that answers with the bytes of
// the in-process market, and everything above this line is then the same code.
import type { DurationMs } from '../../domain/time.ts';

export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface TransportRequest {
  readonly method: HttpMethod;
  /** Path and query, beginning with `/`, already encoded. */
  readonly path: string;
  /** Lower-case names. Carries the token: not for logs. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** A longer answer is not read to its end and counts as `too_large`. */
  readonly maxBytes: number;
}

export type TransportFailure = 'timeout' | 'connection' | 'too_large' | 'redirect';

export type TransportAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Lower-case names; several of one name are joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly kind: 'failed';
      readonly cause: TransportFailure;
      /** False only when it is certain that not one byte of the request left. */
      readonly sent: boolean;
      readonly message: string;
    };

/** Sends once. `deadlineMs` is real time for the whole call: connecting, waiting and reading the body to its end. */
export type Transport = (request: TransportRequest, deadlineMs: DurationMs) => Promise<TransportAnswer>;

export const LIST_BYTES_MAX = 64 * 1024 * 1024;
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
