// The probe: what the venue does not publish, settled with two bids so low that they are not meant to fill. It is a few ticks
// with a plan of their own, so every intent is in the ledger before it is sent, the guard judges it, and only `act` sends it;
// afterwards the ordinary plan withdraws what stands. Only for a ledger that no daemon holds.
import {
  formatPrice,
  ceilLimit,
  cents,
  centsPerNodeHour,
  LIMIT_GRAIN_CENTS,
  type Cents,
  type CentsPerNodeHour,
} from '../domain/money.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import type { Sent, TickReport } from '../domain/report.ts';
import {
  formatDuration,
  HOUR_MS,
  hourFloor,
  SECOND_MS,
  type DurationMs,
  type UnixMs,
} from '../domain/time.ts';
import type { Timer } from '../ports/clock.ts';
import type { Action } from '../reconcile/action.ts';
import { isAlive, nodesOf, type NodeBook } from '../reconcile/books.ts';
import { noSightings } from '../reconcile/close.ts';
import { coverUntil } from '../reconcile/earmarks.ts';
import { createOf, freeSlots, raiseOf } from '../reconcile/make-action.ts';
import { emptyPlan, targetZones, setScene, type FleetPlan, type PlanInput } from '../reconcile/scene.ts';
import { tickDeps, type DaemonDeps } from './daemon.ts';
import { createMarketWatch } from './market-watch.ts';
import { openBooks } from './open-books.ts';
import { tick, type TickMemory } from './tick.ts';

export interface ProbeDeps extends Pick<
  DaemonDeps,
  'clock' | 'ledger' | 'venue' | 'lease' | 'random' | 'policy' | 'deadlines' | 'start'
> {
  readonly timer: Timer;
  /** The fleet whose kind of node is bid for. */
  readonly fleet: FleetPolicy;
  /** Real time after which what has not shown itself is said to be later than that. */
  readonly patienceMs: DurationMs;
}

export interface ProbePlan {
  /** The bid, and one step of 8 cents above it: the limits that are sent. */
  readonly limit: CentsPerNodeHour;
  readonly where: string;
  /** If both nodes filled at the higher limit and were held to the end of the last hour that may be bought. */
  readonly worstCents: Cents;
}

const NODES = 2;

/** What the probe will offer and what it may cost at most. */
export const planProbe = (policy: Policy, fleet: FleetPolicy, nowMs: UnixMs): ProbePlan => {
  const lowest = ceilLimit(Math.ceil((fleet.bid.ceiling * policy.priceBand.low) / 10_000));
  const limit = centsPerNodeHour(lowest + LIMIT_GRAIN_CENTS);
  const hours = (coverUntil(nowMs, policy.lookGapMs, HOUR_MS) - hourFloor(nowMs)) / HOUR_MS;
  const where = fleet.zones === 'any' ? `a zone with ${fleet.gpu}` : fleet.zones.join(' or ');
  return { limit, where, worstCents: cents(NODES * hours * limit) };
};

export interface ProbeAnswer {
  readonly lines: readonly string[];
  /** False when it could not be carried through. */
  readonly complete: boolean;
  /** Nodes of it that still live. */
  readonly left: number;
  readonly duplicateName: 'refused' | 'accepted' | 'unknown' | null;
  readonly raise: 'accepted' | 'refused' | 'unknown' | null;
  /** Real time from the answer to the create until the list, and until a look by name, showed it; null: later than the patience. */
  readonly listedAfterMs: DurationMs | null;
  readonly namedAfterMs: DurationMs | null;
}

type Plan = (input: PlanInput) => FleetPlan;

interface Bench {
  readonly deps: ProbeDeps;
  readonly fleet: FleetPolicy;
  readonly memory: TickMemory;
  /** One tick with this plan; `wanted` nodes are what the guard allows. */
  readonly turn: (wanted: number, plan?: Plan) => Promise<TickReport>;
}

