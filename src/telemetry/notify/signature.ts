// How a webhook's receiver can tell that a message is ours: the scheme of standardwebhooks.com, so that receivers find a
// library for it. HMAC-SHA256 over `id.timestamp.body`, in Base64, with its version in front.
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** A secret `whsec_…` is Base64 of the key; any other is the key itself. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), 'base64')
    : Buffer.from(secret, 'utf8');

/** The headers that go with `body`. `sentAtMs`: real time; a receiver refuses what is older than it likes. */
export const signedHeaders = (
  given: { readonly id: string; readonly sentAtMs: number; readonly body: string },
  secret: string,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(given.sentAtMs / 1000));
  const signature = createHmac('sha256', keyOf(secret))
    .update(`${given.id}.${timestamp}.${given.body}`)
    .digest('base64');
  return {
    'webhook-id': given.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
};
