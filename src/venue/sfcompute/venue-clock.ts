// What the venue's clock shows, by the Date header of a look: where a clock that runs fast begins, so that the daemon and a
// market in another process live at the same instant.
import type { DurationMs, UnixMs } from '../../domain/time.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Venue } from '../../ports/venue.ts';
import { VenueError } from './errors.ts';

const TRIES = 30;
const REST_MS: DurationMs = 1000;
/** Real time: an answer that took longer says too little about what the venue's clock shows now. */
const WITHIN_MS: DurationMs = 500;

export interface VenueClockDeps {
  readonly venue: Pick<Venue, 'look'>;
  readonly baseUrl: string;
  /** Seconds of the venue in one real second. */
  readonly speed: number;
  readonly monotonic: Clock['monotonic'];
  readonly timer: Timer;
  readonly warn: (text: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal | undefined;
}

/** The venue's time now, taken halfway between asking and answer. Rejects with E_VENUE_CLOCK after 30 tries. */
export const readVenueClock = async (deps: VenueClockDeps): Promise<UnixMs> => {
  for (let attempt = 1; ; attempt += 1) {
    const askedAt = deps.monotonic();
    const look = await deps.venue.look({ nodes: [], procurements: [] });
    const tookMs = deps.monotonic() - askedAt;
    const dateMs = look.ok ? look.value.venueDateMs : null;
    if (dateMs !== null && (tookMs <= WITHIN_MS || attempt === TRIES)) {
      return dateMs + Math.round((tookMs / 2) * deps.speed);
    }
    const why = look.ok ? 'it sends no Date header' : look.message;
    if (attempt === 1) deps.warn(`the clock of ${deps.baseUrl} is waited for: ${why}`);
    if (attempt === TRIES || deps.signal?.aborted === true) {
      throw new VenueError('E_VENUE_CLOCK', `${deps.baseUrl} does not tell its time: ${why}`);
    }
    await deps.timer.sleep(REST_MS, deps.signal);
  }
};
