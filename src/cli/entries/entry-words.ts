// An entry in words: one sentence a person understands at 3 a.m., and the amounts in it apart, for columns.
import type { Entry, EntryKind, Seq } from '../../domain/entry.ts';
import { cents, formatCents, formatPrice, type Cents, type CentsPerNodeHour } from '../../domain/money.ts';
import type { SeenNode } from '../../domain/node.ts';
import { formatDuration, formatInstant, type UnixMs } from '../../domain/time.ts';
import { stageText } from '../../reconcile/stages.ts';

export interface Amounts {
  /** The limit or level the entry is about. */
  readonly price: CentsPerNodeHour | null;
  /** What the market asked when it was decided. */
  readonly ask: CentsPerNodeHour | null;
  readonly cost: Cents | null;
  /** The time it is about. */
  readonly fromMs: UnixMs | null;
  readonly toMs: UnixMs | null;
  /** The intent it answers. */
  readonly intent: Seq | null;
}

const NOTHING: Amounts = { price: null, ask: null, cost: null, fromMs: null, toMs: null, intent: null };

export const amountsOf = (entry: Entry): Amounts => {
  switch (entry.kind) {
    case 'climb_moved':
      return { ...NOTHING, price: entry.level, ask: entry.ask };
    case 'create_intended':
      return {
        ...NOTHING,
        price: entry.limit,
        ask: entry.basis.ask,
        fromMs: entry.startAtMs,
        toMs: entry.endAtMs,
      };
    case 'repost_intended':
      return { ...NOTHING, price: entry.limit, ask: entry.basis.ask };
    case 'raise_intended':
      return { ...NOTHING, price: entry.to, ask: entry.basis.ask };
    case 'extend_intended':
      return {
        ...NOTHING,
        price: entry.limit,
        ask: entry.basis.ask,
        fromMs: entry.endBeforeMs,
        toMs: entry.endAfterMs,
      };
    case 'change_accepted': {
      const { intent, node } = entry;
      return { ...NOTHING, price: entry.limit ?? node?.limit ?? null, toMs: node?.endAtMs ?? null, intent };
    }
    case 'change_refused':
    case 'change_unknown':
    case 'intent_voided':
      return { ...NOTHING, intent: entry.intent };
    case 'node_seen':
      return { ...NOTHING, price: entry.seen.limit, toMs: entry.seen.endAtMs };
    case 'procurement_seen':
      return { ...NOTHING, price: entry.limit };
    case 'renewals_authorised':
      return { ...NOTHING, toMs: entry.untilMs };
    case 'order_settled':
    case 'order_split':
      return { ...NOTHING, cost: entry.cost, fromMs: entry.fromMs, toMs: entry.toMs };
    case 'money_returned':
      return { ...NOTHING, cost: cents(0 - entry.amount), fromMs: entry.fromMs, toMs: entry.toMs };
    default:
      return NOTHING;
  }
};

const REFUSALS: Readonly<Record<string, string>> = {
  price: 'the limit is under the market',
  capacity: 'nothing is for sale',
  funds: 'insufficient funds',
  name_taken: 'the name exists already',
  request: 'the venue calls the request wrong',
  auth: 'the token is not accepted',
  forbidden: 'the account may not do this',
  not_found: 'there is no such thing',
  not_sent: 'it never left',
};

const CAUSES: Readonly<Record<string, string>> = {
  timeout: 'no answer in time',
  connection: 'the connection broke',
  server_error: 'the venue failed',
  rate_limited: 'the venue was asked too often',
  garbled: 'the answer could not be read',
  http: 'the answer proves nothing',
};

const VOID_PROOFS: Readonly<Record<string, string>> = {
  absent_after_quarantine: 'two looks after the quarantine do not show it',
  acknowledged_absent: 'a person says that the venue never made it, and two looks do not show it',
  name_refused_never_found: 'its name is refused as taken, yet it is never found',
  end_unmoved_after_quarantine: 'two looks after the quarantine show its end unmoved',
};

const END_PROOFS: Readonly<Record<string, string>> = {
  terminated: 'the venue shows it as terminated',
  deleted: 'the venue shows it as deleted',
  failed: 'the venue shows it as failed',
  deleted_by_us: 'our delete was accepted and it is gone',
  reservation_over: 'its reservation is over on both clocks',
};

const CHANGES: Readonly<Record<string, string>> = {
  create: 'the purchase',
  raise: 'the new limit',
  extend: 'the extension',
  release: 'the release',
  delete: 'the delete',
};

