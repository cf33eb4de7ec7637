// Refusals in the documented shape `{error: {type, message, details?}}`. A refusal is a value; every one the market gives is
// made here or through here, so that status, type and code always fit together.
import type { Reply } from './exchange.ts';

export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

export interface Refusal {
  readonly refused: true;
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

export const isRefusal = <Value extends object>(value: Value | Refusal): value is Refusal =>
  (value as { refused?: unknown }).refused === true;

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'payment_required',
  403: 'forbidden',
  404: 'not_found',
  405: 'invalid_request_error',
  408: 'request_timed_out',
  409: 'conflict',
  410: 'gone',
  422: 'unprocessable_entity',
  426: 'upgrade_required',
  501: 'not_implemented',
  503: 'service_unavailable',
};

/** A refusal with the type that belongs to the status; unknown statuses are `api_error`. */
export const refuse = (status: number, message: string, details: readonly ErrorDetail[] = []): Refusal => ({
  refused: true,
  status,
  type: TYPE_OF_STATUS[status] ?? 'api_error',
  message,
  details,
});

/** 400 for one field. */
export const invalid = (field: string, message: string, code = 'invalid_field'): Refusal =>
  refuse(400, message, [{ code, message, field }]);

export const noNode = (idOrName: string): Refusal => refuse(404, `There is no node ${idOrName}.`);

/** The bytes of a refusal. */
export const refusalReply = (refusal: Refusal): Reply => {
  const { type, message, details } = refusal;
  const error = details.length === 0 ? { type, message } : { type, message, details };
  return { status: refusal.status, body: JSON.stringify({ error }) };
};
