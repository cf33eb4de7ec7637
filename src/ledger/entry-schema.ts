// What each kind of entry must look like, word by word. An entry is held against its shape before it is written and after
// it was read, so nothing that could not be read back is ever written. The types tie every shape to the domain: a field or
// a word added there does not compile until it is added here.
import { z } from 'zod';
import type { AccountCategory, SeenTransaction } from '../domain/account.ts';
import type { ChangeKind, RefusalCode, UnknownCause } from '../domain/change.ts';
import type {
  Basis,
  ClimbMoved,
  DaemonStarted,
  EndProof,
  Entry,
  EntryKind,
  IntentVoided,
  MoneyReturned,
  OrdersAttributed,
  OrderSplit,
  RaiseIntended,
  ReleaseReason,
  ShadowBought,
} from '../domain/entry.ts';
import type { Cents, CentsPerNodeHour } from '../domain/money.ts';
import type { HoldKind, NodeStatus, SeenNode, VmStatus } from '../domain/node.ts';
import type { BudgetPeriod, BudgetStage } from '../domain/policy.ts';

type EntryOf<Kind extends EntryKind> = Extract<Entry, { readonly kind: Kind }>;
type Fields<Shape> = { readonly [Field in keyof Shape]-?: z.ZodType<Shape[Field]> };

/** A strict object with exactly the fields of `Shape`. */
const exactly = <Shape>(fields: Fields<Shape>): z.ZodType<Shape> =>
  z.strictObject(fields) as unknown as z.ZodType<Shape>;

/** One of the words of a union; the record makes the compiler ask for every one of them. */
const oneOf = <Word extends string>(words: Readonly<Record<Word, true>>): z.ZodType<Word> =>
  z.enum(Object.keys(words) as [Word, ...Word[]]);

const whole = z.int();
const instant = z.int();
const text = z.string();
const flag = z.boolean();
const price = z.int() as unknown as z.ZodType<CentsPerNodeHour>;
const sum = z.int() as unknown as z.ZodType<Cents>;
const maybe = <Output>(schema: z.ZodType<Output>): z.ZodType<Output | null> => z.nullable(schema);

const hold = oneOf<HoldKind>({ autoreserved: true, reserved: true });
const change = oneOf<ChangeKind>({ create: true, raise: true, extend: true, release: true, delete: true });
const endProof = oneOf<EndProof>({
  terminated: true,
  deleted: true,
  failed: true,
  deleted_by_us: true,
  reservation_over: true,
});
const nodeStatus = oneOf<NodeStatus>({
  pending: true,
  awaitingcapacity: true,
  running: true,
  released: true,
  terminated: true,
  deleted: true,
  failed: true,
  unknown: true,
});
const vmStatus = oneOf<VmStatus>({
  pending: true,
  running: true,
  destroyed: true,
  node_failure: true,
  unknown: true,
});
const refusalCode = oneOf<RefusalCode>({
  price: true,
  capacity: true,
  funds: true,
  name_taken: true,
  request: true,
  auth: true,
  forbidden: true,
  not_found: true,
  not_sent: true,
});
const unknownCause = oneOf<UnknownCause>({
  timeout: true,
  connection: true,
  server_error: true,
  rate_limited: true,
  garbled: true,
  http: true,
});
const releaseReason = oneOf<ReleaseReason>({
  surplus: true,
  paused: true,
  above_ceiling: true,
  budget: true,
  replace: true,
  wrong_goods: true,
  unhealthy: true,
  stop: true,
  drain: true,
});
const raiseReason = oneOf<RaiseIntended['reason']>({ climb: true, reanchor: true, edge: true, park: true });
const strategyName = oneOf<ShadowBought['strategy']>({ ladder: true, follow: true });
const climbReason = oneOf<ClimbMoved['reason']>({ started: true, stepped: true, reanchored: true });
const voidProof = oneOf<IntentVoided['proof']>({
  absent_after_quarantine: true,
  name_refused_never_found: true,
  end_unmoved_after_quarantine: true,
  acknowledged_absent: true,
});

const category = oneOf<AccountCategory>({
  buy_order: true,
  sell_order: true,
  refund: true,
  credit_grant: true,
  manual_payment: true,
  stripe_card_payment: true,
  other: true,
});
const transaction = exactly<SeenTransaction>({
  cursor: text,
  atMs: instant,
  category,
  amount: sum,
  orderId: maybe(text),
});

