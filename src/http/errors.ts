// Why the HTTP side could not start or would not answer, with stable codes; the documentation lists the same.

export const HTTP_ERRORS = {
  E_HTTP_PORT: {
    meaning: 'The port is taken by another program, or this user may not use it.',
    remedy:
      'Stop the other program, or choose another port with `listen` or `listen_metrics` (0 lets the system choose).',
  },
  E_HTTP_ADDRESS: {
    meaning: 'This machine has no such address to listen on.',
    remedy: 'Use 127.0.0.1, 0.0.0.0, ::1 or an address of one of the network interfaces.',
  },
  E_HTTP_NOT_FOUND: {
    meaning: 'There is nothing at this path.',
    remedy: 'Ask for /metrics, /healthz, /readyz or, from this machine, / and /v1/status.',
  },
  E_HTTP_LOCAL_ONLY: {
    meaning: 'This path answers only requests made on this machine to a name of this machine.',
    remedy: 'Ask on the machine of the daemon itself, by http://127.0.0.1 or http://localhost.',
  },
  E_HTTP_HOST: {
    meaning: 'The Host header names neither this machine nor a name in `api.hosts`.',
    remedy: 'Ask by http://127.0.0.1 or http://localhost, or add the name to `api.hosts` and restart.',
  },
  E_HTTP_ORIGIN: {
    meaning: 'The request comes from a web page of another origin.',
    remedy: 'Only pages of this daemon may ask; scripts send no Origin header.',
  },
  E_HTTP_TOKEN: {
    meaning: 'No token was shown, or one that the daemon does not know.',
    remedy:
      'Send `Authorization: Bearer …` with the token of `api` in the settings, or the one in `<store>.api-token`.',
  },
  E_HTTP_READ_ONLY: {
    meaning: 'The token shown may read and not change anything.',
    remedy: 'Send the change token.',
  },
  E_HTTP_RATE: {
    meaning: 'The daemon was asked too often.',
    remedy: 'Wait a minute; read less often, or read /metrics.',
  },
  E_HTTP_VENUE: {
    meaning: 'The venue could not be asked, or does not show such a node.',
    remedy: 'Check the name or id, and try again.',
  },
  E_HTTP_NO_REPORT: {
    meaning: 'No tick has finished yet, so there is nothing to report.',
    remedy: 'Ask again in a few seconds; /readyz says when.',
  },
  E_HTTP_REQUEST: {
    meaning: 'The request was not understood or is too large.',
    remedy: 'Send a plain GET without a body.',
  },
  E_HTTP_INTERNAL: {
    meaning: 'Answering failed; the daemon itself goes on.',
    remedy: 'Look into the log of the daemon.',
  },
} as const;

export type HttpErrorCode = keyof typeof HTTP_ERRORS;

/** Thrown by `startHttp` alone. `message` is the detail followed by the remedy. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly remedy: string;

  constructor(code: HttpErrorCode, detail: string, cause?: unknown) {
    const remedy = HTTP_ERRORS[code].remedy;
    super(`${detail}. ${remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

/** The body of an answer that refuses. */
export const refusal = (
  code: HttpErrorCode,
  detail: string = HTTP_ERRORS[code].meaning,
): { readonly code: HttpErrorCode; readonly message: string; readonly remedy: string } => ({
  code,
  message: detail,
  remedy: HTTP_ERRORS[code].remedy,
});
