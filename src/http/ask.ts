// Asks a running daemon on this machine for its last report.
import type { TickReport } from '../domain/report.ts';
import type { Address } from './server.ts';

const ANSWERS_WITHIN_MS = 3000;

/** The last report of the daemon that listens there; null when none answers or it has none yet. */
export const askReport = async ({ host, port }: Address): Promise<TickReport | null> => {
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const name = local.includes(':') ? `[${local}]` : local;
  try {
    const answer = await fetch(`http://${name}:${port}/v1/status`, {
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    if (answer.ok) return (await answer.json()) as TickReport;
    await answer.body?.cancel();
    return null;
  } catch {
    return null;
  }
};
