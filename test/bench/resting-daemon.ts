// A daemon over a held park, ready to be ticked: books folded from the park's ledger, the real client on a transport that
// serves the park's listing from memory and says yes to every change of a limit. Ticks are ten milliseconds apart, so that
// however many are measured, the instant stays the same quiet one.
import { quoteKey, type MarketView } from '../../src/domain/market.ts';
import { GPUS_PER_NODE, type CentsPerNodeHour } from '../../src/domain/money.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { UnixMs } from '../../src/domain/time.ts';
import { tick, type TickMemory } from '../../src/daemon/tick.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { noSightings } from '../../src/reconcile/close.ts';
import { foldAll } from '../../src/reconcile/fold.ts';
import type { TransportAnswer, TransportRequest } from '../../src/venue/sfcompute/transport.ts';
import { clientOn, tickDepsOf, type HeldWorld } from './held-world.ts';

const STEP_MS = 10;

export interface RestingDaemon {
  readonly turn: () => Promise<TickReport>;
  /** Requests beside the listing since the start. */
  readonly asked: () => number;
}

const answerTo = (request: TransportRequest, world: HeldWorld, nowMs: UnixMs): TransportAnswer => {
  const headers = { 'content-type': 'application/json', date: new Date(nowMs).toUTCString() };
  const body = request.path === '/v1/nodes' ? world.listing : procurementOf(request);
  return { kind: 'response', status: 200, headers, body };
};

/** What the venue says to `PATCH /v0/procurements/{id}`: the procurement with its new limit. */
const procurementOf = ({ path, body }: TransportRequest): string => {
  const given = JSON.parse(body ?? '{}') as { buy_limit_price_per_gpu_hour?: number };
  return JSON.stringify({
    object: 'procurement',
    id: decodeURIComponent(path.split('/').at(-1) ?? ''),
    status: 'active',
    buy_limit_price_per_gpu_hour: given.buy_limit_price_per_gpu_hour ?? 0,
    desired_quantity: 1,
    horizon: 0,
  });
};

/** The market as a quote just taught it. */
const marketAt = (world: HeldWorld, ask: number, atMs: UnixMs): MarketView => {
  const zone = { name: 'hayesvalley', region: 'us-west', instanceType: 'h100i', gpu: 'h100' };
  const quote = {
    zone: zone.name,
    gpu: zone.gpu,
    ask: ask as CentsPerNodeHour,
    noQuoteReason: null,
    quantity: world.nodes,
    askedAtMs: atMs,
    answeredAtMs: atMs,
  };
  return { zones: [zone], quotes: new Map([[quoteKey(zone.name, 'autoreserved'), quote]]) };
};

/** `startMs` is where its first tick happens; `ask` is what a node-hour costs then, in cents. */
export const restingDaemon = (
  world: HeldWorld,
  at: { readonly startMs: UnixMs; readonly ask: number },
): RestingDaemon => {
  let nowMs = at.startMs;
  let asked = 0;
  const clock: Clock = { now: () => nowMs, monotonic: () => performance.now() };
  const venue = clientOn(async (request) => {
    if (request.path !== '/v1/nodes') asked += 1;
    return answerTo(request, world, nowMs);
  }, clock);
  const memory: TickMemory = {
    books: foldAll(emptyBooks(), world.records),
    sightings: noSightings(),
    settled: [],
    quoteWants: [],
  };
  const view = marketAt(world, at.ask, at.startMs);
  const ledger = memoryLedger(world.records);
  const deps = tickDepsOf({ clock, ledger, venue, policy: world.policy, market: () => view });
  return {
    turn: () => {
      nowMs += STEP_MS;
      return tick(deps, memory);
    },
    asked: () => asked,
  };
};

/** The ask the park was bought at. */
export const QUIET_ASK = 150 * GPUS_PER_NODE;

/** Throws unless the tick had nothing to do: a bench of a quiet tick must not measure a busy one. */
export const mustBeQuiet = (report: TickReport, daemon: RestingDaemon): void => {
  const wrote = Object.values(report.entries).reduce((sum, count) => sum + count, 0);
  if (report.end !== 'done' || wrote + report.sent.length + daemon.asked() > 0) {
    throw new Error(
      `the park is not at rest: ${report.end} ${report.problem ?? ''} ${JSON.stringify(report.entries)}`,
    );
  }
};
