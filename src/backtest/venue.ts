// The market of a backtest behind the venue port: one zone, the ask of a price history, the steps of DESIGN §10 in their order,
// and none of the wire. It keeps its own accounts, so that what a policy paid does not hang on what its ledger says.
import type { Change, CreateChange, Outcome } from '../domain/change.ts';
import type { Look, LookRequest } from '../domain/look.ts';
import type { Quote, Zone } from '../domain/market.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import type { SeenNode, SeenProcurement } from '../domain/node.ts';
import type { PaymentRule } from '../domain/simulated-market.ts';
import { HOUR_MS, hourFloor, type DurationMs, type UnixMs } from '../domain/time.ts';
import type { Venue } from '../ports/venue.ts';
import { NOTHING } from './series.ts';

export interface VenueTerms {
  readonly rule: PaymentRule;
  readonly depthCents: number;
  readonly bootMs: DurationMs;
  /** What becomes of a node whose next hour was not bought: it waits at its old limit, or it ends. */
  readonly eviction: 'awaitingcapacity' | 'end';
}

export const ZONE: Zone = { name: 'backtest', region: 'backtest', instanceType: 'gpui', gpu: 'gpu' };

/** From when to when bought and useful time counts. */
export interface Window {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
}

/** Money and time of the hours inside the window, whenever they were bought. */
export interface Account {
  readonly paidCents: number;
  readonly usefulMs: number;
  readonly starts: number;
  readonly interruptions: number;
}

export interface HistoryVenue extends Pick<Venue, 'look' | 'send'> {
  /** Steps 1 and 2: the ask moves, what stands is hit. NOTHING: nothing is for sale. */
  readonly open: (atMs: UnixMs, ask: number) => void;
  /** Step 4: renewals and ends of this instant. */
  readonly close: () => void;
  /** Moves time on without a step. */
  readonly moveTo: (atMs: UnixMs) => void;
  readonly hasStanding: () => boolean;
  /** Limit of the node with the highest one; null without any. */
  readonly highestLimit: () => number | null;
  readonly heldNodes: () => number;
  /** Nodes whose time is useful from now to the next look. */
  readonly usefulNodes: () => number;
  readonly account: () => Account;
  readonly quoteOf: (ask: number, askedAtMs: UnixMs) => Quote;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly kind: CreateChange['hold'];
  readonly createdAtMs: UnixMs;
  status: 'awaitingcapacity' | 'running' | 'released' | 'terminated' | 'deleted';
  limit: number;
  startAtMs: UnixMs | null;
  endAtMs: UnixMs | null;
  /** Useful from here on. */
  upAtMs: UnixMs;
  standingSince: number;
  seen: SeenNode | null;
}

const PARKED = 8;

