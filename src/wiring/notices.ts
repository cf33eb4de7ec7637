// Where notices go and what is kept of them, from the settings. An address that cannot be had stops the start, as a
// daemon that cannot call for help is not what was asked for.
import { hostname } from 'node:os';
import type { Shop } from '../cli/shop.ts';
import type { Settings } from '../settings/settings.ts';
import { openSlackAddress, openWebhookSecret } from '../settings/token.ts';
import { readKept } from '../telemetry/notify/kept-file.ts';
import type { Address, Sender } from '../telemetry/notify/letter.ts';
import { testNotices } from '../telemetry/notify/notifying.ts';
import { VERSION } from './machine.ts';
import { complain } from './terminal.ts';
import { type Wired, storeOf } from './wired.ts';

/** Where notices go, with the secrets that takes; throws E_SETTINGS_NOTIFY when one cannot be had. */
export const notifyAddresses = ({ notify }: Settings, warn: (text: string) => void): readonly Address[] => {
  const { webhook = null, slack = null } = notify ?? {};
  return [
    ...(webhook === null
      ? []
      : [
          {
            channel: 'webhook' as const,
            url: webhook.url,
            secret: openWebhookSecret(webhook.secret, process.env, warn),
          },
        ]),
    ...(slack === null
      ? []
      : [{ channel: 'slack' as const, url: openSlackAddress(slack.url, process.env, warn) }]),
  ];
};

/** The webhook's address stands in the settings; Slack's is a secret, and so is the path alone. */
export const secretsOf = (addresses: readonly Address[]): readonly string[] =>
  addresses.flatMap((one) => (one.channel === 'slack' ? [one.url, new URL(one.url).pathname] : [one.secret]));

export const senderOf = ({ policy }: Settings): Sender => ({
  version: VERSION,
  name: `${policy.namePrefix}@${hostname()}`,
});

export const noticesFile = (settings: Settings): string => `${storeOf(settings)}.notices`;

export const readNotices: Shop<Wired>['readNotices'] = ({ settings }) => {
  const { notify } = settings;
  const { memory, outbox } = readKept(noticesFile(settings), complain);
  return {
    channels: [...(notify?.webhook == null ? [] : ['webhook']), ...(notify?.slack == null ? [] : ['slack'])],
    events: notify?.events ?? [],
    open: Object.values(memory.standing)
      .filter(({ told }) => told)
      .map(({ event, fleet, sinceMs }) => ({ what: event, fleet, sinceMs })),
    waiting: outbox.map(({ notice, channels }) => ({ text: notice.text, channels })),
  };
};

export const sendTestNotices: Shop<Wired>['testNotices'] = ({ settings }) =>
  testNotices({
    addresses: notifyAddresses(settings, complain),
    from: senderOf(settings),
    realNow: Date.now,
  });
