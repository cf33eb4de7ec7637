// The text of an answer, before anything in it is believed: JSON or not, and whether it has the venue's own error shape. Only
// that shape is positive evidence of a refusal; a proxy's HTML page, a truncated text or an empty body proves nothing.
import { isObject, textField } from './fields.ts';

export interface VenueErrorDetail {
  readonly code: string;
  readonly message: string;
}

/** The venue's own words for a refusal. */
export interface VenueErrorBody {
  readonly type: string;
  readonly message: string;
  readonly details: readonly VenueErrorDetail[];
}

export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: VenueErrorBody }
  /** Empty, HTML, truncated … */
  | { readonly kind: 'other' };

const BYTE_ORDER_MARK = 0xfeff;

/** Never throws. The content type is ignored: what parses is JSON, whatever its label says. */
export const readBody = (text: string): Body => {
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch {
    return { kind: 'other' };
  }
  const error = venueErrorOf(value);
  return error === null ? { kind: 'json', value } : { kind: 'error', error };
};

/** `{error: {type, message, details?}}`, or type and message at the top as some older v0 routes have it. */
const venueErrorOf = (value: unknown): VenueErrorBody | null => {
  if (!isObject(value)) return null;
  const inner = isObject(value['error']) ? value['error'] : value;
  const type = textField(inner['type']);
  if (type === null || typeof inner['message'] !== 'string') return null;
  const details = Array.isArray(inner['details']) ? inner['details'].map(detailOf) : [];
  return { type, message: inner['message'], details: details.filter((detail) => detail !== null) };
};

const detailOf = (value: unknown): VenueErrorDetail | null => {
  if (!isObject(value)) return null;
  const code = textField(value['code']);
  return code === null ? null : { code, message: textField(value['message']) ?? '' };
};
