// Fold: entries -> books, one at a time and in place. It knows no settings and no clock; every number it needs is in the
// entry. An entry that does not fit what came before is not thrown at anybody: it is remembered as a contradiction, which
// stops all buying until a person has looked.
import type {
  Basis,
  ChangeAccepted,
  ChangeRefused,
  ChangeUnknown,
  CoverageChanged,
  CreateIntended,
  Entry,
  IntentVoided,
  LedgerRecord,
  NodeAdopted,
  NodeDisowned,
  NodeEnded,
  RaiseIntended,
  Seq,
} from '../domain/entry.ts';
import { isWaiting } from '../domain/node.ts';
import { DAY_MS, HOUR_MS, hourFloor, type UnixMs } from '../domain/time.ts';
import { climbKey, isAlive, stageKey, type Books, type NodeBook, type OpenIntent } from './books.ts';
import { moveClimb, noteReplacing } from './fold-climb.ts';
import { attributeOrders, seeTransactions } from './account-book.ts';
import { coverJobs } from './fold-jobs.ts';
import { fleetBook, returnMoney, settleOrder, settleSplit } from './fold-money.ts';
import { noteLateness } from './lateness.ts';
import { buyAsShadow } from './fold-shadow.ts';
import { enterSlot, leaveSlot, slotOf } from './fold-slots.ts';
import { endNode, readProcurement, seeNode } from './fold-node.ts';

/** How long a void node may still turn up, and an ended one's last orders may still come. */
const AFTERLIFE_MS = 7 * DAY_MS;

/** Applies one record to the books. Records must come in order without gaps. */
export const fold = (books: Books, record: LedgerRecord): void => {
  if (record.seq !== books.seq + 1) {
    contradict(books, `entry ${record.seq} follows entry ${books.seq}`);
  }
  books.seq = record.seq;
  books.lastAtMs = record.atMs;
  apply(books, record.entry, record);
};

export const foldAll = (books: Books, records: Iterable<LedgerRecord>): Books => {
  for (const record of records) fold(books, record);
  return books;
};

