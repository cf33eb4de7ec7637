// A pause or drain in one sentence, with what goes on costing money all the same: it stands in every heartbeat, so that a
// forgotten one is found in any few minutes of the log.
import { formatCents, type Cents } from '../domain/money.ts';
import type { TickReport } from '../domain/report.ts';
import { formatInstant } from '../domain/time.ts';

/** `paused since … by anna (audit): nothing that adds spend is sent; held nodes go on for at most $57.92 an hour`. */
export const pauseText = (report: TickReport, pause: NonNullable<TickReport['pause']>): string => {
  const rate = report.fleets.reduce((sum, fleet) => sum + fleet.unattendedRate, 0) as Cents;
  const word = pause.drain ? 'draining' : 'paused';
  const held = pause.drain ? 'nodes go as their paid time ends, until then' : 'held nodes go on';
  return `${word} since ${formatInstant(pause.atMs)} by ${pause.by} (${pause.why}): nothing that adds spend is sent; ${held} for at most ${formatCents(rate)} an hour`;
};
