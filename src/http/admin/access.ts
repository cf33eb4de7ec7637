// Who may read and who may change things. A request from this machine may read; with a read token set, only who shows it.
// Changes always take the change token. A request from elsewhere takes a token for everything. Host and Origin must name
// this daemon, so that no web page can speak for the person who looks at it (DNS rebinding). Tokens are compared as digests
// of equal length in constant time; neither they nor anything made from them is ever said or logged.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpErrorCode } from '../errors.ts';

export interface AccessRules {
  /** Further names, beside those of this machine and the address listened on, under which the daemon may be asked. */
  readonly hosts: readonly string[];
  /** Null: whoever asks on this machine may read. */
  readonly readToken: () => string | null;
  /** Null: nobody can change anything over HTTP. */
  readonly changeToken: () => string | null;
  /** The change token was set by the user, so that it may be used from elsewhere. */
  readonly reachable: boolean;
}

export interface Asker {
  readonly remoteAddress: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

const LOOPBACK_ADDRESS = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;
const LOOPBACK_NAME = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)$/i;

/** Null when the asker may do it, else the code of the refusal. */
export const refusalOf = (
  rules: AccessRules,
  asker: Asker,
  what: 'read' | 'change',
): HttpErrorCode | null => {
  const local = LOOPBACK_ADDRESS.test(asker.remoteAddress ?? '');
  if (!local && !rules.reachable) return 'E_HTTP_LOCAL_ONLY';
  if (!isOurName(rules, asker.host)) return 'E_HTTP_HOST';
  if (!isOurOrigin(asker)) return 'E_HTTP_ORIGIN';
  const readToken = rules.readToken();
  if (what === 'read' && readToken === null && local) return null;
  const shown = bearerOf(asker.authorization);
  if (shown === null) return 'E_HTTP_TOKEN';
  // Both are compared whatever the first says, so that the time tells nothing.
  const mayChange = isSame(shown, rules.changeToken());
  const mayRead = isSame(shown, readToken);
  if (mayChange) return null;
  if (!mayRead) return 'E_HTTP_TOKEN';
  return what === 'read' ? null : 'E_HTTP_READ_ONLY';
};

const isOurName = ({ hosts }: AccessRules, host: string | undefined): boolean => {
  const name = (host ?? '').replace(/:\d{1,5}$/, '').toLowerCase();
  return LOOPBACK_NAME.test(name) || hosts.some((one) => one.toLowerCase() === name);
};

/** A request without an Origin comes from no page; one with it must come from a page of this very daemon. */
const isOurOrigin = ({ origin, host }: Asker): boolean =>
  origin === undefined || origin === `http://${host}` || origin === `https://${host}`;

const bearerOf = (header: string | undefined): string | null =>
  /^Bearer ([\x21-\x7E]{1,8192})$/i.exec(header ?? '')?.[1] ?? null;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const isSame = (shown: string, token: string | null): boolean =>
  timingSafeEqual(digest(shown), digest(token ?? '')) && token !== null && token !== '';