const apply = (books: Books, entry: Entry, { seq, atMs }: LedgerRecord): void => {
  switch (entry.kind) {
    case 'ledger_opened':
      books.ledgerId = entry.ledgerId;
      books.account.openedAtMs = atMs;
      return;
    case 'daemon_started':
      books.stop = null;
      return;
    case 'settings_reloaded':
      return;
    case 'coverage_changed':
      return cover(books, entry, atMs);
    case 'climb_moved':
      return moveClimb(books, entry, atMs);
    case 'references_changed':
      fleetBook(books, entry.fleet).references = { ceiling: entry.ceiling, block: entry.block, atMs };
      return;
    case 'shadow_bought':
      return buyAsShadow(books, entry);
    case 'create_intended':
      return intendCreate(books, entry, seq, atMs);
    case 'repost_intended':
      open(books, { seq, kind: 'repost', node: entry.node, sinceMs: atMs });
      return withNode(books, entry.node, seq, (node) => {
        node.unknownSinceMs = atMs;
        if (entry.limit > node.limit) node.limit = entry.limit;
        remember(books.purchaseTimes, atMs);
      });
    case 'raise_intended':
      return intendRaise(books, entry, seq, atMs);
    case 'extend_intended':
      open(books, { seq, kind: 'extend', node: entry.node, sinceMs: atMs });
      return withNode(books, entry.node, seq, (node) => {
        node.extension = {
          intent: seq,
          limit: entry.limit,
          sinceMs: atMs,
          answer: 'asked',
          endBeforeMs: entry.endBeforeMs,
          endAfterMs: entry.endAfterMs,
        };
        node.authorisedUntilMs = Math.max(node.authorisedUntilMs, entry.endAfterMs);
        remember(books.purchaseTimes, atMs);
      });
    case 'release_intended':
      open(books, { seq, kind: 'release', node: entry.node, sinceMs: atMs });
      return withNode(books, entry.node, seq, (node) => {
        node.release = 'asked';
        node.lettingGoAtMs = atMs;
        if (entry.reason === 'replace') noteReplacing(books, node, true);
        const fleet = fleetBook(books, node.fleet);
        fleet.releases.set(entry.reason, (fleet.releases.get(entry.reason) ?? 0) + 1);
      });
    case 'delete_intended':
      open(books, { seq, kind: 'delete', node: entry.node, sinceMs: atMs });
      return withNode(books, entry.node, seq, (node) => {
        node.deletion = 'asked';
        node.lettingGoAtMs = atMs;
      });
    case 'change_accepted':
      return accept(books, entry, seq, atMs);
    case 'change_refused':
      return refuse(books, entry, seq, atMs);
    case 'change_unknown':
      return loseAnswer(books, entry, seq, atMs);
    case 'node_seen':
      return withNode(books, entry.node, seq, (node) => seeNode(books, node, entry, atMs));
    case 'procurement_seen':
      return withNode(books, entry.node, seq, (node) => readProcurement(node, entry, atMs));
    case 'intent_voided':
      return voidIntent(books, entry, seq);
    case 'node_ended':
      return finish(books, entry, seq, atMs);
    case 'renewals_authorised':
      for (const one of entry.nodes) {
        withNode(books, one, seq, (node) => {
          node.authorisedUntilMs = Math.max(node.authorisedUntilMs, entry.untilMs);
        });
      }
      return;
    case 'order_settled': {
      const node = paidNode(books, entry.node);
      if (node === null)
        return contradict(books, `entry ${seq} settles an order of node ${entry.node}, which is gone`);
      return settleOrder(books, node, entry, atMs);
    }
    case 'order_split':
      if (!settleSplit(books, entry, atMs, (one) => paidNode(books, one)))
        contradict(books, `entry ${seq} splits an order over nodes of which one is gone`);
      return;
    case 'money_returned': {
      const node = paidNode(books, entry.node);
      if (node === null)
        return contradict(books, `entry ${seq} returns money of node ${entry.node}, which is gone`);
      return returnMoney(books, node, entry, atMs);
    }
    case 'transactions_seen':
      return seeTransactions(books.account, entry);
    case 'orders_attributed':
      return attributeOrders(books.account, entry);
    case 'unowned_seen':
      books.unowned.set(entry.nodeId, { name: entry.name, fleet: entry.fleet });
      return;
    case 'unowned_ended':
      books.unowned.delete(entry.nodeId);
      return;
    case 'generation_seen': {
      const slot = slotOf(books, entry.fleet, entry.slot);
      if (entry.generation > slot.generation) {
        slot.generation = entry.generation;
        slot.reusable = false;
      }
      return;
    }
    case 'target_overridden': {
      const { fleet, gpus, untilMs, by, why } = entry;
      books.overrides.set(fleet, { gpus, untilMs, by, why });
      return;
    }
    case 'target_override_ended':
      books.overrides.delete(entry.fleet);
      return;
    case 'unknown_acknowledged':
      return withNode(books, entry.node, seq, (node) => {
        node.saidAbsent = true;
      });
    case 'node_adopted':
      return adopt(books, entry, seq, atMs);
    case 'node_disowned':
      return disown(books, entry);
    case 'pause_requested':
      books.pause ??= { by: entry.by, why: entry.why, atMs, drain: false, acknowledged: false };
      return;
    case 'drain_requested': {
      const { by, why } = entry;
      const acknowledged = books.pause?.acknowledged ?? false;
      if (books.pause?.drain !== true) books.pause = { by, why, atMs, drain: true, acknowledged };
      return;
    }
    case 'stop_requested':
      books.stop ??= { by: entry.by, why: entry.why };
      return;
    case 'pause_acknowledged':
      if (books.pause !== null) books.pause.acknowledged = true;
      return;
    case 'resume_requested':
      books.pause = null;
      books.breaker = null;
      books.contradiction = null;
      books.funds = { refusals: 0, atMs: 0 };
      return;
    case 'breaker_opened':
      books.breaker ??= entry.cause;
      return;
    case 'budget_stage_reached':
      books.stages.set(stageKey(entry.fleet, entry.period, entry.stage), { ...entry, atMs });
      return;
  }
};

const contradict = (books: Books, text: string): void => {
  books.contradiction ??= text;
};

/** A node that is alive, or whose last orders may still come. */
const paidNode = (books: Books, seq: Seq): NodeBook | null =>
  books.nodes.get(seq) ?? books.closing.get(seq) ?? null;

const withNode = (books: Books, of: Seq, seq: Seq, use: (node: NodeBook) => void): void => {
  const node = books.nodes.get(of);
  if (node === undefined)
    return contradict(books, `entry ${seq} speaks of node ${of}, which the books do not hold`);
  use(node);
};

const open = (books: Books, intent: OpenIntent): void => {
  books.open.set(intent.seq, intent);
};

/** Keeps the times of the last hour only; entries come in order of writing, so the old ones stand in front. */
const remember = (times: UnixMs[], atMs: UnixMs): void => {
  let stale = 0;
  while (stale < times.length && (times[stale] ?? atMs) <= atMs - HOUR_MS) stale += 1;
  if (stale > 0) times.splice(0, stale);
  times.push(atMs);
};