export const probe = async (deps: ProbeDeps): Promise<ProbeAnswer> => {
  const bench = await openBench(deps);
  const answer = { duplicateName: null, raise: null, listedAfterMs: null, namedAfterMs: null } as const;
  const { limit } = planProbe(deps.policy, deps.fleet, deps.clock.now());
  const low = centsPerNodeHour(limit - LIMIT_GRAIN_CENTS);
  const first = await bench.turn(NODES, (input) => only(bid(input, low, null)));
  const made = first.sent[0];
  if (made === undefined || made.outcome.kind !== 'accepted') {
    const left = await clear(bench);
    return {
      ...answer,
      lines: [`the first bid did not stand: ${failureOf(first, made)}`],
      complete: false,
      left,
    };
  }
  const late = await measureLateness(deps, made.name);
  const second = await bench.turn(NODES, (input) => only(bid(input, low, made.name)));
  const duplicateName = duplicateOf(second.sent[0]);
  const raised = await bench.turn(NODES, (input) => only(raise(input, made.name, limit)));
  const raiseOutcome = raised.sent[0]?.outcome.kind ?? null;
  await forgetDuplicate(bench);
  const left = await clear(bench);
  const lines = [
    `create: accepted in ${seconds(made.tookMs)}`,
    `list: ${late.listed === null ? `not shown within ${formatDuration(deps.patienceMs)}` : `shows a new node after ${seconds(late.listed)}`}`,
    `by name: ${late.named === null ? `not found within ${formatDuration(deps.patienceMs)}` : `found after ${seconds(late.named)}`}`,
    `the same name again: ${DUPLICATE_WORDS[duplicateName ?? 'unknown']}${duplicateName === null ? ` (${failureOf(second, second.sent[0])})` : ''}`,
    `raise in place to ${formatPrice(limit)}: ${raiseOutcome ?? 'not sent'}${raiseOutcome === 'accepted' ? '' : ` (${failureOf(raised, raised.sent[0])})`}`,
  ];
  const complete = duplicateName !== null && raiseOutcome !== null;
  const { listed: listedAfterMs, named: namedAfterMs } = late;
  return { lines, complete, left, duplicateName, raise: raiseOutcome, listedAfterMs, namedAfterMs };
};

const DUPLICATE_WORDS = {
  refused: 'refused, so `repost: same_name` is safe here',
  accepted: 'accepted: two nodes carry one name, so keep `repost: never`',
  unknown: 'its outcome is not known; keep `repost: never`',
} as const;

const seconds = (span: DurationMs): string => `${(span / SECOND_MS).toFixed(2)} s`;

const openBench = async (deps: ProbeDeps): Promise<Bench> => {
  const { clock, ledger, random, policy } = deps;
  const name = policy.fleets.some((one) => one.name === 'probe') ? 'doctor-probe' : 'probe';
  const fleet: FleetPolicy = { ...deps.fleet, name, hold: 'autoreserved', surgeNodes: 0 };
  const start = { ...deps.start, mode: 'live' as const };
  const opened = await openBooks({ clock, ledger, random, namePrefix: policy.namePrefix, start });
  if (!opened.ok) throw new Error(opened.message);
  const memory: TickMemory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
  const watch = createMarketWatch({ clock, venue: deps.venue, onProblem: () => undefined });
  watch.poll([]);
  await watch.idle();
  const ports = tickDeps(
    { ...deps, changesAtOnce: 1, policy: { ...policy, mode: 'live', fleets: [fleet] } },
    watch,
  );
  const turn: Bench['turn'] = (wanted, plan) =>
    tick(
      {
        ...ports,
        desire: () => ({ gpus: wanted * 8, nodes: wanted, nextChangeMs: null, nodesAt: () => wanted }),
      },
      memory,
      plan === undefined ? {} : { plan },
    );
  return { deps, fleet, memory, turn };
};

const only = (action: Action | null): FleetPlan => ({
  ...emptyPlan(),
  proposals: action === null ? [] : [action],
});