const basis = exactly<Basis>({ lookAtMs: instant, ask: maybe(price), askedAtMs: maybe(instant) });
const seenNode = exactly<SeenNode>({
  nodeId: text,
  name: text,
  status: nodeStatus,
  statusText: text,
  kind: z.union([hold, z.literal('unknown')]),
  zone: maybe(text),
  gpu: text,
  createdAtMs: maybe(instant),
  startAtMs: maybe(instant),
  endAtMs: maybe(instant),
  procurementId: maybe(text),
  limit: maybe(price),
  vm: maybe(exactly<NonNullable<SeenNode['vm']>>({ status: vmStatus, startAtMs: maybe(instant) })),
});

const entryOf = <Kind extends EntryKind>(
  kind: Kind,
  fields: Fields<Omit<EntryOf<Kind>, 'kind'>>,
): z.ZodType<EntryOf<Kind>> =>
  z.strictObject({ kind: z.literal(kind), ...(fields as unknown as z.ZodRawShape) }) as unknown as z.ZodType<
    EntryOf<Kind>
  >;

/** The shape of every kind of entry. */
const ENTRY_SCHEMAS: { readonly [Kind in EntryKind]: z.ZodType<EntryOf<Kind>> } = {
  ledger_opened: entryOf('ledger_opened', { ledgerId: text, namePrefix: text }),
  daemon_started: entryOf('daemon_started', {
    version: text,
    mode: oneOf<DaemonStarted['mode']>({ live: true, dry_run: true }),
    settingsHash: text,
  }),
  settings_reloaded: entryOf('settings_reloaded', {
    settingsHash: text,
    changes: z.array(text),
    by: text,
    why: text,
  }),
  coverage_changed: entryOf('coverage_changed', {
    fleet: text,
    wantedNodes: whole,
    runningNodes: whole,
    jobs: z.record(text, whole).optional(),
  }),
  climb_moved: entryOf('climb_moved', {
    fleet: text,
    zone: text,
    level: price,
    reason: climbReason,
    ask: maybe(price),
    askedAtMs: maybe(instant),
  }),
  references_changed: entryOf('references_changed', { fleet: text, ceiling: price, block: maybe(price) }),
  shadow_bought: entryOf('shadow_bought', {
    fleet: text,
    strategy: strategyName,
    zone: text,
    nodes: whole,
    starts: whole,
    fromMs: instant,
    toMs: instant,
    limit: price,
    ask: maybe(price),
    price,
  }),
  create_intended: entryOf('create_intended', {
    name: text,
    fleet: text,
    slot: whole,
    generation: whole,
    zone: text,
    gpu: text,
    hold,
    limit: price,
    startAtMs: maybe(instant),
    endAtMs: maybe(instant),
    cloudInitHash: maybe(text),
    basis,
    why: text,
  }),
  repost_intended: entryOf('repost_intended', { node: whole, name: text, limit: price, basis, why: text }),
  raise_intended: entryOf('raise_intended', {
    node: whole,
    procurementId: text,
    from: price,
    to: price,
    reason: raiseReason,
    basis,
    why: text,
  }),
  extend_intended: entryOf('extend_intended', {
    node: whole,
    nodeId: text,
    endBeforeMs: instant,
    endAfterMs: instant,
    limit: price,
    basis,
    why: text,
  }),
  release_intended: entryOf('release_intended', {
    node: whole,
    nodeId: text,
    reason: releaseReason,
    why: text,
  }),
  delete_intended: entryOf('delete_intended', { node: whole, nodeId: text, why: text }),
  change_accepted: entryOf('change_accepted', {
    intent: whole,
    change,
    node: maybe(seenNode),
    limit: maybe(price),
    estimate: maybe(price),
  }),
  change_refused: entryOf('change_refused', {
    intent: whole,
    change,
    code: refusalCode,
    status: maybe(whole),
    message: text,
  }),
  change_unknown: entryOf('change_unknown', {
    intent: whole,
    change,
    cause: unknownCause,
    status: maybe(whole),
    message: text,
  }),
  node_seen: entryOf('node_seen', { node: whole, seen: seenNode, estimate: maybe(price), watched: flag }),
  procurement_seen: entryOf('procurement_seen', {
    node: whole,
    procurementId: text,
    limit: maybe(price),
    horizonMs: maybe(whole),
  }),
  intent_voided: entryOf('intent_voided', { intent: whole, proof: voidProof }),
  node_ended: entryOf('node_ended', { node: whole, proof: endProof }),
  renewals_authorised: entryOf('renewals_authorised', { untilMs: instant, nodes: z.array(whole) }),
  order_settled: entryOf('order_settled', {
    orderId: text,
    node: whole,
    fromMs: instant,
    toMs: instant,
    cost: sum,
  }),
  order_split: entryOf('order_split', {
    orderId: text,
    fromMs: instant,
    toMs: instant,
    cost: sum,
    shares: z.array(exactly<OrderSplit['shares'][number]>({ node: whole, cost: sum })),
    rest: sum,
  }),
  money_returned: entryOf('money_returned', {
    orderId: text,
    node: whole,
    why: oneOf<MoneyReturned['why']>({ refund: true, sale: true }),
    fromMs: instant,
    toMs: instant,
    amount: sum,
  }),
  transactions_seen: entryOf('transactions_seen', { rows: z.array(transaction), gone: z.array(text) }),
  orders_attributed: entryOf('orders_attributed', {
    owner: oneOf<OrdersAttributed['owner']>({ others: true, unattributed: true }),
    orderIds: z.array(text),
  }),
  unowned_seen: entryOf('unowned_seen', { nodeId: text, name: text, fleet: maybe(text) }),
  unowned_ended: entryOf('unowned_ended', { nodeId: text, proof: endProof }),
  generation_seen: entryOf('generation_seen', { fleet: text, slot: whole, generation: whole }),
  pause_requested: entryOf('pause_requested', { by: text, why: text }),
  pause_acknowledged: entryOf('pause_acknowledged', {}),
  drain_requested: entryOf('drain_requested', { by: text, why: text }),
  stop_requested: entryOf('stop_requested', { by: text, why: text }),
  resume_requested: entryOf('resume_requested', { by: text, why: text }),
  target_overridden: entryOf('target_overridden', {
    fleet: text,
    gpus: whole,
    untilMs: instant,
    by: text,
    why: text,
  }),
  target_override_ended: entryOf('target_override_ended', { fleet: text, by: text, why: text }),
  unknown_acknowledged: entryOf('unknown_acknowledged', { node: whole, by: text, why: text }),
  node_adopted: entryOf('node_adopted', {
    fleet: text,
    slot: whole,
    generation: whole,
    zone: text,
    gpu: text,
    hold,
    limit: price,
    horizonMs: maybe(whole),
    seen: seenNode,
    by: text,
    why: text,
  }),
  node_disowned: entryOf('node_disowned', {
    node: maybe(whole),
    nodeId: text,
    name: text,
    by: text,
    why: text,
  }),
  breaker_opened: entryOf('breaker_opened', { cause: text }),
  budget_stage_reached: entryOf('budget_stage_reached', {
    fleet: maybe(text),
    period: oneOf<BudgetPeriod>({ hour: true, day: true, week: true, month: true }),
    stage: oneOf<BudgetStage>({
      notify: true,
      stop_raising: true,
      stop_buying: true,
      let_end: true,
      release: true,
    }),
    periodStartMs: instant,
    periodEndMs: instant,
    limit: sum,
    share: whole,
    used: sum,
  }),
};

export const ENTRY_KINDS = Object.keys(ENTRY_SCHEMAS) as readonly EntryKind[];

const SCHEMA_BY_KIND: ReadonlyMap<string, z.ZodType<Entry>> = new Map(
  Object.entries(ENTRY_SCHEMAS) as [string, z.ZodType<Entry>][],
);

export type CheckedEntry =
  | { readonly ok: true; readonly entry: Entry }
  /** `known` is false when this version has no such kind: a newer one wrote it. */
  | { readonly ok: false; readonly known: boolean; readonly problem: string };

/** Holds a value against the shape of its kind; the entry returned is a fresh copy. */
export const checkEntry = (kind: string, value: unknown): CheckedEntry => {
  const schema = SCHEMA_BY_KIND.get(kind);
  if (schema === undefined) return { ok: false, known: false, problem: `the kind \`${kind}\` is not known` };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, entry: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? '' : issue.path.join('.');
  return {
    ok: false,
    known: true,
    problem: `${kind}${where === '' ? '' : `.${where}`}: ${issue?.message ?? 'unreadable'}`,
  };
};