/** `running, paid to 15:00, limit $16.00/node-hour …`: a node as the venue showed it. */
export const seenText = (seen: SeenNode, withId = true): string => {
  const parts: string[] = [seen.status === 'unknown' ? `"${seen.statusText}" (a new word)` : seen.status];
  if (seen.vm !== null) parts.push(`VM ${seen.vm.status.replace('_', ' ')}`);
  if (seen.endAtMs !== null) parts.push(`bought to ${formatInstant(seen.endAtMs)}`);
  if (seen.limit !== null) parts.push(`limit ${formatPrice(seen.limit)}`);
  if (seen.zone !== null) parts.push(`${seen.gpu} in ${seen.zone}`);
  if (withId) parts.push(seen.nodeId);
  return parts.join(', ');
};

const ask = (price: CentsPerNodeHour | null): string => (price === null ? '' : `, ask ${formatPrice(price)}`);
const status = (http: number | null): string => (http === null ? '' : `, HTTP ${http}`);
const message = (text: string): string => (text === '' ? '' : `: ${text}`);

/** The refusal or the loss in words, without what it was about. */
export const refusalText = (entry: Extract<Entry, { kind: 'change_refused' }>): string =>
  `${REFUSALS[entry.code] ?? entry.code} (${entry.code}${status(entry.status)})${message(entry.message)}`;
export const lossText = (entry: Extract<Entry, { kind: 'change_unknown' }>): string =>
  `${CAUSES[entry.cause] ?? entry.cause} (${entry.cause}${status(entry.status)})${message(entry.message)}`;
export const voidText = (proof: string): string => VOID_PROOFS[proof] ?? proof;
export const endText = (proof: string): string => END_PROOFS[proof] ?? proof;

const jobsText = (jobs: Readonly<Record<string, number>> = {}): string =>
  Object.entries(jobs)
    .map(([job, nodes]) => `, ${nodes} for job ${job}`)
    .join('');

type Words = { readonly [Kind in EntryKind]: (entry: Extract<Entry, { kind: Kind }>) => string };

