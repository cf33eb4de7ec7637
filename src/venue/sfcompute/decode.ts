// Everything the venue sends except nodes, as zod shapes. Unknown fields are dropped, missing and null are the same, and a
// word that is new to us stays a word. Money, quantities and windows are strict: one that cannot be read makes the whole
// answer unreadable (null), because a sum with a hole in it is worse than no sum.
import { z } from 'zod';
import { ACCOUNT_CATEGORIES, type SeenTransaction } from '../../domain/account.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { GPUS_PER_NODE, cents, centsPerNodeHour } from '../../domain/money.ts';
import type { Balance } from '../../domain/look.ts';
import type { SeenProcurement } from '../../domain/node.ts';
import type { UnixMs } from '../../domain/time.ts';
import type { Zone } from '../../domain/market.ts';
import { UNREADABLE, countField, gpuOf, instantField, textField, wholeField } from './fields.ts';
import type { Unreadable } from './fields.ts';

/**
 * A zod shape around one of our field readers: missing → null, not believable → an issue. (zod 4.6 refuses a missing key
 * before a transform sees it, unless what stands before the transform is optional.)
 */
const field = <Value>(read: (value: unknown) => Value | null | Unreadable) =>
  z
    .unknown()
    .optional()
    .transform((value, context): Value | null => {
      const result = read(value);
      return result === UNREADABLE ? refuse(context, value) : result;
    });

/** The same for what must be there. */
const required = <Value>(read: (value: unknown) => Value | null | Unreadable) =>
  z.unknown().transform((value, context): Value => {
    const result = read(value);
    return result === UNREADABLE || result === null ? refuse(context, value) : result;
  });

const refuse = (context: z.RefinementCtx, value: unknown): never => {
  context.issues.push({ code: 'custom', message: 'unreadable', input: value });
  return z.NEVER;
};

const whole = field(wholeField);
const count = field(countField);
const text = field(textField);
const id = required(textField);

const parsed = <Shape extends z.ZodType>(shape: Shape, value: unknown): z.output<Shape> | null => {
  const result = shape.safeParse(value);
  return result.success ? result.data : null;
};

const PROCUREMENT = z.object({
  id,
  buy_limit_price_per_gpu_hour: count,
  horizon: count,
  desired_quantity: count,
});

/** Horizon in minutes → ms; limit per GPU-hour → per node-hour. Null when unreadable. */
export const decodeProcurement = (value: unknown): SeenProcurement | null => {
  const read = parsed(PROCUREMENT, value);
  if (read === null) return null;
  const limit = read.buy_limit_price_per_gpu_hour;
  if (limit !== null && !Number.isSafeInteger(limit * GPUS_PER_NODE)) return null;
  return {
    procurementId: read.id,
    limit: limit === null ? null : centsPerNodeHour(limit * GPUS_PER_NODE),
    horizonMs: read.horizon === null ? null : read.horizon * MINUTE_MS,
    desiredNodes: read.desired_quantity,
  };
};

const LIST = z.object({ data: z.array(z.unknown()), has_more: z.boolean().nullish().catch(null) });

export interface Page {
  readonly data: readonly unknown[];
  /** Null when the venue does not say. */
  readonly hasMore: boolean | null;
}

export const decodePage = (value: unknown): Page | null => {
  const read = parsed(LIST, value);
  return read === null ? null : { data: read.data, hasMore: read.has_more ?? null };
};

const ZONE = z.object({
  name: id,
  region: text,
  hardware_type: id,
  instance_type: text,
  delivery_type: text,
  interconnect_type: text,
});

/** Zones that cannot be read are left out; null when it is no listing. */
export const decodeZones = (value: unknown): readonly Zone[] | null => {
  const page = decodePage(value);
  if (page === null) return null;
  return page.data.flatMap((entry) => {
    const read = parsed(ZONE, entry);
    if (read === null) return [];
    const gpu = gpuOf(read.hardware_type);
    const instanceType =
      read.instance_type ?? instanceTypeOf(read.hardware_type, read.delivery_type, read.interconnect_type);
    return [{ name: read.name, region: read.region ?? 'unknown', instanceType, gpu }];
  });
};

/**
 * Zones name a GPU, quotes want an instance type. Its last letters tell the delivery, as far as examples show: `i` with
 * InfiniBand, `v` without, `k` before it under Kubernetes, which `h100i` leaves out. A word that is one already stays.
 */
const instanceTypeOf = (hardware: string, delivery: string | null, interconnect: string | null): string => {
  const lower = hardware.toLowerCase();
  if (!/^[a-z]{1,2}\d{2,4}$/.test(lower)) return lower;
  const kubernetes = delivery?.toLowerCase().startsWith('k8s') === true && lower !== 'h100';
  const infiniband = interconnect?.toLowerCase() === 'infiniband';
  return `${lower}${kubernetes ? 'k' : ''}${infiniband ? 'i' : 'v'}`;
};

/** `NOW` is the beginning of the next minute after the asking. */
const startField =
  (askedAtMs: UnixMs) =>
  (value: unknown): UnixMs | null | Unreadable =>
    value === 'NOW' ? (Math.floor(askedAtMs / MINUTE_MS) + 1) * MINUTE_MS : instantField(value);

