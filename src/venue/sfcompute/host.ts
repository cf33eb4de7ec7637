// Where a token may be sent: https to the venue's own host, http or https to loopback, or a host that a person allowed by
// name. The settings check this too; it is checked again here because a mistake would hand the token to a stranger.
import { VenueError } from './errors.ts';

const VENUE_HOST = 'api.sfcompute.com';
export const VENUE_BASE_URL = `https://${VENUE_HOST}`;

/** Hostnames as the WHATWG URL parser spells them: `127.1` has become `127.0.0.1` by then. */
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);

export interface BaseUrl {
  readonly origin: string;
  /** Path in front of every request's path, without a slash at its end; mostly empty. */
  readonly prefix: string;
}

/** Parses and judges a base URL; throws VenueError `E_VENUE_HOST`. `allowHost` is a host name, with a port if one is meant. */
export const checkBaseUrl = (text: string, allowHost: string | null): BaseUrl => {
  const url = URL.parse(text);
  if (url === null) throw new VenueError('E_VENUE_HOST', 'the base URL cannot be read');
  if (url.username !== '' || url.password !== '') {
    throw new VenueError('E_VENUE_HOST', 'the base URL may not carry a user name or a password');
  }
  if (url.search !== '' || url.hash !== '') {
    throw new VenueError('E_VENUE_HOST', 'the base URL may not carry a query or a fragment');
  }
  if (!isAllowed(url, allowHost)) {
    throw new VenueError(
      'E_VENUE_HOST',
      `no token is sent to ${url.protocol}//${url.host}: only https to ${VENUE_HOST}, loopback, or a host allowed by name`,
    );
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') };
};

const isAllowed = (url: URL, allowHost: string | null): boolean => {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  if (url.protocol === 'https:' && url.host === VENUE_HOST) return true;
  // Allowing the venue's own host by name does not make it right to send the token in clear.
  if (url.protocol === 'http:' && url.hostname === VENUE_HOST) return false;
  if (isLoopback(url.hostname)) return true;
  const allowed = allowHost?.toLowerCase() ?? null;
  return allowed !== null && allowed !== '' && (allowed === url.host || allowed === url.hostname);
};
