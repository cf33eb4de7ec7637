// No venue at all: for looking at the books while no daemon runs. Every reading fails and nothing can be sent.
import type { Venue } from '../ports/venue.ts';

const refused = { ok: false, code: 'connection', status: null, message: 'no daemon runs' } as const;
const reading = async (): Promise<typeof refused> => refused;

export const noVenue: Venue = {
  look: reading,
  zones: reading,
  quote: reading,
  transactions: reading,
  settlements: reading,
  balance: reading,
  send: async () => ({ kind: 'refused', code: 'not_sent', status: null, message: 'no daemon runs' }),
};
