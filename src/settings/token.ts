// The venue's token, read when it is needed and again after a 401, and the secrets of the notifications. They travel inside
// `Secret`, which says `[redacted]` to every way of printing; only `reveal` gives the text, to whoever must send it.
import { readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';
import type { TokenSource as PortTokenSource } from '../ports/token.ts';
import type { Environment } from './load.ts';
import { REDACTED } from './secrets.ts';
import type { TokenPlace } from './settings.ts';

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself: for the Authorization header and nothing else. */
  reveal(): string {
    return this.#text;
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

export type TokenResult =
  | { readonly ok: true; readonly token: Secret; readonly warning: string | null }
  | {
      readonly ok: false;
      readonly code: 'E_SETTINGS_TOKEN' | 'E_SETTINGS_NOTIFY';
      readonly reason: string;
      readonly remedy: string;
    };

export interface TokenSource {
  /** The token, remembered after the first success. */
  readonly read: () => TokenResult;
  /** Reads the place again, for after a 401; what it gives is what `read` gives from then on. */
  readonly reread: () => TokenResult;
}

/** A sort of secret: its words, and what it may look like. */
interface Sort {
  readonly code: 'E_SETTINGS_TOKEN' | 'E_SETTINGS_NOTIFY';
  /** `the token of the venue`. */
  readonly what: string;
  /** `token file`: what its file is called. */
  readonly file: string;
  readonly fileKey: string;
  readonly shape: RegExp;
  readonly misshapen: string;
}

/** Tokens are header values: visible ASCII without spaces. */
const VENUE_TOKEN: Sort = {
  code: 'E_SETTINGS_TOKEN',
  what: 'the token of the venue',
  file: 'token file',
  fileKey: 'token_file',
  shape: /^[\x21-\x7E]{1,8192}$/,
  misshapen: 'holds characters that no token has',
};

const judge = (
  raw: string,
  sort: Sort,
  where: string,
  remedy: string,
  warning: string | null,
): TokenResult => {
  const text = raw.trim();
  const fault = text === '' ? 'is empty' : sort.shape.test(text) ? null : sort.misshapen;
  if (fault !== null) return { ok: false, code: sort.code, reason: `${where} ${fault}`, remedy };
  return { ok: true, token: new Secret(text), warning };
};

const fromEnvironment = (name: string, sort: Sort, env: Environment): TokenResult => {
  const { code, what, fileKey } = sort;
  const remedy = `Set ${name} to ${what}, or name a file with ${fileKey}`;
  const raw = env[name];
  if (raw === undefined)
    return { ok: false, code, reason: `the environment variable ${name} is not set`, remedy };
  return judge(raw, sort, `the environment variable ${name}`, remedy, null);
};

const fromFile = (path: string, sort: Sort): TokenResult => {
  const { code, what } = sort;
  const where = `the ${sort.file} ${path}`;
  const remedy = `Write ${what} into that file, readable by this user alone (chmod 600)`;
  try {
    const { mode, size } = statSync(path);
    if (size > 64 * 1024) return { ok: false, code, reason: `${where} is too large for a secret`, remedy };
    const others = (mode & 0o007) !== 0 ? `everyone on this machine can use ${where}: chmod 600 it` : null;
    return judge(readFileSync(path, 'utf8'), sort, where, remedy, others);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { ok: false, code, reason: `${where} cannot be read (${errno})`, remedy };
  }
};

const readPlace = (place: TokenPlace, sort: Sort, env: Environment): TokenResult =>
  place.kind === 'env' ? fromEnvironment(place.name, sort, env) : fromFile(place.path, sort);

export const tokenSource = (place: TokenPlace, env: Environment): TokenSource => {
  let remembered: TokenResult | null = null;
  const reread = (): TokenResult => {
    const result = readPlace(place, VENUE_TOKEN, env);
    if (result.ok) remembered = result;
    return result;
  };
  return { read: () => remembered ?? reread(), reread };
};

const WEBHOOK_SECRET: Sort = {
  code: 'E_SETTINGS_NOTIFY',
  what: 'the secret that the webhook checks signatures with',
  file: 'secret file',
  fileKey: 'secret_file',
  shape: /^(?:whsec_[A-Za-z0-9+/]{22,}={0,2}|(?!whsec_)[\x20-\x7E]{16,8192})$/,
  misshapen: 'is no secret for signing: at least 16 visible characters, or whsec_ and Base64',
};

const SLACK_ADDRESS: Sort = {
  code: 'E_SETTINGS_NOTIFY',
  what: 'the address of the incoming webhook',
  file: 'address file',
  fileKey: 'url_file',
  shape: /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/])[\x21-\x7E]+$/,
  misshapen: 'is no https address',
};

const revealed = (result: TokenResult, warn: (text: string) => void): Secret => {
  if (!result.ok) {
    throw Object.assign(new Error(`${result.reason}. ${result.remedy}.`), { code: result.code });
  }
  if (result.warning !== null) warn(result.warning);
  return result.token;
};

/** Secrets of the notifications, revealed; each throws E_SETTINGS_NOTIFY when it cannot be had. */
export const openWebhookSecret = (
  place: TokenPlace,
  env: Environment,
  warn: (text: string) => void,
): string => revealed(readPlace(place, WEBHOOK_SECRET, env), warn).reveal();

export const openSlackAddress = (
  place: TokenPlace,
  env: Environment,
  warn: (text: string) => void,
): string => {
  const address = revealed(readPlace(place, SLACK_ADDRESS, env), warn).reveal();
  if (URL.canParse(address)) return address;
  const { code, what, misshapen } = SLACK_ADDRESS;
  throw Object.assign(new Error(`${what} ${misshapen}. Copy it whole from Slack.`), { code });
};

/**
 * The token for the venue's client, read now and again after a 401. Throws an error with the code E_SETTINGS_TOKEN when it
 * cannot be had; what a person should know of its place goes to `warn`.
 */
export const openToken = (
  place: TokenPlace,
  env: Environment,
  warn: (text: string) => void,
): PortTokenSource => {
  const source = tokenSource(place, env);
  let token = revealed(source.read(), warn);
  return {
    current: () => token.reveal(),
    reread: () => {
      const again = source.reread();
      if (!again.ok || again.token.equals(token)) return false;
      token = again.token;
      return true;
    },
  };
};
