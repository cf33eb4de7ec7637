// The last day as steps, bounded: one step a slot for each fleet's wanted and held GPUs, limit and ceiling, one a slot for
// each zone's ask. Before the first report of a run it is what the ledger tells; what neither tells is left out.
import type { LedgerRecord } from '../domain/entry.ts';
import { GPUS_PER_NODE, type CentsPerNodeHour } from '../domain/money.ts';
import type { AskHistory, Blind, FleetPast } from '../domain/overview.ts';
import type { Policy } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import { DAY_MS, MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import { isAlive, limitInForce, nodesOf, type Books } from '../reconcile/books.ts';
import { StepLine } from './step-line.ts';

export const SLOT_MS: DurationMs = 2 * MINUTE_MS;
const ZONES_MAX = 64;
const BLIND_MAX = 200;

interface FleetStep {
  readonly wantedGpus: number | null;
  readonly heldGpus: number | null;
  readonly limit: CentsPerNodeHour | null;
  readonly ceiling: CentsPerNodeHour | null;
}

export interface Past {
  /** A record of the ledger that is about to be folded into `books`; only while a start reads it. */
  readonly remember: (books: Books, record: LedgerRecord) => void;
  /** The ledger was read to its end. */
  readonly remembered: (books: Books) => void;
  readonly see: (report: TickReport) => void;
  /** A day back from `nowMs`. */
  readonly fleet: (name: string, nowMs: UnixMs) => FleetPast;
  readonly asks: (nowMs: UnixMs) => readonly AskHistory[];
  readonly blind: (nowMs: UnixMs) => readonly Blind[];
}

export interface PastOptions {
  readonly policy: Policy;
  /** Hash of the settings that `policy` was made of: an earlier run with the same had the same ceilings. */
  readonly settingsHash: string;
  /** The instant at which the ledger is read: what is a day older is passed over. */
  readonly startMs: UnixMs;
  /** Reports further apart than this leave the time between them unknown. */
  readonly silenceMs: DurationMs;
}

export const createPast = (options: PastOptions): Past => {
  const fleets = new Map<string, StepLine<FleetStep>>();
  const asks = new Map<string, StepLine<CentsPerNodeHour | null>>();
  const blind: Blind[] = [];
  let lastSeenMs: UnixMs | null = null;
  let blindSinceMs: UnixMs | null = null;

  const lineOf = <Value>(lines: Map<string, StepLine<Value>>, key: string): StepLine<Value> => {
    let line = lines.get(key);
    if (line === undefined) {
      line = new StepLine<Value>(SLOT_MS, DAY_MS);
      lines.set(key, line);
    }
    return line;
  };

  const addAsk = (zone: string, atMs: UnixMs | null, ask: CentsPerNodeHour | null): void => {
    if (atMs === null || (!asks.has(zone) && asks.size >= ZONES_MAX)) return;
    lineOf(asks, zone).put(atMs, ask, { keepEqual: true });
  };

  const addBlind = (one: Blind): void => {
    if (one.toMs - one.fromMs < SLOT_MS) return;
    blind.push(one);
    while (blind.length > BLIND_MAX || (blind[0]?.toMs ?? Infinity) < one.toMs - DAY_MS) blind.shift();
  };

  // ------------------------------------------------------------------------------------------- from the ledger
  const reader = createLedgerReader(options, {
    step: (fleet, atMs, step) => lineOf(fleets, fleet).put(atMs, step),
    ask: addAsk,
    blind: addBlind,
  });

  // ---------------------------------------------------------------------------------------------- from reports
  const see = (report: TickReport): void => {
    const { atMs, end } = report;
    if (lastSeenMs !== null && atMs < lastSeenMs) forgetAfter(atMs);
    if (lastSeenMs !== null && atMs - lastSeenMs > options.silenceMs) {
      addBlind({ fromMs: lastSeenMs, toMs: atMs, why: 'silent' });
    }
    lastSeenMs = atMs;
    for (const one of report.market) addAsk(one.zone, one.askedAtMs, one.ask);
    if (end === 'no_look' || end === 'ledger_failed' || end === 'not_leader') {
      blindSinceMs ??= atMs;
      return;
    }
    if (blindSinceMs !== null) addBlind({ fromMs: blindSinceMs, toMs: atMs, why: 'no_look' });
    blindSinceMs = null;
    for (const one of report.fleets) {
      lineOf(fleets, one.fleet).put(atMs, {
        wantedGpus: one.wantedGpus,
        heldGpus: one.runningNodes * GPUS_PER_NODE,
        limit: one.limit,
        ceiling: one.ceiling,
      });
    }
  };

  /** The clock was set back. */
  const forgetAfter = (atMs: UnixMs): void => {
    for (const line of [...fleets.values(), ...asks.values()]) line.cutAfter(atMs);
    while ((blind.at(-1)?.toMs ?? 0) > atMs) blind.pop();
    blindSinceMs = null;
  };

  return {
    remember: reader.remember,
    remembered: reader.remembered,
    see,
    fleet: (name, nowMs) => {
      const line = fleets.get(name);
      line?.trim(nowMs);
      const steps = line?.values ?? [];
      return {
        atMs: [...(line?.atMs ?? [])],
        wantedGpus: steps.map((step) => step.wantedGpus),
        heldGpus: steps.map((step) => step.heldGpus),
        limit: steps.map((step) => step.limit),
        ceiling: steps.map((step) => step.ceiling),
      };
    },
    asks: (nowMs) =>
      [...asks].flatMap(([zone, line]) => {
        line.trim(nowMs);
        const first = line.atMs.findIndex((atMs) => atMs >= nowMs - DAY_MS);
        return first < 0 ? [] : [{ zone, atMs: line.atMs.slice(first), ask: line.values.slice(first) }];
      }),
    blind: (nowMs) => {
      const known = blind.filter((one) => one.toMs > nowMs - DAY_MS);
      if (blindSinceMs === null || nowMs - blindSinceMs < SLOT_MS) return known;
      return [...known, { fromMs: blindSinceMs, toMs: nowMs, why: 'no_look' }];
    },
  };
};

interface Sink {
  readonly step: (fleet: string, atMs: UnixMs, step: FleetStep) => void;
  readonly ask: (zone: string, atMs: UnixMs | null, ask: CentsPerNodeHour | null) => void;
  readonly blind: (one: Blind) => void;
}

/** Samples the books once a slot while they are folded, so that a long ledger costs little more than before. */
const createLedgerReader = (
  { policy, startMs, settingsHash }: PastOptions,
  sink: Sink,
): Pick<Past, 'remember' | 'remembered'> => {
  const fromMs = startMs - DAY_MS;
  let lastOwnMs: UnixMs | null = null;
  let sampledSlot = -1;
  let sameSettings = false;

  const sample = (books: Books): void => {
    if (books.seq === 0) return;
    const atMs = Math.max(fromMs, books.lastAtMs);
    for (const { name, bid } of policy.fleets) {
      const fleet = books.fleets.get(name);
      if (fleet === undefined || fleet.coverageAtMs === null) continue;
      sink.step(name, atMs, {
        wantedGpus: fleet.wantedNodes * GPUS_PER_NODE,
        heldGpus: fleet.runningNodes * GPUS_PER_NODE,
        limit: highestLimit(books, name),
        ceiling: sameSettings ? bid.ceiling : null,
      });
    }
  };

  return {
    remember: (books, record) => {
      const { entry, atMs } = record;
      const byPerson = entry.kind.endsWith('_requested');
      const before = lastOwnMs;
      if (!byPerson) lastOwnMs = atMs;
      const slot = Math.floor(atMs / SLOT_MS);
      const inDay = atMs >= fromMs;
      if (inDay && slot !== sampledSlot) {
        sample(books);
        sampledSlot = slot;
      }
      if (entry.kind === 'daemon_started') sameSettings = entry.settingsHash === settingsHash;
      if (!inDay) return;
      if (entry.kind === 'daemon_started' && before !== null) {
        sink.blind({ fromMs: Math.max(fromMs, before), toMs: atMs, why: 'not_running' });
      }
      const quoted = quotedIn(books, record, policy);
      if (quoted !== null) sink.ask(quoted.zone, quoted.atMs, quoted.ask);
    },
    remembered: sample,
  };
};

const highestLimit = (books: Books, fleet: string): CentsPerNodeHour | null => {
  let highest: CentsPerNodeHour | null = null;
  for (const node of nodesOf(books, fleet)) {
    if (!isAlive(node) || node.phase === 'releasing') continue;
    const limit = limitInForce(node);
    if (limit > (highest ?? -1)) highest = limit;
  }
  return highest;
};

interface Quoted {
  readonly zone: string;
  readonly atMs: UnixMs | null;
  readonly ask: CentsPerNodeHour | null;
}

/** The ask a record was decided on. A block's ask counts only where no fleet bids: it may carry a premium. */
const quotedIn = (books: Books, { entry }: LedgerRecord, policy: Policy): Quoted | null => {
  switch (entry.kind) {
    case 'climb_moved':
      return mayTell(policy, entry.fleet)
        ? { zone: entry.zone, atMs: entry.askedAtMs, ask: entry.ask }
        : null;
    case 'create_intended':
      return mayTell(policy, entry.fleet)
        ? { zone: entry.zone, atMs: entry.basis.askedAtMs, ask: entry.basis.ask }
        : null;
    case 'raise_intended':
    case 'extend_intended': {
      const node = books.nodes.get(entry.node);
      return node !== undefined && mayTell(policy, node.fleet)
        ? { zone: node.zone, atMs: entry.basis.askedAtMs, ask: entry.basis.ask }
        : null;
    }
    default:
      return null;
  }
};

const mayTell = (policy: Policy, name: string): boolean =>
  policy.fleets.find((fleet) => fleet.name === name)?.hold !== 'reserved' ||
  policy.fleets.every((fleet) => fleet.hold === 'reserved');