/** A bid at `limit` in the best zone; with `name` it carries a name that is taken already. */
const bid = (input: PlanInput, limit: CentsPerNodeHour, name: string | null): Action | null => {
  const [zone] = targetZones(setScene({ ...input, fleet: { ...input.fleet, spread: 'free' } }));
  const [place] = freeSlots(input, 1);
  if (zone === undefined || place === undefined) return null;
  const why = name === null ? 'a probe asked for by a person' : 'a probe: is a duplicate name refused?';
  const coverUntilMs = coverUntil(input.nowMs, input.policy.lookGapMs, HOUR_MS);
  const action = createOf(input, { ...place, zone: zone.name, limit, endAtMs: null, coverUntilMs, why });
  const { intent, change } = action;
  if (name === null || intent.kind !== 'create_intended' || change.kind !== 'create') return action;
  return { ...action, name, intent: { ...intent, name }, change: { ...change, name } };
};

const raise = (input: PlanInput, name: string, limit: CentsPerNodeHour): Action | null => {
  const node = living(input.books.fleets.get(input.fleet.name)?.nodes.values() ?? []).find(
    (one) => one.name === name && one.procurementId !== null && one.phase !== 'unknown',
  );
  const why = 'a probe: can a limit be raised in place?';
  return node === undefined ? null : raiseOf(input, node, limit, { reason: 'climb', why });
};

const living = (nodes: Iterable<NodeBook>): NodeBook[] => [...nodes].filter(isAlive);

const failureOf = (report: TickReport, sent: Sent | undefined): string => {
  if (sent !== undefined && sent.outcome.kind !== 'accepted') {
    const { outcome } = sent;
    return `${outcome.kind} (${outcome.kind === 'refused' ? outcome.code : outcome.cause}): ${outcome.message}`;
  }
  const refused = report.decisions.find(({ refusedBy }) => refusedBy !== null);
  if (refused !== undefined) return `the guard ${refused.refusedBy ?? ''} refused it: ${refused.why}`;
  return report.problem ?? 'nothing could be planned: no zone, or no procurement yet';
};

const duplicateOf = (sent: Sent | undefined): ProbeAnswer['duplicateName'] => {
  if (sent === undefined) return null;
  const { outcome } = sent;
  if (outcome.kind === 'refused') return outcome.code === 'name_taken' ? 'refused' : null;
  return outcome.kind;
};

const LOOK_EVERY_MS = 200;

const measureLateness = async (
  { clock, timer, venue, patienceMs }: ProbeDeps,
  name: string,
): Promise<{ readonly listed: DurationMs | null; readonly named: DurationMs | null }> => {
  const since = clock.monotonic();
  let listed: DurationMs | null = null;
  let named: DurationMs | null = null;
  while ((listed === null || named === null) && clock.monotonic() - since < patienceMs) {
    const look = await venue.look({ nodes: [name], procurements: [] });
    const after = clock.monotonic() - since;
    if (look.ok) {
      if (look.value.nodes.some((node) => node.name === name)) listed ??= after;
      const found = look.value.lookups.get(name);
      if (found !== undefined && found !== 'absent') named ??= after;
    }
    if (listed === null || named === null) await timer.sleep(LOOK_EVERY_MS);
  }
  return { listed, named };
};

/** The refused double never was: its quarantine is waived, so that the probe leaves nothing open behind it. */
const forgetDuplicate = async ({ deps, fleet, memory }: Bench): Promise<void> => {
  const { clock, ledger } = deps;
  const lost = living(nodesOf(memory.books, fleet.name)).find(
    (node) => node.phase === 'unknown' && node.nameRefused,
  );
  if (lost === undefined) return;
  const who = { by: 'doctor --probe', why: 'the venue refused the double, so it never was' };
  await ledger.append(
    [{ kind: 'unknown_acknowledged', node: lost.seq, ...who }],
    clock.now(),
    memory.books.seq,
  );
};

const CLEAR_EVERY_MS = 500;

/** Ordinary ticks with nothing wanted until nothing of the probe lives, or patience ends; gives how many do. */
const clear = async (bench: Bench): Promise<number> => {
  const { clock, timer, patienceMs } = bench.deps;
  const since = clock.monotonic();
  for (;;) {
    await bench.turn(0);
    const left = living(nodesOf(bench.memory.books, bench.fleet.name)).length;
    if (left === 0 || clock.monotonic() - since > patienceMs) return left;
    await timer.sleep(CLEAR_EVERY_MS);
  }
};