export const createHistoryVenue = (terms: VenueTerms, window: Window): HistoryVenue => {
  const rows = new Map<string, Row>();
  const byName = new Map<string, Row>();
  let nowMs = 0;
  let ask = NOTHING;
  let number = 0;
  let listing: readonly SeenNode[] | null = null;
  let paidCents = 0;
  let usefulMs = 0;
  let starts = 0;
  let interruptions = 0;

  const counts = (): boolean => nowMs >= window.fromMs && nowMs < window.toMs;
  const counted = (fromMs: UnixMs, toMs: UnixMs): DurationMs =>
    Math.max(0, Math.min(toMs, window.toMs) - Math.max(fromMs, window.fromMs));
  const touch = (row: Row): void => {
    row.seen = null;
    listing = null;
  };
  const isHeld = (row: Row): boolean => row.status === 'running' || row.status === 'released';

  /** What one more node costs in the hour that holds `atMs`. */
  const askAt = (atMs: UnixMs): number => {
    if (terms.depthCents === 0) return ask;
    let bought = 0;
    for (const row of rows.values()) if (isHeld(row) && (row.endAtMs ?? 0) > atMs) bought += 1;
    return ask + terms.depthCents * bought;
  };

  const pay = (price: number, fromMs: UnixMs, toMs: UnixMs): void => {
    paidCents += (price * counted(fromMs, toMs)) / HOUR_MS;
  };

  const priceOf = (row: Row, why: 'hit' | 'cross', at: number): number =>
    terms.rule === 'bid' || (terms.rule === 'maker' && why === 'hit') ? row.limit : at;

  const begin = (row: Row, toMs: UnixMs): void => {
    row.status = 'running';
    row.startAtMs = nowMs;
    row.endAtMs = toMs;
    row.upAtMs = nowMs + terms.bootMs;
    if (counts()) starts += 1;
    touch(row);
  };

  /** Useful time is counted up to the end of what is bought, when a node leaves or the account is asked for. */
  const countUseful = (row: Row): DurationMs => counted(row.upAtMs, row.endAtMs ?? 0);

  const fill = (row: Row, why: 'hit' | 'cross'): boolean => {
    const at = askAt(nowMs);
    if (row.limit < at) return false;
    const toMs = hourFloor(nowMs) + HOUR_MS;
    pay(priceOf(row, why, at), nowMs, toMs);
    begin(row, toMs);
    return true;
  };

  const renew = (row: Row): void => {
    const endMs = row.endAtMs ?? nowMs;
    const at = askAt(endMs);
    if (row.status === 'running' && row.kind === 'autoreserved' && row.limit >= at) {
      pay(priceOf(row, 'cross', at), endMs, endMs + HOUR_MS);
      row.endAtMs = endMs + HOUR_MS;
    } else {
      usefulMs += countUseful(row);
      if (row.status === 'running' && counts()) interruptions += 1;
      const waits =
        row.status === 'running' && row.kind === 'autoreserved' && terms.eviction === 'awaitingcapacity';
      row.status = waits ? 'awaitingcapacity' : 'terminated';
      row.standingSince = nowMs;
      if (!waits) byName.delete(row.name);
    }
    touch(row);
  };

  const seenOf = (row: Row): SeenNode => {
    const procurementId = row.kind === 'autoreserved' ? `p${row.id}` : null;
    const status = nowMs >= row.upAtMs ? 'running' : 'pending';
    const vm = isHeld(row) ? ({ status, startAtMs: row.startAtMs } as const) : null;
    row.seen ??= {
      nodeId: row.id,
      name: row.name,
      status: row.status,
      statusText: row.status,
      kind: row.kind,
      zone: ZONE.name,
      gpu: ZONE.gpu,
      createdAtMs: row.createdAtMs,
      startAtMs: row.startAtMs,
      endAtMs: row.endAtMs,
      procurementId,
      limit: row.limit as CentsPerNodeHour,
      vm,
    };
    return row.seen;
  };

  const procurementOf = (row: Row): SeenProcurement => ({
    procurementId: `p${row.id}`,
    limit: row.limit as CentsPerNodeHour,
    horizonMs: 0,
    desiredNodes: 1,
  });

  const refused = (code: 'price' | 'name_taken' | 'not_found' | 'request', message: string): Outcome => ({
    kind: 'refused',
    code,
    status: code === 'not_found' ? 404 : 400,
    message,
  });
  const accepted = (row: Row | null): Outcome => ({
    kind: 'accepted',
    node: row === null ? null : seenOf(row),
    procurement: row === null || row.kind === 'reserved' ? null : procurementOf(row),
  });

  const create = (change: CreateChange): Outcome => {
    if (byName.has(change.name)) return refused('name_taken', 'a node of this name exists');
    const reserved = change.hold === 'reserved';
    const at = askAt(nowMs);
    if (reserved && change.limit < at) return refused('price', 'the limit is under the ask');
    number += 1;
    const row: Row = {
      id: `n${number}`,
      name: change.name,
      kind: change.hold,
      createdAtMs: nowMs,
      status: 'awaitingcapacity',
      limit: change.limit,
      startAtMs: null,
      endAtMs: null,
      upAtMs: 0,
      standingSince: nowMs,
      seen: null,
    };
    rows.set(row.id, row);
    byName.set(row.name, row);
    listing = null;
    if (!reserved) fill(row, 'cross');
    else {
      pay(priceOf(row, 'cross', at), nowMs, change.endAtMs ?? nowMs);
      begin(row, change.endAtMs ?? nowMs);
    }
    return accepted(row);
  };

  const raise = (row: Row, limit: number): Outcome => {
    row.limit = limit;
    row.standingSince = nowMs;
    touch(row);
    if (row.status === 'awaitingcapacity') fill(row, 'cross');
    return accepted(row);
  };

  const extend = (row: Row, change: Change & { kind: 'extend' }): Outcome => {
    const fromMs = row.endAtMs ?? nowMs;
    const at = askAt(fromMs);
    if (row.status !== 'running' || row.kind !== 'reserved') return refused('request', 'cannot be extended');
    if (change.limit < at) return refused('price', 'the limit is under the ask');
    row.limit = change.limit;
    pay(priceOf(row, 'cross', at), fromMs, fromMs + change.durationMs);
    row.endAtMs = fromMs + change.durationMs;
    touch(row);
    return accepted(row);
  };

  const letGo = (row: Row, how: 'release' | 'delete'): Outcome => {
    if (how === 'delete') {
      row.status = 'deleted';
      byName.delete(row.name);
    } else if (row.status === 'running') row.status = 'released';
    else row.status = 'terminated';
    touch(row);
    return accepted(row);
  };

  const answer = (change: Change): Outcome => {
    if (change.kind === 'create') return create(change);
    const id = change.kind === 'raise' ? change.procurementId.slice(1) : change.nodeId;
    const row = rows.get(id);
    if (row === undefined) return refused('not_found', 'no such node');
    switch (change.kind) {
      case 'raise':
        return raise(row, change.limit);
      case 'extend':
        return extend(row, change);
      case 'release':
      case 'delete':
        return letGo(row, change.kind);
    }
  };

  const list = (): readonly SeenNode[] => {
    if (listing !== null) return listing;
    const nodes: SeenNode[] = [];
    for (const row of rows.values()) {
      nodes.push(seenOf(row));
      // Shown once more, then forgotten: a proof of its end was given.
      if (row.status === 'terminated' || row.status === 'deleted') rows.delete(row.id);
    }
    listing = nodes.some((node) => node.status === 'terminated' || node.status === 'deleted') ? null : nodes;
    return nodes;
  };

  const lookNow = (request: LookRequest): Look => {
    const nodes = list();
    const lookups = new Map<string, SeenNode | 'absent'>();
    for (const name of request.nodes) {
      const row = rows.get(name) ?? byName.get(name);
      lookups.set(name, row === undefined ? 'absent' : seenOf(row));
    }
    const procurements = new Map<string, SeenProcurement | 'absent'>();
    for (const id of request.procurements) {
      const row = rows.get(id.slice(1));
      procurements.set(id, row === undefined ? 'absent' : procurementOf(row));
    }
    return { askedAtMs: nowMs, venueDateMs: nowMs, nodes, unreadable: 0, lookups, procurements };
  };

  const byLimitThenAge = (a: Row, b: Row): number => b.limit - a.limit || a.standingSince - b.standingSince;

  return {
    open: (atMs, newAsk) => {
      for (const row of rows.values()) if (row.upAtMs > nowMs && row.upAtMs <= atMs) touch(row);
      nowMs = atMs;
      ask = newAsk;
      const standing = [...rows.values()].filter(
        (row) => row.status === 'awaitingcapacity' && row.limit >= newAsk,
      );
      for (const row of standing.toSorted(byLimitThenAge)) fill(row, 'hit');
    },
    close: () => {
      const due = [...rows.values()].filter((row) => isHeld(row) && row.endAtMs === nowMs);
      for (const row of due.toSorted((a, b) => b.limit - a.limit)) renew(row);
    },
    moveTo: (atMs) => {
      nowMs = atMs;
    },
    hasStanding: () => {
      for (const row of rows.values()) {
        if (row.status === 'awaitingcapacity' && row.limit > PARKED) return true;
      }
      return false;
    },
    highestLimit: () => {
      const limits = [...rows.values()].filter((row) => row.limit > PARKED).map((row) => row.limit);
      return limits.length === 0 ? null : Math.max(...limits);
    },
    heldNodes: () => [...rows.values()].filter(isHeld).length,
    usefulNodes: () =>
      [...rows.values()].filter((row) => isHeld(row) && row.upAtMs <= nowMs && (row.endAtMs ?? 0) > nowMs)
        .length,
    account: () => {
      const running = [...rows.values()].filter(isHeld).reduce((sum, row) => sum + countUseful(row), 0);
      return { paidCents, usefulMs: usefulMs + running, starts, interruptions };
    },
    quoteOf: (value, askedAtMs) => ({
      zone: ZONE.name,
      gpu: ZONE.gpu,
      ask: value === NOTHING ? null : (value as CentsPerNodeHour),
      noQuoteReason: value === NOTHING ? 'nothing is for sale' : null,
      quantity: 1,
      askedAtMs,
      answeredAtMs: askedAtMs,
    }),
    look: async (request) => ({ ok: true, value: lookNow(request) }),
    send: async (change) => answer(change),
  };
};
