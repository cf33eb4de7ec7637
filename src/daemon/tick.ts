// One turn, straight through: books -> desired -> look -> close -> plan -> guard -> intents written -> changes sent ->
// outcomes written -> report. There is no other control flow and no other recovery: a restart folds the same entries and
// goes on. Nothing is sent before its intent is durable, and nothing that may spend is sent once the ledger has moved.
import type { PeriodOf } from '../domain/calendar.ts';
import type { BudgetStageReached, CoverageChanged, Entry, LedgerRecord } from '../domain/entry.ts';
import type { Look, SettlementNews } from '../domain/look.ts';
import { medianAsk, quoteKey, type MarketView } from '../domain/market.ts';
import type { Cents } from '../domain/money.ts';
import type { BidPolicy, FleetPolicy, Policy } from '../domain/policy.ts';
import type { Decision, FundsReport, JobReport, Sent, TickEnd, TickReport } from '../domain/report.ts';
import { MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import type { Bounded } from '../ports/bounded.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Venue } from '../ports/venue.ts';
import { nodesOf, type Books } from '../reconcile/books.ts';
import { close, lookRequest, type Sightings } from '../reconcile/close.ts';
import { fold } from '../reconcile/fold.ts';
import { fundsAlarms } from '../reconcile/funds.ts';
import { createGate, type Gate } from '../reconcile/guard.ts';
import { planJobs } from '../reconcile/jobs.ts';
import { outlookOn, pacedFleet, paceOn } from '../reconcile/outlook.ts';
import { overridden } from '../reconcile/override.ts';
import { planFleet } from '../reconcile/plan.ts';
import type { FleetDesire, FleetPlan, PlanInput } from '../reconcile/scene.ts';
import { moneyReport } from '../reconcile/money-report.ts';
import { quoteWants, type QuoteWant } from '../reconcile/quote-wants.ts';
import { alarms, fleetReports, totals } from '../reconcile/report.ts';
import { budgetReports, stageReport } from '../reconcile/report-budgets.ts';
import { referencesChange } from '../reconcile/references.ts';
import { settle } from '../reconcile/settle.ts';
import { noShadowState, playShadow, type ShadowState } from '../reconcile/shadow.ts';
import { stageEntries, stagesHolding } from '../reconcile/stages.ts';
import { act, type ActDeps } from './act.ts';
import { decide, intentEntries, type Decided } from './decide.ts';

export interface TickDeps extends ActDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly venue: Venue;
  readonly lease: Lease;
  readonly policy: Policy;
  readonly periodOf: PeriodOf;
  readonly desire: (fleet: FleetPolicy, atMs: UnixMs) => FleetDesire;
  /** What the quote poller last learned. */
  readonly market: () => MarketView;
  /** Deciding asks the strategies, which are not trusted to come to an end. */
  readonly bounded: Bounded;
  /** What the balance means for nodes that cost at most so much an hour; absent where nobody reads it. */
  readonly funds?: (ownPerHour: Cents) => FundsReport | null;
}

/** What lives from tick to tick. Only the books matter; the rest may be lost at any time. */
export interface TickMemory {
  readonly books: Books;
  readonly sightings: Sightings;
  /** What was read of the venue's records beside the tick and waits to be written. */
  settled: readonly SettlementNews[];
  quoteWants: readonly QuoteWant[];
  /** What strategies that only watch remember, by fleet and strategy. */
  shadows?: Map<string, ShadowState>;
}

export interface TickOptions {
  /** The daemon is stopping and its settings say to withdraw waiting bids. */
  readonly stopping?: boolean;
  /** What is wished for instead of the ordinary plan; the guard judges it all the same. */
  readonly plan?: (input: PlanInput) => FleetPlan;
}