const cover = (books: Books, entry: CoverageChanged, atMs: UnixMs): void => {
  const fleet = fleetBook(books, entry.fleet);
  if (fleet.coverageAtMs !== null) {
    fleet.targetNodeMs += fleet.wantedNodes * Math.max(0, atMs - fleet.coverageAtMs);
  }
  coverJobs(books, fleet, entry, atMs);
  fleet.coverageAtMs = Math.max(atMs, fleet.coverageAtMs ?? 0);
  fleet.wantedNodes = entry.wantedNodes;
  fleet.runningNodes = entry.runningNodes;
  if (entry.runningNodes >= entry.wantedNodes) fleet.shortfallSinceMs = 0;
  else if (fleet.shortfallSinceMs === 0) fleet.shortfallSinceMs = atMs;
};

const intendCreate = (books: Books, entry: CreateIntended, seq: Seq, atMs: UnixMs): void => {
  const slot = slotOf(books, entry.fleet, entry.slot);
  const repeats = entry.generation === slot.generation && slot.reusable;
  if (slot.living > 0 || (entry.generation <= slot.generation && !repeats)) {
    contradict(books, `entry ${seq} takes ${entry.name}, whose slot is taken or whose generation is spent`);
  }
  enterSlot(books, entry);
  open(books, { seq, kind: 'create', node: seq, sinceMs: atMs });
  remember(books.purchaseTimes, atMs);
  addNode(books, newNode(entry, seq, atMs));
};

/** A node of which nothing is known but what was asked for. */
const newNode = (
  entry: Omit<CreateIntended, 'kind' | 'cloudInitHash' | 'basis' | 'why'> & {
    readonly basis: Pick<Basis, 'ask'>;
  },
  seq: Seq,
  atMs: UnixMs,
  notOursToMs: UnixMs = 0,
): NodeBook => ({
  seq,
  name: entry.name,
  fleet: entry.fleet,
  slot: entry.slot,
  generation: entry.generation,
  zone: entry.zone,
  gpu: entry.gpu,
  hold: entry.hold,
  intendedAtMs: atMs,
  startAsk: entry.basis.ask,
  askedStartMs: entry.startAtMs,
  askedEndMs: entry.endAtMs,
  phase: 'asked',
  unknownSinceMs: atMs,
  saidAbsent: false,
  nameRefused: false,
  nodeId: null,
  procurementId: null,
  status: null,
  vm: null,
  wrongGoods: false,
  startAtMs: null,
  endAtMs: null,
  limit: entry.limit,
  limitReadAtMs: null,
  bookedToMs: 0,
  raises: [],
  extension: null,
  release: 'none',
  deletion: 'none',
  lettingGoAtMs: null,
  horizonMs: null,
  authorisedUntilMs: entry.endAtMs ?? hourFloor(atMs) + HOUR_MS,
  waitingSinceMs: null,
  filledAtMs: null,
  runningSinceMs: null,
  limitSetAtMs: atMs,
  usableSinceMs: null,
  blocks: [],
  orders: new Map(),
  // Nothing that was paid before the handover is ours.
  ordersForgottenToMs: notOursToMs,
  ahead: [],
  lostToMs: 0,
  endedAtMs: null,
  proof: null,
});

const addNode = (books: Books, node: NodeBook): void => {
  books.byName.set(node.name, [...(books.byName.get(node.name) ?? []), node.seq]);
  books.nodes.set(node.seq, node);
  fleetBook(books, node.fleet).nodes.set(node.seq, node);
};

/** What was bought before the handover is paid for, and not by us: the books begin where it ends. */
const adopt = (books: Books, entry: NodeAdopted, seq: Seq, atMs: UnixMs): void => {
  const { seen, fleet, slot, limit, horizonMs, hold } = entry;
  if (slotOf(books, fleet, slot).living > 0)
    contradict(books, `entry ${seq} puts ${seen.name} into slot ${slot}, which is taken`);
  enterSlot(books, entry);
  const endAtMs = hold === 'reserved' ? seen.endAtMs : null;
  const paidToMs = hold === 'reserved' || !isWaiting(seen.status) ? (seen.endAtMs ?? atMs) : 0;
  const asked = { ...entry, name: seen.name, startAtMs: null, endAtMs, basis: { ask: null } };
  const node = newNode(asked, seq, atMs, paidToMs);
  node.bookedToMs = paidToMs;
  if (paidToMs > 0) {
    node.authorisedUntilMs = paidToMs;
    // No fill of ours.
    node.filledAtMs = atMs;
  }
  addNode(books, node);
  books.unowned.delete(seen.nodeId);
  books.disowned.delete(seen.nodeId);
  seeNode(books, node, { seen, estimate: null, watched: false }, atMs);
  const { procurementId } = seen;
  if (procurementId !== null) readProcurement(node, { procurementId, limit, horizonMs }, atMs);
};

