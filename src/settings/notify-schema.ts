// The keys under `notify:`. Secrets are only named here: the webhook's signing secret, and Slack's address, which is one.
import { z } from 'zod';
import { NOTICE_EVENTS } from '../domain/notice.ts';
import { HOUR_MS } from '../domain/time.ts';
import { key } from './key.ts';
import * as leaf from './leaves.ts';

const DAY_MS = 24 * HOUR_MS;
const variable = (example: string) => leaf.plainText('variable', example, /^[A-Z_][A-Z0-9_]{0,127}$/);
const event = z.enum(NOTICE_EVENTS).meta({ title: NOTICE_EVENTS.join(' | ') });

export const notifySchema = z.strictObject({
  webhook: key(
    z
      .strictObject({
        url: key(
          leaf.plainText('address', 'https://ops.example.com/bidkeeper', /^https?:\/\/\S+$/),
          'Where signed JSON is sent. It may hold no secret.',
        ),
        secret_env: key(
          variable('BIDKEEPER_WEBHOOK_SECRET').optional(),
          'Environment variable that holds the secret messages are signed with …',
        ),
        secret_file: key(
          leaf.plainText('path', '/run/secrets/webhook').optional(),
          '… or the file that does, relative to this file.',
        ),
      })
      .optional(),
    'One webhook. Default: none.',
  ),
  slack: key(
    z
      .strictObject({
        url_env: key(
          variable('BIDKEEPER_SLACK_URL').optional(),
          'Environment variable that holds the address of an incoming webhook, which is a secret …',
        ),
        url_file: key(
          leaf.plainText('path', '/run/secrets/slack').optional(),
          '… or the file that does, relative to this file.',
        ),
      })
      .optional(),
    'Slack, or whatever speaks its incoming webhooks. Default: none.',
  ),
  events: key(
    z.array(event).min(1).max(NOTICE_EVENTS.length).meta({ title: 'list of events' }).optional(),
    `What is told, of ${NOTICE_EVENTS.join(', ')}. Default: all of it.`,
  ),
  quiet: key(
    leaf.duration(0, DAY_MS).prefault('10m'),
    'Real time in which the same thing is not said to begin a second time.',
  ),
  patience: key(
    leaf.duration(0, DAY_MS).prefault('30m'),
    'How long a target that was raised may stay unmet before that is told; a loss is told at once.',
  ),
  per_hour: key(
    leaf.whole(1, 1000).prefault(30),
    'Most notices in an hour of real time; what is still true afterwards is told then.',
  ),
});

export type WrittenNotify = z.output<typeof notifySchema>;
