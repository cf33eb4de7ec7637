// What a few keys mean together: shares of a ceiling as prices, defaults that depend on the venue, the host of an address.
// Used by the checks on a draft and by the final build alike, so that both judge the same numbers.
import { GPUS_PER_NODE, type CentsPerNodeHour, centsPerNodeHour, floorLimit } from '../domain/money.ts';
import type { BasisPoints, LadderPolicy } from '../domain/policy.ts';
import { MINUTE_MS, SECOND_MS, type DurationMs } from '../domain/time.ts';
import type { PriceOrShare } from './leaves.ts';
import type { Draft } from './lenient.ts';
import type { Written, WrittenFleet } from './schema.ts';

export const SFCOMPUTE_URL = 'https://api.sfcompute.com';
export const DEFAULT_TOKEN_VARIABLE = 'SFC_API_TOKEN';
export const DEFAULT_INTERRUPTION_MS = 60 * MINUTE_MS;

/** A share of a ceiling, rounded down to a limit that a bid can carry. */
const shareOf = (ceiling: CentsPerNodeHour, share: BasisPoints): CentsPerNodeHour =>
  floorLimit(Math.floor((ceiling * share) / 10_000));

/** A price as written, or a share of the ceiling; both rounded down to a multiple of 8 cents. */
export const limitOf = (written: PriceOrShare, ceiling: CentsPerNodeHour): CentsPerNodeHour =>
  written.kind === 'price' ? floorLimit(written.price) : shareOf(ceiling, written.share);

type Start = WrittenFleet['bid']['start'];

/** The start of a climb: one price, or the rule `quote / else / after`. */
export const startOf = (
  start: Start,
  ceiling: CentsPerNodeHour,
): Pick<LadderPolicy, 'quotePlus' | 'startElse' | 'elseAfterMs'> => {
  if (typeof start === 'number') return { quotePlus: null, startElse: floorLimit(start), elseAfterMs: 0 };
  return { quotePlus: start.quote, startElse: limitOf(start.else, ceiling), elseAfterMs: start.after };
};

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

export type UrlVerdict =
  | { readonly ok: true; readonly url: string; readonly loopback: boolean; readonly clear: boolean }
  | { readonly ok: false; readonly reason: string };

/** Judges where the token may be sent. `clear`: it would travel unencrypted over a network. */
export const judgeUrl = (baseUrl: string, allowHost: string | undefined): UrlVerdict => {
  if (!URL.canParse(baseUrl)) return { ok: false, reason: 'this is no address' };
  const url = new URL(baseUrl);
  if (url.search !== '' || url.hash !== '')
    return { ok: false, reason: 'the address has a query or a fragment' };
  const loopback = isLoopback(url.hostname);
  const own = url.protocol === 'https:' && url.host === 'api.sfcompute.com';
  const named = allowHost !== undefined && [url.host, url.hostname].includes(allowHost.toLowerCase());
  const text = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  const clear = url.protocol === 'http:' && !loopback;
  if (own || loopback || named) return { ok: true, url: text, loopback, clear };
  if (url.host === 'api.sfcompute.com') return { ok: false, reason: 'the token would travel in clear' };
  return {
    ok: false,
    reason: `the token would be sent to ${url.host}, which is neither the venue nor this machine`,
  };
};

type DraftSettings = Draft<Written>;

export const modeOf = (draft: DraftSettings): 'live' | 'dry_run' =>
  draft.mode ?? (draft.venue?.kind === 'sfcompute' ? 'dry_run' : 'live');

export const repostOf = (draft: DraftSettings): 'never' | 'same_name' =>
  draft.repost ?? (draft.venue?.kind === 'sfcompute' ? 'never' : 'same_name');

/** Clock time that must be allowed for `realMs`, and at least `leastMs`. */
const scaled = (leastMs: DurationMs, realMs: DurationMs, speed: number): DurationMs =>
  Math.ceil(Math.max(leastMs, realMs * speed));

export const lookGapOf = (tickGapMs: DurationMs, speed: number): DurationMs =>
  scaled(2 * MINUTE_MS, 2 * tickGapMs, speed);
export const clockSkewOf = (speed: number): DurationMs => scaled(2 * MINUTE_MS, SECOND_MS, speed);
export const defaultLookAge = (speed: number): DurationMs => scaled(60 * SECOND_MS, 5 * SECOND_MS, speed);
export const defaultQuoteFresh = (speed: number): DurationMs => scaled(90 * SECOND_MS, 5 * SECOND_MS, speed);
export const defaultQuoteUsable = (speed: number): DurationMs =>
  scaled(10 * MINUTE_MS, 15 * SECOND_MS, speed);

/** The most nodes a fleet ever wants, surge included; undefined while its numbers cannot be read. */
export const mostNodes = (
  fleet: Draft<WrittenFleet> | undefined,
  surgeDefault: number,
): number | undefined => {
  if (fleet?.gpus === undefined) return undefined;
  const windows = (fleet.schedule ?? []).map((window) => window?.gpus ?? 0);
  return Math.max(fleet.gpus, ...windows) / GPUS_PER_NODE + (fleet.surge_nodes ?? surgeDefault);
};

/** The most changes of limits that one unfilled or held node of a fleet asks for in an hour. */
export const raisesPerNodeHour = (bid: {
  readonly everyMs: DurationMs;
  readonly ceiling: number;
  readonly step: number;
}): number => {
  const steps = Math.ceil(floorLimit(bid.ceiling) / Math.max(bid.step, GPUS_PER_NODE));
  return Math.max(1, Math.min(Math.ceil((60 * MINUTE_MS) / bid.everyMs), steps));
};

export const asPrice = (value: number): CentsPerNodeHour => centsPerNodeHour(value);