/** What was counted for it stays counted at its limit: its later orders are somebody else's. */
const disown = (books: Books, entry: NodeDisowned): void => {
  books.disowned.add(entry.nodeId);
  books.unowned.delete(entry.nodeId);
  const node = entry.node === null ? undefined : books.nodes.get(entry.node);
  if (node === undefined) return;
  if (isAlive(node)) leaveSlot(books, node, false);
  forget(books, node);
};

const intendRaise = (books: Books, entry: RaiseIntended, seq: Seq, atMs: UnixMs): void => {
  open(books, { seq, kind: 'raise', node: entry.node, sinceMs: atMs });
  withNode(books, entry.node, seq, (node) => {
    node.raises.push({ intent: seq, limit: entry.to, sinceMs: atMs, answer: 'asked' });
    node.limitSetAtMs = atMs;
    remember(books.raiseTimes, atMs);
    const fleet = fleetBook(books, node.fleet);
    const key = `${entry.to > entry.from ? 'up' : 'down'}/${entry.reason}`;
    fleet.bidChanges.set(key, (fleet.bidChanges.get(key) ?? 0) + 1);
  });
};

const answered = (books: Books, intent: Seq, seq: Seq): { intent: OpenIntent; node: NodeBook } | null => {
  const found = books.open.get(intent);
  const node = found === undefined ? undefined : books.nodes.get(found.node);
  if (found === undefined || node === undefined) {
    contradict(books, `entry ${seq} answers intent ${intent}, which is not open`);
    return null;
  }
  return { intent: found, node };
};

const accept = (books: Books, entry: ChangeAccepted, seq: Seq, atMs: UnixMs): void => {
  const found = answered(books, entry.intent, seq);
  if (found === null) return;
  const { intent, node } = found;
  books.open.delete(intent.seq);
  noteLateness(books.lateness.answers, atMs - intent.sinceMs);
  switch (intent.kind) {
    case 'create':
    case 'repost':
      if (node.phase === 'asked' || node.phase === 'unknown') {
        node.phase = 'waiting';
        node.waitingSinceMs = atMs;
        noteReplacing(books, node, false);
      }
      books.funds.refusals = 0;
      break;
    case 'raise': {
      const raise = node.raises.find((one) => one.intent === intent.seq);
      if (raise !== undefined) raise.answer = 'accepted';
      if (entry.limit !== null) {
        readProcurement(
          node,
          { limit: entry.limit, horizonMs: null, procurementId: node.procurementId ?? '' },
          atMs,
        );
      }
      break;
    }
    case 'extend':
      if (node.extension?.intent === intent.seq) node.extension.answer = 'accepted';
      books.funds.refusals = 0;
      books.refusedPrice.delete(climbKey(node.fleet, node.zone));
      break;
    case 'release':
      node.release = 'accepted';
      if (isAlive(node)) node.phase = 'releasing';
      break;
    case 'delete':
      node.deletion = 'accepted';
      break;
  }
  if (entry.node !== null) {
    seeNode(books, node, { seen: entry.node, estimate: entry.estimate, watched: false }, atMs);
  }
};

const refuse = (books: Books, entry: ChangeRefused, seq: Seq, atMs: UnixMs): void => {
  const found = answered(books, entry.intent, seq);
  if (found === null) return;
  const { intent, node } = found;
  // A taken name does not say who has it: the intent stays open until a look does.
  if (intent.kind !== 'create' || entry.code !== 'name_taken') books.open.delete(intent.seq);
  if (entry.code === 'funds') books.funds = { refusals: books.funds.refusals + 1, atMs };
  if (entry.code === 'forbidden' && intent.kind !== 'raise') {
    books.breaker ??= `the venue answered 403 to a ${intent.kind} (${entry.message})`;
  }
  switch (intent.kind) {
    case 'create':
      return refuseCreate(books, node, entry, atMs);
    case 'repost':
      if (entry.code === 'name_taken') node.nameRefused = true;
      return;
    case 'raise':
      node.raises = node.raises.filter((one) => one.intent !== intent.seq);
      if (entry.code === 'forbidden') books.raisingRefusedAtMs = atMs;
      return;
    case 'extend':
      if (entry.code === 'price' || entry.code === 'capacity') refusedForPrice(books, node, atMs);
      if (node.extension?.intent === intent.seq) node.extension = null;
      node.authorisedUntilMs = Math.max(node.bookedToMs, node.endAtMs ?? 0);
      return;
    case 'release':
      node.release = entry.code === 'not_sent' ? 'none' : 'refused';
      return;
    case 'delete':
      node.deletion = entry.code === 'not_sent' ? 'none' : 'refused';
      return;
  }
};