export interface QuoteAnswer {
  /** Null: the venue quotes nothing, for `reason`. */
  readonly offer: {
    /** Whole cents, in total. */
    readonly price: number;
    readonly nodes: number;
    readonly fromMs: UnixMs;
    readonly toMs: UnixMs;
    readonly zone: string | null;
    readonly instanceType: string | null;
  } | null;
  readonly reason: string | null;
}

const QUOTE = z.object({
  quote: z
    .object({
      price: required(wholeField),
      quantity: required(wholeField),
      start_at: z.unknown(),
      end_at: required(instantField),
      zone: text,
      instance_type: text,
    })
    .nullable(),
  no_quote_reason: text,
});

export const decodeQuote = (value: unknown, askedAtMs: UnixMs): QuoteAnswer | null => {
  const read = parsed(QUOTE, value);
  if (read === null) return null;
  const quote = read.quote;
  if (quote === null) return { offer: null, reason: read.no_quote_reason };
  const fromMs = startField(askedAtMs)(quote.start_at);
  if (fromMs === null || fromMs === UNREADABLE) return null;
  return {
    offer: {
      price: quote.price,
      nodes: quote.quantity,
      fromMs,
      toMs: quote.end_at,
      zone: quote.zone,
      instanceType: quote.instance_type,
    },
    reason: null,
  };
};

export interface Contract {
  readonly contractId: string;
  readonly procurementId: string | null;
  readonly zone: string | null;
  /** Null when the shape cannot be read: such a contract may lie anywhere in time. */
  readonly window: { readonly fromMs: UnixMs; readonly toMs: UnixMs } | null;
  readonly createdAtMs: UnixMs | null;
}

const CONTRACT = z.object({
  id,
  procurement_id: text,
  zone: text,
  shape: z.unknown().optional(),
  created_at: field(instantField).catch(null),
});
const SHAPE = z.object({ intervals: z.array(required(instantField)).min(2) });

export const decodeContract = (value: unknown): Contract | null => {
  const read = parsed(CONTRACT, value);
  if (read === null) return null;
  const intervals = parsed(SHAPE, read.shape)?.intervals ?? [];
  const window =
    intervals.length === 0 ? null : { fromMs: Math.min(...intervals), toMs: Math.max(...intervals) };
  const { id: contractId, procurement_id: procurementId, zone, created_at: createdAtMs } = read;
  return { contractId, procurementId, zone, window, createdAtMs };
};

export interface Order {
  readonly orderId: string;
  readonly side: string;
  readonly executed: boolean;
  readonly nodes: number;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Whole cents in total; null until the venue has put it down. */
  readonly executionPrice: number | null;
  readonly zone: string | null;
}

const ORDER = z.object({
  id,
  side: id,
  executed: z.boolean().nullish(),
  quantity: required(countField),
  start_at: required(instantField),
  end_at: required(instantField),
  execution_price: count,
  cluster: text,
});

export const decodeOrder = (value: unknown): Order | null => {
  const read = parsed(ORDER, value);
  if (read === null) return null;
  return {
    orderId: read.id,
    side: read.side.toLowerCase(),
    executed: read.executed === true,
    nodes: read.quantity,
    fromMs: read.start_at,
    toMs: read.end_at,
    executionPrice: read.execution_price,
    zone: read.cluster,
  };
};

const TRANSACTION = z.object({
  cursor: id,
  transaction_time: required(instantField),
  amount_cents: required(wholeField),
  details: z.object({ type: text, order_id: text }).nullish().catch(null),
});

/** A row of the account; a type that is new to us becomes `other`. Null when time or amount cannot be read. */
export const decodeTransaction = (value: unknown): SeenTransaction | null => {
  const read = parsed(TRANSACTION, value);
  if (read === null) return null;
  const type = read.details?.type ?? null;
  return {
    cursor: read.cursor,
    atMs: read.transaction_time,
    category: ACCOUNT_CATEGORIES.find((one) => one === type) ?? 'other',
    amount: cents(read.amount_cents),
    orderId: read.details?.order_id ?? null,
  };
};

const BALANCE = z.object({
  available_balance_cents: whole,
  current_balance_cents: whole,
  available_cents: whole,
  current_cents: whole,
});

/** Both shapes that are in circulation; null when neither is there. */
export const decodeBalance = (value: unknown): Balance | null => {
  const read = parsed(BALANCE, value);
  const available = read?.available_balance_cents ?? read?.available_cents ?? null;
  const current = read?.current_balance_cents ?? read?.current_cents ?? null;
  return available === null || current === null
    ? null
    : { available: cents(available), current: cents(current) };
};

/**
 * Cents per node-hour of an offer: price ÷ (nodes × hours), rounded up, exact. Null for an absurd offer: nothing sold, no
 * time, nothing to pay, or a price beyond every whole number we can hold.
 */
export const askOf = (price: number, nodes: number, windowMs: number): number | null => {
  if (![price, nodes, windowMs].every((value) => Number.isSafeInteger(value) && value > 0)) return null;
  const divisor = BigInt(nodes) * BigInt(windowMs);
  const ask = (BigInt(price) * BigInt(HOUR_MS) + divisor - 1n) / divisor;
  return ask > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(ask);
};
