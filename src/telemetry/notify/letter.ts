// A notice as a request for one channel: signed JSON for the webhook, one line of text for Slack and what speaks its format.
import type { Notice, NoticeChannel } from '../../domain/notice.ts';
import { formatInstant } from '../../domain/time.ts';
import { signedHeaders } from './signature.ts';

/** Where a channel leads. Both texts may be secrets and appear in no output. */
export type Address =
  | { readonly channel: Extract<NoticeChannel, 'webhook'>; readonly url: string; readonly secret: string }
  | { readonly channel: Extract<NoticeChannel, 'slack'>; readonly url: string };

export interface Letter {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Sender {
  readonly version: string;
  /** Which daemon speaks, for people with more than one. */
  readonly name: string;
}

export const letterOf = (notice: Notice, address: Address, from: Sender, sentAtMs: number): Letter => {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': `bidkeeper/${from.version}`,
  };
  if (address.channel === 'slack') {
    return { headers, body: JSON.stringify({ text: slackText(notice, from) }) };
  }
  const body = webhookBody(notice, from);
  return {
    headers: { ...headers, ...signedHeaders({ id: notice.id, sentAtMs, body }, address.secret) },
    body,
  };
};

/** The words `data` holds are those of docs/how-to/notifications.md. */
const webhookBody = (notice: Notice, from: Sender): string => {
  const { id, event, state, severity, fleet, mode, text, figures } = notice;
  const timestamp = formatInstant(notice.atMs);
  const data = {
    id,
    event,
    state,
    severity,
    fleet,
    mode,
    text,
    daemon: from.name,
    version: from.version,
    ...(figures === null
      ? {}
      : {
          wanted_nodes: figures.wantedNodes,
          held_nodes: figures.heldNodes,
          wanted_gpus: figures.wantedGpus,
          held_gpus: figures.heldGpus,
          limit_cents_per_node_hour: figures.limitCents,
          ceiling_cents_per_node_hour: figures.ceilingCents,
          ask_cents_per_node_hour: figures.askCents,
        }),
  };
  return JSON.stringify({ type: `bidkeeper.${event}.${state}`, timestamp, data });
};

const MARKS = { info: ':white_check_mark:', warning: ':warning:', critical: ':rotating_light:' } as const;

/** Slack takes these three characters as its own; what a venue says must not mention everybody. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const slackText = (notice: Notice, from: Sender): string =>
  `${MARKS[notice.severity]} ${escaped(notice.text)} (${escaped(from.name)}, ${formatInstant(notice.atMs)})`;