const refuseCreate = (books: Books, node: NodeBook, entry: ChangeRefused, atMs: UnixMs): void => {
  if (entry.code === 'name_taken') {
    node.phase = 'unknown';
    node.unknownSinceMs = atMs;
    node.nameRefused = true;
    return;
  }
  const purchases = fleetBook(books, node.fleet).purchases;
  if (entry.code === 'price') purchases.refused_price += 1;
  else if (entry.code === 'capacity') purchases.refused_capacity += 1;
  else if (entry.code === 'funds') purchases.refused_funds += 1;
  else if (entry.code !== 'not_sent') purchases.refused_request += 1;
  if (entry.code === 'price' || entry.code === 'capacity') refusedForPrice(books, node, atMs);
  node.phase = 'refused';
  leaveSlot(books, node, true);
  forget(books, node);
};

const refusedForPrice = (books: Books, node: NodeBook, atMs: UnixMs): void => {
  const key = climbKey(node.fleet, node.zone);
  const limit = node.extension?.limit ?? node.limit;
  books.refusedPrice.set(key, { sinceMs: books.refusedPrice.get(key)?.sinceMs ?? atMs, atMs, limit });
};

const loseAnswer = (books: Books, entry: ChangeUnknown, seq: Seq, atMs: UnixMs): void => {
  const found = answered(books, entry.intent, seq);
  if (found === null) return;
  const { intent, node } = found;
  switch (intent.kind) {
    case 'create':
    case 'repost':
      if (intent.kind === 'repost') books.open.delete(intent.seq);
      else fleetBook(books, node.fleet).purchases.unknown += 1;
      if (node.phase === 'asked') node.phase = 'unknown';
      node.unknownSinceMs = atMs;
      return;
    case 'raise':
      for (const raise of node.raises) if (raise.intent === intent.seq) raise.answer = 'unknown';
      break;
    case 'extend':
      if (node.extension?.intent === intent.seq) node.extension.answer = 'unknown';
      return;
    case 'release':
    case 'delete':
      break;
  }
  books.open.delete(intent.seq);
};

const voidIntent = (books: Books, entry: IntentVoided, seq: Seq): void => {
  const found = answered(books, entry.intent, seq);
  if (found === null) return;
  const { intent, node } = found;
  books.open.delete(intent.seq);
  if (intent.kind === 'extend') {
    node.extension = null;
    node.authorisedUntilMs = Math.max(node.bookedToMs, node.endAtMs ?? 0);
    return;
  }
  if (node.nodeId !== null) return contradict(books, `entry ${seq} voids ${node.name}, which was found`);
  node.phase = 'void';
  leaveSlot(books, node, entry.proof !== 'name_refused_never_found');
};

const finish = (books: Books, entry: NodeEnded, seq: Seq, atMs: UnixMs): void => {
  withNode(books, entry.node, seq, (node) => {
    const lived = isAlive(node);
    endNode(books, node, entry.proof, atMs);
    if (lived) leaveSlot(books, node, false);
    forget(books, node);
    books.closing.set(node.seq, node);
    // Both maps are in the order of time, so the first young one ends the search. Bought time is the venue's: where our
    // clock stood wrong at the end, it tells that orders are still to come.
    for (const [key, old] of books.closing) {
      if (Math.max(old.endedAtMs ?? 0, old.bookedToMs) >= atMs - AFTERLIFE_MS) break;
      books.closing.delete(key);
    }
    for (const old of books.nodes.values()) {
      if (old.intendedAtMs >= atMs - AFTERLIFE_MS) break;
      if (old.phase === 'void') forget(books, old);
    }
  });
};

/** Takes a node out of the maps; what it cost stays in the sums. */
const forget = (books: Books, node: NodeBook): void => {
  books.nodes.delete(node.seq);
  fleetBook(books, node.fleet).nodes.delete(node.seq);
  if (node.nodeId !== null && books.byId.get(node.nodeId) === node.seq) books.byId.delete(node.nodeId);
  const rest = (books.byName.get(node.name) ?? []).filter((one) => one !== node.seq);
  if (rest.length === 0) books.byName.delete(node.name);
  else books.byName.set(node.name, rest);
  for (const intent of books.open.values()) if (intent.node === node.seq) books.open.delete(intent.seq);
};
