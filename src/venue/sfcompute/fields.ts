// Single fields of the venue's answers, turned into our units here and nowhere else. Numbers may come as numbers or as strict
// numeric text; instants as Unix seconds or as ISO 8601 with a zone. `null` means the venue said nothing; `UNREADABLE` means
// it said something that cannot be believed, and then the caller decides whether money hangs on it.
import { SECOND_MS } from '../../domain/time.ts';
import type { UnixMs } from '../../domain/time.ts';
import { centsPerNodeHour } from '../../domain/money.ts';
import type { CentsPerNodeHour } from '../../domain/money.ts';

export const UNREADABLE = Symbol('unreadable');
export type Unreadable = typeof UNREADABLE;

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const WHOLE_TEXT = /^-?\d{1,16}$/;
const DECIMAL_TEXT = /^\d{1,12}(\.\d{1,9})?$/;
const ISO_TEXT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** Seconds from here on are taken for milliseconds by mistake: the year 5138. */
const SECONDS_MAX = 1e11;

/** A whole, exactly representable number of either sign. */
export const wholeField = (value: unknown): number | null | Unreadable => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : UNREADABLE;
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' || !WHOLE_TEXT.test(value)) return UNREADABLE;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : UNREADABLE;
};

/** A whole number that is not negative. */
export const countField = (value: unknown): number | null | Unreadable => {
  const number = wholeField(value);
  return typeof number === 'number' && number < 0 ? UNREADABLE : number;
};

/** Whole cents per node-hour, not negative. */
export const limitField = (value: unknown): CentsPerNodeHour | null | Unreadable => {
  const number = countField(value);
  return typeof number === 'number' ? centsPerNodeHour(number) : number;
};

/** Unix seconds or ISO 8601 → milliseconds. */
export const instantField = (value: unknown): UnixMs | null | Unreadable => {
  if (typeof value === 'number') return fromSeconds(value);
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string') return UNREADABLE;
  if (DECIMAL_TEXT.test(value)) return fromSeconds(Number(value));
  if (!ISO_TEXT.test(value)) return UNREADABLE;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? UNREADABLE : parsed;
};

const fromSeconds = (seconds: number): UnixMs | Unreadable =>
  seconds >= 0 && seconds < SECONDS_MAX ? Math.round(seconds * SECOND_MS) : UNREADABLE;

/** Text that is not empty; anything else counts as nothing said. For description only. */
export const textField = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const GPU_WORD = /^(h100|h200)(k?[iv])?$/;

/** The GPU type behind a hardware or instance type: `H100`, `h100i`, `h100v` → `h100`; new words are kept in lower case. */
export const gpuOf = (word: string): string => {
  const lower = word.toLowerCase();
  return GPU_WORD.exec(lower)?.[1] ?? lower;
};

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** An HTTP date header; null when it is missing or in no form a server should send. */
export const httpDate = (text: string | undefined): UnixMs | null => {
  if (text === undefined || !HTTP_DATE.test(text)) return null;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
};