interface Turn {
  readonly deps: TickDeps;
  readonly memory: TickMemory;
  readonly atMs: UnixMs;
  readonly desires: Map<string, FleetDesire>;
  readonly jobs: Map<string, readonly JobReport[]>;
  readonly entries: Partial<Record<Entry['kind'], number>>;
  readonly stages: Record<'observe' | 'decide' | 'act' | 'persist', DurationMs>;
  decisions: readonly Decision[];
  sent: readonly Sent[];
  wakes: readonly UnixMs[];
  stagesReached: readonly BudgetStageReached[];
  gate: Gate | null;
  /** What this tick alone knows a person must hear of; the books know the rest. */
  alarms: TickReport['alarms'];
  /** What is compared with what is bought, to be written: prices, and what shadows would have bought. */
  compared: readonly Entry[];
}

const REFUSED_TOKEN: TickReport['alarms'][number] = {
  code: 'auth',
  fleet: null,
  text: 'the venue refuses the token (401), so nothing is seen and nothing is bought; put the right one in its place',
};

/** Runs one tick. Never rejects for what ledger, network or venue do; a rejection is a programmer's fault. */
export const tick = async (
  deps: TickDeps,
  memory: TickMemory,
  options: TickOptions = {},
): Promise<TickReport> => {
  const turn: Turn = {
    deps,
    memory,
    atMs: deps.clock.now(),
    desires: new Map(),
    jobs: new Map(),
    entries: {},
    stages: { observe: 0, decide: 0, act: 0, persist: 0 },
    decisions: [],
    sent: [],
    wakes: [],
    stagesReached: [],
    gate: null,
    alarms: [],
    compared: [],
  };
  for (const fleet of deps.policy.fleets) turn.desires.set(fleet.name, deps.desire(fleet, turn.atMs));
  const started = deps.clock.monotonic();
  if (!deps.lease.held()) return report(turn, 'not_leader', 'another process holds the lease of this store');
  const behind = await timed(turn, 'persist', () => catchUp(deps.ledger, memory.books));
  if (behind !== null) return report(turn, 'ledger_failed', behind);
  for (const [name, desire] of turn.desires)
    turn.desires.set(name, overridden(desire, memory.books.overrides.get(name), turn.atMs));

  const reading = await timed(turn, 'observe', () =>
    deps.venue.look(lookRequest(memory.books, memory.sightings, turn.atMs)),
  );
  if (!reading.ok) {
    if (reading.code === 'forbidden' && memory.books.breaker === null) {
      await write(turn, [
        { kind: 'breaker_opened', cause: `the venue answered 403 to a look (${reading.message})` },
      ]);
    }
    if (reading.code === 'auth') turn.alarms = [REFUSED_TOKEN];
    return report(turn, 'no_look', `the venue could not be listed (${reading.code}): ${reading.message}`);
  }
  const look = reading.value;
  const delivered = memory.settled.length;
  const closing = closingEntries(turn, look);
  const closed = await write(turn, closing);
  if (closed !== null) return report(turn, closed.end, closed.problem);
  memory.settled = memory.settled.slice(delivered);

  const decided = timedSync(turn, 'decide', () => deps.bounded(() => decideNow(turn, look, options)));
  const intents = await writeIntents(turn, decided);
  if (!intents.ok) return report(turn, intents.end, intents.problem);
  const outcomes = await timed(turn, 'act', () =>
    act(deps, {
      actions: decided.passed,
      records: intents.records,
      head: memory.books.seq,
      startedMonotonicMs: started,
    }),
  );
  turn.sent = outcomes.sent;
  const written = await writeFacts(turn, outcomes.entries);
  return written === null ? report(turn, 'done', null) : report(turn, written.end, written.problem);
};

const timed = async <Value>(
  turn: Turn,
  stage: keyof Turn['stages'],
  run: () => Promise<Value>,
): Promise<Value> => {
  const from = turn.deps.clock.monotonic();
  const value = await run();
  turn.stages[stage] += turn.deps.clock.monotonic() - from;
  return value;
};

const timedSync = <Value>(turn: Turn, stage: keyof Turn['stages'], run: () => Value): Value => {
  const from = turn.deps.clock.monotonic();
  const value = run();
  turn.stages[stage] += turn.deps.clock.monotonic() - from;
  return value;
};

