// The venue's token, read when it is needed and again after a 401. It travels only inside `Secret`, which says `[redacted]`
// to every way of printing; only `reveal` gives the text, and only the venue client calls it.
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
      readonly code: 'E_SETTINGS_TOKEN';
      readonly reason: string;
      readonly remedy: string;
    };

export interface TokenSource {
  /** The token, remembered after the first success. */
  readonly read: () => TokenResult;
  /** Reads the place again, for after a 401; what it gives is what `read` gives from then on. */
  readonly reread: () => TokenResult;
}

/** Tokens are header values: visible ASCII without spaces. */
const TOKEN = /^[\x21-\x7E]{1,8192}$/;

const judge = (raw: string, where: string, remedy: string, warning: string | null): TokenResult => {
  const text = raw.trim();
  const fault = text === '' ? 'is empty' : TOKEN.test(text) ? null : 'holds characters that no token has';
  if (fault !== null) return { ok: false, code: 'E_SETTINGS_TOKEN', reason: `${where} ${fault}`, remedy };
  return { ok: true, token: new Secret(text), warning };
};

const fromEnvironment = (name: string, env: Environment): TokenResult => {
  const remedy = `Set ${name} to the token of the venue, or name a file with token_file`;
  const raw = env[name];
  if (raw === undefined)
    return {
      ok: false,
      code: 'E_SETTINGS_TOKEN',
      reason: `the environment variable ${name} is not set`,
      remedy,
    };
  return judge(raw, `the environment variable ${name}`, remedy, null);
};

const fromFile = (path: string): TokenResult => {
  const remedy = 'Write the token of the venue into that file, readable by this user alone (chmod 600)';
  try {
    const { mode, size } = statSync(path);
    if (size > 64 * 1024)
      return {
        ok: false,
        code: 'E_SETTINGS_TOKEN',
        reason: `the token file ${path} is too large for a token`,
        remedy,
      };
    const others =
      (mode & 0o007) !== 0 ? `everyone on this machine can use the token file ${path}: chmod 600 it` : null;
    return judge(readFileSync(path, 'utf8'), `the token file ${path}`, remedy, others);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return {
      ok: false,
      code: 'E_SETTINGS_TOKEN',
      reason: `the token file ${path} cannot be read (${code})`,
      remedy,
    };
  }
};

export const tokenSource = (place: TokenPlace, env: Environment): TokenSource => {
  let remembered: TokenResult | null = null;
  const reread = (): TokenResult => {
    const result = place.kind === 'env' ? fromEnvironment(place.name, env) : fromFile(place.path);
    if (result.ok) remembered = result;
    return result;
  };
  return { read: () => remembered ?? reread(), reread };
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
  const first = source.read();
  if (!first.ok) throw Object.assign(new Error(`${first.reason}. ${first.remedy}.`), { code: first.code });
  if (first.warning !== null) warn(first.warning);
  let token = first.token;
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
