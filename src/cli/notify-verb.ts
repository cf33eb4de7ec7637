// `notify` shows who is told and what they were told that still stands; with --test it tells them something harmless.
import { formatInstant } from '../domain/time.ts';
import { CliError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { LoadedSettings, NoticesView, NoticeTest, Shop } from './shop.ts';
import { type VerbOptions, settingsOf } from './verbs.ts';

export interface NotifyVerbOptions extends VerbOptions {
  readonly test: boolean;
}

export const notifyVerb = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: NotifyVerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const view = shop.readNotices(found.settings);
  if (view.channels.length === 0) {
    throw new CliError('E_NOTIFY_NONE', `${options.config} has neither notify.webhook nor notify.slack`);
  }
  if (!options.test) {
    shop.write(options.json ? JSON.stringify(view, null, 2) : viewText(view));
    return EXIT.ok;
  }
  const results = await shop.testNotices(found.settings);
  shop.write(options.json ? JSON.stringify(results, null, 2) : results.map(resultText).join('\n'));
  return results.every(({ ok }) => ok) ? EXIT.ok : EXIT.unavailable;
};

const resultText = ({ channel, ok, words }: NoticeTest): string =>
  `${channel}: ${ok ? 'delivered' : 'NOT delivered'} (${words})`;

const viewText = ({ channels, events, open, waiting }: NoticesView): string =>
  [
    `told by: ${channels.join(', ')}`,
    `told of: ${events.join(', ')}`,
    ...(open.length === 0
      ? ['open: nothing']
      : [
          'open:',
          ...open.map(
            ({ what, fleet, sinceMs }) =>
              `  ${what}${fleet === null ? '' : ` of ${fleet}`}, since ${formatInstant(sinceMs)}`,
          ),
        ]),
    ...(waiting.length === 0
      ? ['waiting to be sent: nothing']
      : ['waiting to be sent:', ...waiting.map(({ text, channels: to }) => `  ${to.join(', ')}: ${text}`)]),
  ].join('\n');
