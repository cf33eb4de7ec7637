// The SF Compute venue: the port's six calls, put together from the files beside this one. It holds no state but remembered
// settlements of finished contracts. All waiting goes through the injected timer, all instants come from the injected
// clock, all bytes through the injected transport, so that a simulation runs this very code.
import type { DurationMs } from '../../domain/time.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { TokenSource } from '../../ports/token.ts';
import type { Reading, Venue } from '../../ports/venue.ts';
import { createCaller, readFailure } from './caller.ts';
import type { Caller, RequestReport } from './caller.ts';
import { sendChange } from './changes.ts';
import { decodeBalance, decodeZones } from './decode.ts';
import { takeLook } from './look.ts';
import { takeQuote } from './quote.ts';
import { getBalance, listZones } from './requests.ts';
import type { WireRequest } from './requests.ts';
import { createSettlementReader } from './settlements.ts';
import { readTransactions } from './transactions.ts';
import type { Transport } from './transport.ts';

/** Overall deadlines in real milliseconds, each for a whole operation with all of its calls and retries. */
export interface VenueDeadlines {
  readonly listMs: DurationMs;
  readonly changeMs: DurationMs;
  readonly quoteMs: DurationMs;
  readonly zonesMs: DurationMs;
  readonly settlementsMs: DurationMs;
  readonly balanceMs: DurationMs;
}

const DEFAULT_DEADLINES: VenueDeadlines = {
  listMs: 20_000,
  changeMs: 60_000,
  quoteMs: 600_000,
  zonesMs: 20_000,
  settlementsMs: 120_000,
  balanceMs: 20_000,
};

export interface SfcomputeVenueOptions {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly random: Random;
  readonly transport: Transport;
  readonly token: TokenSource;
  readonly deadlines?: Partial<VenueDeadlines>;
  /** Told of every finished call; must not throw. */
  readonly onRequest?: (report: RequestReport) => void;
}

/** Lookups or order pages under way at once, beside the listing. */
const READS_AT_ONCE = 8;
const SETTLEMENT_CALLS_MAX = 2000;
const TRANSACTION_PAGES_MAX = 200;

/**
 * The venue as a port. Readings come back as values; `send` resolves to one of three outcomes and rejects only with a
 * VenueError (`E_VENUE_LIMIT`, `E_VENUE_REQUEST`), before anything was sent, for a change that must never be asked for.
 */
export const createSfcomputeVenue = (options: SfcomputeVenueOptions): Venue => {
  const { clock, timer, random, transport, token } = options;
  const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
  const caller = createCaller({
    clock,
    timer,
    random,
    transport,
    token,
    onRequest: options.onRequest ?? null,
  });
  const settlements = createSettlementReader({
    caller,
    clock,
    deadlineMs: deadlines.settlementsMs,
    atOnce: READS_AT_ONCE,
    callsMax: SETTLEMENT_CALLS_MAX,
  });
  return {
    look: (request) =>
      takeLook({ caller, clock, deadlineMs: deadlines.listMs, atOnce: READS_AT_ONCE }, request),
    send: (change) => sendChange(caller, change, deadlines.changeMs),
    zones: () => readOne(caller, listZones(), deadlines.zonesMs, decodeZones),
    quote: (request) => takeQuote({ caller, clock, deadlineMs: deadlines.quoteMs }, request),
    transactions: (request) =>
      readTransactions(
        { caller, deadlineMs: deadlines.settlementsMs, pagesMax: TRANSACTION_PAGES_MAX },
        request,
      ),
    settlements,
    balance: () => readOne(caller, getBalance(), deadlines.balanceMs, decodeBalance),
  };
};

const readOne = async <Value>(
  caller: Caller,
  request: WireRequest,
  deadlineMs: DurationMs,
  decode: (value: unknown) => Value | null,
): Promise<Reading<Value>> => {
  const got = await caller.get(request, caller.deadline(deadlineMs));
  if (!got.ok) return got;
  if (!got.found) return readFailure('http', 404, got.message);
  const value = decode(got.value);
  return value === null
    ? readFailure('garbled', 200, `an answer of ${request.endpoint} cannot be read`)
    : { ok: true, value };
};
