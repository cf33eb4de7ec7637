// Reads and judges the body of `POST /v1/nodes`. What comes out is complete and consistent by itself; whether the market can
// sell it is decided in purchases.ts. Every rule the reference states is a refusal here.
import { GPUS_PER_NODE } from '../domain/money.ts';
import { DAY_MS, HOUR_MS, SECOND_MS, type UnixMs } from '../domain/time.ts';
import { isRefusal, type Refusal } from './errors.ts';
import { isBase64, readBody, type Fields } from './fields.ts';
import type { MarketState } from './state.ts';

export interface CreateRequest {
  readonly kind: 'autoreserved' | 'reserved';
  readonly count: number;
  /** Cents per node-hour as asked. */
  readonly maxPrice: number;
  /** Null: any zone. */
  readonly zone: string | null;
  readonly names: readonly string[];
  readonly startMs: UnixMs;
  /** Whether `start_at` was absent: the block begins now. */
  readonly startsNow: boolean;
  /** Reserved only. */
  readonly endMs: UnixMs | null;
  readonly imageId: string | null;
}

const KNOWN = [
  'desired_count',
  'max_price_per_node_hour',
  'zone',
  'any_zone',
  'node_type',
  'start_at',
  'end_at',
  'names',
  'cloud_init_user_data',
  'image_id',
  'forward_443',
] as const;

const NAME_LENGTH_MAX = 128;
/** How far ahead time is sold. Times sent in milliseconds by mistake lie far beyond. */
export const HORIZON_MAX_MS = 366 * DAY_MS;

/** A complete request, or the 400 that says everything that is wrong with it. */
export const readCreate = (market: MarketState, body: string | null): CreateRequest | Refusal => {
  const fields = readBody(body, KNOWN);
  if (isRefusal(fields)) return fields;
  const count = required(fields, 'desired_count', fields.integer('desired_count', 1));
  const maxPrice = required(fields, 'max_price_per_node_hour', fields.integer('max_price_per_node_hour', 1));
  const names = fields.texts('names') ?? [];
  checkNames(fields, names, count);
  const kind = kindOf(fields);
  const window = windowOf(market, fields, kind);
  const zone = zoneOf(market, fields, kind);
  const cloudInit = fields.text('cloud_init_user_data');
  if (cloudInit !== null && !isBase64(cloudInit)) {
    fields.problem('cloud_init_user_data', 'cloud_init_user_data must be base64.');
  }
  const imageId = fields.text('image_id');
  if (imageId === '') fields.problem('image_id', 'image_id must not be empty.');
  fields.flag('forward_443');
  if (kind === 'autoreserved' && maxPrice > 0 && maxPrice < GPUS_PER_NODE) {
    fields.problem('max_price_per_node_hour', 'max_price_per_node_hour is under one cent per GPU-hour.');
  }
  return fields.problems() ?? { kind, count, maxPrice, zone, names, imageId, ...window };
};

const required = (fields: Fields, field: string, value: number | null): number => {
  if (!fields.has(field)) fields.problem(field, `${field} is required.`, 'missing_field');
  return value ?? 0;
};

const checkNames = (fields: Fields, names: readonly string[], count: number): void => {
  if (names.length > count) fields.problem('names', 'There are more names than nodes.');
  if (new Set(names).size < names.length)
    fields.problem('names', 'The names are not different.', 'name_taken');
  for (const name of names) {
    const wrong = wrongName(name);
    if (wrong !== null) fields.problem('names', wrong, 'invalid_name');
  }
};

const wrongName = (name: string): string | null => {
  if (name === '') return 'A name must not be empty.';
  if (/^(?:vm_|n_)/.test(name)) return `The name ${name} begins with vm_ or n_, which is reserved.`;
  if (/^\d+$/.test(name)) return `The name ${name} is a number.`;
  return name.length > NAME_LENGTH_MAX ? `A name is longer than ${NAME_LENGTH_MAX} characters.` : null;
};

const kindOf = (fields: Fields): 'autoreserved' | 'reserved' => {
  const kind = fields.oneOf('node_type', ['autoreserved', 'reserved']);
  const hasEnd = fields.has('end_at');
  if (kind === 'reserved' && !hasEnd)
    fields.problem('end_at', 'A reserved node needs end_at.', 'missing_field');
  if (kind === 'autoreserved' && hasEnd) fields.problem('end_at', 'An autoreserved node has no end_at.');
  return kind ?? (hasEnd ? 'reserved' : 'autoreserved');
};

const windowOf = (
  market: MarketState,
  fields: Fields,
  kind: CreateRequest['kind'],
): Pick<CreateRequest, 'startMs' | 'startsNow' | 'endMs'> => {
  const nowMs = Math.floor(market.nowMs / SECOND_MS) * SECOND_MS;
  const start = fields.integer('start_at', 0);
  const end = fields.integer('end_at', 0);
  const startMs = start === null ? nowMs : start * SECOND_MS;
  const endMs = end === null ? null : end * SECOND_MS;
  if (start !== null && kind === 'autoreserved')
    fields.problem('start_at', 'start_at is for reserved nodes only.');
  if (startMs < nowMs) fields.problem('start_at', 'start_at is in the past.');
  if (endMs !== null && endMs % HOUR_MS !== 0) fields.problem('end_at', 'end_at must lie on the hour.');
  if (endMs !== null && endMs > nowMs + HORIZON_MAX_MS) {
    fields.problem('end_at', 'end_at is more than a year ahead.');
  }
  if (endMs !== null && endMs <= startMs) fields.problem('end_at', 'end_at must be after the start.');
  return { startMs, startsNow: start === null, endMs };
};

const zoneOf = (market: MarketState, fields: Fields, kind: CreateRequest['kind']): string | null => {
  const zone = fields.text('zone');
  const anyZone = fields.flag('any_zone') ?? false;
  if (zone !== null && !market.zones.has(zone))
    fields.problem('zone', `There is no zone ${zone}.`, 'unknown_zone');
  if (zone === null && !anyZone && kind === 'autoreserved') {
    fields.problem('zone', 'zone is required unless any_zone is true.', 'missing_field');
  }
  return zone;
};
