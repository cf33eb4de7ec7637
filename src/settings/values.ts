// Exact readers of the values people write: prices, sums, shares and durations. Digits are put together as integers and
// never pass through a float; whatever is not exactly a whole cent per node-hour (or a whole cent) is refused, never rounded.
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs } from '../domain/time.ts';
import {
  GPUS_PER_NODE,
  type Cents,
  type CentsPerNodeHour,
  cents,
  centsPerNodeHour,
} from '../domain/money.ts';
import type { BasisPoints } from '../domain/policy.ts';
import type { SettingsCode } from './errors.ts';

export interface Refusal {
  readonly ok: false;
  readonly code: SettingsCode;
  readonly reason: string;
  readonly remedy: string;
}

export type Read<Value> = { readonly ok: true; readonly value: Value } | Refusal;

export const refuse = (code: SettingsCode, reason: string, remedy: string): Refusal => ({
  ok: false,
  code,
  reason,
  remedy,
});

/** Above this a price is a slip of the pen, and month-long sums over large fleets would leave the exact integers. */
export const HIGHEST_PRICE = centsPerNodeHour(1_000_000);
/** $10,000,000,000: its cent-seconds are still exact integers. */
const HIGHEST_SUM = cents(1_000_000_000_000);
const LONGEST_DURATION_MS = 366 * DAY_MS;

const PRICE_REMEDY =
  'Write the price with its unit: $2.00/gpu-hour, or $16.00/node-hour for the whole node of 8 GPUs';
const MONEY_REMEDY = 'Write dollars and whole cents: $500 or $500.50';
const SHARE_REMEDY = 'Write a percentage: 5% or 2.5%';
const DURATION_REMEDY = 'Write the duration with its units: 90s, 5m, 1h or 1h30m';

/** Digits with at most six decimals as millionths. */
const millionths = (whole: string, decimals: string): bigint =>
  BigInt(whole) * 1_000_000n + BigInt(decimals.padEnd(6, '0'));

/** What is wrong with a number before its unit is even looked at; null when nothing is. */
const numberFault = (text: string): string | null => {
  if (/^[+-]|^\$[+-]/.test(text)) return 'a sign is not allowed';
  if (/,|_/.test(text)) return 'digits are written without separators';
  if (!text.startsWith('$')) return 'the dollar sign is missing';
  if (/^\$0\d/.test(text)) return 'a leading zero is not allowed';
  if (/^\$\d+\.\d{7,}/.test(text)) return 'that many decimals cannot be a whole cent';
  return null;
};

/** `$2.00/gpu-hour` or `$16.00/node-hour` → whole cents per node-hour. */
export const readPrice = (text: string): Read<CentsPerNodeHour> => {
  const match = /^\$(0|[1-9]\d*)(?:\.(\d{1,6}))?\/(gpu|node)-hour$/.exec(text);
  if (match === null) {
    return refuse(
      'E_SETTINGS_PRICE',
      numberFault(text) ?? 'a price needs /gpu-hour or /node-hour right after the number',
      PRICE_REMEDY,
    );
  }
  const [, whole = '', decimals = '', unit] = match;
  const perNode = millionths(whole, decimals) * (unit === 'gpu' ? BigInt(GPUS_PER_NODE) : 1n);
  if (perNode % 10_000n !== 0n) {
    return refuse(
      'E_SETTINGS_PRICE',
      'that is no whole number of cents per node-hour',
      'Write a price of whole cents per node-hour, for example $1.10/gpu-hour',
    );
  }
  const value = perNode / 10_000n;
  if (value > BigInt(HIGHEST_PRICE))
    return refuse('E_SETTINGS_PRICE', 'prices above $10000.00/node-hour are not believed', PRICE_REMEDY);
  return { ok: true, value: centsPerNodeHour(Number(value)) };
};

/** `$500`, `$1.10` → whole cents. */
export const readMoney = (text: string): Read<Cents> => {
  const match = /^\$(0|[1-9]\d*)(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null)
    return refuse('E_SETTINGS_MONEY', numberFault(text) ?? 'a sum is dollars and nothing else', MONEY_REMEDY);
  const [, whole = '', decimals = ''] = match;
  const exact = millionths(whole, decimals);
  if (exact % 10_000n !== 0n)
    return refuse('E_SETTINGS_MONEY', 'that is no whole number of cents', MONEY_REMEDY);
  if (exact / 10_000n > BigInt(HIGHEST_SUM))
    return refuse('E_SETTINGS_MONEY', 'sums above $10000000000 are not believed', MONEY_REMEDY);
  return { ok: true, value: cents(Number(exact / 10_000n)) };
};

/** `5%`, `2.5%` → basis points. */
export const readShare = (text: string): Read<BasisPoints> => {
  const match = /^(0|[1-9]\d{0,4})(?:\.(\d{1,2}))?%$/.exec(text);
  if (match === null) {
    const fault = /^[+-]/.test(text)
      ? 'a sign is not allowed here'
      : 'a share is a percentage with at most two decimals';
    return refuse('E_SETTINGS_SHARE', fault, SHARE_REMEDY);
  }
  const [, whole = '', decimals = ''] = match;
  return { ok: true, value: Number(whole) * 100 + Number(decimals.padEnd(2, '0')) };
};

/** `+2%` → basis points: what is put on top of a quote, so the plus sign is part of it. */
export const readPlusShare = (text: string): Read<BasisPoints> => {
  const remedy = 'Write what is added to the quote: +2%';
  if (text.startsWith('-')) return refuse('E_SETTINGS_SHARE', 'a bid under the quote never fills', remedy);
  if (!text.startsWith('+'))
    return refuse('E_SETTINGS_SHARE', 'a share on top of the quote begins with a plus sign', remedy);
  const share = readShare(text.slice(1));
  return share.ok ? share : { ...share, remedy };
};

/** `90s`, `5m`, `1h30m` → milliseconds; the largest unit first, each at most once. */
export const readDuration = (text: string): Read<DurationMs> => {
  const match = /^(?=\d)(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?$/.exec(text);
  if (match === null) {
    const fault = /^[+-]/.test(text)
      ? 'a sign is not allowed'
      : 'a duration is made of hours, minutes and seconds, in that order';
    return refuse('E_SETTINGS_DURATION', fault, DURATION_REMEDY);
  }
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  const value = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * SECOND_MS;
  if (value > LONGEST_DURATION_MS)
    return refuse('E_SETTINGS_DURATION', 'that is longer than a year', DURATION_REMEDY);
  return { ok: true, value };
};

/** Settings' own spelling of a duration: `1h30m`. */
export const writeDuration = (span: DurationMs): string => {
  const hours = Math.floor(span / HOUR_MS);
  const minutes = Math.floor((span % HOUR_MS) / MINUTE_MS);
  const seconds = Math.floor((span % MINUTE_MS) / SECOND_MS);
  const text = `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`;
  return text === '' ? '0s' : text;
};

/** Settings' own spelling of a share: `2.5%`. */
export const writeShare = (share: BasisPoints): string => `${String(share / 100)}%`;
