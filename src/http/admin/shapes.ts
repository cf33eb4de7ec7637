// What the admin API takes and gives, as schemas: the check of every request and the source of the OpenAPI document. Money is
// in whole cents (cents per node-hour for prices), instants in milliseconds since 1970 UTC.
import { z } from 'zod';

const instant = z.int().describe('milliseconds since 1970-01-01T00:00:00Z');
const price = z.int().describe('cents per node-hour');
const plain = (most: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{C}]*$/u, 'no control characters');
const nameText = z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'a name or an id');

const who = {
  by: plain(80).describe('who asks; goes into the ledger'),
  why: plain(400).describe('why; goes into the ledger'),
};

export const whoBody = z.strictObject(who);
export const targetBody = z.strictObject({
  ...who,
  gpus: z.int().min(0).describe('a multiple of 8'),
  until_ms: instant.describe('when the schedule says the target again, at most 31 days from now'),
});
export const reloadBody = z.strictObject({
  ...who,
  acknowledge: z.boolean().default(false).describe('steep rises and abandoned fleets are meant'),
  dry_run: z.boolean().default(false).describe('only say what would change'),
});
export const adoptBody = z.strictObject({
  ...who,
  fleet: nameText,
  hand_over: z
    .boolean()
    .default(false)
    .describe('false: only observe and say what the daemon would do; true: hand the node over'),
});
export const ledgerQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('entries with a number above this; default: the newest'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

const loose = z.looseObject;

export const fleetShape = loose({
  fleet: z.string(),
  gpu: z.string(),
  wantedGpus: z.int(),
  wantedNodes: z.int(),
  runningNodes: z.int(),
  limit: price.nullable(),
  ceiling: price,
  spendRate: z.int().describe('cents an hour at the limits in force'),
  unattendedRate: z.int().describe('cents an hour that go on with nobody watching'),
});
export const nodeShape = loose({
  name: z.string(),
  nodeId: z.string().nullable(),
  fleet: z.string(),
  zone: z.string(),
  hold: z.enum(['autoreserved', 'reserved']),
  state: z.enum(['waiting', 'running', 'releasing', 'unhealthy', 'unknown']),
  limit: price,
  endAtMs: instant.nullable(),
});
export const strangerShape = z.object({ nodeId: z.string(), name: z.string(), fleet: z.string().nullable() });
export const climbShape = z.object({
  fleet: z.string(),
  zone: z.string(),
  level: price,
  steps: z.int(),
  movedAtMs: instant,
});
export const decisionShape = loose({
  fleet: z.string(),
  action: z.string(),
  zone: z.string().nullable(),
  name: z.string().nullable(),
  limit: price.nullable(),
  refusedBy: z.string().nullable().describe('the guard that refused it'),
  reason: z.string(),
  why: z.string(),
});
export const budgetShape = loose({
  budget: z.string().describe('a fleet, or `process`'),
  period: z.enum(['hour', 'day', 'week', 'month']),
  limit: z.int().describe('cents'),
  spent: z.int().describe('cent-seconds: cents × 3600'),
  earmarked: z.int().describe('cent-seconds'),
  periodEndMs: instant,
});
export const entryShape = z.object({
  seq: z.int(),
  atMs: instant,
  entry: loose({ kind: z.string() }),
});
export const doneShape = z.object({
  result: z
    .enum(['done', 'unchanged', 'unconfirmed'])
    .describe('unconfirmed: written, but no tick has confirmed it yet'),
});
export const reloadShape = z.object({
  result: z.enum(['unchanged', 'reloaded', 'shown']),
  changes: z.array(z.string()),
});
export const adoptShape = z.object({
  result: z.enum(['observed', 'done', 'unchanged', 'unconfirmed']),
  would: z.array(z.string()).describe('what the daemon would do with it that it does not do now'),
});
export const errorShape = z.object({ code: z.string(), message: z.string(), remedy: z.string() });
