// The last thing every log line passes before it leaves the process. Secrets travel in wrappers that print `[redacted]`;
// this catches what slipped past them: the value of a live secret anywhere in the line, a bearer token, the value of a
// field whose name says that it is secret. pino's own redaction is not used, because a child logger replaces it and message
// text passes it by.

const REDACTED = '[redacted]';

const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi;
const SECRET_FIELD =
  /("(?:[a-z_-]*(?:token|secret|password|authorization|cookie|api_?key)|cloud_?init(?:_user_data)?)"\s*:\s*)"(?:[^"\\]|\\.)+"/gi;
/** Shorter texts would be found in innocent words. */
const SECRET_CHARACTERS_MIN = 6;

/** The spellings under which a secret can stand in a line of JSON or in a URL. */
const spellings = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
];

/** `secrets` is asked for every line, because a token can be rotated. */
export const createRedaction = (secrets: () => readonly string[]): ((line: string) => string) => {
  const former = new Set<string>();
  return (line) => {
    for (const secret of secrets()) {
      if (secret.length >= SECRET_CHARACTERS_MIN)
        for (const spelling of spellings(secret)) former.add(spelling);
    }
    let clean = line;
    for (const spelling of former) clean = clean.replaceAll(spelling, REDACTED);
    return clean.replace(SECRET_FIELD, `$1"${REDACTED}"`).replace(BEARER, `$1 ${REDACTED}`);
  };
};
