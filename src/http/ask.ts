// Asks a running daemon on this machine: for its last report or the overview of the status page, or for a change by its
// admin API.
import type { Overview } from '../domain/overview.ts';
import type { TickReport } from '../domain/report.ts';
import type { Address } from './server.ts';

const ANSWERS_WITHIN_MS = 3000;
/** A change waits for the running tick, an adoption for the venue as well. */
const CHANGES_WITHIN_MS = 100_000;

const urlOf = ({ host, port }: Address, path: string): string => {
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${local.includes(':') ? `[${local}]` : local}:${port}${path}`;
};

const authorization = (token: string | null): Record<string, string> =>
  token === null ? {} : { authorization: `Bearer ${token}` };

/** The last report of the daemon that listens there; null when none answers or it has none yet. */
export const askReport = async (address: Address, token: string | null): Promise<TickReport | null> =>
  (await askDocument(address, '/v1/status', token)) as TickReport | null;

/** The same for what the status page shows. */
export const askOverview = async (address: Address, token: string | null): Promise<Overview | null> =>
  (await askDocument(address, '/v1/overview', token)) as Overview | null;

const askDocument = async (address: Address, path: string, token: string | null): Promise<unknown> => {
  try {
    const answer = await fetch(urlOf(address, path), {
      headers: authorization(token),
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    if (answer.ok) return await answer.json();
    await answer.body?.cancel();
    return null;
  } catch {
    return null;
  }
};

export interface AdminCall {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The answer of the daemon's admin API; null when none answers there. Never rejects. */
export const askAdmin = async (
  address: Address,
  token: string,
  { method, path, body }: AdminCall,
): Promise<AdminAnswer | null> => {
  try {
    const answer = await fetch(urlOf(address, path), {
      method,
      headers: { ...authorization(token), 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CHANGES_WITHIN_MS),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  } catch {
    return null;
  }
};
