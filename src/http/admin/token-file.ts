// The change token that a daemon makes for itself beside its ledger, readable by its user alone: whoever may write the ledger
// may use the verbs, and nobody has to set anything up.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

export const tokenFileOf = (store: string): string => `${store}.api-token`;

/** The token of a daemon's store; null when no daemon has made one that this user can read. */
export const readTokenFile = (store: string): string | null => {
  try {
    const text = readFileSync(tokenFileOf(store), 'utf8').trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
};

/** The token, made when there is none yet. Null when it can neither be read nor written: then nothing is changed over HTTP. */
export const ensureTokenFile = (store: string): string | null => {
  const known = readTokenFile(store);
  if (known !== null) return known;
  const token = randomBytes(32).toString('base64url');
  try {
    writeFileSync(tokenFileOf(store), `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  } catch {
    return readTokenFile(store);
  }
};
