// What the market's control endpoints accept, checked strictly: a misspelt fault that strikes nothing would make a test pass
// that proves nothing.
import { z } from 'zod';

const whole = z.int().nonnegative();
const share = z.number().min(0).max(1);
const pattern = z.string().refine(isPattern, 'not a regular expression');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

const commit = z.boolean().exactOptional();

const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lost_before_commit') }),
  z.strictObject({ kind: z.literal('lost_after_commit') }),
  z.strictObject({ kind: z.literal('late_commit'), afterMs: whole }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    retryAfterSeconds: whole.exactOptional(),
    commit,
  }),
  z.strictObject({ kind: z.literal('hang'), commit }),
  z.strictObject({ kind: z.literal('drip'), bytes: z.int().positive(), everyMs: whole }),
  z.strictObject({ kind: z.literal('delay'), byMs: whole }),
  z.strictObject({ kind: z.literal('html'), status: z.int().min(200).max(599), commit }),
  z.strictObject({ kind: z.literal('truncated'), share }),
  z.strictObject({ kind: z.literal('stale_list'), agoMs: whole }),
  z.strictObject({ kind: z.literal('partial_list'), share }),
  z.strictObject({ kind: z.literal('unknown_status'), word: z.string() }),
  z.strictObject({ kind: z.literal('numbers_as_strings') }),
  z.strictObject({
    kind: z.literal('wrong_goods'),
    zone: z.string().exactOptional(),
    gpu: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('extra_nodes'), count: whole }),
  z.strictObject({ kind: z.literal('overpriced'), byBasisPoints: whole }),
  z.strictObject({ kind: z.literal('vm_failure'), afterMs: whole }),
  z.strictObject({ kind: z.literal('slow_boot'), bootMs: whole.nullable() }),
  z.strictObject({ kind: z.literal('no_quote') }),
  z.strictObject({ kind: z.literal('absurd_quote'), factor: z.number().positive() }),
]);

export const faultRulesSchema = z.array(
  z.strictObject({
    id: z.string().exactOptional(),
    method: z.string().exactOptional(),
    path: z.string().exactOptional(),
    pathPattern: pattern.exactOptional(),
    bodyPattern: pattern.exactOptional(),
    fromMs: whole.exactOptional(),
    untilMs: whole.exactOptional(),
    calls: z.array(z.int().positive()).exactOptional(),
    probability: share.exactOptional(),
    times: whole.exactOptional(),
    fault: faultSchema,
  }),
);

const node = z.string().nullable();

export const switchesSchema = z.strictObject({
  uniqueNames: z.boolean().exactOptional(),
  raisingAllowed: z.boolean().exactOptional(),
  eviction: z.enum(['awaitingcapacity', 'end']).exactOptional(),
  paymentRule: z.enum(['clear', 'maker', 'bid']).exactOptional(),
  quoteDelayMs: whole.exactOptional(),
});

export const askSchema = z.strictObject({
  zone: z.string(),
  ask: z.union([z.int().positive(), z.null(), z.literal('source')]),
});

const eventSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('end_node'),
    node,
    as: z.enum(['terminated', 'failed', 'awaitingcapacity']),
  }),
  z.strictObject({ kind: z.literal('fail_vm'), node }),
  z.strictObject({ kind: z.literal('hide_node'), node, forMs: whole }),
  askSchema.extend({ kind: z.literal('set_ask') }),
  z.strictObject({ kind: z.literal('set_capacity'), zone: z.string(), nodes: whole }),
  z.strictObject({ kind: z.literal('move_balance'), cents: z.int() }),
  z.strictObject({ kind: z.literal('refund'), order: z.string().nullable(), cents: whole }),
  z.strictObject({ kind: z.literal('sell_rest'), order: z.string(), cents: whole }),
  z.strictObject({ kind: z.literal('correct_order'), order: z.string(), cents: whole }),
  z.strictObject({ kind: z.literal('switch'), switches: switchesSchema }),
]);

/** An event now, or at `atMs` of market time. */
export const happeningSchema = z.strictObject({ atMs: whole.exactOptional(), event: eventSchema });
