// Thrown errors of this room. They mean a programmer's or an installer's fault, never what a network or a server did: those
// are answers. A message names the offending value only when that value cannot be a secret.

export const VENUE_ERRORS = {
  E_VENUE_HOST: {
    meaning: 'The base URL is not one the token may be sent to.',
    remedy: 'Use https to the venue, http to loopback, or name the host with venue.allow_host.',
  },
  E_VENUE_CLOCK: {
    meaning: 'The clock runs fast, and the venue does not tell its time by a Date header.',
    remedy: 'Start the market first, check venue.base_url, or remove clock.speed.',
  },
  E_VENUE_LIMIT: {
    meaning: 'A limit that no procurement can express reached the adapter; nothing was sent.',
    remedy: 'This is a fault of bidkeeper: please report it with the log.',
  },
  E_VENUE_REQUEST: {
    meaning:
      'A request that must not be built reached the adapter (an empty id, a time that is no whole second); nothing was sent.',
    remedy: 'This is a fault of bidkeeper: please report it with the log.',
  },
} as const;

export type VenueErrorCode = keyof typeof VENUE_ERRORS;

export class VenueError extends Error {
  readonly code: VenueErrorCode;

  constructor(code: VenueErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.name = 'VenueError';
    this.code = code;
  }
}