const WORDS: Words = {
  ledger_opened: (one) =>
    `the ledger ${one.ledgerId} begins; its nodes are named ${one.namePrefix}-${one.ledgerId}-…`,
  daemon_started: (one) =>
    `bidkeeper ${one.version} started (${one.mode}), settings ${one.settingsHash.slice(0, 12)}`,
  settings_reloaded: (one) =>
    `settings ${one.settingsHash.slice(0, 12)} are in force (${one.by}: ${one.why}): ${one.changes.join('; ')}`,
  coverage_changed: (one) =>
    `${one.runningNodes} run of ${one.wantedNodes} wanted nodes${jobsText(one.jobs)}`,
  climb_moved: (one) => `climb in ${one.zone} ${one.reason} at ${formatPrice(one.level)}${ask(one.ask)}`,
  references_changed: (one) => {
    const block = one.block === null ? 'no block was quoted yet' : `blocks at ${formatPrice(one.block)}`;
    return `bought time is compared with the ceiling ${formatPrice(one.ceiling)}; ${block}`;
  },
  shadow_bought: (one) => {
    return `${one.strategy}, which only watches, would have bought ${one.nodes} ${one.nodes === 1 ? 'node' : 'nodes'} in ${one.zone} until ${formatInstant(one.toMs)} for ${formatPrice(one.price)}`;
  },
  create_intended: (one) => {
    const end = one.endAtMs === null ? 'hour by hour' : `until ${formatInstant(one.endAtMs)}`;
    return `buys ${one.gpu} in ${one.zone}, ${end}, for at most ${formatPrice(one.limit)}: ${one.why}`;
  },
  repost_intended: (one) => `sends the same name again for at most ${formatPrice(one.limit)}: ${one.why}`,
  raise_intended: (one) =>
    `${one.to > one.from ? 'raises' : 'lowers'} the limit (${one.reason}) from ${formatPrice(one.from)} to ${formatPrice(one.to)}: ${one.why}`,
  extend_intended: (one) =>
    `extends from ${formatInstant(one.endBeforeMs)} to ${formatInstant(one.endAfterMs)} for at most ${formatPrice(one.limit)}: ${one.why}`,
  release_intended: (one) => `releases it (${one.reason.replace('_', ' ')}): ${one.why}`,
  delete_intended: (one) => `deletes it: ${one.why}`,
  change_accepted: (one) => {
    const what = `the venue accepted ${CHANGES[one.change] ?? one.change} of entry ${one.intent}`;
    if (one.node !== null) return `${what}: ${seenText(one.node)}`;
    return one.limit === null ? what : `${what}: limit ${formatPrice(one.limit)}`;
  },
  change_refused: (one) =>
    `the venue refused ${CHANGES[one.change] ?? one.change} of entry ${one.intent}: ${refusalText(one)}`,
  change_unknown: (one) =>
    `nobody knows what became of ${CHANGES[one.change] ?? one.change} of entry ${one.intent}: ${lossText(one)}`,
  node_seen: (one) => `seen: ${seenText(one.seen)}`,
  procurement_seen: (one) => {
    const limit = one.limit === null ? 'no limit' : `limit ${formatPrice(one.limit)}`;
    const horizon =
      one.horizonMs === null ? '' : `, the venue buys ${formatDuration(one.horizonMs)} before the end`;
    return `read back ${one.procurementId}: ${limit}${horizon}`;
  },
  intent_voided: (one) => `entry ${one.intent} had no effect: ${voidText(one.proof)}`,
  node_ended: (one) => `ended: ${endText(one.proof)}`,
  renewals_authorised: (one) => {
    const whom = one.nodes.length === 1 ? '1 node' : `${one.nodes.length} nodes`;
    return `${whom} may be renewed until ${formatInstant(one.untilMs)}`;
  },
  order_settled: (one) =>
    `paid ${formatCents(one.cost)} for ${formatInstant(one.fromMs)} to ${formatInstant(one.toMs)} (${one.orderId})`,
  order_split: (one) =>
    `paid ${formatCents(one.cost)} for several nodes, ${formatInstant(one.fromMs)} to ${formatInstant(one.toMs)} (${one.orderId}): ${one.shares.map((share) => `${formatCents(share.cost)} for the node of entry ${share.node}`).join(', ')}, ${formatCents(one.rest)} for nodes that are not ours`,
  money_returned: (one) =>
    `${formatCents(one.amount)} came back in all (${one.why}) for ${formatInstant(one.fromMs)} to ${formatInstant(one.toMs)} (${one.orderId})`,
  transactions_seen: (one) =>
    `${one.rows.length} transactions of the account, ${formatCents(one.rows.reduce((sum, row) => sum + row.amount, 0))} in all${one.gone.length === 0 ? '' : `; ${one.gone.length} are no longer shown`}`,
  orders_attributed: (one) =>
    `${one.orderIds.length} buy orders of the account ${one.owner === 'others' ? 'are not ours' : 'cannot be told apart'}: ${one.orderIds.join(', ')}`,
  unowned_seen: (one) =>
    `${one.name} (${one.nodeId}) is alive with our prefix, but this ledger does not own it`,
  unowned_ended: (one) => `${one.nodeId}, which is not ours, ended: ${endText(one.proof)}`,
  generation_seen: (one) =>
    `generation ${one.generation} of slot ${one.slot} was seen at the venue; ours begin above it`,
  pause_requested: (one) => `${one.by} asks for a pause: ${one.why}`,
  pause_acknowledged: () => 'the pause holds: nothing that adds spend is sent from here on',
  drain_requested: (one) => `${one.by} asks for a drain: ${one.why}`,
  stop_requested: (one) => `${one.by} asks the daemon to stop and to leave everything as it is: ${one.why}`,
  resume_requested: (one) => `${one.by} resumes: ${one.why}`,
  target_overridden: (one) =>
    `${one.by} wants ${one.gpus} GPUs until ${formatInstant(one.untilMs)}, whatever the schedule says: ${one.why}`,
  target_override_ended: (one) => `${one.by} lets the schedule say the target again: ${one.why}`,
  unknown_acknowledged: (one) => `${one.by} says that this purchase was never made: ${one.why}`,
  node_adopted: (one) =>
    `${one.by} hands ${one.seen.name} (${one.seen.nodeId}) over to ${one.fleet}, limit ${formatPrice(one.limit)}: ${one.why}`,
  node_disowned: (one) =>
    `${one.by} takes ${one.name} (${one.nodeId}) out of this ledger's hands: ${one.why}`,
  breaker_opened: (one) => `the breaker opens, nothing is bought until a person resumes: ${one.cause}`,
  budget_stage_reached: stageText,
};

/** What an entry says, in one line. */
export const entryText = (entry: Entry): string =>
  (WORDS[entry.kind] as (one: Entry) => string)(entry).replaceAll(/\s+/g, ' ').trim();
