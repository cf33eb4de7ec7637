// Finds secrets that were written into the settings file, comments included, and keeps them out of everything that is said
// about it. A key that sounds like a secret with a literal value counts, and so does any text shaped like a token.
import type { DocumentFault, SettingsDocument } from './document.ts';
import { joinPath } from './document.ts';

export const REDACTED = '[redacted]';

const SECRET_KEY = /(token|secret|api[_-]?key|passw|credential|bearer|private[_-]?key|authorization)/i;
/** The keys that name where a token is, and never are one. */
const PLACE_KEYS = new Set([
  'token_env',
  'token_file',
  'secret_env',
  'secret_file',
  'read_token_env',
  'read_token_file',
  'change_token_env',
  'change_token_file',
]);
/** Those of them that name a variable: whatever else stands there is taken for the secret itself. */
const VARIABLE_KEYS = new Set(['token_env', 'secret_env', 'url_env', 'read_token_env', 'change_token_env']);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Texts shaped like secrets: JSON web tokens, bearer headers, prefixed API keys, passwords in addresses, Slack's webhooks. */
const SHAPES: readonly RegExp[] = [
  /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g,
  /\bbearer\s+[A-Za-z0-9._~+/=-]{12,}/gi,
  /\b(?:sk|pk|sfc|sfcompute|sf|api|key|ghp|glpat)[-_](?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}/g,
  /(?<=:\/\/)[^\s/@:]+:[^\s/@]+(?=@)/g,
  /\bwhsec_[A-Za-z0-9+/=]{16,}/g,
  /https:\/\/hooks\.slack(?:-gov)?\.com\/[^\s'"]+/g,
];

export interface SecretFindings {
  readonly faults: readonly DocumentFault[];
  /** The secrets themselves, for redaction only. */
  readonly secrets: readonly string[];
}

const REMEDY =
  'Put it into an environment variable and name that with token_env (secret_env, url_env), or into a file of its own named by token_file (secret_file, url_file); and replace the secret, since it was written down';

const fault = (
  place: { readonly line: number; readonly column: number },
  path: string,
  reason: string,
): DocumentFault => ({
  ...place,
  code: 'E_SETTINGS_SECRET',
  path,
  value: REDACTED,
  reason,
  remedy: REMEDY,
});

const byShape = (text: string, known: readonly string[]): SecretFindings => {
  const faults: DocumentFault[] = [];
  const secrets: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const found = SHAPES.flatMap((shape) =>
      [...line.matchAll(shape)].map((match) => ({ at: match.index, secret: match[0] })),
    );
    for (const secret of known) {
      const at = line.indexOf(secret);
      if (at >= 0) found.push({ at, secret });
    }
    for (const { secret } of found) secrets.push(secret);
    const [first] = found.toSorted((a, b) => a.at - b.at);
    if (first !== undefined)
      faults.push(fault({ line: index + 1, column: first.at + 1 }, '', 'this looks like a token'));
  }
  return { faults, secrets };
};

const isLiteral = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

const byKey = (document: SettingsDocument): SecretFindings => {
  const faults: DocumentFault[] = [];
  const secrets: string[] = [];
  const visit = (value: unknown, path: string, name: string): void => {
    if (Array.isArray(value)) value.forEach((item, index) => visit(item, joinPath(path, index), name));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, joinPath(path, key), key);
    } else if (isLiteral(value)) {
      const misplaced = VARIABLE_KEYS.has(name) && !VARIABLE.test(String(value));
      if (!misplaced && (PLACE_KEYS.has(name) || !SECRET_KEY.test(name))) return;
      secrets.push(String(value));
      const reason = misplaced
        ? `${name} takes the name of a variable, not the secret itself`
        : `the key ${name} holds a secret in clear`;
      faults.push(fault(document.valuePlace(path), path, reason));
    }
  };
  visit(document.root, '', '');
  return { faults, secrets };
};

/** `known`: secrets of the environment, which must not appear in the text either. */
export const findSecrets = (
  text: string,
  document: SettingsDocument,
  known: readonly string[],
): SecretFindings => {
  const shapes = byShape(
    text,
    known.filter((secret) => secret.length >= 8),
  );
  const keys = byKey(document);
  const named = new Set(keys.faults.map(({ line }) => line));
  return {
    faults: [...keys.faults, ...shapes.faults.filter(({ line }) => !named.has(line))],
    secrets: [...keys.secrets, ...shapes.secrets],
  };
};

/** The text without any of the secrets. */
export const redact = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((left, secret) => (secret.length < 3 ? left : left.replaceAll(secret, REDACTED)), text);
