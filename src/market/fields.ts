// Strict reading of request bodies and query texts. Every reader gives its value or null for a missing (or null) field, and
// notes what is wrong; `problems` decides at the end. Unknown fields are refused, so that a client's spelling mistake
// cannot buy something else than was meant.
import { refuse, type ErrorDetail, type Refusal } from './errors.ts';

/** A JSON object's fields, read one by one. */
export interface Fields {
  /** A whole number of at least `least`. */
  readonly integer: (field: string, least: number) => number | null;
  readonly text: (field: string) => string | null;
  readonly flag: (field: string) => boolean | null;
  readonly texts: (field: string) => readonly string[] | null;
  readonly oneOf: <Word extends string>(field: string, words: readonly Word[]) => Word | null;
  readonly has: (field: string) => boolean;
  readonly problem: (field: string, message: string, code?: string) => void;
  /** The refusal for everything noted so far; null when all is well. */
  readonly problems: () => Refusal | null;
}

/** The body as an object; a refusal when it is not JSON, not an object, or has fields that are not `known`. */
export const readBody = (body: string | null, known: readonly string[]): Fields | Refusal => {
  const parsed = parseObject(body);
  if (parsed === null) return refuse(400, 'The body must be a JSON object.');
  const fields = fieldsOf(parsed);
  for (const field of Object.keys(parsed)) {
    if (!known.includes(field))
      fields.problem(field, `${field} is not a field of this request.`, 'unknown_field');
  }
  return fields.problems() ?? fields;
};

const parseObject = (body: string | null): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(body === null || body === '' ? '{}' : body);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

const fieldsOf = (values: Record<string, unknown>): Fields => {
  const details: ErrorDetail[] = [];
  const problem = (field: string, message: string, code = 'invalid_field'): void => {
    details.push({ code, message, field });
  };
  const read = <Value>(
    field: string,
    what: string,
    fits: (value: unknown) => value is Value,
  ): Value | null => {
    const value = values[field];
    if (value === undefined || value === null) return null;
    if (fits(value)) return value;
    problem(field, `${field} must be ${what}.`);
    return null;
  };
  return {
    integer: (field, least) =>
      read(
        field,
        `a whole number of at least ${least}`,
        (value): value is number => Number.isSafeInteger(value) && (value as number) >= least,
      ),
    text: (field) => read(field, 'a text', isText),
    flag: (field) => read(field, 'true or false', (value): value is boolean => typeof value === 'boolean'),
    texts: (field) =>
      read(
        field,
        'a list of texts',
        (value): value is string[] => Array.isArray(value) && value.every(isText),
      ),
    oneOf: (field, words) =>
      read(field, `one of ${words.join(', ')}`, (value): value is (typeof words)[number] =>
        (words as readonly unknown[]).includes(value),
      ),
    has: (field) => values[field] !== undefined && values[field] !== null,
    problem,
    problems: () =>
      details.length === 0 ? null : refuse(400, details[0]?.message ?? 'Invalid request.', details),
  };
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** A whole number in a query; `missing` when it is absent, a refusal when it is not in [least, most]. */
export const queryInteger = (
  query: URLSearchParams,
  name: string,
  range: { readonly least: number; readonly most: number; readonly missing: number },
): { readonly value: number } | Refusal => {
  const text = query.get(name);
  if (text === null) return { value: range.missing };
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.least && value <= range.most) return { value };
  const message = `${name} must be a whole number from ${range.least} to ${range.most}.`;
  return refuse(400, message, [{ code: 'invalid_field', message, field: name }]);
};

/** Limit and offset of a v0 listing; a refusal when either is wrong. */
export const paging = (
  query: URLSearchParams,
  most: number,
  missing: number,
): { readonly limit: number; readonly offset: number } | Refusal => {
  const limit = queryInteger(query, 'limit', { least: 1, most, missing });
  if ('refused' in limit) return limit;
  const offset = queryInteger(query, 'offset', { least: 0, most: 1e12, missing: 0 });
  if ('refused' in offset) return offset;
  return { limit: limit.value, offset: offset.value };
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
export const isBase64 = (text: string): boolean => BASE64.test(text);
