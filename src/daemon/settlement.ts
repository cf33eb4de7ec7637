// Settlement: reads the venue's executed orders beside the tick and hands them to it; the tick writes them. A quiet book
// asks for nothing, and a failure is tried again at the next round.
import type { SettledOrder } from '../domain/look.ts';
import { MINUTE_MS, SECOND_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Venue } from '../ports/venue.ts';
import type { Books } from '../reconcile/books.ts';
import { settlementWants } from '../reconcile/settle.ts';

const EVERY_MS = 5 * MINUTE_MS;
/** Real time: even on a fast clock the venue's records are not read more often. */
const REST_MS: DurationMs = 2 * SECOND_MS;

export interface Settlement {
  /** Starts a round when one is due; returns at once. */
  readonly poll: (books: Books) => void;
  readonly idle: () => Promise<void>;
}

export interface SettlementDeps {
  readonly clock: Clock;
  readonly venue: Pick<Venue, 'settlements'>;
  readonly deliver: (orders: readonly SettledOrder[]) => void;
  readonly onProblem: (what: string, message: string) => void;
}

export const createSettlement = (deps: SettlementDeps): Settlement => {
  let flight: Promise<void> | null = null;
  let last: { clockMs: UnixMs; realMs: number } | null = null;
  let failing = false;

  const round = async (books: Books): Promise<void> => {
    const reading = await deps.venue.settlements(settlementWants(books));
    if (reading.ok) {
      failing = false;
      deps.deliver(reading.value);
    } else if (!failing) {
      failing = true;
      deps.onProblem('settlement', reading.message);
    }
  };

  return {
    poll: (books) => {
      const now = { clockMs: deps.clock.now(), realMs: deps.clock.monotonic() };
      const early =
        last !== null &&
        (Math.abs(now.clockMs - last.clockMs) < EVERY_MS || now.realMs - last.realMs < REST_MS);
      if (flight !== null || early) return;
      const wants = settlementWants(books);
      if (wants.procurementIds.length + wants.reserved.length === 0) return;
      last = now;
      flight = round(books).finally(() => {
        flight = null;
      });
    },
    idle: async () => {
      await flight;
    },
  };
};
