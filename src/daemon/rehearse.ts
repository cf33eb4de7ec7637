// A rehearsal: the very same tick on a copy of the books, with a venue that is only read. It shows what the daemon would do
// now and why, and what it would not do and why not.
import type { TickReport } from '../domain/report.ts';
import type { DurationMs } from '../domain/time.ts';
import type { Timer } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Venue } from '../ports/venue.ts';
import { noSightings } from '../reconcile/close.ts';
import { tickDeps, type DaemonDeps } from './daemon.ts';
import { createMarketWatch, type RememberedAsks } from './market-watch.ts';
import { openBooks } from './open-books.ts';
import { tick, type TickMemory } from './tick.ts';

export interface RehearsalDeps extends Pick<
  DaemonDeps,
  'clock' | 'venue' | 'random' | 'policy' | 'deadlines' | 'changesAtOnce'
> {
  /** A fresh copy of the ledger at each call; nothing that is written to it is kept. */
  readonly copy: () => Promise<Ledger>;
  readonly timer: Timer;
  /** Asks that were recorded. */
  readonly remembered: RememberedAsks;
  /** How long quotes are waited for, real time. */
  readonly quoteWaitMs: DurationMs;
}

const readOnly = (venue: Venue): Venue => ({
  ...venue,
  send: async () => ({
    kind: 'refused',
    code: 'not_sent',
    status: null,
    message: 'a rehearsal sends nothing',
  }),
});

/** Ticks to see the venue, again with its zones to learn which quotes are wanted, and gives the report of a third with them. */
export const rehearse = async (deps: RehearsalDeps): Promise<TickReport> => {
  const { clock, random, policy } = deps;
  const watch = createMarketWatch({
    clock,
    venue: deps.venue,
    onProblem: () => undefined,
    remembered: deps.remembered,
  });
  const once = async (): Promise<{ report: TickReport; memory: TickMemory }> => {
    const ledger = await deps.copy();
    const start = { version: 'rehearsal', mode: policy.mode, settingsHash: '' };
    const opened = await openBooks({ clock, ledger, random, namePrefix: policy.namePrefix, start });
    if (!opened.ok) throw new Error(opened.message);
    const memory: TickMemory = { books: opened.books, sightings: noSightings(), settled: [], quoteWants: [] };
    const lease = { held: () => true };
    const report = await tick(
      tickDeps({ ...deps, ledger, lease, venue: readOnly(deps.venue) }, watch),
      memory,
    );
    return { report, memory };
  };
  const settle = async (): Promise<void> => {
    const enough = new AbortController();
    await Promise.race([watch.idle(), deps.timer.sleep(deps.quoteWaitMs, enough.signal)]);
    enough.abort();
  };
  watch.poll([]);
  const first = await once();
  if (first.report.end !== 'done') return first.report;
  await settle();
  const { quoteWants } = (await once()).memory;
  watch.poll(quoteWants);
  await settle();
  return (await once()).report;
};
