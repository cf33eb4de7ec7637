// The admin API from the other side: each request of a verb as a call, and each answer as what came of it.
import type { StopResult } from '../../daemon/ask-beside.ts';
import type { ReloadAnswer, ReloadOptions } from '../../daemon/reloader.ts';
import type { Request, RequestErrorCode, Who } from '../../daemon/requests.ts';
import { REQUEST_ERRORS } from '../../daemon/requests.ts';
import type { AdminAnswer, AdminCall } from '../ask.ts';

const part = encodeURIComponent;

export const callFor = (request: Request, who: Who): AdminCall => {
  const post = (path: string, more: Record<string, unknown> = {}): AdminCall => ({
    method: 'POST',
    path,
    body: { ...who, ...more },
  });
  switch (request.kind) {
    case 'pause':
    case 'drain':
    case 'stop':
    case 'resume':
      return post(`/v1/${request.kind}`);
    case 'target':
      return post(`/v1/fleets/${part(request.fleet)}/target`, {
        gpus: request.gpus,
        until_ms: request.untilMs,
      });
    case 'end_target':
      return { ...post(`/v1/fleets/${part(request.fleet)}/target`), method: 'DELETE' };
    case 'acknowledge':
    case 'disown':
      return post(`/v1/nodes/${part(request.node)}/${request.kind}`);
    case 'adopt':
      return post(`/v1/nodes/${part(request.candidate.seen.nodeId)}/adopt`, {
        fleet: request.fleet,
        hand_over: true,
      });
  }
};

export const reloadCall = ({ acknowledged, dryRun }: ReloadOptions, who: Who): AdminCall => ({
  method: 'POST',
  path: '/v1/reload',
  body: { ...who, acknowledge: acknowledged, dry_run: dryRun },
});

type Outcome =
  | { readonly kind: 'acknowledged' | 'unchanged' | 'unconfirmed' }
  | Extract<StopResult, { kind: 'failed' | 'refused' }>;

/** Null when the answer is not about the request: another program listens there, or the token is not the daemon's. */
export const resultFrom = (status: number, body: AdminAnswer['body']): Outcome | null => {
  const { result, code, message } = body;
  if (status === 200) {
    if (result === 'done') return { kind: 'acknowledged' };
    return result === 'unchanged' || result === 'unconfirmed' ? { kind: result } : null;
  }
  if (typeof message !== 'string') return null;
  if (typeof code === 'string' && (code in REQUEST_ERRORS || code === 'E_STOP_FILE'))
    return { kind: 'refused', code: code as RequestErrorCode, message };
  return code === 'E_STOP_WRITE' ? { kind: 'failed', message } : null;
};

export const reloadFrom = (answer: AdminAnswer | null): ReloadAnswer | null => {
  if (answer === null) return null;
  const { result, changes, code, message } = answer.body;
  if (answer.status === 200 && Array.isArray(changes)) {
    if (result === 'unchanged') return { kind: 'unchanged' };
    return { kind: result === 'shown' ? 'shown' : 'reloaded', changes: changes.map(String) };
  }
  if (typeof code !== 'string' || typeof message !== 'string' || code.startsWith('E_HTTP_')) return null;
  return { kind: 'refused', code, problems: [message], changes: [] };
};
