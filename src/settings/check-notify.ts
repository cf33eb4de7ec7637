// The checks of `notify:` that compare keys: somebody is told, each secret has one place, and the one address that may stand in
// the file holds no secret.
import type { CheckContext } from './check-fleet.ts';
import { isLoopback } from './resolve.ts';

const CODE = 'E_SETTINGS_NOTIFY' as const;

/** A secret has exactly one place: a variable or a file. */
const checkPlace = ({ has, report }: CheckContext, parent: string, name: string, what: string): void => {
  const [env, file] = [`${parent}.${name}_env`, `${parent}.${name}_file`];
  if (has(env) && has(file)) {
    const reason = `${what} has two places`;
    report({ code: CODE, path: file, at: 'key', reason, remedy: `Keep ${name}_env or ${name}_file` });
  }
  if (!has(env) && !has(file)) {
    const reason = `${what} is not named`;
    report({ code: CODE, path: parent, at: 'key', reason, remedy: `Add ${name}_env or ${name}_file` });
  }
};

const checkWebhook = ({ draft, report }: CheckContext): void => {
  const written = draft.notify?.webhook?.url;
  if (written === undefined) return;
  const refuse = (reason: string, remedy: string): void =>
    report({ code: CODE, path: 'notify.webhook.url', at: 'value', reason, remedy });
  if (!URL.canParse(written)) {
    refuse('this is no address', 'Write for example https://ops.example.com/bidkeeper');
    return;
  }
  const { search, hash, username, password } = new URL(written);
  if (username !== '' || password !== '' || search !== '' || hash !== '') {
    refuse(
      'an address with a name, a password, a query or a fragment may hold a secret',
      'Write an address without them; the signature tells the receiver that a message is ours',
    );
  }
};

/** The address leads over a network without encryption. */
export const isClearWebhook = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
};

export const checkNotify = (context: CheckContext): void => {
  const { has, report } = context;
  if (!has('notify')) return;
  if (!has('notify.webhook') && !has('notify.slack')) {
    const reason = 'nobody is named who could be told';
    report({ code: CODE, path: 'notify', at: 'key', reason, remedy: 'Add webhook or slack' });
  }
  if (has('notify.webhook')) checkPlace(context, 'notify.webhook', 'secret', 'the secret of the webhook');
  if (has('notify.slack')) checkPlace(context, 'notify.slack', 'url', 'the address of the webhook at Slack');
  checkWebhook(context);
};