/** Folds what was appended since (another process may have asked for a pause); null when the books are up to date. */
export const catchUp = async (
  ledger: Pick<Ledger, 'head' | 'read'>,
  books: Books,
  beforeEach: (books: Books, record: LedgerRecord) => void = () => undefined,
): Promise<string | null> => {
  try {
    if (ledger.head() === books.seq) return null;
    for await (const records of ledger.read(books.seq)) {
      for (const record of records) {
        beforeEach(books, record);
        fold(books, record);
      }
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

type Failure = { readonly end: TickEnd; readonly problem: string };

/** Appends and folds; a failure ends the tick. Writing nothing costs nothing. */
const write = async (
  turn: Turn,
  entries: readonly Entry[],
): Promise<(Failure & { records?: never }) | null> => {
  const result = await append(turn, entries);
  return result.ok ? null : result;
};

type Appended =
  | { readonly ok: true; readonly records: readonly LedgerRecord[] }
  | ({ readonly ok: false } & Failure);

const append = async (turn: Turn, entries: readonly Entry[]): Promise<Appended> => {
  if (entries.length === 0) return { ok: true, records: [] };
  const { deps, memory } = turn;
  const result = await timed(turn, 'persist', () =>
    deps.ledger.append(entries, deps.clock.now(), memory.books.seq),
  );
  if (result.kind === 'moved') {
    return { ok: false, end: 'moved', problem: 'another process wrote to the ledger; deciding anew' };
  }
  if (result.kind === 'failed') {
    return { ok: false, end: 'ledger_failed', problem: `${result.code}: ${result.message}` };
  }
  for (const record of result.records) {
    fold(memory.books, record);
    turn.entries[record.entry.kind] = (turn.entries[record.entry.kind] ?? 0) + 1;
  }
  return { ok: true, records: result.records };
};

/** Outcomes are facts: when another writer was faster they are written behind its entries. */
const writeFacts = async (turn: Turn, entries: readonly Entry[]): Promise<Failure | null> => {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const result = await append(turn, entries);
    if (result.ok) return null;
    if (result.end !== 'moved') return result;
    const behind = await catchUp(turn.deps.ledger, turn.memory.books);
    if (behind !== null) return { end: 'ledger_failed', problem: behind };
  }
  return { end: 'moved', problem: 'other processes keep writing to the ledger' };
};

const closingEntries = (turn: Turn, look: Look): readonly Entry[] => {
  const { deps, memory } = turn;
  const { policy } = deps;
  const nowMs = deps.clock.now();
  const market = deps.market();
  // Orders first: they are about the books as they are, before a node that ends below takes older ones with it.
  const entries: Entry[] = [...settle(memory.books, memory.settled)];
  const closing = close(memory.books, look, memory.sightings, {
    nowMs,
    namePrefix: policy.namePrefix,
    quarantineMs: policy.quarantineMs,
    lookGapMs: policy.lookGapMs,
    estimate: (zone, hold) => {
      const quote = market.quotes.get(quoteKey(zone, hold));
      return quote !== undefined && nowMs - quote.askedAtMs <= policy.quoteUsableMs ? quote.ask : null;
    },
  });
  entries.push(...closing);
  const fresh = memory.books.pause === null && neverBought(memory.books);
  const strangers = entries.filter((entry) => entry.kind === 'unowned_seen').length;
  if (fresh && strangers > 0) {
    const why = `an empty ledger beside ${strangers} live nodes with our prefix; look at them, then resume`;
    entries.push({ kind: 'pause_requested', by: 'bidkeeper', why });
  }
  return entries;
};

const neverBought = (books: Books): boolean =>
  [...books.fleets.values()].every((fleet) =>
    [...fleet.slots.values()].every((slot) => slot.living === 0 && !slot.reusable),
  ) && books.sums.size === 0;

/** What the jobs want on top of the schedules; once a turn, on the newest books. */
const addJobs = ({ deps, memory, desires, jobs }: Turn, nowMs: UnixMs, market: MarketView): void => {
  for (const fleet of deps.policy.fleets) {
    if (jobs.has(fleet.name)) continue;
    const desire = desires.get(fleet.name) ?? deps.desire(fleet, nowMs);
    const planned = planJobs({ nowMs, books: memory.books, market, policy: deps.policy, fleet, desire });
    desires.set(fleet.name, planned.desire);
    jobs.set(fleet.name, planned.jobs);
  }
};

const decideNow = (turn: Turn, look: Look, options: TickOptions): Decided => {
  const { deps, memory } = turn;
  const nowMs = deps.clock.now();
  const { books } = memory;
  const halted = books.pause === null ? null : books.pause.drain ? 'drain' : 'paused';
  const withdraw = options.stopping === true ? 'stop' : halted;
  const market = deps.market();
  const at = { nowMs, books, policy: deps.policy, periodOf: deps.periodOf };
  addJobs(turn, nowMs, market);
  const gate = createGate({
    ...at,
    lookAskedAtMs: look.askedAtMs,
    venueDateMs: look.venueDateMs,
    leaseHeld: deps.lease.held(),
    wantedNodes: new Map([...turn.desires].map(([name, desire]) => [name, desire.nodes])),
    wantedAt: (fleet, atMs) => turn.desires.get(fleet)?.nodesAt(atMs) ?? 0,
  });
  turn.gate = gate;
  const outlook = outlookOn({ ...at, desires: turn.desires, market });
  const input = (unpaced: FleetPolicy): PlanInput => {
    const pace = paceOn(outlook, at, unpaced.name);
    const fleet = pacedFleet(unpaced, pace);
    return {
      nowMs,
      books,
      look,
      market,
      policy: deps.policy,
      fleet,
      desire: turn.desires.get(fleet.name) ?? deps.desire(fleet, nowMs),
      withdraw,
      stages: stagesHolding({ ...at, usedIn: gate.usedIn }, fleet.name),
      pacing: pace === null || fleet === unpaced ? null : { ...pace, unpaced },
    };
  };
  const inputs = deps.policy.fleets.map(input);
  memory.quoteWants = inputs.flatMap(quoteWants);
  turn.compared = inputs.flatMap((one) => comparedOf(memory, one));
  const decided = decide(inputs.map(options.plan ?? planFleet), gate);
  turn.decisions = decided.decisions;
  turn.wakes = decided.wakes;
  return decided;
};

const writeIntents = async (turn: Turn, decided: Decided): Promise<Appended> => {
  const { books } = turn.memory;
  const entries: Entry[] = [...coverageEntries(turn), ...turn.compared];
  if (books.pause !== null && !books.pause.acknowledged) entries.push({ kind: 'pause_acknowledged' });
  const stages = reachedNow(turn);
  entries.push(...stages);
  const live = turn.deps.policy.mode === 'live';
  const intents = live ? intentEntries(decided, books.seq + entries.length) : [];
  const result = await append(turn, [...entries, ...intents]);
  if (!result.ok) return result;
  turn.stagesReached = stages;
  return { ok: true, records: result.records.slice(entries.length) };
};

/** Stages of budgets that the sums of this turn, with all that was let through, have reached. */
const reachedNow = ({ deps, memory, gate }: Turn): readonly BudgetStageReached[] =>
  gate === null
    ? []
    : stageEntries({
        policy: deps.policy,
        periodOf: deps.periodOf,
        books: memory.books,
        nowMs: deps.clock.now(),
        usedIn: gate.usedIn,
      });

/** The prices that the hours bought from now on are compared with, and what the fleet's shadows would buy now. */
const comparedOf = (memory: TickMemory, scene: PlanInput): readonly Entry[] => {
  const { books, market, fleet, nowMs } = scene;
  const change = referencesChange(books, market, fleet, nowMs);
  const bought = fleet.shadows.flatMap((bid) => playShadow(scene, bid, shadowOf(memory, fleet.name, bid)));
  return change === null ? bought : [change, ...bought];
};

const shadowOf = (memory: TickMemory, fleet: string, { strategy }: BidPolicy): ShadowState => {
  memory.shadows ??= new Map();
  const key = `${fleet}/${strategy}`;
  const known = memory.shadows.get(key) ?? noShadowState();
  memory.shadows.set(key, known);
  return known;
};

const coverageEntries = (turn: Turn): Entry[] => {
  const entries: CoverageChanged[] = [];
  const { books } = turn.memory;
  for (const [name, desire] of turn.desires) {
    const before = books.fleets.get(name);
    const runningNodes = usableNodes(books, name);
    const working = (turn.jobs.get(name) ?? []).filter(({ workingNodes }) => workingNodes > 0);
    const same =
      before?.wantedNodes === desire.nodes &&
      before.runningNodes === runningNodes &&
      before.jobs.values().reduce((sum, { nodes }) => sum + nodes, 0) ===
        working.reduce((sum, { workingNodes }) => sum + workingNodes, 0) &&
      working.every(({ job, workingNodes }) => before.jobs.get(job)?.nodes === workingNodes);
    if (before?.coverageAtMs != null && same) continue;
    const jobs = Object.fromEntries(working.map(({ job, workingNodes }) => [job, workingNodes]));
    entries.push({
      kind: 'coverage_changed',
      fleet: name,
      wantedNodes: desire.nodes,
      runningNodes,
      ...(working.length === 0 ? {} : { jobs }),
    });
  }
  return entries;
};

const usableNodes = (books: Books, fleet: string): number => {
  let count = 0;
  for (const node of nodesOf(books, fleet)) if (node.usableSinceMs !== null) count += 1;
  return count;
};

/** One line a zone: what a bid would meet; a block's ask only where nothing else is known. */
const marketReports = ({ quotes, trails }: MarketView): TickReport['market'] => {
  const lines = new Map<string, TickReport['market'][number]>();
  for (const [key, { zone, gpu, ask, askedAtMs }] of quotes) {
    if (key !== zone && quotes.has(zone)) continue;
    const recent = trails?.get(key)?.recent ?? [];
    lines.set(zone, { zone, gpu, ask, median: medianAsk(recent.map((quote) => quote.ask)), askedAtMs });
  }
  return [...lines.values()];
};

const firstAfter = (instants: readonly UnixMs[], atMs: UnixMs): UnixMs | null => {
  let first: UnixMs | null = null;
  for (const at of instants) if (at > atMs && (first === null || at < first)) first = at;
  return first;
};

const report = (turn: Turn, end: TickEnd, problem: string | null): TickReport => {
  const { deps, memory, desires } = turn;
  const { books } = memory;
  const nowMs = Math.max(turn.atMs, books.lastAtMs);
  addJobs(turn, nowMs, deps.market());
  const input = {
    nowMs,
    lookedAtMs: memory.sightings.lookedAtMs,
    books,
    policy: deps.policy,
    desires,
    jobs: turn.jobs,
  };
  const gate =
    turn.gate ??
    createGate({
      nowMs,
      books,
      policy: deps.policy,
      periodOf: deps.periodOf,
      lookAskedAtMs: nowMs,
      venueDateMs: null,
      leaseHeld: false,
      wantedNodes: new Map(),
      wantedAt: () => 0,
    });
  const { fleets, nodes } = fleetReports(input);
  const sums = totals(input);
  const wakeAtMs = firstAfter(turn.wakes, turn.atMs);
  const funds = deps.funds?.(fleets.reduce((sum, one) => sum + one.spendRate, 0) as Cents) ?? null;
  return {
    atMs: turn.atMs,
    end,
    problem,
    mode: deps.policy.mode,
    paused: books.pause !== null,
    pause: books.pause === null ? null : { ...books.pause },
    breaker: books.breaker,
    contradiction: books.contradiction,
    fleets,
    nodes,
    totals: sums.zones,
    fleetTotals: sums.fleets,
    budgets: budgetReports(
      input,
      gate,
      deps.periodOf,
      outlookOn({ nowMs, books, policy: deps.policy, desires, market: deps.market() }),
    ),
    stagesReached: turn.stagesReached.map(stageReport),
    funds,
    money: moneyReport(books),
    market: marketReports(deps.market()),
    decisions: turn.decisions,
    sent: turn.sent,
    unownedNodes: books.unowned.size,
    entries: turn.entries,
    alarms: [...turn.alarms, ...fundsAlarms(funds), ...alarms(input)],
    stages: turn.stages,
    wakeAtMs: wakeAtMs === null ? null : Math.max(wakeAtMs, turn.atMs + MINUTE_MS / 60),
  };
};
