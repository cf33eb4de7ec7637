// Thrown errors of this room. They mean a programmer's or an installer's fault, never what a network or a server did: those
// are answers. A message names the offending value only when that value cannot be a secret.

/**
 * `E_VENUE_HOST`: the base URL is not one the token may be sent to; use https to the venue's host, http to loopback, or allow
 * the host by name. `E_VENUE_LIMIT`: a limit that no procurement can express reached the adapter. `E_VENUE_REQUEST`: a
 * request that must not be built (an empty id, a time that is no whole second, a duration that is no whole hour).
 */
export type VenueErrorCode = 'E_VENUE_HOST' | 'E_VENUE_LIMIT' | 'E_VENUE_REQUEST';

export class VenueError extends Error {
  readonly code: VenueErrorCode;

  constructor(code: VenueErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.name = 'VenueError';
    this.code = code;
  }
}
